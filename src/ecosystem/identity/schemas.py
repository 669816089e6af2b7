"""How organisations, people and clients look on the wire."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.identity.model import (
    BankAccount,
    Identifier,
    OrganisationState,
    Scale,
)
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.identifiers import ClientId, OrganisationId, PersonId
from ecosystem.values.scopes import Scope
from ecosystem.values.text import Text

Version = Annotated[int, Meta(ge=1, description="Counts the changes; the ETag says it too.")]


class OrganisationView(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation, as anyone may see it."""

    id: OrganisationId
    kind: OrganisationKind
    name: Text
    jurisdiction: str
    scale: Scale | None
    state: OrganisationState
    identifiers: tuple[Identifier, ...]
    registered_at: datetime
    version: Version
    bank_account: BankAccount | UnsetType | None = UNSET
    """Only in what the organisation itself reads."""


class RegisteredView(msgspec.Struct, frozen=True, kw_only=True):
    """What has been registered: the organisation and its administrator."""

    organisation_id: OrganisationId
    person_id: PersonId
    state: OrganisationState
    version: Version


class PersonView(msgspec.Struct, frozen=True, kw_only=True):
    """A person, as the own organisation sees it."""

    id: PersonId
    organisation_id: OrganisationId
    name: Text
    roles: tuple[Role, ...]
    active: bool
    version: Version


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
