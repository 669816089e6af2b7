"""Single scores first, then what the evaluators agree on, with reasons; then nothing moves."""

import asyncio

import asyncpg
import msgspec
import pytest

from ecosystem.awards.criteria import Consensus
from ecosystem.awards.evaluation import actions, rules
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.model import Agreed, ConsensusFacts, Given, Scores
from ecosystem.awards.schemas import Evaluation
from ecosystem.awards.scoring import score
from ecosystem.awards.soundness import ScoresUnsound
from ecosystem.offers.rules import OfferMissing
from ecosystem.values.text import Text
from tests.awarding import EVALUATORS, admitted, agreed, appointed, scored
from tests.awards.contests import ANOTHER, EVALUATOR, contest, offer_id, raw
from tests.builders import OPENING, REASON, Published, World, content, offered, told, waiting

ONE, OTHER = EVALUATORS
WHY = Text(en="Agreed")
replace = msgspec.structs.replace


async def conferring(world: World, need: Published, *marks: str) -> str:
    """Return an offer that the evaluators have given these marks."""
    made = await offered(world, need.lot_id, content())
    await admitted(world, need.id)
    await appointed(world, need.id)
    for who, mark in zip(EVALUATORS, marks, strict=False):
        await scored(world, made, who, mark)
    return made


async def evaluate(world: World, need_id: str) -> str:
    async with world.acting("city/officer") as (tx, by):
        return (await actions.evaluate(tx, need_id, by=by, at=OPENING, expected=None)).state


async def test_what_all_agree_on_counts_and_is_published_with_its_reasons(
    world: World, need: Published
) -> None:
    made = await conferring(world, need, "70", "90")

    assert await agreed(world, made, ONE, "85") == "open"
    with pytest.raises(rules.ConsensusMissing):
        await evaluate(world, need.id)
    assert await agreed(world, made, OTHER, "80") == "open"
    assert await agreed(world, made, OTHER, "85.0") == "agreed"
    assert await evaluate(world, need.id) == "evaluated"

    async with world.database.transaction() as tx:
        shown = msgspec.json.decode(await evaluations.view(tx, need.id), type=Evaluation)
    (found,) = shown.contests[0].inputs.consensus
    assert (found.score.rstrip("0").rstrip("."), found.reason.en) == ("85", "See the record")
    lines = {line.code: line for line in shown.contests[0].ranking.ranked[0].lines}
    assert lines["quality"].trace == f"100 x {found.score} / 100; agreed after 70, 90"


async def test_what_was_agreed_on_is_not_rewritten_and_no_score_comes_after(
    world: World, need: Published
) -> None:
    made = await conferring(world, need, "70", "90")
    await agreed(world, made, ONE, "80")
    late = "verifier/evaluator"
    await appointed(world, need.id, [late])

    with pytest.raises(rules.ScoringOver):
        await scored(world, made, late)
    with pytest.raises(rules.SingleScoresMissing):
        await agreed(world, made, late, "80")
    await agreed(world, made, OTHER, "80")
    for who in EVALUATORS:
        with pytest.raises(rules.ConsensusReached):
            await agreed(world, made, who, "81")


async def test_nobody_confers_before_all_single_scores_or_beyond_their_range(
    world: World, need: Published
) -> None:
    made = await conferring(world, need, "70")

    with pytest.raises(rules.SingleScoresMissing):
        await agreed(world, made, ONE, "70")
    await scored(world, made, OTHER, "90")
    for mark in ("69.99", "90.01"):
        with pytest.raises(rules.ConsensusOutOfRange) as refused:
            await agreed(world, made, ONE, mark)
        fault = next(iter(refused.value.faults))
        assert fault.pointer == "/scores/0/score"


async def test_evaluators_read_each_others_scores_when_they_have_given_their_own(
    world: World, need: Published
) -> None:
    made = await conferring(world, need, "70")

    async with world.acting(OTHER) as (tx, by):
        with pytest.raises(OfferMissing):
            await evaluations.conferring(tx, made, by=by)
    await scored(world, made, OTHER, "90")
    async with world.acting(OTHER) as (tx, by):
        shown = await evaluations.conferring(tx, made, by=by)

    assert sorted(one.scores[0].score for one in shown.single) == ["70", "90"]
    assert shown.state == "open"


async def test_two_who_agree_at_once_reach_one_consensus(
    world: World, need: Published, owner_url: str
) -> None:
    made = await conferring(world, need, "70", "90")

    async with world.acting(ONE) as (tx, by):
        asked = Scores((Given("quality", "80", REASON),))
        first = await actions.agree(tx, made, asked, by=by, at=OPENING)
        second = await waiting(agreed(world, made, OTHER, "80"))

    assert (first.state, await second) == ("open", "agreed")
    connection = await asyncpg.connect(owner_url)
    stream = await connection.fetchval("SELECT stream FROM event WHERE type = 'consensus.given'")
    await connection.close()
    body = await told(owner_url, stream, "consensus.given")
    facts = msgspec.convert(body.facts, ConsensusFacts)
    assert rules.agree(facts, by=body.by, at=OPENING) == msgspec.convert(body.decision, Agreed)


async def test_two_who_differ_at_once_agree_on_nothing(world: World, need: Published) -> None:
    made = await conferring(world, need, "70", "90")

    ends = await asyncio.gather(agreed(world, made, ONE, "75"), agreed(world, made, OTHER, "85"))

    assert set(ends) == {"open"}
    with pytest.raises(rules.ConsensusMissing):
        await evaluate(world, need.id)


async def test_who_has_not_scored_agrees_to_nothing_in_the_database_either(
    world: World, need: Published
) -> None:
    made = await conferring(world, need, "70")
    by = world.actor(OTHER)
    connection = await world.database.connect()
    try:
        await connection.execute(f"SET app.authority = '{by.organisation_number}'")
        with pytest.raises(asyncpg.RestrictViolationError) as refused:
            await connection.execute(
                "INSERT INTO consensus VALUES ($1, $2, $3, 1, "
                "'consensus_01900000000070008000000000000001', $4, $5, '[]', now())",
                by.organisation_number, made, by.person_id, need.id, by.organisation_id,
            )  # fmt: skip
        assert refused.value.constraint_name == "who_agrees_has_scored"
    finally:
        await connection.close()


def test_a_consensus_that_nobody_could_reach_is_refused_by_who_computes_again() -> None:
    inputs = contest({"A": ("100", "40")})
    both = replace(
        inputs,
        evaluators=(EVALUATOR, ANOTHER),
        raw_scores=(*inputs.raw_scores, raw("A", "50", by=ANOTHER)),
    )
    right = replace(both, consensus=(Consensus(offer_id("A"), "quality", "45", WHY),))

    assert score(right).ranked[0].quality_points == "45.0000"
    for wrong, code in (
        (Consensus(offer_id("A"), "quality", "50.5", WHY), "out_of_range"),
        (Consensus(offer_id("B"), "quality", "45", WHY), "not_scored"),
        (Consensus(offer_id("A"), "quality", "45", WHY), "agreed_twice"),
    ):
        given = (wrong, wrong) if code == "agreed_twice" else (wrong,)
        with pytest.raises(ScoresUnsound) as refused:
            score(replace(both, consensus=given))
        fault = list(refused.value.faults)[-1]
        assert fault.code == code
