"""The feed loses nothing and reorders nothing, however many write at once."""

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
from sqlalchemy import Text, bindparam, func, select

from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, OrganisationKind

ONE_AT_A_TIME = Statement(
    select(func.pg_advisory_xact_lock(func.hashtext(bindparam("stream", type_=Text))))
)
"""What the lock on a thing's row is in a room: one change of it after the other."""
WRITERS = 12
EVENTS_EACH = 60
STREAMS = 5


class Said(msgspec.Struct, frozen=True):
    number: int


BY = Actor(
    organisation_id=mint("org"),
    organisation_number=7,
    kind=OrganisationKind.GOVERNMENT,
    verified=True,
    jurisdiction="440300",
    client_id=mint("client"),
)


async def _write(database: Database, stream: str, number: int) -> None:
    async with database.transaction() as tx:
        await tx.value(ONE_AT_A_TIME, stream=stream)
        said = Said(number)
        at = datetime.now(UTC)
        await history.record(
            tx, "tried", stream, facts=said, decision=said, by=BY, at=at, audience=EVERYONE
        )
        # Some transactions commit late, as slow ones do.
        await asyncio.sleep(random.choice((0, 0, 0.02)))


async def _writer(database: Database, streams: list[str], seed: int) -> None:
    chosen = random.Random(seed)
    for number in range(EVENTS_EACH):
        await _write(database, chosen.choice(streams), number)


async def _follow(client: httpx.AsyncClient, done: asyncio.Event) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    after = 0
    while True:
        is_last = done.is_set()
        page = (await client.get(f"/v1/events?after={after}&limit=100")).json()
        seen += page["data"]
        after = page["next_after"]
        if is_last and not page["data"]:
            return seen
        await asyncio.sleep(0.01)


async def test_twelve_writers_lose_no_event_and_reorder_none_within_its_object(
    client: httpx.AsyncClient, database: Database
) -> None:
    streams = [mint("need", authority=7) for _ in range(STREAMS)]
    done = asyncio.Event()
    follower = asyncio.create_task(_follow(client, done))

    await asyncio.gather(*(_writer(database, streams, seed) for seed in range(WRITERS)))
    await _sequenced(database)
    done.set()
    seen = [one for one in await follower if one["type"] == "tried"]

    versions: dict[str, list[int]] = defaultdict(list)
    for one in seen:
        versions[one["object"]].append(one["version"])
    assert len(seen) == WRITERS * EVENTS_EACH
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


async def test_positions_have_no_gap(database: Database) -> None:
    connection = await database.connect()
    last = await connection.fetchval("SELECT max(position) FROM log_entry")
    count = await connection.fetchval("SELECT count(*) FROM log_entry")
    await connection.close()

    assert last == count > 0


async def _sequenced(database: Database) -> None:
    connection = await database.connect()
    try:
        async with asyncio.timeout(30):
            for _ in range(600):
                if not await connection.fetchval("SELECT count(*) FROM event_pending"):
                    return
                await asyncio.sleep(0.05)
    finally:
        await connection.close()
