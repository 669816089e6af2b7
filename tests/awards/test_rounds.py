"""Each contest has its own round: what happens to one lot leaves the others as they are."""

import asyncpg
import pytest

from ecosystem.awards.explanations.rules import ExplanationOutdated
from ecosystem.awards.model import Remedy
from ecosystem.awards.rules import NotRankedFirst
from ecosystem.needs.rules import AwardStands
from tests.awarding import (
    EVALUATORS,
    appointed,
    approved,
    asked,
    challenged,
    decided,
    evaluated,
    explained,
    judged,
    proposed,
    scored,
    sifted,
    state_of,
)
from tests.awards import acts
from tests.builders import OPENING, Published, World, content, offered, opened


@pytest.fixture
async def need(world: World) -> Published:
    return await acts.need_of_two_lots(world)


async def judge(world: World, need: Published, marks: dict[str, str]) -> None:
    """Admit what was opened, score it, and compute the ranking."""
    await sifted(world, need.id)
    for offer_id, mark in marks.items():
        for who in EVALUATORS:
            await scored(world, offer_id, who, mark)
    await evaluated(world, need.id)


async def awarded(world: World, lot_id: str, offer_id: str) -> str:
    award_id = await proposed(world, lot_id, offer_id)
    await approved(world, award_id)
    return award_id


async def test_a_lot_is_evaluated_again_although_another_one_was_since(
    world: World, need: Published
) -> None:
    first, second = [await acts.offers_for(world, one.id) for one in need.lots]
    await opened(world, need.id)
    await appointed(world, need.id)
    better, worse = (first["enterprise"], second["enterprise"]), second["second_enterprise"]
    marks = {first["second_enterprise"]: "60", worse: "60"} | dict.fromkeys(better, "90")
    await judge(world, need, marks)
    awards = [await awarded(world, lot.id, one) for lot, one in zip(need.lots, better, strict=True)]
    challenges = [await challenged(world, one) for one in awards]
    await decided(world, challenges[0], Remedy.EVALUATION)
    await judge(world, need, {one: marks[one] for one in first.values()})

    await decided(world, challenges[1], Remedy.EVALUATION)
    await judge(world, need, {better[1]: "10", worse: "90"})

    assert await state_of(world, need.id) == "evaluated"
    assert await awarded(world, need.lots[1].id, worse)


async def flagged(world: World, lot_id: str) -> tuple[str, str]:
    """Offer for a lot at a price that is abnormally low, and at a usual one."""
    low = await offered(world, lot_id, content("300000.00"))
    return low, await offered(world, lot_id, content("900000.00"), by="second_enterprise")


async def test_what_was_passed_over_stays_so_while_another_lot_is_evaluated_again(
    world: World, need: Published
) -> None:
    first = await acts.offers_for(world, need.lot_id)
    low, usual = await flagged(world, need.lots[1].id)
    await opened(world, need.id)
    await appointed(world, need.id)
    marks: dict[str, str] = dict(zip(first.values(), ("90", "60"), strict=True))
    await judge(world, need, marks | {low: "80", usual: "70"})
    question = await asked(world, low)
    await explained(world, question)
    await judged(world, question, "rejected")
    award_id = await awarded(world, need.lot_id, first["enterprise"])

    await decided(world, await challenged(world, award_id), Remedy.EVALUATION)
    await judge(world, need, marks)

    with pytest.raises(NotRankedFirst):
        await proposed(world, need.lots[1].id, low)
    assert await awarded(world, need.lots[1].id, usual)


async def test_a_low_price_is_rejected_although_another_lot_was_evaluated_again_since(
    world: World, need: Published
) -> None:
    first = await acts.offers_for(world, need.lot_id)
    low, usual = await flagged(world, need.lots[1].id)
    await opened(world, need.id)
    await appointed(world, need.id)
    marks: dict[str, str] = dict(zip(first.values(), ("90", "60"), strict=True))
    await judge(world, need, marks | {low: "80", usual: "70"})
    question = await asked(world, low)
    await explained(world, question)
    award_id = await awarded(world, need.lot_id, first["enterprise"])
    await decided(world, await challenged(world, award_id), Remedy.EVALUATION)
    await judge(world, need, marks)

    assert await judged(world, question, "rejected") == "rejected"

    assert await awarded(world, need.lots[1].id, usual)


async def test_no_explanation_is_decided_of_a_ranking_that_was_set_aside(
    world: World, need: Published
) -> None:
    low, usual = await flagged(world, need.lot_id)
    await opened(world, need.id)
    await appointed(world, need.id)
    marks = {low: "10", usual: "95"}
    await judge(world, need, marks)
    question = await asked(world, low)
    await explained(world, question)
    award_id = await awarded(world, need.lot_id, usual)
    await decided(
        world, await challenged(world, award_id, who="enterprise/bidder"), Remedy.EVALUATION
    )

    with pytest.raises(ExplanationOutdated):
        await judged(world, question, "rejected")
    await judge(world, need, marks)
    with pytest.raises(ExplanationOutdated):
        await judged(world, question, "rejected")
    assert await asked(world, low)


async def test_a_need_of_which_an_award_stands_is_not_given_up(
    world: World, need: Published
) -> None:
    first, second = [await acts.offers_for(world, one.id) for one in need.lots]
    await opened(world, need.id)
    await appointed(world, need.id)
    await judge(world, need, dict.fromkeys([*first.values(), *second.values()], "80"))
    award_id = await awarded(world, need.lot_id, first["enterprise"])
    ending = "UPDATE need SET state = 'cancelled', cancelled_reason = '{}' WHERE id = $1"

    with pytest.raises(AwardStands):
        await acts.cancel(world, need.id, at=OPENING)
    connection = await world.database.connect()
    try:
        with pytest.raises(asyncpg.RestrictViolationError) as no:
            await connection.execute(ending, need.id)
    finally:
        await connection.close()

    assert no.value.constraint_name == "what_is_awarded_is_not_given_up"
    assert await state_of(world, need.id) == "evaluated"
    await decided(world, await challenged(world, award_id), Remedy.CANCELLATION)
    assert await acts.cancel(world, need.id, at=OPENING) == "cancelled"
