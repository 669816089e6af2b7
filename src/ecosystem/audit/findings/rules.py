"""Findings: who writes, who is heard, and when it is concluded."""

from datetime import datetime

from msgspec import UNSET

from ecosystem.audit.findings.model import (
    REPLIES_MAX,
    Concluded,
    ConcludeFacts,
    Facts,
    FollowedUp,
    FollowUpFacts,
    Outcome,
    Replied,
    ReplyFacts,
    State,
    WriteFacts,
    Written,
)
from ecosystem.values.actor import Actor
from ecosystem.values.period import is_within_reach, shown
from ecosystem.values.refusal import Kind, Refusal


class FindingMissing(Refusal):
    """There is no such finding, or it is not for the caller to know of."""

    kind = Kind.MISSING
    remedy = "Check the identifier; the parties of its contract and its auditors read a finding."


class FindingObjectMissing(Refusal):
    """There is no such thing in the jurisdictions of the auditor."""

    kind = Kind.MISSING
    remedy = "Check the identifier of what the finding is about."


class ReplyTimeUnsound(Refusal):
    """Those concerned would have no time to reply."""

    kind = Kind.UNMET
    remedy = "Name a time ahead, before the year 2200."


class FindingConcluded(Refusal):
    """The finding is concluded, and nothing more is said of it."""

    kind = Kind.CONFLICT
    remedy = "Read its conclusion; what is new is a finding of its own."


class NotHeard(Refusal):
    """Only a party to the contract replies to a finding."""

    kind = Kind.FORBIDDEN
    remedy = "Have a party to the contract reply."


class HeardEnough(Refusal):
    """The finding has as many replies as one may have."""

    kind = Kind.CONFLICT
    remedy = "Put what is to be said into a document of the contract."


class NotItsAuditor(Refusal):
    """Another organisation has written the finding."""

    kind = Kind.FORBIDDEN
    remedy = "Have the organisation conclude and follow up that wrote the finding."


class HearingRuns(Refusal):
    """Nobody concerned has been heard, and the time to reply is not over."""

    kind = Kind.CONFLICT
    remedy = "Wait for a reply, or until the time to reply is over."


class FollowUpUnsound(Refusal):
    """The day to look again does not go with the conclusion."""

    kind = Kind.UNMET
    remedy = "Name a day that is ahead, and only where the finding is upheld."


class NoFollowUp(Refusal):
    """There is nothing to follow up."""

    kind = Kind.CONFLICT
    remedy = "Only what was concluded with a day to look again is followed up, and once."


class FollowUpEarly(Refusal):
    """The day to look again has not come."""

    kind = Kind.CONFLICT
    remedy = "Wait for the day that the conclusion names."


def write(facts: WriteFacts, *, by: Actor, at: datetime) -> Written:
    """Write a finding. Refuses with ReplyTimeUnsound."""
    until = facts.asked.reply_by
    if not is_within_reach(until) or until <= at:
        raise ReplyTimeUnsound(f"It is {shown(at)}.", pointer="/reply_by")
    return Written(
        state=State.OPEN, organisation_id=by.organisation_id, written_by=by.person_id or ""
    )


def reply(facts: ReplyFacts, *, by: Actor) -> Replied:
    """Reply to a finding. Refuses with NotHeard, FindingConcluded, HeardEnough."""
    if not facts.is_party:
        raise NotHeard("The caller's organisation is no party to the contract.")
    if not facts.finding.awaits():
        raise FindingConcluded(f"The finding is {facts.finding.state}.")
    if facts.finding.replies >= REPLIES_MAX:
        raise HeardEnough(f"There are {REPLIES_MAX} replies.")
    return Replied(
        number=facts.finding.replies + 1,
        organisation_id=by.organisation_id,
        replied_by=by.person_id or "",
        text=facts.asked.text,
    )


def conclude(facts: ConcludeFacts, *, by: Actor, at: datetime) -> Concluded:
    """Conclude a finding.

    Refuses with NotItsAuditor, FindingConcluded, HearingRuns, FollowUpUnsound.
    """
    finding, asked = facts.finding, facts.asked
    _own(finding, by)
    if finding.state is not State.OPEN:
        raise FindingConcluded(f"The finding is {finding.state}.")
    if not finding.replies and at < finding.reply_by:
        raise HearingRuns(f"There is time to reply until {shown(finding.reply_by)}.")
    again_on = None if asked.follow_up_on is UNSET else asked.follow_up_on
    if again_on is not None and (asked.outcome is not Outcome.UPHELD or again_on <= at.date()):
        said = f"The finding is {asked.outcome}; today is {at.date()}."
        raise FollowUpUnsound(said, pointer="/follow_up_on")
    return Concluded(
        state=State.CONCLUDED,
        outcome=asked.outcome,
        reasons=asked.reasons,
        concluded_by=by.person_id or "",
        follow_up_on=again_on,
    )


def follow_up(facts: FollowUpFacts, *, by: Actor, at: datetime) -> FollowedUp:
    """Say what became of a finding. Refuses with NotItsAuditor, NoFollowUp, FollowUpEarly."""
    finding = facts.finding
    _own(finding, by)
    if finding.state is not State.CONCLUDED or finding.follow_up_on is None:
        raise NoFollowUp(f"The finding is {finding.state}.")
    if at.date() < finding.follow_up_on:
        raise FollowUpEarly(f"It is {at.date()}; the day is {finding.follow_up_on}.")
    return FollowedUp(
        state=State.FOLLOWED_UP,
        is_remedied=facts.asked.is_remedied,
        text=facts.asked.text,
        followed_up_by=by.person_id or "",
    )


def _own(finding: Facts, by: Actor) -> None:
    if finding.auditor_id != by.organisation_id:
        raise NotItsAuditor("The finding is of another organisation.")
