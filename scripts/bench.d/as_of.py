"""Read one milestone as it was, beside how it is now, among many events: in turn, in one run.

The milestone is a real one, with its own history; the other events are of other things of the
same authority, each with its place in the log.
"""

import asyncio
import random
import statistics
from datetime import datetime
from typing import Final

import asyncpg
import journey
import place
from asking import asked
from cells import CELLS, Stock
from load import Order
from place import Place
from serving import Server

from ecosystem.values.identifiers import authority_of
from ecosystem.values.period import wire

_DATABASE: Final = "bench"
_CONNECTIONS: Final = 8
_SECONDS: Final = 2.0
_ROUNDS: Final = 7
_WANTED: Final = 1.5
_OF_EACH: Final = 20
"""How many events each of the other things has."""
_FILL: Final = """
INSERT INTO event (authority_id, id, stream, version, type, valid_at, recorded_at,
  organisation_id, is_public, visible_to, is_sealed, body, salt, body_digest, previous_hash, hash)
SELECT authority, bench_id('event', 1500000000000 + n, authority, n),
  bench_id('milestone', 1500000000000 + n / each, authority, n / each), 1 + n % each,
  'milestone.changed', timestamptz '2025-01-01Z' + n * interval '1 second',
  timestamptz '2025-01-01Z' + n * interval '1 second', 'bench', false, '{}', false,
  '{"by":{},"facts":{},"decision":{},"after":{}}', '', '',
  CASE WHEN n % each > 0 THEN ''::bytea END, ''
FROM generate_series(0::bigint, $2::bigint - 1) AS n,
  (SELECT $1::integer AS authority, $3::integer AS each) AS given"""
_PLACE: Final = """
INSERT INTO log_entry (position, authority_id, event_id, leaf_hash)
SELECT row_number() OVER (ORDER BY recorded_at, id)
  + (SELECT coalesce(max(position), 0) FROM log_entry), authority_id, id, ''
FROM event WHERE NOT EXISTS (
  SELECT FROM log_entry AS placed WHERE placed.authority_id = event.authority_id
    AND placed.event_id = event.id)"""


def measure(events: int, *, core: int) -> int:
    """Fill, read in turn, and print how much longer the past takes; 1 where an answer failed."""
    with place.opened(core=core) as here:
        whole = [cell for cell in CELLS if cell.whole][:1]
        stock = place.prepare(here, [100], wanted=whole, writes={})[100]
        last = asyncio.run(_filled(here, stock, events))
        with here.ours(_DATABASE, name=_DATABASE) as server:
            stock.staged = journey.renewed(f"http://127.0.0.1:{server.port}", stock.staged)
            return _measure(here, server, stock, *last)


async def _filled(here: Place, stock: Stock, events: int) -> tuple[int, datetime]:
    """Add the other events; return position and time of the milestone's own last one."""
    milestone = stock.staged.milestone or ""
    connection = await asyncpg.connect(
        here.postgres.dsn(_DATABASE, role="postgres"), command_timeout=7200
    )
    await connection.execute(_PLACE)
    rows = await connection.fetch(
        "SELECT max(position), max(recorded_at) FROM log_entry JOIN event ON id = event_id"
        " WHERE stream = $1",
        milestone,
    )
    position, at = rows[0]
    await connection.execute(_FILL, authority_of(milestone), events, _OF_EACH)
    await connection.execute(_PLACE)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")
    count = await connection.fetchval("SELECT count(*) FROM event")
    print(f"{count:,} events; {_ROUNDS} rounds of {_SECONDS} s, {_CONNECTIONS} connections")
    await connection.close()
    return position, at


def _measure(here: Place, server: Server, stock: Stock, position: int, at: datetime) -> int:
    then = wire(at)
    ways = {
        "as it is": "",
        "as_of a time": f"?as_of={then}",
        "as_of a position": f"?as_of=position:{position}",
        "as_of and valid_at": f"?as_of={then}&valid_at={then}",
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    dice = random.Random(1)  # noqa: S311 - an order, not a secret
    for number in range(_ROUNDS + 1):
        for way in dice.sample(list(ways), k=len(ways)):
            order = Order(
                port=server.port, connections=_CONNECTIONS, seconds=_SECONDS, once=False,
                requests=[_request(stock, ways[way])],
            )  # fmt: skip
            found = asked(order, here.folder / "order")
            if found.failed or not found.count:
                print(f"{way}: {found.failed} of {found.count} failed. {found.example}")
                return 1
            if number:
                taken[way].append(found.seconds / found.count * 1e6)
    present = statistics.median(taken["as it is"])
    for way, each in taken.items():
        least = statistics.median(each)
        print(f"{way:20} {least:8.1f} us  {least / present:.2f} times (wanted {_WANTED})")
    return 0


def _request(stock: Stock, query: str) -> bytes:
    path = f"/v1/milestones/{stock.staged.milestone}{query}"
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: {stock.bearer('city/officer')}\r\nAccept: application/json\r\n\r\n"
    ).encode()
