"""What may become of a milestone, and what refuses it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ecosystem.catalogue.profiles import days
from ecosystem.catalogue.profiles.model import Calendar, Counting, Span
from ecosystem.contracts.canonical import digest
from ecosystem.milestones.model import (
    Lateness,
    PlanFacts,
    Planned,
    State,
    Statement,
    Submission,
    SubmitFacts,
    Submitted,
    Timeliness,
)
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal
from ecosystem.values.text import Text

_DAY: Final = timedelta(days=1)
OPEN: Final = frozenset({State.PLANNED, State.REJECTED, State.PARTLY_ACCEPTED})
"""The states in which a milestone waits for its supplier."""
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
    remedy = "Submit a milestone that is planned, rejected or accepted in part."


class PredecessorOpen(Refusal):
    """What the milestone comes after is not accepted."""

    kind = Kind.CONFLICT
    remedy = "Have the milestones of `blocked_by` accepted first."


class DeliveredLater(Refusal):
    """The delivery lies in the future."""

    kind = Kind.UNMET
    remedy = "Give the instant at which it was delivered, and submit after it."


class DeliveredBefore(Refusal):
    """The delivery lies before the contract."""

    kind = Kind.UNMET
    remedy = "Give the instant at which it was delivered, from `starts_at` on."


class BackdatingUnproved(Refusal):
    """It was delivered on an earlier day, says the supplier, and shows nothing for it."""

    kind = Kind.UNMET
    remedy = "Name a document of the contract that shows when it was delivered."


class EvidenceUnknown(Refusal):
    """A document is not one of the contract."""

    kind = Kind.UNMET
    remedy = "File it with POST /v1/contracts/{id}/documents and name what that answered."


class EvidenceMissing(Refusal):
    """The terms ask for more documents than are named."""

    kind = Kind.UNMET
    remedy = "Name a document of its own for each kind of `evidence_asked` not yet accepted."


def plan(facts: PlanFacts, *, by: Actor, at: datetime) -> Planned:
    """Plan a milestone; it is in time until its day ends where the contract counts days."""
    del by, at
    return Planned(
        state=State.PLANNED,
        starts_at=end_of(facts.starts_on - _DAY, time_zone=facts.time_zone),
        due_at=end_of(facts.terms.due_on, time_zone=facts.time_zone),
    )


def end_of(day: date, *, time_zone: str) -> datetime:
    """Return the last instant of a day: the midnight that ends it there."""
    midnight = datetime.combine(day + _DAY, time(), ZoneInfo(time_zone))
    return midnight.astimezone(UTC)


def submit(facts: SubmitFacts, *, by: Actor, at: datetime) -> Submitted:
    """Show that a milestone is reached, as the next round of it.

    Refuses with NotSupplier, MilestoneNotOpen, PredecessorOpen, DeliveredLater, DeliveredBefore,
    EvidenceUnknown, EvidenceMissing or BackdatingUnproved, in that order.
    """
    del by
    asked = facts.asked
    if facts.role != "supplier":
        raise NotSupplier("The caller's organisation does not supply under this contract.")
    if facts.state not in OPEN:
        raise MilestoneNotOpen(f"The milestone is {facts.state}.")
    if facts.blocked_by:
        raise PredecessorOpen(f"It comes after {', '.join(facts.blocked_by)}.")
    _check_delivery(facts, at)
    _check_evidence(facts, at)
    stated = Statement(
        milestone_id=facts.milestone_id,
        round=facts.rounds + 1,
        delivered_at=asked.delivered_at,
        declaration=asked.declaration,
        evidence=facts.evidence,
    )
    return Submitted(
        state=State.SUBMITTED,
        round=stated.round,
        delivered_at=asked.delivered_at,
        submitted_at=at,
        declaration=asked.declaration,
        evidence=facts.evidence,
        digest=digest(stated),
        lateness=lateness(
            due_at=facts.due_at, delivered_at=asked.delivered_at, time_zone=facts.time_zone
        ),
        judge_by=judge_by(facts.acceptance_days, after=at, calendar=facts.calendar),
        deemed_at=deemed_at(
            None if facts.verification_asked else facts.deemed, after=at, calendar=facts.calendar
        ),
    )


def deemed_at(span: Span | None, *, after: datetime, calendar: Calendar) -> datetime | None:
    """Return when silence accepts what is shown at a time; None where it never does."""
    return None if span is None else days.end_of(span, after=after, calendar=calendar)


def judge_by(acceptance_days: int, *, after: datetime, calendar: Calendar) -> datetime:
    """Return when the time has passed that the terms give the authority to judge."""
    span = Span(law="contract", days=acceptance_days, counted=Counting.CALENDAR)
    return days.end_of(span, after=after, calendar=calendar)


def _check_delivery(facts: SubmitFacts, at: datetime) -> None:
    delivered_at = facts.asked.delivered_at
    if delivered_at > at:
        message = f"It is {shown(at)} now."
        raise DeliveredLater(message, pointer="/delivered_at")
    if delivered_at < facts.starts_at:
        message = f"The contract begins at {shown(facts.starts_at)}."
        raise DeliveredBefore(message, pointer="/delivered_at")


def _check_evidence(facts: SubmitFacts, at: datetime) -> None:
    known = {one.id for one in facts.evidence}
    for index, document in enumerate(facts.asked.documents):
        if document not in known:
            message = f"{document} is not a document of this contract."
            raise EvidenceUnknown(message, pointer=f"/documents/{index}")
    if len(known) < len(facts.deliverables_left):
        message = f"The terms ask for {', '.join(facts.deliverables_left)}."
        raise EvidenceMissing(message, pointer="/documents")
    if not known and is_backdated(facts.asked, at=at, time_zone=facts.time_zone):
        message = f"It is submitted at {shown(at)}, on a later day."
        raise BackdatingUnproved(message, pointer="/documents")


def is_backdated(asked: Submission, *, at: datetime, time_zone: str) -> bool:
    """Tell whether the delivery is said to have been on an earlier day than its submission."""
    zone = ZoneInfo(time_zone)
    return asked.delivered_at.astimezone(zone).date() < at.astimezone(zone).date()


def lateness(*, due_at: datetime, delivered_at: datetime, time_zone: str) -> Lateness:
    """Return by how many days a delivery is late: those begun after the last one in time.

    `due_at` is the midnight that ends that day. A click, be it of who submits or of who
    accepts, counts for nothing.
    """
    zone = ZoneInfo(time_zone)
    due_on = due_at.astimezone(zone).date() - _DAY
    delivered_on = delivered_at.astimezone(zone).date()
    late = 0 if delivered_at <= due_at else (delivered_on - due_on).days
    sums = f"{delivered_on} - {due_on}"
    return Lateness(
        days=late,
        due_on=due_on,
        delivered_on=delivered_on,
        time_zone=time_zone,
        words=Text(
            zh=f"{sums} = 逾期 {late} 天" if late else f"{delivered_on} 交付，不晚于 {due_on}",
            en=f"{sums} = {late} days late" if late else f"{delivered_on}, due by {due_on}",
        ),
    )


def timeliness(
    state: State, *, due_at: datetime, delivered_at: datetime | None, at: datetime
) -> Timeliness | None:
    """Return what a milestone is by its date at a time; None while both are possible.

    What was rejected counts as not delivered, and so does what has a rest that is not; what was
    cancelled has no date to keep.
    """
    if state is State.CANCELLED:
        return None
    counts = delivered_at if state in {State.SUBMITTED, State.ACCEPTED} else None
    if (counts or at) > due_at:
        return Timeliness.NOT_MET
    return Timeliness.MET if state is State.ACCEPTED else None
