"""Seed a sandbox: its parties act through the same doors as everyone, so events exist."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from joserfc.jwk import ECKey
from sqlalchemy import BigInteger, bindparam, func, select
from webauthn.helpers import bytes_to_base64url

from ecosystem.catalogue.actions import load_shipped
from ecosystem.catalogue.profiles import actions as profiles
from ecosystem.identity import actions as identity
from ecosystem.identity.clients import actions as clients
from ecosystem.identity.clients.model import Jwk, Jwks, NewClient
from ecosystem.identity.login import actions as accounts
from ecosystem.identity.login import passwords
from ecosystem.identity.login.passkeys import actions as passkeys
from ecosystem.identity.login.passkeys.ceremony import public_key
from ecosystem.identity.login.passkeys.model import NewPasskey
from ecosystem.identity.model import (
    ROLES_OF_PEOPLE_ONLY,
    BankAccount,
    Evidence,
    Identifier,
    Registered,
    Registration,
    Verification,
)
from ecosystem.identity.people import actions as people
from ecosystem.identity.people.model import Herself, NewInvitation
from ecosystem.runtime import idempotency
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Statement, Tx
from ecosystem.runtime.minting import entropy, secret
from ecosystem.sandbox import actions, queries
from ecosystem.sandbox.cast import CAST, OPERATOR, PLATFORM, PROFILES, Casting, Someone
from ecosystem.sandbox.model import Parties, Party, SeededClient, SeededPerson
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.scopes import SCOPES, Scope, needs_keys
from ecosystem.values.text import Text

_ONE_AT_A_TIME: Final = 0x7361_6E64_626F_78
"""Key of the advisory lock: `sandbox` in ASCII."""
_LOCK: Final = Statement(select(func.pg_advisory_xact_lock(bindparam("lock", type_=BigInteger))))
_READER: Final[tuple[Scope, ...]] = tuple(scope for scope in SCOPES if not needs_keys(scope))
_REASON: Final = "Seeded with the sandbox."
_JURISDICTION: Final = "CN"
_BANK: Final = "102100099996"
"""A number of CNAPS, as every bank account of the sandbox has it."""
CONSOLE_RETURNS_TO: Final = "http://127.0.0.1/back"
"""Where people return to the console: on whatever port it listens (RFC 8252, section 7.3)."""
_CLIENT: Final = "sandbox"
"""Stands where an actor's client stands, while parties are seeded."""


async def seed(database: Database, clock: Clock, folder: Path) -> Parties:
    """Seed the parties, once, and return them.

    Effects: organisations, people and clients with their events, and the profiles of some
    places; below `folder`, readable by
    their owner alone, `sandbox/clients/*.json` with each client's key or secret, and
    `sandbox/people/*.json` with each person's password and passkey.
    """
    seeded = await queries.parties(database.plain())
    if seeded is not None:
        return seeded
    password = secret()
    digest = await passwords.digest(password)
    async with database.transaction() as tx:
        await tx.value(_LOCK, lock=_ONE_AT_A_TIME)
        seeded = await queries.parties(tx)
        if seeded is not None:
            return seeded
        await load_shipped(tx)
        await profiles.give(tx, PROFILES)
        at = clock.at(await idempotency.clock(tx))
        return await _Seeding(tx, at, folder / "sandbox", password, digest).parties()


@dataclass(frozen=True)
class _Seeding:
    tx: Tx
    at: datetime
    folder: Path
    password: str
    """By which everybody logs in here, besides by her passkey."""
    digest: str

    async def parties(self) -> Parties:
        founded = await identity.establish(
            self.tx, name=PLATFORM, jurisdiction=_JURISDICTION, operator=OPERATOR, at=self.at
        )
        made = founded.registered
        person = await self._joined("platform", "operator", OPERATOR, founded.invitation)
        operator = _actor(made, person.id, OrganisationKind.PLATFORM, _JURISDICTION)
        tokens = await self._client(operator, "platform", "tokens", roles=(), scopes=SCOPES)
        platform = Party(
            key="platform",
            organisation_id=made.organisation_id,
            kind=OrganisationKind.PLATFORM,
            name=PLATFORM,
            jurisdiction=_JURISDICTION,
            people=(person,),
            clients=(tokens, await self._console(operator)),
        )
        others = [await self._party(casting, operator) for casting in CAST]
        parties = Parties(data=(platform, *others))
        await actions.keep_parties(self.tx, parties, client_id=tokens.id)
        return parties

    async def _party(self, casting: Casting, operator: Actor) -> Party:
        asked = Registration(
            kind=casting.kind,
            name=casting.name,
            jurisdiction=casting.jurisdiction,
            administrator=casting.administrator,
            identifiers=(Identifier("CN-USC", casting.identifier),),
            bank_account=BankAccount(
                holder=str(casting.name.zh),
                number=casting.identifier,
                bank_code=_BANK,
                currency="CNY",
            ),
        )
        founded = await identity.register(self.tx, asked, at=self.at)
        made = founded.registered
        await identity.verify(
            self.tx, made.organisation_id, self._seen(), expected=None, by=operator, at=self.at
        )
        first = await self._joined(
            casting.key, "administrator", casting.administrator, founded.invitation
        )
        by = _actor(made, first.id, casting.kind, casting.jurisdiction)
        members = (
            first,
            *[await self._person(casting.key, someone, by) for someone in casting.people],
        )
        return Party(
            key=casting.key,
            organisation_id=made.organisation_id,
            kind=casting.kind,
            name=casting.name,
            jurisdiction=casting.jurisdiction,
            people=members,
            clients=await self._clients(casting, by, members),
        )

    def _seen(self) -> Verification:
        evidence = Evidence(title="sandbox/cast", reference=_REASON, seen_on=self.at.date())
        return Verification(reason=_REASON, evidence=(evidence,))

    async def _person(self, party: str, someone: Someone, by: Actor) -> SeededPerson:
        asked = NewInvitation(name=someone.name, roles=someone.roles)
        invitation = await people.invite(self.tx, by.organisation_id, asked, by=by, at=self.at)
        return await self._joined(party, someone.key, someone.name, invitation)

    async def _joined(
        self, party: str, key: str, name: Text, invitation: people.Issued
    ) -> SeededPerson:
        herself = Herself(client_id=_CLIENT)
        begun = await people.accept(self.tx, invitation.code, herself=herself, at=self.at)
        joined, username = begun.joined, f"{key}.{party}"
        await accounts.create_account(
            self.tx,
            joined.person_id,
            username=username,
            digest=self.digest,
            by=begun.by,
            at=self.at,
        )
        return SeededPerson(
            key=key,
            id=joined.person_id,
            name=name,
            roles=joined.roles,
            username=username,
            file=await self._passkey(joined.person_id, username),
        )

    async def _passkey(self, person_id: str, username: str) -> str:
        """Give a person a passkey, and return the file that lets a program be her."""
        key = ECKey.generate_key("P-256")
        made = NewPasskey(
            credential_id=entropy(32),
            public_key=public_key(key.public_key),
            handle=entropy(32),
            sign_count=0,
        )
        await passkeys.keep(self.tx, person_id, made, label="sandbox")
        passkey = {
            "credential_id": bytes_to_base64url(made.credential_id),
            "handle": bytes_to_base64url(made.handle),
            "private_key": key.as_dict(private=True),
        }
        known = {"username": username, "password": self.password, "passkey": passkey}
        return self._keep(f"people/{username}.json", known)

    async def _clients(
        self, casting: Casting, by: Actor, members: Iterable[SeededPerson]
    ) -> tuple[SeededClient, ...]:
        held = {role for person in members for role in person.roles} - ROLES_OF_PEOPLE_ONLY
        roles = tuple(role for role in Role if role in held)
        clients = [await self._client(by, casting.key, "system", roles=roles, scopes=SCOPES)]
        if casting.has_reader:
            reader = await self._client(
                by, casting.key, "reader", roles=(), scopes=_READER, has_keys=False
            )
            clients.append(reader)
        return tuple(clients)

    async def _client(
        self,
        by: Actor,
        party: str,
        key: str,
        *,
        roles: tuple[Role, ...],
        scopes: tuple[Scope, ...],
        has_keys: bool = True,
    ) -> SeededClient:
        name = f"{party}-{key}"
        private = ECKey.generate_key("P-256", {"kid": name}) if has_keys else None
        asked = NewClient(
            name=name,
            scopes=scopes,
            roles=roles,
            jwks=Jwks((_public(private),)) if private else None,
        )
        made = await clients.add_client(self.tx, by.organisation_id, asked, by=by, at=self.at)
        proof: dict[str, object] = {"client_secret": made.client_secret}
        if private is not None:
            proof = {"private_key": private.as_dict(private=True)}
        file = self._keep(f"clients/{name}.json", {"client_id": made.client_id, **proof})
        return SeededClient(
            key=key,
            id=made.client_id,
            name=name,
            method=made.added.method,
            roles=roles,
            scopes=scopes,
            file=file,
        )

    async def _console(self, by: Actor) -> SeededClient:
        """Add the program through which anybody acts: a public client, bound to its own key."""
        asked = NewClient(
            name="platform-console",
            scopes=SCOPES,
            redirect_uris=(CONSOLE_RETURNS_TO,),
            public=True,
            dpop=True,
        )
        made = await clients.add_client(self.tx, by.organisation_id, asked, by=by, at=self.at)
        known = {"client_id": made.client_id, "redirect_uri": CONSOLE_RETURNS_TO}
        file = self._keep(f"clients/{asked.name}.json", known)
        return SeededClient(
            key="console",
            id=made.client_id,
            name=asked.name,
            method=made.added.method,
            roles=(),
            scopes=SCOPES,
            file=file,
        )

    def _keep(self, name: str, content: object) -> str:
        """Write a file for its owner alone; return where it lies below the data folder."""
        file = self.folder / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
        return f"sandbox/{name}"


def _actor(made: Registered, person_id: str, kind: OrganisationKind, jurisdiction: str) -> Actor:
    """Return the first person of an organisation, who acts while it is seeded."""
    return Actor(
        organisation_id=made.organisation_id,
        organisation_number=made.organisation_number,
        kind=kind,
        verified=True,
        jurisdiction=jurisdiction,
        client_id=_CLIENT,
        person_id=person_id,
        roles=made.roles,
        scopes=SCOPES,
    )


def _public(key: ECKey) -> Jwk:
    return msgspec.convert(key.as_dict(private=False), Jwk)
