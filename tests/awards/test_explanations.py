"""A price that is abnormally low is explained before it wins; letters say why one did not."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from ecosystem.awards import queries
from ecosystem.awards.admission import rules as admission
from ecosystem.awards.admission.model import Exhausted, ExhaustFacts
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.explanations import rules
from ecosystem.awards.explanations.model import Decided, DecideFacts
from ecosystem.awards.letters import queries as letters
from ecosystem.awards.letters.rules import LetterMissing
from ecosystem.awards.rules import NotEvaluated, NotRankedFirst, PriceUnexplained
from tests.awarding import (
    EVALUATORS,
    admitted,
    appointed,
    approved,
    asked,
    awarded,
    evaluated,
    explained,
    judged,
    proposed,
    scored,
)
from tests.awards import acts
from tests.builders import OPENING, Published, World, content, offered, seen, told

LATER = OPENING + timedelta(days=30)


async def flagged(world: World, need: Published) -> tuple[str, str]:
    """Return two ranked offers, the first of them abnormally low."""
    low = await offered(world, need.lot_id, content("300000.00"))
    usual = await offered(world, need.lot_id, content("900000.00"), by="second_enterprise")
    await admitted(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, low, who, "80")
        await scored(world, usual, who, "70")
    await evaluated(world, need.id)
    return low, usual


async def letters_of(world: World, who: str, award_id: str) -> list[dict[str, Any]]:
    async with world.acting(who) as (tx, by):
        row = await tx.row(
            letters.listing(of_award=True),
            page_from="~", page_limit=20, award_id=award_id, organisation=by.organisation_id,
        )  # fmt: skip
    found: list[dict[str, Any]] = msgspec.json.decode(row["rows"] or b"[]") if row else []
    return found


async def test_a_flagged_offer_wins_when_its_explanation_is_accepted(
    world: World, need: Published
) -> None:
    low, _ = await flagged(world, need)

    with pytest.raises(PriceUnexplained):
        await proposed(world, need.lot_id, low)
    explanation_id = await asked(world, low)
    with pytest.raises(rules.ExplanationAsked):
        await asked(world, low)
    assert await explained(world, explanation_id) == "answered"
    with pytest.raises(PriceUnexplained):
        await proposed(world, need.lot_id, low)
    assert await judged(world, explanation_id, "accepted") == "accepted"

    assert await approved(world, await proposed(world, need.lot_id, low)) == "standstill"


async def test_a_rejected_one_is_passed_over_and_the_award_and_its_letter_say_why(
    world: World, need: Published
) -> None:
    low, usual = await flagged(world, need)
    with pytest.raises(NotRankedFirst):
        await proposed(world, need.lot_id, usual)
    explanation_id = await asked(world, low)
    await explained(world, explanation_id)

    await judged(world, explanation_id, "rejected")

    with pytest.raises(NotRankedFirst):
        await proposed(world, need.lot_id, low)
    award_id = await proposed(world, need.lot_id, usual)
    await approved(world, award_id)
    async with world.database.transaction() as tx:
        shown = msgspec.json.decode((await queries.view(tx, award_id, at=OPENING))[0])
    assert [one["offer_id"] for one in shown["passed_over"]] == [low]
    (told_to,) = await letters_of(world, "enterprise/bidder", award_id)
    assert told_to["content"]["excluded"]["ground"] == "abnormally_low"
    assert told_to["content"]["excluded"]["reasons"]["en"] == "See the record"
    assert told_to["content"]["own"]["rank"] == 1


async def test_where_all_are_passed_over_the_need_is_unsuccessful_and_says_so(
    world: World, need: Published, owner_url: str
) -> None:
    low = await offered(world, need.lot_id, content("300000.00"))
    await admitted(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, low, who, "80")
    assert await evaluated(world, need.id) == "evaluated"
    explanation_id = await asked(world, low)
    await explained(world, explanation_id)

    await judged(world, explanation_id, "rejected")

    with pytest.raises(NotEvaluated):
        await proposed(world, need.lot_id, low)
    async with world.database.transaction() as tx:
        shown = msgspec.json.decode(await evaluations.view(tx, need.id))
    assert shown["unsuccessful"] == [{"lot_id": need.lot_id, "code": "all_passed_over"}]
    body = await told(owner_url, need.id, "need.contest_exhausted")
    facts = msgspec.convert(body.facts, ExhaustFacts)
    ended = msgspec.convert(body.decision, Exhausted)
    assert (ended.need_state, ended.lot_id) == ("unsuccessful", need.lot_id)
    assert admission.exhaust(facts, by=body.by, at=OPENING) == ended


async def test_silence_is_decided_when_the_time_to_answer_has_passed_and_not_before(
    world: World, need: Published
) -> None:
    low, _ = await flagged(world, need)
    explanation_id = await asked(world, low)

    with pytest.raises(rules.ExplanationAwaited):
        await judged(world, explanation_id, "rejected")

    assert await judged(world, explanation_id, "rejected", at=LATER) == "rejected"
    for again in ("accepted", "rejected"):
        with pytest.raises(rules.ExplanationDecided):
            await judged(world, explanation_id, again, at=LATER)
    with pytest.raises(rules.ExplanationAnswered):
        await explained(world, explanation_id)


async def test_only_flagged_prices_are_asked_about_and_only_members_answer(
    world: World, need: Published
) -> None:
    low, usual = await flagged(world, need)

    with pytest.raises(rules.PriceNotFlagged):
        await asked(world, usual)
    explanation_id = await asked(world, low)
    with pytest.raises(rules.NotExplainer):
        await explained(world, explanation_id, who="city/officer")
    with pytest.raises(rules.ExplanationMissing):
        await explained(world, explanation_id, who="second_enterprise/bidder")


async def test_of_a_need_that_was_given_up_no_explanation_is_decided(
    world: World, need: Published
) -> None:
    low, _ = await flagged(world, need)
    explanation_id = await asked(world, low)
    await explained(world, explanation_id)
    await acts.cancel(world, need.id, at=OPENING)

    with pytest.raises(NotEvaluated):
        await judged(world, explanation_id, "rejected")

    shown = await seen(world, "enterprise/bidder", low)
    assert shown is not None
    assert shown["state"] == "admitted"


async def test_two_decisions_at_once_leave_one_and_the_log_decides_it_again(
    world: World, need: Published, owner_url: str
) -> None:
    low, _ = await flagged(world, need)
    explanation_id = await asked(world, low)
    await explained(world, explanation_id)

    ends = await asyncio.gather(
        *(judged(world, explanation_id, one) for one in ("accepted", "rejected")),
        return_exceptions=True,
    )

    assert sum(isinstance(end, str) for end in ends) == 1
    assert [type(end) for end in ends].count(rules.ExplanationDecided) == 1
    body = await told(owner_url, explanation_id, "explanation.decided")
    again = rules.decide(msgspec.convert(body.facts, DecideFacts), by=body.by, at=OPENING)
    assert again == msgspec.convert(body.decision, Decided)


async def test_the_database_lets_nobody_decide_what_may_still_be_answered(
    world: World, need: Published
) -> None:
    low, _ = await flagged(world, need)
    explanation_id = await asked(world, low)
    number = world.actor("city/officer").organisation_number

    connection = await world.database.connect()
    try:
        await connection.execute(f"SET app.authority = '{number}'")
        with pytest.raises(asyncpg.RestrictViolationError) as refused:
            await connection.execute(
                "UPDATE price_explanation SET state = 'rejected', version = version + 1, "
                "reasons = '{}', decided_by = 'p', decided_at = asked_at WHERE id = $1",
                explanation_id,
            )
        assert refused.value.constraint_name == "price_explanation_takes_its_turn"
    finally:
        await connection.close()


async def test_each_loser_alone_reads_its_letter_with_its_own_scores(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, better, worse = await awarded(world, need)

    (found,) = await letters_of(world, "second_enterprise/bidder", award_id)

    said = found["content"]
    assert (found["offer_id"], said["own"]["offer_id"]) == (worse, worse)
    assert said["own"]["rank"] == 2
    assert [one["reason"]["en"] for one in said["consensus"]] == ["See the record"]
    assert said["winner"]["offer_id"] == better
    for other in ("enterprise/bidder", "city/officer", "bank/bidder", "auditor/auditor"):
        assert await letters_of(world, other, award_id) == []
        async with world.acting(other) as (tx, by):
            with pytest.raises(LetterMissing):
                await letters.view(tx, found["id"], by=by)
    connection = await asyncpg.connect(owner_url)
    seen = await connection.fetchrow(
        "SELECT is_public, is_sealed, visible_to FROM event WHERE stream = $1", found["id"]
    )
    await connection.close()
    assert seen is not None
    assert (seen["is_public"], seen["is_sealed"]) == (False, True)
    assert seen["visible_to"] == [world.organisation("second_enterprise")]
