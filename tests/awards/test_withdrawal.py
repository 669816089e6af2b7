"""A challenge is taken back by who made it, for good; the award goes on."""

import asyncio
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from ecosystem.awards.challenges import actions, rules
from ecosystem.awards.challenges.model import WithdrawFacts, Withdrawn
from tests.awarding import award_state, awarded, challenged, decided
from tests.builders import OPENING, Published, World, told

LATER = OPENING + timedelta(days=60)


async def withdrawn(
    world: World, challenge_id: str, *, who: str = "second_enterprise/bidder"
) -> str:
    async with world.acting(who) as (tx, by):
        return (await actions.withdraw(tx, challenge_id, by=by, at=OPENING, expected=None)).state


async def test_a_challenge_is_withdrawn_by_its_maker_alone_and_the_award_goes_on(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)
    with pytest.raises(rules.NotOwnChallenge):
        await withdrawn(world, challenge_id, who="enterprise/bidder")

    assert await withdrawn(world, challenge_id) == "withdrawn"

    assert await award_state(world, award_id) == "standstill"
    assert await award_state(world, award_id, at=LATER) == "final"
    with pytest.raises(rules.ChallengeDecided):
        await withdrawn(world, challenge_id)
    with pytest.raises(rules.ChallengeDecided):
        await decided(world, challenge_id)
    with pytest.raises(rules.ChallengedBefore):
        await challenged(world, award_id)
    for stream, kind in ((challenge_id, "challenge.withdrawn"), (award_id, "award.resumed")):
        body = await told(owner_url, stream, kind)
        again = rules.withdraw(msgspec.convert(body.facts, WithdrawFacts), by=body.by, at=OPENING)
        assert again == msgspec.convert(body.decision, Withdrawn)


async def test_of_a_withdrawal_and_a_decision_at_once_one_takes_effect(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)

    results = await asyncio.gather(
        withdrawn(world, challenge_id),
        decided(world, challenge_id),
        withdrawn(world, challenge_id),
        return_exceptions=True,
    )

    assert len([one for one in results if isinstance(one, str)]) == 1
    assert len([one for one in results if isinstance(one, rules.ChallengeDecided)]) == 2
    assert await award_state(world, award_id) == "standstill"


async def test_the_database_takes_no_challenge_back_without_a_hand(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)

    connection = await world.database.connect()
    try:
        with pytest.raises(asyncpg.CheckViolationError) as no:
            await connection.execute(
                "UPDATE challenge SET state = 'withdrawn', version = 2 WHERE id = $1", challenge_id
            )
    finally:
        await connection.close()
    assert no.value.constraint_name == "challenge_a_withdrawal_has_its_hand"


async def test_the_database_decides_nothing_that_was_taken_back(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)
    await withdrawn(world, challenge_id)
    authority = world.actor("city/officer").organisation_number

    connection = await world.database.connect()
    try:
        with pytest.raises(asyncpg.RestrictViolationError) as no:
            await connection.execute(
                "INSERT INTO challenge_decision "
                "VALUES ($1, $2, 'rejected', NULL, '{}', $3, 'p', now())",
                authority, challenge_id, world.organisation("oversight"),
            )  # fmt: skip
    finally:
        await connection.close()
    assert no.value.constraint_name == "what_is_decided_is_open"
