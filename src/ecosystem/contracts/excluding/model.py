"""What an exclusion is, and what the member says before it is decided and afterwards."""

from datetime import datetime

import msgspec

from ecosystem.catalogue.profiles.words import Code as GroundCode
from ecosystem.values.identifiers import OrganisationId, PersonId
from ecosystem.values.text import Text


class MemberReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member says of its exclusion, before it is decided."""

    reply: Text


class ExclusionDispute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a member does not accept its exclusion, and who shall judge."""

    statement: Text
    forum: Text
    """The court, board or tribunal to which it goes, and the number of the case there."""


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """A member leaves although it does not agree."""

    member_id: OrganisationId
    ground: GroundCode
    reply_by: datetime
    """Nothing is decided before the member has replied, or this is over."""
    reply: Text | None
    replied_by: PersonId | None
    replied_at: datetime | None
    dispute: ExclusionDispute | None
    disputed_by: PersonId | None
    disputed_at: datetime | None


class ReplyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a member's reply is checked against."""

    member_id: str | None
    """Who shall be excluded; nobody, where a change excludes none."""
    is_open: bool
    """Whether the change is proposed, and nobody has decided on it."""
    has_reply: bool
    reply: Text


class MemberReplied(msgspec.Struct, frozen=True, kw_only=True):
    """The member was heard."""

    replied_by: str
    reply: Text


class DisputeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a member's dispute is checked against."""

    member_id: str | None
    is_decided: bool
    """Whether its exclusion is approved, and was not given up."""
    is_disputed: bool
    dispute: ExclusionDispute


class ExclusionDisputed(msgspec.Struct, frozen=True, kw_only=True):
    """The exclusion is disputed; it holds until whoever judges says otherwise."""

    disputed_by: str
    dispute: ExclusionDispute
