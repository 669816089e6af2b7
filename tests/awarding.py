"""An evaluation and its awards, made through the same actions as everywhere."""

from collections.abc import Sequence

from ecosystem.awards import actions as awards
from ecosystem.awards.evaluation import actions as evaluation
from ecosystem.awards.model import Appointment, ConflictDeclaration, Given, ProposalDraft, Scores
from ecosystem.needs import queries as needs_queries
from tests.builders import (
    AT,
    OPENING,
    REASON,
    Published,
    World,
    content,
    offered,
    opened,
)

EVALUATORS = ("city/evaluator", "city/second_evaluator")


async def appointed(
    world: World, need_id: str, people: Sequence[str] = EVALUATORS, *, conflicts: Sequence[str] = ()
) -> None:
    """Appoint evaluators, who declare; those in `conflicts` that they have one."""
    async with world.acting("city/officer") as (tx, by):
        ids = tuple(world.actor(who).person_id or "" for who in people)
        await evaluation.appoint(tx, need_id, Appointment(ids), by=by, at=AT)
    for who in people:
        async with world.acting(who) as (tx, by):
            asked = ConflictDeclaration(who in conflicts, REASON)
            await evaluation.declare(tx, need_id, asked, by=by, at=AT)


async def scored(world: World, offer_id: str, who: str, mark: str = "80") -> None:
    """Give one evaluator's score for quality."""
    async with world.acting(who) as (tx, by):
        asked = Scores((Given("quality", mark, REASON),))
        await evaluation.give_scores(tx, offer_id, asked, by=by, at=OPENING)


async def evaluated(world: World, need_id: str) -> str:
    """Compute a need's evaluation; return the need's state."""
    async with world.acting("city/officer") as (tx, by):
        now = await evaluation.evaluate(tx, need_id, by=by, at=OPENING, expected=None)
    return now.state


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
    """Return where a need stands at its opening."""
    async with world.database.transaction() as tx:
        row = await needs_queries.view(tx, need_id, seen_by=None, at=OPENING)
    found: str = row[2]
    return found


async def proposed(world: World, lot_id: str, offer_id: str) -> str:
    """Propose an award; return its identifier."""
    async with world.acting("city/officer") as (tx, by):
        asked = ProposalDraft(offer_id, REASON)
        return (await awards.propose(tx, lot_id, asked, by=by, at=OPENING)).id


async def approved(world: World, award_id: str, *, who: str = "city/approver") -> str:
    """Approve an award at `OPENING`; return its state."""
    async with world.acting(who) as (tx, by):
        return (await awards.approve(tx, award_id, by=by, at=OPENING, expected=None)).state
