"""On what ground a member is excluded, and when it is heard."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET, UnsetType

from ecosystem.catalogue.profiles.model import ChangeLimit
from ecosystem.contracts.excluding.model import (
    DisputeFacts,
    ExclusionDisputed,
    MemberReplied,
    ReplyFacts,
)
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal

_DAY: Final = timedelta(days=1)
_WHERE: Final = "/changes/substitution/exclusion"


class NotExcluding(Refusal):
    """Members exclude nobody but their lead, and the lead excludes nobody."""

    kind = Kind.FORBIDDEN
    remedy = "Have an officer of the authority propose it; with the member's consent, leave it out."


class ExclusionUnfounded(Refusal):
    """The rules of the place do not let a member be excluded on this ground."""

    kind = Kind.UNMET
    remedy = "Name one of `changes.exclusions` in the profile that the need was published under."


class MemberUnheard(Refusal):
    """The member that shall be excluded may still reply."""

    kind = Kind.CONFLICT
    remedy = "Wait for its reply, or until `exclusion.reply_by`."


class NotExcludedMember(Refusal):
    """The change does not exclude the caller's organisation."""

    kind = Kind.FORBIDDEN
    remedy = "The member that a change excludes replies to it, and may dispute it."


class ExclusionDecided(Refusal):
    """The exclusion is decided or given up, or the member has replied."""

    kind = Kind.CONFLICT
    remedy = "Read the change; an exclusion that was approved can be disputed."


class ExclusionUndecided(Refusal):
    """The exclusion is not decided, was given up, or is disputed already."""

    kind = Kind.CONFLICT
    remedy = "Reply to it while it is proposed; dispute it once it is approved, and once."


def reply_by(
    limit: ChangeLimit, code: str | UnsetType, *, may: bool, at: datetime
) -> datetime | None:
    """Return until when a member may reply that shall be excluded; None where none shall be.

    Whether the caller `may` have it leave is known: the authority may any, other members the
    lead. Refuses with NotExcluding or ExclusionUnfounded, in that order.
    """
    if code is UNSET:
        return None
    if not may:
        raise NotExcluding("A supplier has proposed it.", pointer=_WHERE)
    days = {one.code: one.reply_days for one in limit.exclusions}
    if code not in days:
        known = ", ".join(days) or "none"
        raise ExclusionUnfounded(f"The grounds are: {known}.", pointer=_WHERE)
    return at + _DAY * days[code]


def refuse_unheard(until: datetime | None, *, has_reply: bool, at: datetime) -> None:
    """Refuse with MemberUnheard to decide on a member that may still reply."""
    if until is not None and not has_reply and at < until:
        raise MemberUnheard(f"The member may reply until {shown(until)}.")


def reply(facts: ReplyFacts, *, by: Actor, at: datetime) -> MemberReplied:
    """Hear a member. Refuses with NotExcludedMember or ExclusionDecided, in that order."""
    del at
    _refuse_others(facts.member_id, by)
    if not facts.is_open or facts.has_reply:
        raise ExclusionDecided("Nothing waits for the member's reply.")
    return MemberReplied(replied_by=control.hand(by), reply=facts.reply)


def dispute(facts: DisputeFacts, *, by: Actor, at: datetime) -> ExclusionDisputed:
    """Keep that a member takes its exclusion elsewhere.

    Refuses with NotExcludedMember or ExclusionUndecided, in that order.
    """
    del at
    _refuse_others(facts.member_id, by)
    if not facts.is_decided or facts.is_disputed:
        raise ExclusionUndecided("There is no decision that could be disputed now.")
    return ExclusionDisputed(disputed_by=control.hand(by), dispute=facts.dispute)


def _refuse_others(member_id: str | None, by: Actor) -> None:
    if by.organisation_id != member_id:
        raise NotExcludedMember("The caller's organisation is not the one that shall leave.")
