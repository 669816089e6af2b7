"""What the law of a place says of formulas and times is what its awards follow."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ecosystem.awards import queries
from ecosystem.awards.challenges import queries as challenges
from ecosystem.awards.challenges import rules
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.evaluation.recomputation import recompute
from ecosystem.awards.schemas import Award, Evaluation
from ecosystem.needs.rules import NeedUnsound
from tests.awarding import approved, challenged, proposed, ranked
from tests.builders import AT, DEADLINE, OPENING, Published, World, lot_draft, published

BEIJING = "110000"
HERE = ZoneInfo("Asia/Shanghai")


async def published_there(
    world: World, formula: str, *, at: datetime = AT - timedelta(days=2)
) -> Published:
    """Publish a need of Beijing in time for its law, with a formula for its price."""
    return await published(
        world, at=at, jurisdiction=BEIJING,
        lots=[lot_draft(price_formula=formula)], enquiry_ends_at=DEADLINE - timedelta(days=5),
        submission_ends_at=DEADLINE, opening_at=DEADLINE,
    )  # fmt: skip


@pytest.fixture
async def need(world: World) -> Published:
    return await published_there(world, "lowest_ratio/1")


async def test_the_lot_s_formula_ranks_and_a_relative_one_bears_its_law_and_a_warning(
    world: World, need: Published
) -> None:
    await ranked(world, need)

    async with world.database.transaction() as tx:
        document = await evaluations.view(tx, need.id)
    (contest,) = msgspec.json.decode(document, type=Evaluation).contests
    price = next(line for line in contest.ranking.ranked[0].lines if line.code == "price")
    assert price.trace == "lowest_ratio/1: 100 x 750000.00 / 750000.00"
    assert contest.inputs.relative_allowed_by == "cn-government-procurement: order-87 第五十五条"
    assert contest.ranking.warnings[0].code == "formula_is_relative"
    assert recompute(document).is_identical()


async def test_the_standstill_and_the_decision_count_working_days_of_the_calendar(
    world: World, need: Published
) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)

    await approved(world, award_id)

    async with world.database.transaction() as tx:
        body = (await queries.view(tx, award_id, at=OPENING))[0]
    shown = msgspec.json.decode(body, type=Award)
    # Eight working days after Sunday, 24 January 2027: the last is Wednesday, 3 February.
    assert shown.standstill_ends_at == datetime(2027, 2, 4, tzinfo=HERE)
    assert shown.challenge_ends_at == shown.standstill_ends_at
    challenge_id = await challenged(world, award_id)
    async with world.database.transaction() as tx:
        found = msgspec.json.decode((await challenges.view(tx, challenge_id, at=OPENING))[0])
    decide_by = datetime.fromisoformat(found["decide_by"]).astimezone(HERE)
    assert decide_by - OPENING > timedelta(days=40)
    assert (decide_by.hour, decide_by.minute) == (0, 0)
    with pytest.raises(rules.NoStandstill):
        await challenged(world, award_id, at=datetime(2027, 2, 4, tzinfo=HERE))


async def test_a_formula_that_the_law_does_not_allow_is_not_published(world: World) -> None:
    with pytest.raises(NeedUnsound) as refused:
        await published_there(world, "absolute_ceiling/1")

    assert [fault.code for fault in refused.value.faults] == ["formula_not_allowed"]


@pytest.mark.parametrize(
    ("published_at", "flags"),
    [
        # From 2025 on the law has a price explained that is below 45 per cent of the ceiling.
        (datetime(2024, 12, 31, 23, 59, tzinfo=HERE), ()),
        (datetime(2025, 1, 1, tzinfo=HERE), ("below 0.45 of the ceiling",)),
    ],
)
async def test_the_rules_of_the_day_of_publication_hold_whenever_it_is_evaluated(
    world: World, published_at: datetime, flags: tuple[str, ...]
) -> None:
    need = await published_there(world, "lowest_ratio/1", at=published_at)

    cheap, dear = await ranked(world, need, prices=("449999.99", "450000.00"))

    async with world.database.transaction() as tx:
        document = await evaluations.view(tx, need.id)
    (contest,) = msgspec.json.decode(document, type=Evaluation).contests
    flagged = {one.offer_id: one.abnormally_low for one in contest.ranking.ranked}
    assert flagged == {cheap: flags, dear: ()}
