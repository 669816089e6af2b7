"""Who may challenge an award and until when, who decides, and what follows."""

from datetime import datetime

from msgspec import UNSET

from ecosystem.awards.challenges.model import (
    Decided,
    DecideFacts,
    Lodged,
    LodgeFacts,
    Outcome,
    State,
    WithdrawFacts,
    Withdrawn,
)
from ecosystem.awards.counting import FROM_BUDGET
from ecosystem.awards.model import Remedy
from ecosystem.awards.model import State as AwardState
from ecosystem.needs.model import State as NeedState
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class NotChallenger(Refusal):
    """The caller's organisation has lost nothing by this award."""

    kind = Kind.FORBIDDEN
    remedy = "Only a member of an offer of the same contest that did not win challenges an award."


class NoStandstill(Refusal):
    """The award cannot be challenged now."""

    kind = Kind.CONFLICT
    remedy = "An award is challenged from its publication until its standstill ends."


class ChallengedBefore(Refusal):
    """The caller's organisation has challenged this award already."""

    kind = Kind.CONFLICT
    remedy = "Read the challenge that exists, and what was decided."


class ChallengeMissing(Refusal):
    """There is no such challenge."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class ReviewerNotIndependent(Refusal):
    """The caller, or her organisation, has a part in what she would decide."""

    kind = Kind.FORBIDDEN
    remedy = (
        "Have a reviewer decide whose organisation neither buys nor offers here, and who herself "
        "has neither proposed, approved nor challenged the award."
    )


class OutsideJurisdiction(Refusal):
    """The caller's organisation does not oversee the jurisdiction of this authority."""

    kind = Kind.FORBIDDEN
    remedy = "Have a reviewer decide of the authority's jurisdiction, or of one above it."


class ChallengeDecided(Refusal):
    """The challenge is not open any more."""

    kind = Kind.CONFLICT
    remedy = "Read what was decided."


class NotOwnChallenge(Refusal):
    """The challenge is another organisation's."""

    kind = Kind.FORBIDDEN
    remedy = "Have the organisation that made the challenge take it back."


class RemedyUnsound(Refusal):
    """The remedy does not go with the outcome."""

    kind = Kind.UNMET
    remedy = "Name a remedy where the challenge is upheld, and none where it is rejected."


def lodge(facts: LodgeFacts, *, by: Actor, at: datetime) -> Lodged:
    """Challenge an award; it is suspended from now on.

    Refuses with NotChallenger, NoStandstill, ChallengedBefore.
    """
    if facts.offer_id is None or facts.has_won:
        raise NotChallenger("The caller's organisation has no offer here that did not win.")
    running = facts.award_state in {AwardState.STANDSTILL, AwardState.SUSPENDED}
    if not running or facts.standing_ends_at is None or at >= facts.standing_ends_at:
        raise NoStandstill(
            f"The award is {facts.award_state}, and its time has not come or passed."
        )
    if facts.has_challenged:
        raise ChallengedBefore("The caller's organisation has challenged this award.")
    return Lodged(
        state=State.OPEN,
        organisation_id=by.organisation_id,
        offer_id=facts.offer_id,
        lodged_by=by.person_id or "",
        decide_by=facts.decide_by,
    )


def decide(facts: DecideFacts, *, by: Actor, at: datetime) -> Decided:
    """Uphold a challenge or reject it.

    Rejected, the award goes on as soon as no other challenge is open. Upheld, it is cancelled:
    its offers are evaluated again, or its lot is not awarded in this need. Refuses with
    ReviewerNotIndependent, OutsideJurisdiction, ChallengeDecided, RemedyUnsound.
    """
    own = by.organisation_number == facts.authority_number
    if own or by.organisation_id in facts.parties:
        raise ReviewerNotIndependent("The caller's organisation buys or offers here.")
    if control.hand(by) in facts.hands:
        raise ReviewerNotIndependent("The caller has proposed, approved or challenged the award.")
    if not facts.is_within:
        raise OutsideJurisdiction("The caller's jurisdiction is not that of the authority.")
    if facts.state is not State.OPEN:
        raise ChallengeDecided(f"The challenge is {facts.state}.")
    remedy = None if facts.asked.remedy is UNSET else facts.asked.remedy
    is_upheld = facts.asked.outcome is Outcome.UPHELD
    if is_upheld != (remedy is not None):
        raise RemedyUnsound(f"The challenge is {facts.asked.outcome}.", pointer="/remedy")
    from_budget = is_upheld and facts.kind in FROM_BUDGET
    return Decided(
        state=State.UPHELD if is_upheld else State.REJECTED,
        remedy=remedy,
        reasons=facts.asked.reasons,
        decided_by=by.person_id or "",
        organisation_id=by.organisation_id,
        is_late=at > facts.decide_by,
        award_state=_award_state(facts, is_upheld=is_upheld),
        need_state=_need_state(facts, remedy),
        released=facts.price if from_budget else None,
    )


def withdraw(facts: WithdrawFacts, *, by: Actor, at: datetime) -> Withdrawn:
    """Take a challenge back; its award goes on as soon as no other challenge is open.

    Refuses with NotOwnChallenge, ChallengeDecided.
    """
    del at
    if by.organisation_id != facts.organisation_id:
        raise NotOwnChallenge("The caller's organisation did not make this challenge.")
    if facts.state is not State.OPEN:
        raise ChallengeDecided(f"The challenge is {facts.state}.")
    return Withdrawn(
        state=State.WITHDRAWN,
        withdrawn_by=by.person_id or "",
        award_state=None if facts.others_open else AwardState.STANDSTILL,
    )


def _award_state(facts: DecideFacts, *, is_upheld: bool) -> AwardState | None:
    if is_upheld:
        return AwardState.CANCELLED
    return None if facts.others_open else AwardState.STANDSTILL


def _need_state(facts: DecideFacts, remedy: Remedy | None) -> NeedState:
    match remedy:
        case None:
            return facts.need_state
        case Remedy.EVALUATION:
            return NeedState.OPENED
        case Remedy.CANCELLATION:
            if facts.left_open or facts.need_state is NeedState.OPENED:
                return facts.need_state
            return facts.need_state if facts.others_stand else NeedState.CANCELLED
