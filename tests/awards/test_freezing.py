"""Two envelopes: quality is scored and frozen first, and only then a price is opened."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest

from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.evaluation import rules as evaluation_rules
from ecosystem.awards.evaluation.recomputation import recompute
from ecosystem.awards.freezing import actions, rules
from ecosystem.awards.freezing import frozen as freezing
from ecosystem.awards.freezing.model import FreezeFacts, Frozen
from ecosystem.awards.model import Remedy
from ecosystem.awards.schemas import Evaluation
from ecosystem.offers.financial import actions as financial
from ecosystem.offers.opening.model import HandedShares
from ecosystem.offers.opening.rules import ScoresNotFrozen, SharesIncomplete
from tests.awarding import (
    EVALUATORS,
    admitted,
    agreed,
    appointed,
    approved,
    challenged,
    conferred,
    decided,
    evaluated,
    frozen,
    proposed,
    scored,
    sifted,
)
from tests.builders import (
    OPENERS,
    OPENING,
    Published,
    World,
    as_sent,
    content,
    financing,
    hand_in,
    offered,
    opened,
    published,
    seen,
    told,
)


@pytest.fixture
async def need(world: World) -> Published:
    """A need whose offers come in two envelopes."""
    return await published(world, envelopes="two")


async def judged(world: World, need: Published) -> tuple[str, str]:
    """Two offers whose technical parts are opened and scored, the first better and dearer."""
    better = await offered(world, need.lot_id, content("900000.00"))
    worse = await offered(world, need.lot_id, content("750000.00"), by="second_enterprise")
    await admitted(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, better, who, "90")
        await scored(world, worse, who, "60")
    return better, worse


async def priced(world: World, need: Published) -> tuple[str, str]:
    """As `judged`, with the scores frozen and the prices opened."""
    offers = await judged(world, need)
    await frozen(world, need.id)
    await opened(world, need.id, of_prices=True)
    return offers


async def shown(world: World, need: Published) -> bytes:
    async with world.database.transaction() as tx:
        return await evaluations.view(tx, need.id)


async def refused(world: World, statement: str, *values: Any) -> str | None:
    """Return the name of the rule by which the database refuses a statement of the service."""
    connection = await world.database.connect()
    try:
        number = world.actor("city/officer").organisation_number
        await connection.execute(f"SET app.purpose = 'opening'; SET app.authority = '{number}'")
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as found:
            await connection.execute(statement, *values)
    finally:
        await connection.close()
    return found.value.constraint_name


async def test_prices_open_after_the_freezing_and_the_ranking_recomputes(
    world: World, need: Published
) -> None:
    loan = await offered(world, need.lot_id, financing(), by="bank", kind="financing")
    better, worse = await judged(world, need)
    before = {one: await seen(world, "city/officer", one) for one in (better, loan)}

    states = [await frozen(world, need.id)]
    states += [await hand_in(world, need.id, who, of_prices=True) for who in OPENERS[:2]]
    states += [await evaluated(world, need.id)]

    assert states == ["frozen", "sealed", "opened", "evaluated"]
    for one in before.values():
        assert one is not None
        assert one["financial_state"] == "sealed"
        assert not {"price", "financing"} & one["content"].keys()
    whole = {
        better: content("900000.00"), worse: content("750000.00"), loan: financing(),
    }  # fmt: skip
    for offer_id, what in whole.items():
        found = await seen(world, "city/officer", offer_id)
        assert found is not None
        assert (found["content"], found["financial_state"]) == (as_sent(what), "opened")
    assert recompute(await shown(world, need)).is_identical()


async def test_the_evaluation_proves_that_the_scores_are_the_frozen_ones(
    world: World, need: Published
) -> None:
    await priced(world, need)
    await evaluated(world, need.id)
    document = await shown(world, need)
    evaluation = msgspec.json.decode(document, type=Evaluation)
    assert evaluation.frozen is not None

    forged = msgspec.structs.replace(evaluation.frozen, salt="0" * 64)
    bent = msgspec.json.encode(msgspec.structs.replace(evaluation, frozen=forged))

    assert [one.pointer for one in recompute(bent).differences] == [
        "/contests/0/inputs/raw_scores"
    ] * 2
    assert freezing.digest(evaluation.frozen.offers) == evaluation.frozen.digest


async def test_no_price_is_opened_and_nothing_evaluated_before_the_scores_are_frozen(
    world: World, need: Published
) -> None:
    await judged(world, need)
    await conferred(world, need.id)

    with pytest.raises(ScoresNotFrozen):
        await hand_in(world, need.id, OPENERS[0], of_prices=True)
    with pytest.raises(freezing.PricesSealed):
        await evaluated(world, need.id)
    await frozen(world, need.id)
    with pytest.raises(freezing.PricesSealed):
        await evaluated(world, need.id)


async def test_scores_are_frozen_only_when_the_evaluators_agree_and_once(
    world: World, need: Published
) -> None:
    better, _ = await judged(world, need)

    with pytest.raises(evaluation_rules.ConsensusMissing):
        await frozen(world, need.id, conferring=False)
    await frozen(world, need.id)

    with pytest.raises(rules.FrozenBefore):
        await frozen(world, need.id)
    with pytest.raises(freezing.ScoresFrozen):
        await scored(world, better, EVALUATORS[0])
    with pytest.raises(freezing.ScoresFrozen):
        await agreed(world, better, EVALUATORS[0])


async def test_with_one_envelope_nothing_is_frozen(world: World) -> None:
    need = await published(world)
    await opened(world, need.id)

    with pytest.raises(rules.NothingToFreeze):
        await frozen(world, need.id)


async def test_the_database_keeps_prices_sealed_until_scores_are_frozen(
    world: World, need: Published
) -> None:
    offer_id, _ = await judged(world, need)
    by = world.actor(OPENERS[0])

    share = await refused(
        world, "INSERT INTO opening_share VALUES ($1, $2, $3, '{}', now(), 'financial')",
        by.organisation_number, need.id, by.person_id,
    )  # fmt: skip
    opening = await refused(
        world, "INSERT INTO opening VALUES ($1, $2, now(), $3, '{}', 'financial')",
        by.organisation_number, need.id, [by.person_id, "person_0"],
    )  # fmt: skip
    price = await refused(
        world,
        "UPDATE offer SET content = jsonb_set(content::jsonb, '{price}', '\"1.00\"')::json, "
        "financial_state = 'opened' WHERE id = $1", offer_id,
    )  # fmt: skip

    assert (share, opening) == ("shares_of_prices_wait", "prices_open_in_their_turn")
    assert price == "no_price_before_the_scores_are_frozen"


async def test_the_database_changes_no_score_once_it_is_frozen(
    world: World, need: Published
) -> None:
    await judged(world, need)
    await frozen(world, need.id)

    score = await refused(
        world, "INSERT INTO score SELECT * FROM score WHERE need_id = $1", need.id
    )
    consensus = await refused(
        world, "UPDATE consensus SET scores = scores WHERE need_id = $1", need.id
    )

    assert (score, consensus) == ("frozen_scores_stay", "frozen_consensus_stays")


async def test_whoever_scores_while_the_scores_are_being_frozen_comes_too_late(
    world: World, need: Published
) -> None:
    offer_id, _ = await judged(world, need)
    await conferred(world, need.id)

    async with world.acting("city/officer") as (tx, by):
        await actions.freeze(tx, need.id, by=by, at=OPENING, expected=None)
        evaluator = asyncio.create_task(scored(world, offer_id, EVALUATORS[0]))
        opener = asyncio.create_task(handed_nothing(world, need))
        await asyncio.sleep(0.2)
        assert not evaluator.done()
        assert not opener.done()

    with pytest.raises(freezing.ScoresFrozen):
        await evaluator
    with pytest.raises(SharesIncomplete):
        await opener


async def handed_nothing(world: World, need: Published) -> None:
    """Hand in no share of a price: refused for that alone where prices may be opened."""
    async with world.acting(OPENERS[0]) as (tx, by):
        await financial.hand_in(tx, need.id, HandedShares(()), by=by, at=OPENING)


async def test_of_two_freezings_and_two_openings_at_once_one_takes_effect(
    world: World, need: Published
) -> None:
    await judged(world, need)
    await conferred(world, need.id)

    freezings = await asyncio.gather(
        *(frozen(world, need.id, conferring=False) for _ in range(2)), return_exceptions=True
    )
    openings = await asyncio.gather(
        *(hand_in(world, need.id, who, of_prices=True) for who in OPENERS[:2])
    )

    assert freezings.count("frozen") == 1
    assert [type(one) for one in freezings if one != "frozen"] == [rules.FrozenBefore]
    assert sorted(openings) == ["opened", "sealed"]


async def test_a_reviewer_has_offers_scored_again_although_their_prices_are_known(
    world: World, need: Published
) -> None:
    better, worse = await priced(world, need)
    await evaluated(world, need.id)
    award_id = await proposed(world, need.lot_id, better)
    await approved(world, award_id)
    await decided(world, await challenged(world, award_id), Remedy.EVALUATION)
    await sifted(world, need.id)

    for who in EVALUATORS:
        await scored(world, better, who, "10")
        await scored(world, worse, who, "95")
    state = await evaluated(world, need.id)

    document = await shown(world, need)
    assert state == "evaluated"
    assert recompute(document).is_identical()
    assert msgspec.json.decode(document, type=Evaluation).frozen is None


async def test_what_is_told_of_a_freezing_holds_digests_and_no_score(
    world: World, need: Published, owner_url: str
) -> None:
    await judged(world, need)
    await frozen(world, need.id)

    body = await told(owner_url, need.id, "need.scores_frozen")

    facts = msgspec.convert(body.facts, FreezeFacts)
    assert rules.freeze(facts, by=body.by, at=OPENING) == msgspec.convert(body.decision, Frozen)
    assert '"score"' not in msgspec.json.encode(body.facts).decode()
    assert [one.evaluators for one in facts.contests] == [2]
