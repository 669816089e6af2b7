"""Evaluation and award on a real database: scored alone, ranked for all, approved by another."""

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from ecosystem.awards import queries, rules, scoring
from ecosystem.awards.evaluation import actions as evaluation
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.model import (
    Appointment,
    Approved,
    ApproveFacts,
    ConflictDeclaration,
    Evaluated,
    EvaluateFacts,
    Given,
    Proposed,
    ProposeFacts,
    Scored,
    ScoreFacts,
    Scores,
)
from ecosystem.awards.schemas import Evaluation
from ecosystem.awards.soundness import ScoresMissing
from ecosystem.budgets import queries as budgets
from ecosystem.history.model import Body
from ecosystem.needs import queries as needs
from ecosystem.offers import queries as offers
from ecosystem.offers.rules import OfferMissing
from ecosystem.runtime.database import Database
from tests.builders import (
    AT,
    EVALUATORS,
    OPENING,
    REASON,
    Published,
    World,
    appointed,
    approved,
    content,
    evaluated,
    financing,
    lot_draft,
    offered,
    opened,
    proposed,
    published,
    scored,
    settled,
)

LATER = OPENING + rules.STANDSTILL


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await settled(database, tmp_path)


@pytest.fixture
async def need(world: World) -> Published:
    return await published(world)


async def contested(world: World, need: Published) -> tuple[str, str]:
    """Two opened offers, the first better and scored so by both evaluators."""
    better = await offered(world, need.lot_id, content("700000.00"))
    worse = await offered(world, need.lot_id, content("900000.00"), by="second_enterprise")
    await opened(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, better, who, "90")
        await scored(world, worse, who, "60")
    return better, worse


async def ranked(world: World, need: Published) -> tuple[str, str]:
    """As `contested`, and evaluated."""
    offer_ids = await contested(world, need)
    await evaluated(world, need.id)
    return offer_ids


async def state_of(world: World, need_id: str) -> str:
    async with world.database.transaction() as tx:
        row = await needs.view(tx, need_id, seen_by=None, at=OPENING)
    found: str = row[2]
    return found


async def told(owner_url: str, stream: str, kind: str) -> Body:
    connection = await asyncpg.connect(owner_url)
    try:
        text = await connection.fetchval(
            "SELECT body::text FROM event WHERE stream = $1 AND type = $2", stream, kind
        )
    finally:
        await connection.close()
    return msgspec.json.decode(text, type=Body)


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
    await opened(world, need.id)

    await evaluated(world, need.id)

    (contest,) = (await published_evaluation(world, need.id)).contests
    (first,) = contest.ranking.ranked
    assert contest.kind == "financing"
    assert first.offer_id == dear
    assert 4.35 < float(first.price) < 5


async def test_an_offer_that_misses_a_requirement_is_not_ranked(
    world: World, need: Published
) -> None:
    answers = [{"criterion": "licence", "meets": False, "text": {"en": "Not yet."}}]
    offer_id = await offered(world, need.lot_id, content(answers=answers))
    await opened(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, offer_id, who)

    assert await evaluated(world, need.id) == "unsuccessful"

    (contest,) = (await published_evaluation(world, need.id)).contests
    assert [one.offer_id for one in contest.ranking.excluded] == [offer_id]


async def test_a_need_without_offers_is_unsuccessful(world: World, need: Published) -> None:
    await opened(world, need.id)

    assert await evaluated(world, need.id) == "unsuccessful"


async def test_an_evaluation_waits_for_two_who_have_scored_everything(
    world: World, need: Published
) -> None:
    first = await offered(world, need.lot_id, content())
    second = await offered(world, need.lot_id, content(), by="second_enterprise")
    await opened(world, need.id)
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
    await opened(world, need.id)
    people = ("city/evaluator", "verifier/evaluator")

    await appointed(world, need.id, people, conflicts=people)

    with pytest.raises(rules.ConflictOfInterest):
        await scored(world, offer_id, "city/evaluator")
    with pytest.raises(OfferMissing):
        await scored(world, offer_id, "verifier/evaluator")


async def test_an_evaluator_whose_organisation_bids_is_refused_by_name(
    world: World, need: Published
) -> None:
    await offered(world, need.lot_id, content(), by="think_tank", kind="advisory")

    with pytest.raises(rules.EvaluatorBids):
        await appointed(world, need.id, ("think_tank/evaluator",))


async def test_an_evaluator_who_has_not_declared_does_not_score(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await opened(world, need.id)
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


async def test_two_scores_of_one_evaluator_at_once_leave_one(world: World, need: Published) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await opened(world, need.id)
    await appointed(world, need.id)

    ends = await asyncio.gather(
        *(scored(world, offer_id, EVALUATORS[0], mark) for mark in ("10", "90")),
        return_exceptions=True,
    )

    assert [type(end) for end in ends].count(type(None)) == 1
    assert [type(end) for end in ends].count(rules.ScoredBefore) == 1


async def test_a_score_is_never_rewritten_and_read_by_no_bidder(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await opened(world, need.id)
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
    await opened(world, need.id)
    await appointed(world, need.id)

    async with world.acting(EVALUATORS[0]) as (tx, by):
        for given in ((), (Given("price", "80", REASON),)):
            with pytest.raises(rules.ScoresIncomplete):
                await evaluation.give_scores(tx, offer_id, Scores(given), by=by, at=OPENING)


async def test_an_award_commits_the_budget_ends_the_contest_and_waits(
    world: World, need: Published
) -> None:
    better, worse = await ranked(world, need)
    async with world.database.transaction() as tx:
        before = await budgets.available(
            tx, world.programme_id, authority=world.actor("city/officer").organisation_number,
            currency="CNY",
        )  # fmt: skip

    award_id = await proposed(world, need.lot_id, better)
    state = await approved(world, award_id)

    assert state == "standstill"
    assert await state_of(world, need.id) == "awarded"
    async with world.acting("city/officer") as (tx, by):
        left = await budgets.available(
            tx, world.programme_id, authority=by.organisation_number, currency="CNY"
        )
        ends = {one.offer_id: one.state.value for one in await offers.opened(tx, need.id)}
    assert before is not None
    assert left == before - 700_000
    assert ends == {better: "awarded", worse: "not_awarded"}


async def test_an_award_is_final_when_the_standstill_has_passed_and_not_before(
    world: World, need: Published
) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)
    async with world.database.transaction() as tx:
        with pytest.raises(rules.StandstillRunning):
            await queries.final(tx, award_id, at=LATER)
    await approved(world, award_id)

    async with world.database.transaction() as tx:
        with pytest.raises(rules.StandstillRunning):
            await queries.final(tx, award_id, at=LATER - timedelta(microseconds=1))
        found = await queries.final(tx, award_id, at=LATER)
        state = (await queries.view(tx, award_id, at=LATER))[2]

    assert state == "final"
    assert (found.offer_id, found.price.amount) == (better, "700000.00")
    assert [one.share for one in found.members] == ["100"]
    assert found.programme_id == world.programme_id
    assert found.contract_form.id == "city-data-platform-operation"
    assert [one.value for one in found.metric_commitments] == ["98"]


async def test_only_the_offer_that_is_ranked_first_is_awarded_and_once(
    world: World, need: Published
) -> None:
    better, worse = await ranked(world, need)

    with pytest.raises(rules.NotRankedFirst):
        await proposed(world, need.lot_id, worse)
    await proposed(world, need.lot_id, better)
    with pytest.raises(rules.AwardedBefore):
        await proposed(world, need.lot_id, better)


async def test_who_proposed_never_approves_neither_by_rule_nor_in_the_database(
    world: World, need: Published
) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)

    with pytest.raises(rules.ProposerApproves):
        await approved(world, award_id, who="city/officer")

    connection = await world.database.connect()
    try:
        with pytest.raises(asyncpg.CheckViolationError, match="nobody_approves_alone"):
            await connection.execute(
                "UPDATE award SET state = 'published', approved_by = proposed_by, "
                "approved_at = proposed_at, standstill_ends_at = proposed_at + interval '10 days' "
                "WHERE id = $1", award_id,
            )  # fmt: skip
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(
                "INSERT INTO award SELECT authority_id, 'award_01900000000070008000000000000001', "
                "need_id, lot_id, offer_id, version, kind, state, lead_id, price, currency, terms, "
                "reason, proposed_by, proposed_at FROM award WHERE id = $1", award_id,
            )  # fmt: skip
    finally:
        await connection.close()


async def test_two_approvals_at_once_commit_the_budget_once(
    world: World, need: Published, owner_url: str
) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)

    ends = await asyncio.gather(
        *(approved(world, award_id) for _ in range(2)), return_exceptions=True
    )

    assert ends.count("standstill") == 1
    assert [type(end) for end in ends].count(rules.AlreadyApproved) == 1
    connection = await asyncpg.connect(owner_url)
    committed = await connection.fetchval(
        "SELECT count(*) FROM transfer WHERE reference = $1", award_id
    )
    await connection.close()
    assert committed == 1


async def test_a_need_is_awarded_when_its_last_lot_is(world: World) -> None:
    need = await published(world, lots=[lot_draft(), lot_draft()])
    first, second = [await offered(world, lot.id, content()) for lot in need.lots]
    loan = await offered(world, need.lot_id, financing(), by="bank", kind="financing")
    await opened(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, first, who)
        await scored(world, second, who)
    await evaluated(world, need.id)

    states: list[str] = []
    for lot, offer_id in ((0, first), (0, loan), (1, second)):
        await approved(world, await proposed(world, need.lots[lot].id, offer_id))
        states.append(await state_of(world, need.id))

    assert states == ["evaluated", "evaluated", "awarded"]


async def test_the_log_alone_decides_again(world: World, need: Published, owner_url: str) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)
    await approved(world, award_id)
    connection = await asyncpg.connect(owner_url)
    stream = await connection.fetchval("SELECT stream FROM event WHERE type = 'score.given'")
    await connection.close()

    body = await told(owner_url, stream, "score.given")
    assert rules.score(
        msgspec.convert(body.facts, ScoreFacts), by=body.by, at=OPENING
    ) == msgspec.convert(body.decision, Scored)
    body = await told(owner_url, need.id, "need.evaluated")
    assert rules.evaluate(
        msgspec.convert(body.facts, EvaluateFacts), by=body.by, at=OPENING
    ) == msgspec.convert(body.decision, Evaluated)
    body = await told(owner_url, award_id, "award.proposed")
    assert rules.propose(
        msgspec.convert(body.facts, ProposeFacts), by=body.by, at=OPENING
    ) == msgspec.convert(body.decision, Proposed)
    body = await told(owner_url, award_id, "award.approved")
    assert rules.approve(
        msgspec.convert(body.facts, ApproveFacts), by=body.by, at=OPENING
    ) == msgspec.convert(body.decision, Approved)
