"""What may become of a milestone, and what refuses it."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from ecosystem.milestones.model import (
    Accepted,
    JudgeFacts,
    Moment,
    PlanFacts,
    Planned,
    Rejected,
    State,
    SubmitFacts,
    Submitted,
    Timeliness,
)
from ecosystem.values.actor import Actor
from ecosystem.values.period import is_within_reach
from ecosystem.values.refusal import Kind, Refusal

CIVIL_TIME: Final = timezone(timedelta(hours=8))
"""Where the days of a contract begin and end: China Standard Time, UTC+8 all year."""
_POSITION: Final = "position:"


class MilestoneMissing(Refusal):
    """There is no such milestone, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier of GET /v1/contracts/{id}/milestones."


class MilestoneNotOwned(Refusal):
    """The milestone belongs to a contract of another authority."""

    kind = Kind.FORBIDDEN
    remedy = "Only the authority of the contract may do this."


class NotSupplier(Refusal):
    """The caller's organisation does not supply under this contract."""

    kind = Kind.FORBIDDEN
    remedy = "A supplier of the contract must submit."


class MilestoneNotOpen(Refusal):
    """The milestone waits for the authority, or is accepted."""

    kind = Kind.CONFLICT
    remedy = "Submit a milestone that is planned or rejected."


class NotSubmitted(Refusal):
    """The milestone has no submission to be judged."""

    kind = Kind.CONFLICT
    remedy = "Accept or reject a milestone that is submitted."


class DeliveredLater(Refusal):
    """The delivery lies in the future."""

    kind = Kind.UNMET
    remedy = "Give the instant at which it was delivered, and submit after it."


class EvidenceUnknown(Refusal):
    """A document is not one of the contract."""

    kind = Kind.UNMET
    remedy = "File it with POST /v1/contracts/{id}/documents and name what that answered."


class EvidenceMissing(Refusal):
    """The terms ask for more documents than are named."""

    kind = Kind.UNMET
    remedy = "Name a document of its own for each kind that `evidence_asked` lists."


class SubmittedOneself(Refusal):
    """The person who submitted the milestone cannot judge it."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the authority must do this."


class MomentUnclear(Refusal):
    """The moment that is asked for is neither a time nor a position."""

    kind = Kind.UNMET
    remedy = "Give RFC 3339 with its offset (2026-03-31T16:00:00Z), or `position:` and a number."


def plan(facts: PlanFacts, *, by: Actor, at: datetime) -> Planned:
    """Plan a milestone; it is in time until its day ends in CIVIL_TIME."""
    del by, at
    return Planned(state=State.PLANNED, due_at=end_of(facts.terms.due_on))


def end_of(day: date) -> datetime:
    """Return the last instant of a day in CIVIL_TIME: the midnight that ends it."""
    midnight = datetime.combine(day + timedelta(days=1), time(), CIVIL_TIME)
    return midnight.astimezone(UTC)


def submit(facts: SubmitFacts, *, by: Actor, at: datetime) -> Submitted:
    """Show that a milestone is reached.

    Refuses with NotSupplier, MilestoneNotOpen, DeliveredLater, EvidenceUnknown or
    EvidenceMissing, in that order.
    """
    del by
    asked = facts.asked
    if facts.role != "supplier":
        raise NotSupplier("The caller's organisation does not supply under this contract.")
    if facts.state not in {State.PLANNED, State.REJECTED}:
        raise MilestoneNotOpen(f"The milestone is {facts.state}.")
    if asked.delivered_at > at:
        message = f"It is {at.isoformat()} now."
        raise DeliveredLater(message, pointer="/delivered_at")
    known = {one.id for one in facts.evidence}
    for index, document in enumerate(asked.documents):
        if document not in known:
            message = f"{document} is not a document of this contract."
            raise EvidenceUnknown(message, pointer=f"/documents/{index}")
    if len(known) < len(facts.evidence_asked):
        message = f"The terms ask for {', '.join(facts.evidence_asked)}."
        raise EvidenceMissing(message, pointer="/documents")
    return Submitted(
        state=State.SUBMITTED,
        delivered_at=asked.delivered_at,
        submitted_at=at,
        declaration=asked.declaration,
        evidence=facts.evidence,
    )


def accept(facts: JudgeFacts, *, by: Actor, at: datetime) -> Accepted:
    """Agree that a milestone is reached; by its date it is met, or not.

    Refuses with MilestoneNotOwned, NotSubmitted or SubmittedOneself, in that order.
    """
    delivered_at = _delivered(facts, by)
    timely = delivered_at <= facts.due_at
    return Accepted(
        state=State.ACCEPTED,
        accepted_at=at,
        timeliness=Timeliness.MET if timely else Timeliness.NOT_MET,
    )


def reject(facts: JudgeFacts, *, by: Actor, at: datetime) -> Rejected:
    """Send a milestone back, with reasons and what would satisfy.

    Refuses with MilestoneNotOwned, NotSubmitted or SubmittedOneself, in that order.
    Requires a judgement.
    """
    _delivered(facts, by)
    if facts.judgement is None:
        message = "a rejection has a judgement"
        raise ValueError(message)
    return Rejected(
        state=State.REJECTED,
        rejected_at=at,
        reasons=facts.judgement.reasons,
        remedy=facts.judgement.remedy,
    )


def timeliness(
    state: State, *, due_at: datetime, delivered_at: datetime | None, at: datetime
) -> Timeliness | None:
    """Return what a milestone is by its date at a time; None while both are possible.

    What was rejected counts as not delivered.
    """
    counts = delivered_at if state in {State.SUBMITTED, State.ACCEPTED} else None
    if (counts or at) > due_at:
        return Timeliness.NOT_MET
    return Timeliness.MET if state is State.ACCEPTED else None


def moment(text: str) -> Moment:
    """Return the time or the position that `text` names. Refuses with MomentUnclear."""
    if text.startswith(_POSITION):
        digits = text.removeprefix(_POSITION)
        if digits.isascii() and digits.isdecimal() and len(digits) < 16:  # noqa: PLR2004
            return Moment(position=int(digits))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise MomentUnclear(f"{text[:60]!a} names no moment.")
    return Moment(at=in_reach(at))


def in_reach(at: datetime) -> datetime:
    """Return a time that somebody can ask about. Refuses with MomentUnclear."""
    if not is_within_reach(at):
        raise MomentUnclear("Nothing is known of times before 1900 or after 2199.")
    return at


def _delivered(facts: JudgeFacts, by: Actor) -> datetime:
    """Return when what is judged was delivered, where the caller may judge it."""
    if by.organisation_number != facts.authority_number:
        raise MilestoneNotOwned("The caller's organisation is not the authority of the contract.")
    if facts.state is not State.SUBMITTED or facts.delivered_at is None:
        raise NotSubmitted(f"The milestone is {facts.state}.")
    if facts.submitted_by == (by.person_id or by.client_id):
        raise SubmittedOneself("The caller submitted this milestone.")
    return facts.delivered_at
