"""An evaluation and its awards, made through the same actions as everywhere."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import UNSET

from ecosystem.awards import actions as awards
from ecosystem.awards import queries
from ecosystem.awards.admission import actions as admission
from ecosystem.awards.admission.model import ExclusionDraft, Ground
from ecosystem.awards.admission.schemas import AdmissionStanding
from ecosystem.awards.challenges import actions as challenges
from ecosystem.awards.challenges.model import ChallengeDecision, ChallengeDraft, Outcome
from ecosystem.awards.evaluation import actions as evaluation
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.explanations import actions as explanations
from ecosystem.awards.explanations.model import Outcome as Judged
from ecosystem.awards.explanations.model import PriceAnswer, PriceDecision, PriceQuestion
from ecosystem.awards.freezing import actions as freezing
from ecosystem.awards.model import (
    Appointment,
    ConflictDeclaration,
    Given,
    ProposalDraft,
    Remedy,
    Scores,
)
from ecosystem.needs import queries as needs_queries
from ecosystem.needs.model import Reason
from ecosystem.offers import queries as offers
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


async def admitted(world: World, need_id: str) -> AdmissionStanding:
    """Open a need's offers, and admit those against which nothing speaks."""
    await opened(world, need_id)
    return await sifted(world, need_id)


async def sifted(world: World, need_id: str) -> AdmissionStanding:
    """Admit the opened offers against which nothing speaks; return which, and what remains."""
    async with world.acting("city/officer") as (tx, by):
        return await admission.admit(tx, need_id, by=by, at=OPENING, expected=None)


async def excluded(
    world: World, offer_id: str, ground: str = "false_declaration", *, who: str = "city/officer"
) -> str:
    """Exclude an offer; return its state."""
    async with world.acting(who) as (tx, by):
        asked = ExclusionDraft(Ground(ground), REASON)
        made = await admission.exclude(tx, offer_id, asked, by=by, at=OPENING, expected=None)
    return made.state


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


async def agreed(world: World, offer_id: str, who: str, mark: str = "80") -> str:
    """Say what an evaluator agrees to; return whether all do."""
    async with world.acting(who) as (tx, by):
        asked = Scores((Given("quality", mark, REASON),))
        return (await evaluation.agree(tx, offer_id, asked, by=by, at=OPENING)).state


async def conferred(world: World, need_id: str) -> None:
    """Have both evaluators agree on the lower score of each offer that both have scored."""
    async with world.acting("city/officer") as (tx, _):
        opened_ones = await offers.opened(tx, need_id)
    for one in opened_ones:
        for who in EVALUATORS:
            async with world.acting(who) as (tx, by):
                facts = await evaluations.consensus_facts(tx, one.offer_id, (), by=by, at=OPENING)
            done = {kept.person_id for kept in facts.said} >= {
                kept.person_id for kept in facts.single
            }
            if len(facts.single) < len(EVALUATORS) or facts.need_state != "opened" or done:
                continue
            marks = [Decimal(kept.scores[0].score) for kept in facts.single]
            await agreed(world, one.offer_id, who, f"{min(marks):f}")


async def frozen(world: World, need_id: str, *, conferring: bool = True) -> str:
    """Have the evaluators agree, and freeze what they gave; return that it is frozen."""
    if conferring:
        await conferred(world, need_id)
    async with world.acting("city/officer") as (tx, by):
        return (await freezing.freeze(tx, need_id, by=by, at=OPENING, expected=None)).state


async def evaluated(world: World, need_id: str) -> str:
    """Have the evaluators agree, and compute a need's evaluation; return the need's state."""
    await conferred(world, need_id)
    async with world.acting("city/officer") as (tx, by):
        now = await evaluation.evaluate(tx, need_id, by=by, at=OPENING, expected=None)
    return now.state


async def contested(
    world: World, need: Published, *, prices: tuple[str, str] = ("750000.00", "900000.00")
) -> tuple[str, str]:
    """Two opened offers, the first better and scored so by both evaluators."""
    better = await offered(world, need.lot_id, content(prices[0]))
    worse = await offered(world, need.lot_id, content(prices[1]), by="second_enterprise")
    await admitted(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, better, who, "90")
        await scored(world, worse, who, "60")
    return better, worse


async def ranked(world: World, need: Published, **changed: Any) -> tuple[str, str]:
    """As `contested`, and evaluated."""
    offer_ids = await contested(world, need, **changed)
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


async def rejected(world: World, award_id: str, *, who: str = "city/approver") -> str:
    """Reject a proposal; return its state."""
    async with world.acting(who) as (tx, by):
        made = await awards.reject(tx, award_id, Reason(REASON), by=by, at=OPENING, expected=None)
    return made.state


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


async def asked(world: World, offer_id: str, *, who: str = "city/officer") -> str:
    """Ask how the price of an offer is possible; return the explanation."""
    async with world.acting(who) as (tx, by):
        question = PriceQuestion(REASON)
        return (await explanations.ask(tx, offer_id, question, by=by, at=OPENING)).id


async def explained(world: World, explanation_id: str, *, who: str = "enterprise/bidder") -> str:
    """Answer how a price is possible; return the explanation's state."""
    async with world.acting(who) as (tx, by):
        answer = PriceAnswer(REASON)
        made = await explanations.answer(
            tx, explanation_id, answer, by=by, at=OPENING, expected=None
        )
    return made.state


async def judged(world: World, explanation_id: str, outcome: str, *, at: datetime = OPENING) -> str:
    """Accept an explanation or reject it; return its state."""
    async with world.acting("city/officer") as (tx, by):
        decision = PriceDecision(Judged(outcome), REASON)
        made = await explanations.decide(tx, explanation_id, decision, by=by, at=at, expected=None)
    return made.state


async def award_state(world: World, award_id: str, *, at: datetime = OPENING) -> str:
    """Return where an award stands."""
    async with world.database.transaction() as tx:
        found: str = (await queries.view(tx, award_id, at=at))[2]
    return found
