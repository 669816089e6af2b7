"""The sandbox's clock, its parties, and tokens for them."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ecosystem.identity.clients.model import AuthMethod
from ecosystem.values.actor import Assurance, OrganisationKind, Role
from ecosystem.values.identifiers import ClientId, OrganisationId, PersonId
from ecosystem.values.period import Instant
from ecosystem.values.scopes import Scope
from ecosystem.values.text import Text

_AGO_S_MAX: Final = 12 * 3_600
"""As long as a login lasts."""


class ClockSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """To which instant the clock is moved."""

    now: Instant
    """Not before the clock's present time."""
    runs: bool = True
    """Whether the clock runs on from there, or stands still."""


class ClockFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when the clock is moved."""

    now: datetime
    asked: ClockSetting


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """What time it is in the sandbox."""

    now: datetime
    runs: bool


class TokenWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For whom a token is wanted."""

    person_id: PersonId
    organisation_id: OrganisationId
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=40)] | None = None
    """What the token is good for; everything, where they are left out."""
    acr: Assurance = Assurance.PASSKEY
    """How she is taken to have proved who she is: `phr` by a passkey, `pwd` by a password."""
    authenticated_ago_s: Annotated[int, Meta(ge=0, le=_AGO_S_MAX)] = 0
    """How many seconds ago she is taken to have done so: an old login is good for less."""


class SeededPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person of a seeded organisation."""

    key: str
    """Short name of the person within the organisation, such as `officer`."""
    id: PersonId
    name: Text
    roles: tuple[Role, ...]
    username: str
    """The name by which she logs in, such as `officer.city`."""
    file: str
    """Where her password and her passkey lie, below the server's data folder."""


class SeededClient(msgspec.Struct, frozen=True, kw_only=True):
    """A client of a seeded organisation."""

    key: str
    id: ClientId
    name: str
    method: AuthMethod
    roles: tuple[Role, ...]
    scopes: tuple[Scope, ...]
    file: str
    """Where lies what it proves itself by, below the server's data folder: a private key or
    a secret; for a public client, which has neither, where people return to it."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A seeded organisation."""

    key: str
    """Short name of the organisation, such as `city`."""
    organisation_id: OrganisationId
    kind: OrganisationKind
    name: Text
    jurisdiction: str
    people: tuple[SeededPerson, ...]
    clients: tuple[SeededClient, ...]

    def person(self, key: str) -> SeededPerson:
        """Return the person with this short name; a KeyError where there is none."""
        return {person.key: person for person in self.people}[key]

    def client(self, key: str) -> SeededClient:
        """Return the client with this short name; a KeyError where there is none."""
        return {client.key: client for client in self.clients}[key]


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """All seeded organisations."""

    data: tuple[Party, ...]

    def party(self, key: str) -> Party:
        """Return the organisation with this short name; a KeyError where there is none."""
        return {party.key: party for party in self.data}[key]
