"""What may be awarded, when it is final, and what refuses it."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from ecosystem.awards.counting import FROM_BUDGET, STANDING
from ecosystem.awards.model import (
    Approved,
    ApproveFacts,
    Proposed,
    ProposeFacts,
    Rejected,
    RejectFacts,
    Remedy,
    State,
)
from ecosystem.needs.model import State as NeedState
from ecosystem.needs.rules import AwardStands
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal

_AWARDABLE: Final = frozenset({NeedState.EVALUATED, NeedState.AWARDED, NeedState.CONTRACTED})
"""Lots of a need are awarded one by one: another one may be awarded, or contracted, before."""


class NotAuthority(Refusal):
    """The need belongs to another authority."""

    kind = Kind.FORBIDDEN
    remedy = "Only the authority that published a need evaluates and awards."


class NotEvaluated(Refusal):
    """The need is not evaluated, or is evaluated again."""

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


class PriceUnexplained(Refusal):
    """The price is abnormally low, and no explanation of it is accepted."""

    kind = Kind.CONFLICT
    remedy = "Ask the bidder how the price is possible, and accept or reject the answer."


class LotOver(Refusal):
    """It is decided that this lot is not awarded in this need."""

    kind = Kind.CONFLICT
    remedy = "Publish the lot again in a new need."


class AwardMissing(Refusal):
    """There is no such award."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class AlreadyApproved(Refusal):
    """The award has been approved or rejected already."""

    kind = Kind.CONFLICT
    remedy = "Read the award."


class ProposerApproves(Refusal):
    """Who proposed an award cannot approve it."""

    kind = Kind.FORBIDDEN
    remedy = "Have another person with the role approver decide."


class AwardSuspended(Refusal):
    """A challenge of the award is open."""

    kind = Kind.CONFLICT
    remedy = "Come back when a reviewer has decided."


class AwardCancelled(Refusal):
    """The award has been cancelled, or has fallen."""

    kind = Kind.CONFLICT
    remedy = "Read why, and what is awarded instead."


class StandstillRunning(Refusal):
    """The award is not final: it is proposed, or its standstill runs."""

    kind = Kind.CONFLICT
    remedy = "Come back when `standstill_ends_at` has passed."


def own(authority_number: int, by: Actor) -> None:
    """Refuse with NotAuthority unless the caller acts for the authority of the need."""
    if by.organisation_number != authority_number:
        raise NotAuthority("The caller's organisation is not the authority of this need.")


def propose(facts: ProposeFacts, *, by: Actor, at: datetime) -> Proposed:
    """Propose an award.

    Refuses with NotAuthority, NotEvaluated, NotRankedFirst, AwardedBefore, LotOver,
    PriceUnexplained.
    """
    del at
    own(facts.authority_number, by)
    if facts.need_state not in _AWARDABLE:
        raise NotEvaluated(f"The need is {facts.need_state}.")
    if facts.offer_id != facts.ranked_first:
        first = facts.ranked_first or "no offer"
        raise NotRankedFirst(f"Ranked first is {first}.", pointer="/offer_id")
    if any(one.state != "cancelled" for one in facts.before):
        raise AwardedBefore("There is such an award.")
    if any(one.remedy is Remedy.CANCELLATION for one in facts.before):
        raise LotOver("The award of this lot was cancelled for good.")
    if facts.is_ended:
        raise LotOver("The lot was ended without another award.")
    if facts.is_unexplained:
        raise PriceUnexplained("The ranking flags the price of this offer.", pointer="/offer_id")
    return Proposed(
        state=State.PROPOSED,
        offer_id=facts.offer_id,
        kind=facts.kind,
        passed_over=facts.passed_over,
        proposed_by=by.person_id or "",
    )


def approve(facts: ApproveFacts, *, by: Actor, at: datetime) -> Approved:
    """Approve an award and publish it; the standstill begins.

    Refuses with NotAuthority, AlreadyApproved, ProposerApproves, NotEvaluated.
    """
    own(facts.authority_number, by)
    if not facts.is_proposed:
        raise AlreadyApproved("The award waits for no approval.")
    if control.is_own(by, facts.proposed_by):
        raise ProposerApproves("The caller proposed this award.")
    if facts.need_state not in _AWARDABLE:
        raise NotEvaluated(f"The need is {facts.need_state}.")
    is_last = facts.need_state is NeedState.EVALUATED and not facts.left_open
    return Approved(
        state=State.STANDSTILL,
        approved_by=by.person_id or "",
        approved_at=at,
        standstill_ends_at=facts.standstill_ends_at,
        challenge_ends_at=min(facts.challenge_ends_at, facts.standstill_ends_at),
        committed=facts.price if facts.kind in FROM_BUDGET else None,
        need_state=NeedState.AWARDED if is_last else facts.need_state,
    )


def check_given_up(states: Collection[str]) -> None:
    """Refuse with AwardStands where one of a need's awards, by what is kept of it, stands."""
    if standing := [one for one in states if one in STANDING]:
        raise AwardStands(f"{len(standing)} of the need's awards stand.")


def reject(facts: RejectFacts, *, by: Actor, at: datetime) -> Rejected:
    """Send a proposal back with reasons.

    Refuses with NotAuthority, AlreadyApproved, ProposerApproves.
    """
    del at
    own(facts.authority_number, by)
    if not facts.is_proposed:
        raise AlreadyApproved("The award waits for no approval.")
    if control.is_own(by, facts.proposed_by):
        raise ProposerApproves("The caller proposed this award.")
    return Rejected(state=State.CANCELLED, rejected_by=by.person_id or "", reason=facts.reason)


def state_at(state: str, standstill_ends_at: datetime | None, *, at: datetime) -> State:
    """Return where an award stands at a time, by what is kept of it."""
    if state == "published":
        ended = standstill_ends_at is not None and at >= standstill_ends_at
        return State.FINAL if ended else State.STANDSTILL
    return State(state)


def check_final(state: str, standstill_ends_at: datetime | None, *, at: datetime) -> None:
    """Refuse unless an award, by what is kept of it, is final.

    Refuses with AwardCancelled, AwardSuspended, StandstillRunning.
    """
    if state == "cancelled":
        raise AwardCancelled("The award is cancelled.")
    if state == "suspended":
        raise AwardSuspended("The award is suspended.")
    if standstill_ends_at is None:
        raise StandstillRunning("The award is not approved.")
    if at < standstill_ends_at:
        raise StandstillRunning(f"The standstill ends at {shown(standstill_ends_at)}.")
