"""Facts about clients, and about what people authorised them to do."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import DateTime, LargeBinary, Text, bindparam, case, exists, func, or_, select

from ecosystem.identity.clients.model import AuthMethod, Jwks, Profile
from ecosystem.identity.clients.tables import client
from ecosystem.identity.model import OrganisationState
from ecosystem.identity.oauth.requests import Wanted
from ecosystem.identity.oauth.tables import (
    authorisation,
    authorisation_code,
    authorisation_request,
    refresh_token,
    revoked_token,
)
from ecosystem.identity.tables import membership, organisation, person
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.actor import Assurance
from ecosystem.values.identifiers import is_identifier, minted_at
from ecosystem.values.text import Text as Name

_DIGEST: Final = bindparam("digest", type_=LargeBinary)
_OF_CLIENT: Final = (
    select(
        client.c.organisation_id,
        client.c.name,
        client.c.profile,
        client.c.scopes,
        client.c.secret_digest,
        case((client.c.old_secret_until > func.now(), client.c.old_secret_digest)).label(
            "old_secret_digest"
        ),
        client.c.last_used_at,
        client.c.jwks,
        client.c.jwks_uri,
        client.c.redirect_uris,
        client.c.dpop,
        organisation.c.name.label("organisation_name"),
        organisation.c.number,
        organisation.c.state,
    )
    .join(organisation, organisation.c.id == client.c.organisation_id)
    .where(client.c.id == bindparam("id", type_=Text))
    .where(client.c.disabled_at.is_(None))
)
_CLIENT: Final = Statement(_OF_CLIENT)
_CLIENT_HELD: Final = Statement(_OF_CLIENT.with_for_update(read=True, key_share=True, of=client))
_REQUEST: Final = Statement(
    select(
        authorisation_request.c.asked,
        authorisation_request.c.pushed,
        authorisation_request.c.asked_at,
        authorisation_request.c.expires_at,
    )
    .where(authorisation_request.c.digest == _DIGEST)
    .where(authorisation_request.c.client_id == bindparam("client_id", type_=Text))
    .with_for_update()
)
_AUTHORISATION: Final = (
    authorisation.c.id,
    authorisation.c.client_id,
    authorisation.c.person_id,
    authorisation.c.organisation_id,
    authorisation.c.scopes,
    authorisation.c.acr,
    authorisation.c.authenticated_at,
    authorisation.c.jkt,
    authorisation.c.expires_at.label("ends_at"),
    authorisation.c.revoked_at,
)
_CODE: Final = Statement(
    select(
        *_AUTHORISATION,
        authorisation_code.c.redirect_uri,
        authorisation_code.c.code_challenge,
        authorisation_code.c.expires_at,
        authorisation_code.c.used_at,
    )
    .join(authorisation, authorisation.c.id == authorisation_code.c.authorisation_id)
    .where(authorisation_code.c.digest == _DIGEST)
    .with_for_update()
)
_REFRESH: Final = Statement(
    select(*_AUTHORISATION, refresh_token.c.replaced_at)
    .join(authorisation, authorisation.c.id == refresh_token.c.authorisation_id)
    .where(refresh_token.c.digest == _DIGEST)
    .with_for_update()
)
_ORGANISATIONS: Final = Statement(
    select(organisation.c.id, organisation.c.name)
    .where(
        organisation.c.id.in_(
            select(membership.c.organisation_id)
            .join(person, person.c.id == membership.c.person_id)
            .where(membership.c.person_id == bindparam("person_id", type_=Text))
            .where(person.c.disabled_at.is_(None))
        )
    )
    .where(
        or_(
            bindparam("only", type_=Text).is_(None),
            organisation.c.id == bindparam("only", type_=Text),
        )
    )
    .order_by(organisation.c.id)
)

_JTI: Final = bindparam("jti", type_=Text)
_GRANT: Final = bindparam("grant_id", type_=Text)
_IS_REVOKED: Final = Statement(
    select(
        or_(
            exists().where(revoked_token.c.jti == _JTI),
            exists()
            .where(client.c.id == bindparam("client_id", type_=Text))
            .where(client.c.tokens_from > bindparam("minted_at", type_=DateTime(timezone=True))),
            exists()
            .where(authorisation.c.id == _GRANT)
            .where(authorisation.c.revoked_at.is_not(None)),
        )
    )
)


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A client as the authorisation server knows it."""

    id: str
    organisation_id: str
    organisation_name: Name
    of_platform: bool
    """Whether it is the operator's own, which acts for people of every organisation."""
    of_verified: bool
    """Whether its organisation is verified: of any other, anybody may have made it up."""
    name: str
    profile: Profile
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    dpop: bool
    """Whether its tokens are bound to a key, always."""
    secret_digests: tuple[bytes, ...]
    """Of its secret, and of the one before while that is still good; none where it has keys."""
    last_used_at: datetime | None
    jwks: Jwks | None
    jwks_uri: str | None

    @property
    def method(self) -> AuthMethod:
        """How it proves itself; a public client does not."""
        if self.secret_digests:
            return AuthMethod.SECRET
        if self.jwks is not None or self.jwks_uri is not None:
            return AuthMethod.KEYS
        return AuthMethod.NONE

    @property
    def is_public(self) -> bool:
        """Whether anyone can say that he is this client."""
        return self.method is AuthMethod.NONE


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """An authorisation request that waits for its person."""

    client_id: str
    wanted: Wanted
    pushed: bool
    """Whether it was pushed and no person has come with it yet."""
    asked_at: datetime
    expires_at: datetime


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person authorised a client to do for her organisation."""

    id: str
    client_id: str
    person_id: str
    organisation_id: str
    scopes: tuple[str, ...]
    acr: Assurance
    authenticated_at: datetime
    jkt: str | None
    """Thumbprint of the key whose holder alone may use it; None for the client, whoever that is."""
    expires_at: datetime
    is_revoked: bool


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A code, and what it stands for."""

    digest: bytes
    of: Authorisation
    redirect_uri: str
    code_challenge: str
    expires_at: datetime
    is_used: bool


class Refresh(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token, and what it stands for."""

    digest: bytes
    of: Authorisation
    is_replaced: bool


class Membership(msgspec.Struct, frozen=True):
    """An organisation for which a person can act."""

    id: str
    name: Name


def digest_of(secret: str) -> bytes:
    """Return what is kept of a code, a refresh token or a handle: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()


async def registered(tx: Tx, client_id: str, *, held: bool = False) -> Registered | None:
    """Return an active client, or None where there is none.

    While it is held, nobody takes a key or its secret away: what it proves by them comes before.
    """
    if not is_identifier(client_id, "client"):
        return None
    row = await tx.row(_CLIENT_HELD if held else _CLIENT, id=client_id)
    if row is None:
        return None
    return Registered(
        id=client_id,
        organisation_id=row["organisation_id"],
        organisation_name=msgspec.json.decode(row["organisation_name"], type=Name),
        of_platform=row["number"] == 0,
        of_verified=row["state"] == OrganisationState.VERIFIED,
        name=row["name"],
        profile=Profile(row["profile"]),
        scopes=tuple(row["scopes"]),
        redirect_uris=tuple(row["redirect_uris"]),
        dpop=row["dpop"],
        secret_digests=tuple(
            digest for digest in (row["secret_digest"], row["old_secret_digest"]) if digest
        ),
        last_used_at=row["last_used_at"],
        jwks=None if row["jwks"] is None else msgspec.json.decode(row["jwks"], type=Jwks),
        jwks_uri=row["jwks_uri"],
    )


async def pending(tx: Tx, digest: bytes, *, client_id: str, now: datetime) -> Pending | None:
    """Return a client's request by the digest of its handle, locked, or None where none waits."""
    row = await tx.row(_REQUEST, digest=digest, client_id=client_id)
    if row is None or row["expires_at"] <= now:
        return None
    return Pending(
        client_id=client_id,
        wanted=msgspec.json.decode(row["asked"], type=Wanted),
        pushed=row["pushed"],
        asked_at=row["asked_at"],
        expires_at=row["expires_at"],
    )


async def code(tx: Tx, digest: bytes) -> Code | None:
    """Return a code by its digest, locked with its authorisation, or None."""
    row = await tx.row(_CODE, digest=digest)
    if row is None:
        return None
    return Code(
        digest=digest,
        of=_authorisation(row),
        redirect_uri=row["redirect_uri"],
        code_challenge=row["code_challenge"],
        expires_at=row["expires_at"],
        is_used=row["used_at"] is not None,
    )


async def refresh(tx: Tx, digest: bytes) -> Refresh | None:
    """Return a refresh token by its digest, locked with its authorisation, or None."""
    row = await tx.row(_REFRESH, digest=digest)
    if row is None:
        return None
    return Refresh(
        digest=digest, of=_authorisation(row), is_replaced=row["replaced_at"] is not None
    )


async def is_revoked(tx: Tx, *, jti: str, client_id: str, grant_id: str | None) -> bool:
    """Tell whether an access token is revoked: itself, or with what it was given for.

    That is the authorisation of a person, and the key or the secret by which its client
    proved itself, where one has been taken away since.
    """
    found: bool = await tx.value(
        _IS_REVOKED, jti=jti, client_id=client_id, grant_id=grant_id, minted_at=minted_at(jti)
    )
    return found


async def organisations(tx: Tx, person_id: str, *, client: Registered) -> tuple[Membership, ...]:
    """Return the organisations for which a person can act through a client.

    A client acts for people of its own organisation; the operator's for anybody.
    """
    only = None if client.of_platform else client.organisation_id
    rows = await tx.rows(_ORGANISATIONS, person_id=person_id, only=only)
    return tuple(Membership(row["id"], msgspec.json.decode(row["name"], type=Name)) for row in rows)


def _authorisation(row: Record | Mapping[str, Any]) -> Authorisation:
    return Authorisation(
        id=row["id"],
        client_id=row["client_id"],
        person_id=row["person_id"],
        organisation_id=row["organisation_id"],
        scopes=tuple(row["scopes"]),
        acr=Assurance(row["acr"]),
        authenticated_at=row["authenticated_at"],
        jkt=row["jkt"],
        expires_at=row["ends_at"],
        is_revoked=row["revoked_at"] is not None,
    )
