"""Evaluation on a real database: declared first, scored alone, ranked for all."""

import asyncio
from itertools import product

import asyncpg
import msgspec
import pytest

from ecosystem.awards import scoring
from ecosystem.awards.evaluation import actions as evaluation
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.evaluation import rules
from ecosystem.awards.model import (
    Appointment,
    ConflictDeclaration,
    Given,
    Scores,
)
from ecosystem.awards.schemas import Evaluation
from ecosystem.awards.soundness import ScoresMissing
from ecosystem.offers.rules import OfferMissing
from tests.awarding import (
    EVALUATORS,
    admitted,
    agreed,
    appointed,
    evaluated,
    ranked,
    scored,
    state_of,
)
from tests.builders import (
    AT,
    OPENING,
    REASON,
    Published,
    World,
    content,
    financing,
    offered,
    seen,
)


async def published_evaluation(world: World, need_id: str) -> Evaluation:
    async with world.database.transaction() as tx:
        return msgspec.json.decode(await evaluations.view(tx, need_id), type=Evaluation)


async def test_the_digest_is_recomputed_from_the_published_answer_alone(
    world: World, need: Published
) -> None:
    better, worse = await ranked(world, need)

    found = await published_evaluation(world, need.id)

    (contest,) = found.contests
    assert [one.offer_id for one in contest.ranking.ranked] == [better, worse]
    assert scoring.score(contest.inputs) == contest.ranking
    assert scoring.digest(contest.inputs, contest.ranking) == contest.digest
    assert rules.digest([contest.digest]) == found.digest
    assert await state_of(world, need.id) == "evaluated"


async def test_offers_of_money_are_ranked_by_what_they_cost_a_year(
    world: World, need: Published
) -> None:
    dear = await offered(world, need.lot_id, financing("4.35"), by="bank", kind="financing")
    await admitted(world, need.id)

    await evaluated(world, need.id)

    (contest,) = (await published_evaluation(world, need.id)).contests
    (first,) = contest.ranking.ranked
    assert contest.kind == "financing"
    assert first.offer_id == dear
    assert 4.35 < float(first.price) < 5


async def test_a_need_without_offers_is_unsuccessful(world: World, need: Published) -> None:
    await admitted(world, need.id)

    assert await evaluated(world, need.id) == "unsuccessful"


async def test_an_evaluation_waits_for_two_who_have_scored_everything(
    world: World, need: Published
) -> None:
    first = await offered(world, need.lot_id, content())
    second = await offered(world, need.lot_id, content(), by="second_enterprise")
    await admitted(world, need.id)
    await appointed(world, need.id)
    for offer_id in (first, second):
        await scored(world, offer_id, EVALUATORS[0])

    with pytest.raises(rules.EvaluatorsTooFew):
        await evaluated(world, need.id)
    await scored(world, first, EVALUATORS[1])
    with pytest.raises(ScoresMissing):
        await evaluated(world, need.id)
    await scored(world, second, EVALUATORS[1])

    assert await evaluated(world, need.id) == "evaluated"
    with pytest.raises(rules.NotToBeEvaluated):
        await evaluated(world, need.id)


async def test_an_evaluator_with_a_conflict_neither_sees_nor_scores(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await admitted(world, need.id)
    people = ("city/evaluator", "verifier/evaluator")

    await appointed(world, need.id, people, conflicts=people)

    with pytest.raises(rules.ConflictOfInterest):
        await scored(world, offer_id, "city/evaluator")
    with pytest.raises(OfferMissing):
        await scored(world, offer_id, "verifier/evaluator")


async def test_an_evaluator_of_a_think_tank_reads_scores_and_agrees_as_the_authoritys_own(
    world: World, need: Published
) -> None:
    one, other = EVALUATORS[0], "verifier/evaluator"
    offer_id = await offered(world, need.lot_id, content())
    await admitted(world, need.id)
    before = await seen(world, other, offer_id)

    await appointed(world, need.id, (one, other))
    read = await seen(world, other, offer_id)
    for who, mark in ((one, "90"), (other, "70")):
        await scored(world, offer_id, who, mark)
    states = [await agreed(world, offer_id, who, "85") for who in (one, other)]
    await evaluated(world, need.id)

    assert before is None
    assert read is not None
    assert read["content"]["price"]["amount"] == "800000.00"
    assert states == ["open", "agreed"]
    (contest,) = (await published_evaluation(world, need.id)).contests
    people = {world.actor(who).person_id for who in (one, other)}
    assert set(contest.inputs.evaluators) == people
    assert {(kept.evaluator_id, kept.score) for kept in contest.inputs.raw_scores} == {
        (world.actor(one).person_id, "90"), (world.actor(other).person_id, "70"),
    }  # fmt: skip
    assert [(kept.offer_id, kept.score) for kept in contest.inputs.consensus] == [(offer_id, "85")]


async def test_an_evaluator_whose_organisation_bids_is_refused_by_name(
    world: World, need: Published
) -> None:
    await offered(world, need.lot_id, content(), by="think_tank", kind="advisory")

    with pytest.raises(rules.EvaluatorBids):
        await appointed(world, need.id, ("think_tank/evaluator",))


async def test_who_declared_before_her_organisation_offered_reads_and_scores_no_rival(
    world: World, need: Published
) -> None:
    rival = await offered(world, need.lot_id, content())
    await appointed(world, need.id, (*EVALUATORS, "think_tank/evaluator"))
    own = await offered(world, need.lot_id, content(), by="think_tank", kind="advisory")
    await admitted(world, need.id)

    for offer_id, refusal in ((rival, OfferMissing), (own, rules.ConflictOfInterest)):
        with pytest.raises(refusal):
            await scored(world, offer_id, "think_tank/evaluator")
    for offer_id, who in product((rival, own), EVALUATORS):
        await scored(world, offer_id, who)

    assert await evaluated(world, need.id) == "evaluated"


async def test_an_evaluator_who_has_not_declared_does_not_score(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await admitted(world, need.id)
    async with world.acting("city/officer") as (tx, by):
        people = Appointment((world.actor(EVALUATORS[0]).person_id or "",))
        await evaluation.appoint(tx, need.id, people, by=by, at=AT)

    with pytest.raises(rules.DeclarationMissing):
        await scored(world, offer_id, EVALUATORS[0])


async def test_nobody_declares_twice_or_unasked(world: World, need: Published) -> None:
    await appointed(world, need.id, EVALUATORS[:1])
    none = ConflictDeclaration(has_conflict=False, reason=REASON)

    for who, refusal in (
        (EVALUATORS[0], rules.DeclaredBefore),
        (EVALUATORS[1], rules.NotEvaluator),
    ):
        async with world.acting(who) as (tx, by):
            with pytest.raises(refusal):
                await evaluation.declare(tx, need.id, none, by=by, at=AT)


async def test_only_people_with_the_role_are_appointed(world: World, need: Published) -> None:
    with pytest.raises(rules.EvaluatorUnfit) as refused:
        await appointed(world, need.id, ("city/evaluator", "city/officer", "enterprise/bidder"))

    assert [fault.pointer for fault in refused.value.faults] == ["/people/1", "/people/2"]


async def test_of_two_evaluators_at_once_each_counts_and_of_one_evaluator_twice_once(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await admitted(world, need.id)
    await appointed(world, need.id)

    ends = await asyncio.gather(
        *(scored(world, offer_id, EVALUATORS[0], mark) for mark in ("10", "90")),
        scored(world, offer_id, EVALUATORS[1], "50"),
        return_exceptions=True,
    )

    assert [type(end) for end in ends[:2]].count(rules.ScoredBefore) == 1
    assert ends[:2].count(None) == 1
    assert ends[2] is None


async def test_a_score_is_never_rewritten_and_read_by_no_bidder(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await admitted(world, need.id)
    await appointed(world, need.id)
    await scored(world, offer_id, EVALUATORS[0])

    connection = await world.database.connect()
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE score SET scores = '[]'")
        bidder = world.organisation("enterprise")
        await connection.execute(f"SET app.organisation = '{bidder}'")
        assert await connection.fetchval("SELECT count(*) FROM score") == 0
    finally:
        await connection.close()


async def test_scores_are_given_for_the_criteria_of_quality_and_no_other(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await admitted(world, need.id)
    await appointed(world, need.id)

    async with world.acting(EVALUATORS[0]) as (tx, by):
        for given in ((), (Given("price", "80", REASON),)):
            with pytest.raises(rules.ScoresIncomplete):
                await evaluation.give_scores(tx, offer_id, Scores(given), by=by, at=OPENING)
