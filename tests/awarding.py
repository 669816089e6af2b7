"""An evaluation and its awards, made through the same actions as everywhere."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET

from ecosystem.awards import actions as awards
from ecosystem.awards import queries
from ecosystem.awards.challenges import actions as challenges
from ecosystem.awards.challenges.model import ChallengeDecision, ChallengeDraft, Outcome
from ecosystem.awards.evaluation import actions as evaluation
from ecosystem.awards.model import (
    Appointment,
    ConflictDeclaration,
    Given,
    ProposalDraft,
    Remedy,
    Scores,
)
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


async def awarded(world: World, need: Published) -> tuple[str, str, str]:
    """As `ranked`, and awarded to the first; return the award and both offers."""
    better, worse = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)
    await approved(world, award_id)
    return award_id, better, worse


async def challenged(
    world: World, award_id: str, *, who: str = "second_enterprise/bidder", at: datetime = OPENING
) -> str:
    """Challenge an award; return the challenge."""
    async with world.acting(who) as (tx, by):
        asked = ChallengeDraft(REASON)
        return (await challenges.lodge(tx, award_id, asked, by=by, at=at)).id


async def decided(
    world: World,
    challenge_id: str,
    remedy: Remedy | None = None,
    *,
    who: str = "oversight/reviewer",
    at: datetime = OPENING,
) -> str:
    """Decide a challenge: upheld where there is a remedy; return its state."""
    outcome = Outcome.REJECTED if remedy is None else Outcome.UPHELD
    asked = ChallengeDecision(outcome=outcome, remedy=remedy or UNSET, reasons=REASON)
    async with world.acting(who) as (tx, by):
        return (await challenges.decide(tx, challenge_id, asked, by=by, at=at)).state


async def award_state(world: World, award_id: str, *, at: datetime = OPENING) -> str:
    """Return where an award stands."""
    async with world.database.transaction() as tx:
        found: str = (await queries.view(tx, award_id, at=at))[2]
    return found
