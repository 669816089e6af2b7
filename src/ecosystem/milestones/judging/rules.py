"""How far a submission may be accepted, and what refuses it."""

from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Final

from ecosystem.milestones.judging.model import (
    Accepted,
    Delivery,
    JudgeFacts,
    PartlyAccepted,
    Qualification,
    Rejected,
)
from ecosystem.milestones.model import Judgement, State, Timeliness
from ecosystem.milestones.rules import MilestoneNotOwned, lateness
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal
from ecosystem.values.text import Text

_STEP: Final = Decimal("0.0001")
_WHOLE: Final = Decimal(1)


class NotSubmitted(Refusal):
    """The milestone has no submission to be judged."""

    kind = Kind.CONFLICT
    remedy = "Accept or reject a milestone that is submitted."


class SubmittedOneself(Refusal):
    """The person who submitted the milestone cannot judge it."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the authority must do this."


class VerifiedOneself(Refusal):
    """Who has verified the milestone cannot judge it too, for whichever organisation."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the authority must do this."


class PeriodLapsed(Refusal):
    """Nobody judged the submission in time, so it counts as accepted."""

    kind = Kind.CONFLICT
    remedy = "Judge what is submitted before its `deemed_at`."


class VerificationMissing(Refusal):
    """The terms have the milestone verified, and its verifier has not confirmed it."""

    kind = Kind.CONFLICT
    remedy = "Wait for the verifier; what it refuses to confirm can only be rejected."


class FindingsMissing(Refusal):
    """The milestone has several parts, and nothing is said of any of them."""

    kind = Kind.UNMET
    remedy = "Say in `findings` of each part that is not accepted why, and what would satisfy."


class PartUnfit(Refusal):
    """What is named is no part of the milestone that is left to be judged."""

    kind = Kind.UNMET
    remedy = "Name deliverables of `evidence_asked`, or metrics, each once, not yet accepted."


class ShareUnfit(Refusal):
    """The share is nothing, or more than what is left to be accepted."""

    kind = Kind.UNMET
    remedy = "Give more than 0; with `accepted_share` at most 1, and less where a rest is left."


class RestUnexplained(Refusal):
    """A part is accepted, and nothing says why the rest is not."""

    kind = Kind.UNMET
    remedy = "Say in `rest` why the rest is not accepted, and what would have it accepted."


class NothingQualified(Refusal):
    """The acceptance names neither a part nor another delivery."""

    kind = Kind.UNMET
    remedy = "Name deliverables, a share or a delivery; or accept all with POST .../acceptance."


class DeliveryUnfit(Refusal):
    """It cannot have been delivered then, or nothing else was said."""

    kind = Kind.UNMET
    remedy = "Give another instant than the supplier, from `starts_at` to `submitted_at`."


def accept(facts: JudgeFacts, *, by: Actor, at: datetime) -> Accepted:
    """Agree that a milestone is reached, all that was left of it.

    By its date it is met, or not: that counts to its delivery, and where parts were accepted
    before, to the latest. Where silence accepts it, that is since the end of the period.
    Refuses with MilestoneNotOwned, NotSubmitted, SubmittedOneself, PeriodLapsed,
    VerificationMissing or DeliveryUnfit, in that order.
    """
    accepted_at = _lapsed(facts, at) if facts.is_deemed else at
    if not facts.is_deemed:
        _check_judge(facts, by, at)
    _check_verified(facts)
    delivered_at, dispute = _delivered(facts, disputed=_asked(facts).delivery)
    late = lateness(due_at=facts.due_at, delivered_at=delivered_at, time_zone=facts.time_zone)
    left = _left(facts)
    return Accepted(
        state=State.ACCEPTED,
        accepted_at=accepted_at,
        share=_text(left),
        deliverables=deliverables_left(facts),
        delivered_at=delivered_at,
        dispute=dispute,
        timeliness=Timeliness.MET if delivered_at <= facts.due_at else Timeliness.NOT_MET,
        lateness=late,
        deemed=facts.deemed_after if facts.is_deemed else None,
    )


def is_of_the_rest(facts: JudgeFacts) -> bool:
    """Tell whether a qualified acceptance takes all that is left."""
    asked, left = _asked(facts), set(deliverables_left(facts))
    all_named = not asked.deliverables or left == set(asked.deliverables)
    if asked.share is None:
        return all_named
    return all_named and Decimal(asked.share) == _left(facts)


def accept_part(facts: JudgeFacts, *, by: Actor, at: datetime) -> PartlyAccepted:
    """Agree to a part of what was submitted; the rest is submitted again.

    Refuses with MilestoneNotOwned, NotSubmitted, SubmittedOneself, PeriodLapsed,
    VerificationMissing, PartUnfit, ShareUnfit, RestUnexplained, FindingsMissing or
    DeliveryUnfit, in that order.
    """
    _check_judge(facts, by, at)
    _check_verified(facts)
    asked = _asked(facts)
    _check_parts(asked.deliverables, among=deliverables_left(facts), pointer="/deliverables")
    share = _share(facts, asked)
    if asked.rest is None:
        raise RestUnexplained("Something is left, and nothing is said of it.", pointer="/rest")
    _check_findings(facts, asked.rest, accepted=asked.deliverables, pointer="/rest/findings")
    delivered_at, dispute = _delivered(facts, disputed=asked.delivery)
    return PartlyAccepted(
        state=State.PARTLY_ACCEPTED,
        accepted_at=at,
        share=_text(share),
        accepted_share=_text(Decimal(facts.accepted_share) + share),
        deliverables=asked.deliverables,
        delivered_at=delivered_at,
        dispute=dispute,
        lateness=lateness(
            due_at=facts.due_at, delivered_at=delivered_at, time_zone=facts.time_zone
        ),
        rest=asked.rest,
    )


def reject(facts: JudgeFacts, *, by: Actor, at: datetime) -> Rejected:
    """Send a milestone back, with reasons and what would satisfy.

    Refuses with MilestoneNotOwned, NotSubmitted, SubmittedOneself, PeriodLapsed,
    FindingsMissing or PartUnfit, in that order. Requires a judgement.
    """
    _check_judge(facts, by, at)
    if facts.judgement is None:
        message = "a rejection has a judgement"
        raise ValueError(message)
    _check_findings(facts, facts.judgement, pointer="/findings")
    return Rejected(
        state=State.REJECTED,
        rejected_at=at,
        reasons=facts.judgement.reasons,
        remedy=facts.judgement.remedy,
        findings=facts.judgement.findings,
    )


def check_qualified(facts: JudgeFacts) -> None:
    """Refuse an acceptance of all that is left where the request says nothing of its own.

    Refuses with NothingQualified, or with ShareUnfit where it speaks of a rest.
    """
    asked = _asked(facts)
    if not asked.deliverables and asked.share is None and asked.delivery is None:
        raise NothingQualified("All of it would be accepted as it was submitted.")
    if asked.rest is not None:
        raise ShareUnfit("No rest is left.", pointer="/rest")


def deliverables_left(facts: JudgeFacts) -> tuple[str, ...]:
    """Return the deliverables that are not accepted yet."""
    return tuple(one for one in facts.deliverables if one not in facts.accepted_deliverables)


def _check_judge(facts: JudgeFacts, by: Actor, at: datetime) -> None:
    if by.organisation_number != facts.authority_number:
        raise MilestoneNotOwned("The caller's organisation is not the authority of the contract.")
    if facts.state is not State.SUBMITTED:
        raise NotSubmitted(f"The milestone is {facts.state}.")
    if control.is_own(by, facts.submitted_by):
        raise SubmittedOneself("The caller submitted this milestone.")
    if control.is_own(by, facts.verified_hand):
        raise VerifiedOneself("The caller verified this milestone.")
    if facts.deemed_at is not None and at >= facts.deemed_at:
        raise PeriodLapsed(f"It counts as accepted since {shown(facts.deemed_at)}.")


def _check_verified(facts: JudgeFacts) -> None:
    if facts.verification_asked and facts.verification != "confirmed":
        raise VerificationMissing(f"The verifier's finding is {facts.verification or 'none'}.")


def _lapsed(facts: JudgeFacts, at: datetime) -> datetime:
    """Return since when silence has accepted what is submitted."""
    since = facts.deemed_at
    if facts.state is not State.SUBMITTED or since is None or at < since:
        message = "silence accepts what is submitted when the period has passed"
        raise ValueError(message)
    return since


def _check_findings(
    facts: JudgeFacts, judged: Judgement, *, pointer: str, accepted: tuple[str, ...] = ()
) -> None:
    parts = tuple(one for one in (*deliverables_left(facts), *facts.metrics) if one not in accepted)
    if len(parts) > 1 and not judged.findings:
        raise FindingsMissing(f"Its parts are {', '.join(parts)}.", pointer=pointer)
    named = tuple(one.part for one in judged.findings)
    _check_parts(named, among=parts, pointer=pointer)


def _check_parts(named: tuple[str, ...], *, among: tuple[str, ...], pointer: str) -> None:
    for index, part in enumerate(named):
        if part not in among or part in named[:index]:
            known = ", ".join(among) or "none"
            raise PartUnfit(f"{part} is none of {known}.", pointer=f"{pointer}/{index}")


def _share(facts: JudgeFacts, asked: Qualification) -> Decimal:
    """Return what share of the whole milestone is accepted; a rest is left."""
    left = _left(facts)
    if asked.share is not None:
        share = Decimal(asked.share)
    else:
        equal = Decimal(len(asked.deliverables)) / len(facts.deliverables)
        share = equal.quantize(_STEP, rounding=ROUND_DOWN)
    if not 0 < share < left:
        raise ShareUnfit(f"{_text(left)} of the milestone is left.", pointer="/share")
    if asked.deliverables and len(asked.deliverables) == len(deliverables_left(facts)):
        message = "All deliverables are accepted, and a share is not."
        raise PartUnfit(message, pointer="/deliverables")
    return share


def _delivered(facts: JudgeFacts, *, disputed: Delivery | None) -> tuple[datetime, Text | None]:
    """Return the delivery that is accepted, and why it is another than the supplier gave."""
    claimed, submitted_at = facts.delivered_at, facts.submitted_at
    if claimed is None or submitted_at is None:
        message = "what is submitted says when it was delivered"
        raise ValueError(message)
    found = claimed
    if disputed is not None:
        found = disputed.delivered_at
        if found == claimed or not facts.starts_at <= found <= submitted_at:
            detail = f"The supplier says {shown(claimed)}."
            raise DeliveryUnfit(detail, pointer="/delivery/delivered_at")
    latest = max(found, facts.accepted_delivery_at or found)
    return latest, None if disputed is None else disputed.reason


def _asked(facts: JudgeFacts) -> Qualification:
    return facts.qualification or Qualification()


def _left(facts: JudgeFacts) -> Decimal:
    return _WHOLE - Decimal(facts.accepted_share)


def _text(share: Decimal) -> str:
    return f"{share.normalize():f}"
