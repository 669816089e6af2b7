"""Who evaluates, what an evaluation comes to, and what may be awarded; and what refuses it."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ecosystem.awards import scoring
from ecosystem.awards.criteria import QualityCriterion
from ecosystem.awards.model import (
    Appointed,
    AppointFacts,
    Approved,
    ApproveFacts,
    Contest,
    ContestFacts,
    Declared,
    DeclareFacts,
    Evaluated,
    EvaluateFacts,
    Proposed,
    ProposeFacts,
    Scored,
    ScoreFacts,
    State,
)
from ecosystem.awards.soundness import ScoresMissing
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.model import State as OfferState
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal

STANDSTILL: Final = timedelta(days=10)
"""Calendar days between the publication of an award and its being final.

Source: Directive 2007/66/EC, article 2a(2), where notice is given by electronic means; a
jurisdiction's profile may set another time.
"""
EVALUATORS_MIN: Final = 2
"""How many must have scored every offer; this platform's rule."""
FROM_BUDGET: Final = frozenset({OfferKind.DELIVERY, OfferKind.ADVISORY})
"""The kinds of offer that are paid from the budget; financing is paid back instead."""
_OPEN_TO_APPOINTMENT: Final = frozenset({NeedState.PUBLISHED, NeedState.CLOSED, NeedState.OPENED})


class NotAuthority(Refusal):
    """The need belongs to another authority."""

    kind = Kind.FORBIDDEN
    remedy = "Only the authority that published a need evaluates and awards."


class NoEvaluatorsNow(Refusal):
    """The need takes no evaluators in this state."""

    kind = Kind.CONFLICT
    remedy = "Appoint between publication and evaluation."


class EvaluatorUnfit(Refusal):
    """A person cannot evaluate this need."""

    kind = Kind.UNMET
    remedy = (
        "Name people of the authority or of a verified think tank with the role evaluator, "
        "and not oneself."
    )


class AppointedBefore(Refusal):
    """A person has been appointed already."""

    kind = Kind.CONFLICT
    remedy = "Leave the person out."


class NotEvaluator(Refusal):
    """The caller has not been appointed to evaluate this need."""

    kind = Kind.FORBIDDEN
    remedy = "Ask the authority to appoint you."


class DeclaredBefore(Refusal):
    """The evaluator has declared already, and declarations are not rewritten."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


class EvaluatorBids(Refusal):
    """The evaluator's organisation is a member of an offer for this need."""

    kind = Kind.FORBIDDEN
    remedy = "Declare the conflict; others evaluate."


class ConflictOfInterest(Refusal):
    """The evaluator has declared a conflict of interest."""

    kind = Kind.FORBIDDEN
    remedy = "Others evaluate; nothing more is needed."


class DeclarationMissing(Refusal):
    """The evaluator has not declared whether there is a conflict of interest."""

    kind = Kind.CONFLICT
    remedy = "Declare first."


class ScoredBefore(Refusal):
    """The evaluator has scored this offer, and scores are not rewritten."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


class NotToBeScored(Refusal):
    """The offer is not one that is scored now."""

    kind = Kind.CONFLICT
    remedy = "Offers are scored from their opening until the evaluation."


class ScoresIncomplete(Refusal):
    """The scores are not one for each criterion of quality."""

    kind = Kind.UNMET
    remedy = "Give one score for each criterion of kind quality, and for no other."


class NotToBeEvaluated(Refusal):
    """The offers of the need are not opened, or have been evaluated before."""

    kind = Kind.CONFLICT
    remedy = "An evaluation is computed once, after the opening."


class EvaluatorsTooFew(Refusal):
    """Too few evaluators have scored every offer."""

    kind = Kind.CONFLICT
    remedy = "Have at least two evaluators without a conflict score every offer."


class EvaluationMissing(Refusal):
    """The need has not been evaluated."""

    kind = Kind.MISSING
    remedy = "Come back after the evaluation."


class NotEvaluated(Refusal):
    """The need is not evaluated, or awarded already."""

    kind = Kind.CONFLICT
    remedy = "Awards are proposed after the evaluation."


class NotRankedFirst(Refusal):
    """The offer is not the one that is ranked first."""

    kind = Kind.UNMET
    remedy = "Propose the offer that the published evaluation ranks first for this lot and kind."


class AwardedBefore(Refusal):
    """There is an award of this kind for this lot already."""

    kind = Kind.CONFLICT
    remedy = "Read the award that exists."


class AwardMissing(Refusal):
    """There is no such award."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class AlreadyApproved(Refusal):
    """The award has been approved already."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


class ProposerApproves(Refusal):
    """Who proposed an award cannot approve it."""

    kind = Kind.FORBIDDEN
    remedy = "Have another person with the role approver decide."


class StandstillRunning(Refusal):
    """The award is not final: it is proposed, or its standstill runs."""

    kind = Kind.CONFLICT
    remedy = "Come back when `standstill_ends_at` has passed."


def appoint(facts: AppointFacts, *, by: Actor, at: datetime) -> Appointed:
    """Appoint evaluators.

    Refuses with NotAuthority, NoEvaluatorsNow, EvaluatorUnfit, AppointedBefore.
    """
    del at
    _own(facts.authority_number, by)
    if facts.need_state not in _OPEN_TO_APPOINTMENT:
        raise NoEvaluatorsNow(f"The need is {facts.need_state}.")
    people = [one.person_id for one in facts.candidates]
    faults = tuple(
        Fault(f"/people/{index}", "evaluator_unfit", f"{one.person_id} cannot evaluate here.")
        for index, one in enumerate(facts.candidates)
        if one.organisation_id is None
        or people.index(one.person_id) < index
        or control.is_own(by, one.person_id)
    )
    if faults:
        raise EvaluatorUnfit(f"{len(faults)} of the people cannot be appointed.", faults=faults)
    if known := [person for person in people if person in facts.appointed]:
        raise AppointedBefore(f"Appointed before: {', '.join(known)}.")
    return Appointed(evaluators=facts.candidates)


def declare(facts: DeclareFacts, *, by: Actor, at: datetime) -> Declared:
    """Have an evaluator declare a conflict of interest, or that there is none.

    Refuses with NotEvaluator, DeclaredBefore, EvaluatorBids.
    """
    del at
    if not facts.is_appointed:
        raise NotEvaluator("The caller is not among the evaluators.")
    if facts.has_declared:
        raise DeclaredBefore("The declaration was made before.")
    if facts.is_bidder and not facts.declaration.has_conflict:
        raise EvaluatorBids("The caller's organisation offers.")
    return Declared(person_id=by.person_id or "", has_conflict=facts.declaration.has_conflict)


def score(facts: ScoreFacts, *, by: Actor, at: datetime) -> Scored:
    """Take one evaluator's scores of one offer, once.

    Refuses with DeclarationMissing, ConflictOfInterest, EvaluatorBids, NotToBeScored,
    ScoredBefore, ScoresIncomplete.
    """
    del at
    if facts.has_conflict is None:
        raise DeclarationMissing("There is no declaration of the caller.")
    if facts.has_conflict:
        raise ConflictOfInterest("The caller has a conflict.")
    if facts.is_bidder:
        raise EvaluatorBids("The caller's organisation offers.")
    if facts.need_state is not NeedState.OPENED or facts.offer_state is not OfferState.OPENED:
        raise NotToBeScored(f"The need is {facts.need_state}, the offer {facts.offer_state}.")
    if facts.has_scored:
        raise ScoredBefore("The caller has scored this offer.")
    if sorted(one.criterion for one in facts.scores) != sorted(facts.criteria):
        wanted = ", ".join(facts.criteria) or "none"
        raise ScoresIncomplete(f"The criteria of quality are: {wanted}.", pointer="/scores")
    return Scored(person_id=by.person_id or "", offer_id=facts.offer_id, scores=facts.scores)


def evaluate(facts: EvaluateFacts, *, by: Actor, at: datetime) -> Evaluated:
    """Rank the offers of every contest; nothing but the facts decides.

    A need for which nothing can be awarded is unsuccessful. Refuses with NotAuthority,
    NotToBeEvaluated, ScoresMissing, EvaluatorsTooFew, and as `scoring.score` does.
    """
    del at
    _own(facts.authority_number, by)
    if facts.need_state is not NeedState.OPENED:
        raise NotToBeEvaluated(f"The need is {facts.need_state}.")
    for contest in facts.contests:
        _check_evaluators(contest)
    contests = tuple(_ranked(contest) for contest in facts.contests)
    can_award = any(contest.ranking.ranked for contest in contests)
    return Evaluated(
        need_state=NeedState.EVALUATED if can_award else NeedState.UNSUCCESSFUL,
        contests=contests,
        digest=digest(contest.digest for contest in contests),
    )


def digest(digests: Iterable[str]) -> str:
    """Return SHA-256 of the contests' digests, each followed by a line feed."""
    return hashlib.sha256("".join(f"{one}\n" for one in digests).encode()).hexdigest()


def propose(facts: ProposeFacts, *, by: Actor, at: datetime) -> Proposed:
    """Propose an award. Refuses with NotAuthority, NotEvaluated, NotRankedFirst, AwardedBefore."""
    del at
    _own(facts.authority_number, by)
    if facts.need_state is not NeedState.EVALUATED:
        raise NotEvaluated(f"The need is {facts.need_state}.")
    if facts.offer_id != facts.ranked_first:
        first = facts.ranked_first or "no offer"
        raise NotRankedFirst(f"Ranked first is {first}.", pointer="/offer_id")
    if facts.is_awarded:
        raise AwardedBefore("There is such an award.")
    return Proposed(
        state=State.PROPOSED,
        offer_id=facts.offer_id,
        kind=facts.kind,
        proposed_by=by.person_id or "",
    )


def approve(facts: ApproveFacts, *, by: Actor, at: datetime) -> Approved:
    """Approve an award and publish it; the standstill begins.

    Refuses with NotAuthority, AlreadyApproved, ProposerApproves, NotEvaluated.
    """
    _own(facts.authority_number, by)
    if not facts.is_proposed:
        raise AlreadyApproved("The award is public.")
    if control.is_own(by, facts.proposed_by):
        raise ProposerApproves("The caller proposed this award.")
    if facts.need_state not in {NeedState.EVALUATED, NeedState.AWARDED}:
        raise NotEvaluated(f"The need is {facts.need_state}.")
    is_last = facts.need_state is NeedState.EVALUATED and not facts.left_open
    return Approved(
        state=State.STANDSTILL,
        approved_by=by.person_id or "",
        approved_at=at,
        standstill_ends_at=at + STANDSTILL,
        committed=facts.price if facts.kind in FROM_BUDGET else None,
        need_state=NeedState.AWARDED if is_last else facts.need_state,
    )


def check_final(standstill_ends_at: datetime | None, *, at: datetime) -> None:
    """Refuse with StandstillRunning unless an award is final."""
    if standstill_ends_at is None:
        raise StandstillRunning("The award is not approved.")
    if at < standstill_ends_at:
        raise StandstillRunning(f"The standstill ends at {standstill_ends_at.isoformat()}.")


def _own(authority_number: int, by: Actor) -> None:
    if by.organisation_number != authority_number:
        raise NotAuthority("The caller's organisation is not the authority of this need.")


def _check_evaluators(contest: ContestFacts) -> None:
    if not any(isinstance(one, QualityCriterion) for one in contest.inputs.criteria):
        return
    if contest.unfinished:
        raise ScoresMissing(f"Begun and not finished: {', '.join(contest.unfinished)}.")
    count = len(contest.inputs.evaluators)
    if contest.inputs.offers and count < EVALUATORS_MIN:
        raise EvaluatorsTooFew(f"{count} have scored every {contest.kind} of the lot.")


def _ranked(contest: ContestFacts) -> Contest:
    ranking = scoring.score(contest.inputs)
    return Contest(
        lot_id=contest.inputs.lot_id,
        kind=contest.kind,
        inputs=contest.inputs,
        ranking=ranking,
        digest=scoring.digest(contest.inputs, ranking),
    )
