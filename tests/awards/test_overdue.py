"""A challenge that nobody decides in time is told of once, shown, and still decided."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.awards.challenges import queries
from ecosystem.awards.overdue import actions, rules
from ecosystem.awards.overdue.model import Overdue, OverdueFacts
from ecosystem.runtime.clock import Clock
from ecosystem.values.period import wire
from tests.awarding import award_state, awarded, challenged, decided
from tests.builders import OPENING, Published, World, told

MILLISECOND = timedelta(milliseconds=1)
EVENTS = "SELECT is_public FROM event WHERE stream = $1 AND type = 'challenge.overdue'"


async def shown(world: World, challenge_id: str, *, at: datetime) -> dict[str, Any]:
    async with world.database.transaction() as tx:
        body = (await queries.view(tx, challenge_id, at=at))[0]
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


async def listed(world: World, *, at: datetime) -> set[str]:
    statement = queries.listing(of_award=False, overdue=True)
    async with world.database.transaction() as tx:
        row = await tx.row(statement, page_from="~", page_limit=100, at=at)
    rows: bytes | None = None if row is None else row["rows"]
    return {one["id"] for one in msgspec.json.decode(rows or b"[]")}


async def test_what_is_overdue_is_told_once_to_everybody_and_still_decided(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)
    due = datetime.fromisoformat((await shown(world, challenge_id, at=OPENING))["decide_by"])
    late = due + MILLISECOND

    await actions.tell(world.database, Clock(stands_at=due))
    assert not (await shown(world, challenge_id, at=due))["is_overdue"]
    assert challenge_id not in await listed(world, at=due)
    clock = Clock(stands_at=late)
    counts = await asyncio.gather(*(actions.tell(world.database, clock) for _ in range(3)))
    await actions.tell(world.database, clock)

    assert sum(counts) == 1
    assert (await shown(world, challenge_id, at=late))["is_overdue"]
    assert challenge_id in await listed(world, at=late)
    connection = await asyncpg.connect(owner_url)
    assert [one["is_public"] for one in await connection.fetch(EVENTS, challenge_id)] == [True]
    await connection.close()
    body = await told(owner_url, challenge_id, "challenge.overdue")
    facts = msgspec.convert(body.facts, OverdueFacts)
    assert rules.overdue(facts, by=body.by, at=late) == msgspec.convert(body.decision, Overdue)
    assert await award_state(world, award_id, at=late) == "suspended"
    assert await decided(world, challenge_id, at=late) == "rejected"
    assert challenge_id not in await listed(world, at=late)


async def test_whoever_reads_challenges_asks_for_those_that_are_overdue(
    world: World, need: Published, client: httpx.AsyncClient
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)
    due = datetime.fromisoformat((await shown(world, challenge_id, at=OPENING))["decide_by"])

    async def asked(at: datetime, query: str) -> set[str]:
        clock = {"now": wire(at), "runs": False}
        assert (await client.post("/v1/sandbox/clock", json=clock)).status_code == 200
        answer = await client.get(f"/v1/challenges?award_id={award_id}{query}")
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["data"]}

    assert await asked(due, "&overdue=true") == set()
    assert await asked(due, "&overdue=false") == {challenge_id}
    assert await asked(due + MILLISECOND, "&overdue=true") == {challenge_id}
    await decided(world, challenge_id, at=due + MILLISECOND)
    assert await asked(due + MILLISECOND, "&overdue=true") == set()


async def test_what_is_decided_in_time_is_never_told_of(world: World, need: Published) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)
    due = datetime.fromisoformat((await shown(world, challenge_id, at=OPENING))["decide_by"])
    await decided(world, challenge_id, at=due)

    assert await actions.tell(world.database, Clock(stands_at=due + MILLISECOND)) == 0


async def test_the_database_calls_nothing_overdue_that_is_in_time(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)

    connection = await world.database.connect()
    with pytest.raises(asyncpg.CheckViolationError, match="nothing_in_time_is_overdue"):
        await connection.execute(
            "UPDATE challenge SET told_at = decide_by, version = version + 1 WHERE id = $1",
            challenge_id,
        )
    with pytest.raises(asyncpg.RestrictViolationError) as no:
        await connection.execute(
            "UPDATE challenge SET version = version + 1 WHERE id = $1", challenge_id
        )
    await connection.close()
    assert no.value.constraint_name == "challenge_takes_its_turn"
