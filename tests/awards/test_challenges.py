"""Challenges on a real database: they suspend at once, and a stranger to the matter decides."""

import asyncio
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from ecosystem.awards import queries
from ecosystem.awards.challenges import actions, rules
from ecosystem.awards.challenges.model import (
    ChallengeDecision,
    Decided,
    DecideFacts,
    Lodged,
    LodgeFacts,
    Outcome,
)
from ecosystem.awards.model import Remedy
from ecosystem.awards.rules import AwardCancelled, AwardSuspended
from ecosystem.budgets import queries as budgets
from ecosystem.offers import queries as offers
from tests.awarding import (
    EVALUATORS,
    admitted,
    appointed,
    approved,
    award_state,
    awarded,
    challenged,
    decided,
    evaluated,
    proposed,
    ranked,
    scored,
    sifted,
    state_of,
)
from tests.builders import (
    OPENING,
    REASON,
    Published,
    World,
    content,
    drafted,
    offered,
    submitted,
    told,
)

LATER = OPENING + timedelta(days=60)


async def left_of(world: World) -> int:
    async with world.acting("city/officer") as (tx, by):
        left = await budgets.available(
            tx, world.programme_id, authority=by.organisation_number, currency="CNY"
        )
    assert left is not None
    return int(left)


async def ends_of(world: World, need: Published) -> set[str]:
    async with world.acting("city/officer") as (tx, _):
        return {one.state.value for one in await offers.opened(tx, need.id)}


async def test_a_challenge_suspends_the_award_and_nothing_grows_from_it(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)

    await challenged(world, award_id)

    assert await award_state(world, award_id, at=LATER) == "suspended"
    async with world.database.transaction() as tx:
        with pytest.raises(AwardSuspended):
            await queries.final(tx, award_id, at=LATER)


async def test_rejected_the_award_goes_on_and_is_final_in_its_time(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)

    assert await decided(world, challenge_id) == "rejected"

    assert await award_state(world, award_id) == "standstill"
    assert await award_state(world, award_id, at=LATER) == "final"
    with pytest.raises(rules.ChallengeDecided):
        await decided(world, challenge_id)
    with pytest.raises(rules.ChallengedBefore):
        await challenged(world, award_id)


async def test_upheld_the_offers_are_evaluated_again_and_another_one_may_win(
    world: World, need: Published
) -> None:
    before = await left_of(world)
    award_id, better, worse = await awarded(world, need)
    challenge_id = await challenged(world, award_id)

    assert await decided(world, challenge_id, Remedy.EVALUATION) == "upheld"

    assert await award_state(world, award_id, at=LATER) == "cancelled"
    assert await state_of(world, need.id) == "opened"
    assert await ends_of(world, need) == {"opened"}
    assert await left_of(world) == before
    async with world.database.transaction() as tx:
        with pytest.raises(AwardCancelled):
            await queries.final(tx, award_id, at=LATER)
    await sifted(world, need.id)
    for who in EVALUATORS:
        await scored(world, better, who, "20")
        await scored(world, worse, who, "90")
    assert await evaluated(world, need.id) == "evaluated"
    again = await proposed(world, need.lot_id, worse)
    await approved(world, again)
    assert await award_state(world, again, at=LATER) == "final"
    assert await ends_of(world, need) == {"awarded", "not_awarded"}


async def test_upheld_for_good_the_lot_is_over_and_the_need_cancelled_with_the_reasons(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, _, _ = await awarded(world, need)

    await decided(world, await challenged(world, award_id), Remedy.CANCELLATION)

    assert await state_of(world, need.id) == "cancelled"
    assert await ends_of(world, need) == {"not_awarded"}
    connection = await asyncpg.connect(owner_url)
    reason = await connection.fetchval("SELECT cancelled_reason FROM need WHERE id = $1", need.id)
    await connection.close()
    assert "See the record" in reason


async def test_an_award_is_suspended_until_the_last_challenge_is_decided(
    world: World, need: Published
) -> None:
    better = await offered(world, need.lot_id, content("750000.00"))
    group = await drafted(
        world, need.lot_id, shares={"second_enterprise": "70", "think_tank": "30"}
    )
    await submitted(world, group, content("900000.00"), by="second_enterprise")
    await admitted(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, better, who, "90")
        await scored(world, group, who, "60")
    await evaluated(world, need.id)
    award_id = await proposed(world, need.lot_id, better)
    await approved(world, award_id)
    challenges = [
        await challenged(world, award_id, who=f"{who}/bidder")
        for who in ("second_enterprise", "think_tank")
    ]

    states: list[str] = []
    for one in challenges:
        await decided(world, one)
        states.append(await award_state(world, award_id))

    assert states == ["suspended", "standstill"]


async def test_only_who_lost_challenges_and_only_while_the_standstill_runs(
    world: World, need: Published
) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)

    with pytest.raises(rules.NoStandstill):
        await challenged(world, award_id)
    await approved(world, award_id)
    for stranger in ("enterprise/bidder", "bank/bidder"):
        with pytest.raises(rules.NotChallenger):
            await challenged(world, award_id, who=stranger)
    with pytest.raises(rules.NoStandstill):
        await challenged(world, award_id, at=LATER)


async def test_who_buys_or_offers_or_oversees_nothing_here_decides_nothing(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)

    for who in ("city/officer", "enterprise/bidder", "second_enterprise/bidder"):
        with pytest.raises(rules.ReviewerNotIndependent):
            await decided(world, challenge_id, who=who)
    with pytest.raises(rules.OutsideJurisdiction):
        await decided(world, challenge_id, who="verifier/verifier")
    async with world.acting("oversight/reviewer") as (tx, by):
        asked = ChallengeDecision(outcome=Outcome.UPHELD, reasons=REASON)
        with pytest.raises(rules.RemedyUnsound):
            await actions.decide(tx, challenge_id, asked, by=by, at=OPENING)


async def test_nobody_decides_a_challenge_who_had_a_hand_in_it_for_another_organisation(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)
    asked = ChallengeDecision(outcome=Outcome.REJECTED, reasons=REASON)
    deciding = (
        "INSERT INTO challenge_decision VALUES ($1, $2, 'rejected', NULL, '{}', $3, $4, now())"
    )

    officer = world.actor("city/officer")
    hands = [officer, world.actor("city/approver"), world.actor("second_enterprise/bidder")]
    connection = await world.database.connect()
    for hand in hands:
        async with world.acting("oversight/reviewer") as (tx, by):
            same = msgspec.structs.replace(by, person_id=hand.person_id)
            with pytest.raises(rules.ReviewerNotIndependent):
                await actions.decide(tx, challenge_id, asked, by=same, at=OPENING)
        values = (officer.organisation_number, challenge_id, by.organisation_id, hand.person_id)
        with pytest.raises(asyncpg.RestrictViolationError) as refused:
            await connection.execute(deciding, *values)
        assert refused.value.constraint_name == "who_decides_had_no_hand_in_it"
    await connection.close()


async def test_a_decision_after_its_time_holds_and_is_marked_late(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)

    await decided(world, challenge_id, at=OPENING + timedelta(days=365))

    body = await told(owner_url, challenge_id, "challenge.decided")
    assert body.decision["is_late"] is True


async def test_the_database_alone_keeps_a_challenged_award_from_being_final(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)
    both = [award_id, challenge_id]
    authority = world.actor("city/officer").organisation_number
    deciding = (
        "INSERT INTO challenge_decision VALUES ($1, $2, 'rejected', NULL, '{}', $3, 'p', now())"
    )

    connection = await world.database.connect()
    try:
        for statement, name in (
            ("UPDATE award SET state = 'published', version = version + 1", "award_takes_its_turn"),
            ("UPDATE award SET standstill_ends_at = now()", "award_takes_its_turn"),
            ("UPDATE challenge SET state = 'rejected', version = 2", "challenge_takes_its_turn"),
        ):
            with pytest.raises(asyncpg.RestrictViolationError) as refused:
                await connection.execute(f"{statement} WHERE id = ANY ($1)", both)
            assert refused.value.constraint_name == name
        for who in ("city", "enterprise", "second_enterprise", "verifier"):
            judge = world.organisation(who)
            with pytest.raises(asyncpg.RestrictViolationError) as refused:
                await connection.execute(deciding, authority, challenge_id, judge)
            assert refused.value.constraint_name == "who_decides_has_no_part_in_it"
    finally:
        await connection.close()


async def test_an_award_that_nobody_has_approved_is_not_written_as_approved(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)

    connection = await world.database.connect()
    try:
        for state, version in (("published", 1), ("proposed", 2)):
            with pytest.raises(asyncpg.PostgresError) as refused:
                await connection.execute(
                    "INSERT INTO award SELECT (jsonb_populate_record(award, jsonb_build_object("
                    "'id', overlay(id placing 'ffff' from length(id) - 3), 'state', $2::text, "
                    "'version', $3::int))).* FROM award WHERE id = $1",
                    award_id, state, version,
                )  # fmt: skip
            assert refused.value.as_dict()["constraint_name"] == "award_begins_proposed"
    finally:
        await connection.close()


async def test_two_challenges_at_once_suspend_once_and_both_are_open(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)

    ends = await asyncio.gather(
        *(challenged(world, award_id) for _ in range(2)), return_exceptions=True
    )

    assert [type(end) for end in ends].count(str) == 1
    assert [type(end) for end in ends].count(rules.ChallengedBefore) == 1
    assert await award_state(world, award_id) == "suspended"


async def test_two_decisions_at_once_leave_one(world: World, need: Published) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)

    ends = await asyncio.gather(
        decided(world, challenge_id),
        decided(world, challenge_id, Remedy.EVALUATION),
        return_exceptions=True,
    )

    (won,) = [end for end in ends if isinstance(end, str)]
    assert [type(end) for end in ends].count(rules.ChallengeDecided) == 1
    assert await award_state(world, award_id) == (
        "standstill" if won == "rejected" else "cancelled"
    )


async def test_the_log_alone_decides_challenges_again(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, _, _ = await awarded(world, need)
    challenge_id = await challenged(world, award_id)
    await decided(world, challenge_id, Remedy.EVALUATION)

    for stream, kind in ((challenge_id, "challenge.lodged"), (award_id, "award.suspended")):
        body = await told(owner_url, stream, kind)
        lodged = rules.lodge(msgspec.convert(body.facts, LodgeFacts), by=body.by, at=OPENING)
        assert lodged == msgspec.convert(body.decision, Lodged)
    for stream, kind in (
        (challenge_id, "challenge.decided"),
        (award_id, "award.cancelled"),
        (need.id, "need.reopened"),
    ):
        body = await told(owner_url, stream, kind)
        decision = rules.decide(msgspec.convert(body.facts, DecideFacts), by=body.by, at=OPENING)
        assert decision == msgspec.convert(body.decision, Decided)
