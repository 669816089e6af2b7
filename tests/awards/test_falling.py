"""An award falls that nobody signs, and the next in the ranking may be awarded."""

import json
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from ecosystem.awards import queries
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.falling import rules as falling
from ecosystem.awards.falling.model import Ended, EndFacts, Fallen
from ecosystem.awards.falling.model import FallFacts as FollowFacts
from ecosystem.awards.model import Remedy
from ecosystem.awards.rules import (
    AwardedBefore,
    AwardSuspended,
    LotOver,
    NotAuthority,
    NotRankedFirst,
    StandstillRunning,
)
from ecosystem.contracts.declining import actions as declining
from ecosystem.contracts.declining import rules
from ecosystem.contracts.declining.model import Called, CallFacts, FallFacts, Fell
from ecosystem.contracts.rules import ContractCancelled
from ecosystem.needs.model import OfferKind
from ecosystem.offers.rules import LotMissing
from ecosystem.runtime.web import seen_by
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
    scored,
    sifted,
)
from tests.awards import acts
from tests.awards.account import Draft
from tests.awards.falls import (
    LATER,
    OVERDUE,
    awarded_next,
    called,
    declined,
    ended,
    lapsed,
    left_of,
    need_state,
    offers_of,
)
from tests.builders import (
    OPENING,
    REASON,
    Published,
    World,
    told,
)


async def signed(world: World, draft: Draft, *who: str) -> None:
    for one in who:
        await acts.sign(world, draft.id, one, draft.digest, at=LATER)


async def test_declined_the_award_falls_and_the_next_may_be_awarded(
    world: World, need: Published
) -> None:
    before = await left_of(world)
    award_id, better, worse = await awarded(world, need)
    draft = await acts.draw_up(world, award_id, at=LATER)

    assert await declined(world, award_id) == "cancelled"

    assert await left_of(world) == before
    assert await need_state(world, need.id) == "evaluated"
    assert await offers_of(world, need.id) == {better: "excluded", worse: "admitted"}
    with pytest.raises(ContractCancelled):
        await signed(world, draft, "enterprise")
    following = await awarded_next(world, need.lot_id, worse)
    assert await need_state(world, need.id) == "awarded"
    assert await left_of(world) == before - 900_000
    assert await award_state(world, following, at=LATER) == "standstill"
    assert await award_state(world, following, at=OVERDUE) == "final"


async def test_everybody_reads_why_an_award_fell_and_what_is_passed_over(
    world: World, need: Published
) -> None:
    award_id, better, worse = await awarded(world, need)
    await declined(world, award_id)

    following = await awarded_next(world, need.lot_id, worse)

    async with world.database.transaction() as tx:
        fell = json.loads((await queries.view(tx, award_id, at=LATER))[0])
        stands = json.loads((await queries.view(tx, following, at=LATER))[0])
    assert (fell["state"], fell["lapse"], fell["remedy"]) == ("cancelled", "declined", None)
    assert fell["cancelled_reason"] is not None
    assert [one["offer_id"] for one in stands["passed_over"]] == [better]
    assert stands["lapse"] is None


async def test_whose_award_fell_gets_a_letter_about_the_next(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, better, worse = await awarded(world, need)
    await declined(world, award_id)

    following = await awarded_next(world, need.lot_id, worse)

    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "SELECT set_config('app.organisation', $1, false)", world.organisation("enterprise")
    )
    content = await connection.fetchval(
        "SELECT content::text FROM letter WHERE award_id = $1 AND offer_id = $2", following, better
    )
    await connection.close()
    assert json.loads(content)["excluded"]["ground"] == "award_declined"


async def test_who_does_not_lead_the_awarded_offer_declines_nothing(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)

    with pytest.raises(rules.NotWinner):
        await declined(world, award_id, who="second_enterprise")

    assert await award_state(world, award_id, at=LATER) == "final"


@pytest.mark.parametrize("hand", ["city/officer", "city/approver"])
async def test_who_awarded_for_the_authority_declines_for_nobody(
    world: World, need: Published, hand: str
) -> None:
    award_id, _, _ = await awarded(world, need)
    both = msgspec.structs.replace(
        world.actor("enterprise/signatory"), person_id=world.actor(hand).person_id
    )

    with pytest.raises(rules.AwarderDeclines):
        async with world.database.transaction(seen_by(both)) as tx:
            await declining.decline(tx, award_id, REASON, by=both, at=LATER, expected=None)

    assert await award_state(world, award_id, at=LATER) == "final"


async def test_an_award_that_is_not_final_is_not_declined(world: World, need: Published) -> None:
    award_id, _, _ = await awarded(world, need)

    with pytest.raises(StandstillRunning):
        await declined(world, award_id, at=OPENING)
    await challenged(world, award_id)
    with pytest.raises(AwardSuspended):
        await declined(world, award_id)


async def test_when_the_last_in_the_ranking_declines_the_need_is_unsuccessful(
    world: World, need: Published
) -> None:
    before = await left_of(world)
    award_id, better, worse = await awarded(world, need)
    await declined(world, award_id)
    following = await awarded_next(world, need.lot_id, worse)

    await declined(world, following, who="second_enterprise", at=OVERDUE)

    assert await need_state(world, need.id) == "unsuccessful"
    assert await offers_of(world, need.id) == {better: "excluded", worse: "excluded"}
    assert await left_of(world) == before
    async with world.database.transaction() as tx:
        found = json.loads(await evaluations.view(tx, need.id))
    assert found["unsuccessful"] == [{"lot_id": need.lot_id, "code": "all_passed_over"}]


async def test_what_fell_stays_out_when_offers_are_evaluated_again(
    world: World, need: Published
) -> None:
    award_id, better, worse = await awarded(world, need)
    await declined(world, award_id)
    async with world.acting("city/officer"):
        following = await proposed(world, need.lot_id, worse)
    await approved(world, following)
    challenge_id = await challenged(world, following, who="enterprise/bidder")

    await decided(world, challenge_id, Remedy.EVALUATION)

    assert await need_state(world, need.id) == "opened"
    assert await offers_of(world, need.id) == {better: "excluded", worse: "opened"}
    assert (await sifted(world, need.id)).admitted == (worse,)


async def test_a_lot_of_which_an_award_fell_is_ended_with_a_reason(
    world: World, need: Published
) -> None:
    award_id, better, worse = await awarded(world, need)
    with pytest.raises(falling.NothingFell):
        await ended(world, need.lot_id)
    await declined(world, award_id)
    with pytest.raises(NotAuthority):
        await ended(world, need.lot_id, who="oversight/reviewer")
    with pytest.raises(falling.NothingFell):
        await ended(world, need.lot_id, kind=OfferKind.ADVISORY)
    with pytest.raises(LotOver):
        await ended(world, need.lot_id, kind=OfferKind.FINANCING)
    with pytest.raises(LotMissing):
        await ended(world, "lot_" + "0" * 32)

    assert await ended(world, need.lot_id) == "unsuccessful"

    assert await offers_of(world, need.id) == {better: "excluded", worse: "not_awarded"}
    async with world.database.transaction() as tx:
        found = json.loads(await evaluations.view(tx, need.id))
    assert found["unsuccessful"] == [{"lot_id": need.lot_id, "code": "ended"}]


async def test_a_lot_does_not_end_while_an_award_of_it_is_proposed(
    world: World, need: Published
) -> None:
    award_id, _, worse = await awarded(world, need)
    await declined(world, award_id)
    await proposed(world, need.lot_id, worse)

    with pytest.raises(AwardedBefore):
        await ended(world, need.lot_id)


async def test_of_two_lots_one_ends_and_the_other_is_awarded(world: World) -> None:
    need = await acts.need_of_two_lots(world)
    first, second = need.lots
    made = await two_awards(world, need)
    await declined(world, made[first.id][0])

    assert await need_state(world, need.id) == "evaluated"
    assert await ended(world, first.id) == "awarded"

    with pytest.raises(LotOver):
        await proposed(world, first.id, made[first.id][1])
    assert await award_state(world, made[second.id][0], at=LATER) == "final"


async def test_of_a_need_that_is_contracted_another_lot_falls_and_it_stays_so(
    world: World,
) -> None:
    need = await acts.need_of_two_lots(world)
    first, second = need.lots
    made = await two_awards(world, need)
    draft = await acts.draw_up(world, made[second.id][0], at=LATER)
    await signed(world, draft, "city", "enterprise", "verifier")

    await declined(world, made[first.id][0])

    assert await need_state(world, need.id) == "contracted"
    assert await awarded_next(world, first.id, made[first.id][1])
    assert await need_state(world, need.id) == "contracted"


async def two_awards(world: World, need: Published) -> dict[str, tuple[str, str]]:
    """Award both lots to the first enterprise; return by lot the award, and the other's offer."""
    made = {lot.id: await acts.offers_for(world, lot.id) for lot in need.lots}
    await admitted(world, need.id)
    await appointed(world, need.id)
    for of in made.values():
        for who, mark in (("enterprise", "90"), ("second_enterprise", "60")):
            for judge in EVALUATORS:
                await scored(world, of[who], judge, mark)
    await evaluated(world, need.id)
    found: dict[str, tuple[str, str]] = {}
    for lot_id, of in made.items():
        award_id = await proposed(world, lot_id, of["enterprise"])
        await approved(world, award_id)
        found[lot_id] = (award_id, of["second_enterprise"])
    return found


async def test_whoever_fell_is_not_proposed_again(world: World, need: Published) -> None:
    award_id, better, _ = await awarded(world, need)
    await declined(world, award_id)

    with pytest.raises(NotRankedFirst):
        await proposed(world, need.lot_id, better)


async def test_the_log_alone_decides_falls_again(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, _, worse = await awarded(world, need)
    draft = await acts.draw_up(world, award_id, at=LATER)
    await called(world, draft.id)
    await lapsed(world, award_id)
    following = await awarded_next(world, need.lot_id, worse, at=OVERDUE)
    await declined(world, following, who="second_enterprise", at=OVERDUE + timedelta(days=60))

    body = await told(owner_url, draft.id, "contract.signature_called")
    assert rules.call(
        msgspec.convert(body.facts, CallFacts), by=body.by, at=LATER
    ) == msgspec.convert(body.decision, Called)
    body = await told(owner_url, award_id, "award.lapsed")
    assert rules.lapse(
        msgspec.convert(body.facts, FallFacts), by=body.by, at=OVERDUE
    ) == msgspec.convert(body.decision, Fell)
    body = await told(owner_url, following, "award.declined")
    assert rules.decline(
        msgspec.convert(body.facts, FallFacts), by=body.by, at=OVERDUE + timedelta(days=60)
    ) == msgspec.convert(body.decision, Fell)
    body = await told(owner_url, need.id, "need.award_fell")
    assert falling.fall(
        msgspec.convert(body.facts, FollowFacts), by=body.by, at=OVERDUE
    ) == msgspec.convert(body.decision, Fallen)


async def test_the_log_alone_decides_ends_again(
    world: World, need: Published, owner_url: str
) -> None:
    award_id, _, _ = await awarded(world, need)
    await declined(world, award_id)
    await ended(world, need.lot_id)

    body = await told(owner_url, need.id, "need.lot_ended")
    assert falling.end(
        msgspec.convert(body.facts, EndFacts), by=body.by, at=LATER
    ) == msgspec.convert(body.decision, Ended)
