"""How invitations and memberships look on the wire."""

from datetime import datetime

import msgspec

from ecosystem.identity.model import OrganisationState
from ecosystem.identity.people.model import InvitationState, Membership
from ecosystem.identity.schemas import Version
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.identifiers import ClientId, InvitationId, OrganisationId, PersonId
from ecosystem.values.scopes import Scope
from ecosystem.values.text import Text


class InvitedView(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that has been made, with what it is accepted by."""

    id: InvitationId
    link: str
    """Hand it to whom you invite, and to nobody else: shown this once and kept nowhere."""
    expires_at: datetime
    version: Version


class InvitationView(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation, as the administrators of its organisation see it."""

    id: InvitationId
    organisation_id: OrganisationId
    name: Text
    roles: tuple[Role, ...]
    state: InvitationState
    invited_at: datetime
    expires_at: datetime
    accepted_by: PersonId | None
    """Who has accepted it."""
    version: Version


class JoinedView(msgspec.Struct, frozen=True, kw_only=True):
    """A membership that has begun."""

    organisation_id: OrganisationId
    person_id: PersonId
    roles: tuple[Role, ...]
    version: Version


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """A person, as her organisation sees her."""

    id: PersonId
    organisation_id: OrganisationId | None
    """The caller's; null where the operator reads a person of other organisations."""
    name: Text
    roles: tuple[Role, ...]
    """What she does in that organisation."""
    active: bool
    """Whether the operator lets her act."""
    version: Version


class RegisteredView(msgspec.Struct, frozen=True, kw_only=True):
    """What has been registered, and how its first person joins it."""

    organisation_id: OrganisationId
    state: OrganisationState
    version: Version
    invitation: InvitedView
    """Of the administrator: whoever opens its link administers the organisation."""


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the token says the caller is, at this moment."""

    organisation_id: OrganisationId
    kind: OrganisationKind
    verified: bool
    """Whether the organisation is verified."""
    jurisdiction: str
    client_id: ClientId
    person_id: PersonId | None
    """Null where a program acts by itself."""
    roles: tuple[Role, ...]
    scopes: tuple[Scope, ...]
    memberships: tuple[Membership, ...]
    """The organisations that the person belongs to, of those in which this client may act for
    her; none where a program acts by itself."""
