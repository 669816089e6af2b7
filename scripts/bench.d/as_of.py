"""Read milestones as they were, beside how they are now, among many events: in turn, in one run.

The milestones are real ones, each with its own history: one that waited for none, one that waited
for another, and both again once their contract has a later edition. The other events are of other
things of the same authority, each with its place in the log.
"""

import asyncio
import random
import statistics
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import httpx
import journey
import place
from asking import asked
from cells import CELLS, Stock
from load import Order
from place import Place
from serving import Server

from ecosystem.cli.caller import Caller
from ecosystem.cli.texts import text
from ecosystem.cli.world import World
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

_WAITING: Final = """
SELECT stream FROM event
WHERE type = 'milestone.planned' AND json_array_length(body -> 'after' -> 'blocked_by') > 0
ORDER BY stream LIMIT 1"""
_LAST: Final = """
SELECT max(position), max(recorded_at) FROM log_entry JOIN event ON id = event_id
WHERE stream = $1"""


@dataclass
class Read:
    """How one milestone is read in one way, and what each round of that took."""

    of: str
    way: str
    path: str
    wall: list[float] = field(default_factory=list[float])
    """Microseconds of each answer."""
    processor: list[float] = field(default_factory=list[float])
    """Microseconds of our process for each answer."""


def measure(events: int, *, core: int) -> int:
    """Fill, read in turn, and print how much longer the past takes; 1 where an answer failed."""
    with place.opened(core=core) as here:
        whole = [cell for cell in CELLS if cell.whole][:1]
        stock = place.prepare(here, [100], wanted=whole, writes={})[100]
        waiting = asyncio.run(_filled(here, events))
        those = {"waits for none": stock.staged.milestone or "", "waits for another": waiting}
        with here.ours(_DATABASE, name=_DATABASE) as server:
            address = f"http://127.0.0.1:{server.port}"
            stock.staged = journey.renewed(address, stock.staged)
            if not _measure(here, server, stock, asyncio.run(_reads(here, those))):
                return 1
            _change(address, waiting)
            changed = {f"{of}, changed": milestone for of, milestone in those.items()}
            return 0 if _measure(here, server, stock, asyncio.run(_reads(here, changed))) else 1


async def _filled(here: Place, events: int) -> str:
    """Add the other events; return a milestone that waits for another."""
    connection = await asyncpg.connect(
        here.postgres.dsn(_DATABASE, role="postgres"), command_timeout=7200
    )
    waiting: str = await connection.fetchval(_WAITING)
    await connection.execute(_PLACE)
    await connection.execute(_FILL, authority_of(waiting), events, _OF_EACH)
    await connection.execute(_PLACE)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("CHECKPOINT")
    count = await connection.fetchval("SELECT count(*) FROM event")
    print(f"{count:,} events; {_ROUNDS} rounds of {_SECONDS} s, {_CONNECTIONS} connections")
    await connection.close()
    return waiting


def _change(address: str, milestone: str) -> None:
    """Sign another edition of the contract of a milestone, over HTTP."""
    with httpx.Client(base_url=address, timeout=60) as http:
        call = World(Caller(http)).caller
        call.learn()
        contract = call.get(f"/v1/milestones/{milestone}", "city/officer")["contract_id"]
        path = f"/v1/contracts/{contract}"
        asked = {
            "base_digest": call.get(path, "city/officer")["terms_digest"],
            "ground": "agreement",
            "changes": {"targets": [{"code": "data-quality", "target": "93"}]},
            "reason": text("按实测调整", "As measured"),
        }
        made = call.post(f"{path}/changes", "city/officer", asked)
        change = f"/v1/contract-changes/{made['id']}"
        digest = call.get(change, "city/officer")["terms_digest"]
        for party in ("city", "enterprise", "think_tank", "verifier", "bank"):
            call.post(f"{change}/signatures", f"{party}/signatory", {"digest": digest})


async def _reads(here: Place, those: dict[str, str]) -> list[Read]:
    """Return in which ways each milestone is read, as of its last event."""
    connection = await asyncpg.connect(here.postgres.dsn(_DATABASE, role="postgres"))
    await connection.execute(_PLACE)
    made: list[Read] = []
    for of, milestone in those.items():
        (row,) = await connection.fetch(_LAST, milestone)
        position, then = row[0], wire(row[1])
        ways = {
            "as it is": "",
            "as_of a time": f"?as_of={then}",
            "as_of a position": f"?as_of=position:{position}",
            "as_of and valid_at": f"?as_of={then}&valid_at={then}",
        }
        path = f"/v1/milestones/{milestone}"
        made += [Read(of, way, f"{path}{query}") for way, query in ways.items()]
    await connection.close()
    return made


def _measure(here: Place, server: Server, stock: Stock, reads: list[Read]) -> bool:
    """Read in shuffled rounds, and print what it took; tell whether everything was answered."""
    dice = random.Random(1)  # noqa: S311 - an order, not a secret
    for number in range(_ROUNDS + 1):
        for read in dice.sample(reads, k=len(reads)):
            order = Order(
                port=server.port, connections=_CONNECTIONS, seconds=_SECONDS, once=False,
                requests=[_request(stock, read.path)],
            )  # fmt: skip
            before = server.usage().seconds
            found = asked(order, here.folder / "order")
            if found.failed or not found.count:
                print(f"{read.way}: {found.failed} of {found.count} failed. {found.example}")
                return False
            if number:
                read.wall.append(found.seconds / found.count * 1e6)
                read.processor.append((server.usage().seconds - before) / found.count * 1e6)
    for read in reads:
        _tell(read, now=next(one for one in reads if one.of == read.of))
    return True


def _tell(read: Read, *, now: Read) -> None:
    """Print what a read took, beside the read of the same milestone as it is."""
    wall, processor = statistics.median(read.wall), statistics.median(read.processor)
    longer = wall / statistics.median(now.wall)
    more = processor / statistics.median(now.processor)
    print(
        f"{read.of:26} {read.way:20} {wall:8.1f} us {longer:.2f} times (wanted {_WANTED});"
        f" of our process {processor:6.1f} us {more:.2f} times"
    )


def _request(stock: Stock, path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: {stock.bearer('city/officer')}\r\nAccept: application/json\r\n\r\n"
    ).encode()
