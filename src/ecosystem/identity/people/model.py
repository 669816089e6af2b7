"""States, requests, frozen facts and decisions of invitations and memberships."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ecosystem.values.actor import Assurance, OrganisationKind, Role
from ecosystem.values.identifiers import OrganisationId
from ecosystem.values.patterns import whole
from ecosystem.values.text import Prose, Text

BY_INVITATION: Final = "invitation"
"""Stands where an actor's client stands, when a person accepts on the page of this service."""

Roles = Annotated[tuple[Role, ...], Meta(min_length=1, max_length=14)]
Code = Annotated[
    str,
    Meta(
        pattern=whole("[A-Za-z0-9_-]{43}"),
        description="The secret of an invitation's link: what stands there behind `code=`.",
        examples=["aW52aXRhdGlvbi1jb2RlLW9mLTI1Ni1yYW5kb20tYml"],
    ),
]


class InvitationState(StrEnum):
    """What has become of an invitation; only an open one can be accepted or withdrawn."""

    OPEN = "open"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """Nobody accepted it within seven days."""


class NewInvitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody who is asked to join an organisation."""

    name: Text
    """What she is called; someone who has an account keeps the name that stands there."""
    roles: Roles
    """What she will do there."""


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """That an invitation is accepted."""

    code: Code


class NewRoles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a member does from now on."""

    roles: Roles


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a person is deactivated or reactivated."""

    reason: Prose


class Herself(msgspec.Struct, frozen=True, kw_only=True):
    """Who accepts, and how she is known."""

    person_id: str | None = None
    """None where she is new."""
    client_id: str = BY_INVITATION
    acr: Assurance | None = None
    authenticated_at: datetime | None = None


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that a person belongs to, as she sees it herself."""

    organisation_id: OrganisationId
    name: Text
    kind: OrganisationKind
    roles: tuple[Role, ...]


class InviteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when somebody is invited."""

    organisation_id: str
    kind: OrganisationKind
    invitation_id: str
    asked: NewInvitation
    has_administrator: bool
    """Whether anybody active administers the organisation."""


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody may join in these roles, until then."""

    roles: tuple[Role, ...]
    expires_at: datetime


class InvitationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an invitation."""

    invitation_id: str
    organisation_id: str
    is_accepted: bool
    is_withdrawn: bool
    expires_at: datetime
    version: int


class Withdrawn(msgspec.Struct, frozen=True):
    """An invitation is good for nothing any more."""

    invitation_id: str


class AcceptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when somebody accepts an invitation."""

    invitation: InvitationFacts
    roles: tuple[Role, ...]
    person_id: str
    is_active: bool
    is_member: bool
    """Whether she belongs to the organisation already."""


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A person is a member, in these roles."""

    person_id: str
    roles: tuple[Role, ...]


class MembershipFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a membership changes or ends."""

    invitation_id: str
    organisation_id: str
    kind: OrganisationKind
    person_id: str
    roles: tuple[Role, ...]
    sole: tuple[Role, ...]
    """Those of her roles that must not be left empty, and that nobody else active holds."""
    acting: tuple[Role, ...]
    """The roles of who acts, as of now: none where his own membership has just ended."""
    version: int
    asked: tuple[Role, ...] = ()
    """The roles that she is to have."""


class RolesChanged(msgspec.Struct, frozen=True):
    """A member has other roles."""

    roles: tuple[Role, ...]


class Left(msgspec.Struct, frozen=True):
    """A person belongs to an organisation no more."""

    person_id: str


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a person is disabled everywhere, or enabled again."""

    person_id: str
    is_active: bool
    is_last_operator: bool
    by_operator: bool
    """Whether who acts is an active operator, as of now."""
    version: int
    reason: str


class Deactivated(msgspec.Struct, frozen=True):
    """A person acts nowhere."""

    person_id: str


class Reactivated(msgspec.Struct, frozen=True):
    """A person acts again, wherever she is a member."""

    person_id: str
