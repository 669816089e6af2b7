"""How clients look on the wire."""

from datetime import datetime

import msgspec

from ecosystem.identity.clients.model import AuthMethod, Jwks, Profile
from ecosystem.identity.schemas import Version
from ecosystem.values.actor import Role
from ecosystem.values.identifiers import ClientId, OrganisationId
from ecosystem.values.scopes import Scope


class ClientView(msgspec.Struct, frozen=True, kw_only=True):
    """A client, as the own organisation sees it."""

    id: ClientId
    organisation_id: OrganisationId
    name: str
    profile: Profile
    method: AuthMethod
    """How it proves itself at the token endpoint; `none` is a public client."""
    jwks: Jwks | None
    jwks_uri: str | None
    redirect_uris: tuple[str, ...]
    dpop: bool
    """Whether its tokens are bound to a key, always."""
    scopes: tuple[Scope, ...]
    roles: tuple[Role, ...]
    active: bool
    old_secret_until: datetime | None
    """Until when the secret before the present one is good; null where there was none."""
    version: Version


class ListedClient(ClientView, frozen=True, kw_only=True):
    """A client in the list, which alone says when it was used: that changes without a version."""

    last_used_at: datetime | None
    """When it last proved itself, to a minute; null where it never did."""


class ReplacedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A client's new secret."""

    client_secret: str
    """Shown this once and kept nowhere."""
    old_secret_until: datetime
    """Until when the secret before it is good."""
    version: Version


class NewClientView(msgspec.Struct, frozen=True, kw_only=True):
    """A client that has been added, and its secret."""

    id: ClientId
    method: AuthMethod
    version: Version
    client_secret: str | None
    """Shown this once and kept nowhere; null for a client with keys or a public one."""
