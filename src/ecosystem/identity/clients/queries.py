"""Facts about clients, locked; and views of them."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Text, bindparam, case, func, select

from ecosystem.identity.clients.model import (
    AuthMethod,
    ChangeFacts,
    ClientChange,
    Jwk,
    Jwks,
    NewClient,
    Profile,
)
from ecosystem.identity.clients.tables import client
from ecosystem.identity.model import MemberFacts
from ecosystem.identity.queries import shown, versioned
from ecosystem.runtime.columns import instant
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor, Role
from ecosystem.values.identifiers import is_identifier
from ecosystem.values.refusal import Kind, Refusal
from ecosystem.values.scopes import known

_ID: Final = bindparam("id", type_=Text)
_OWN: Final = bindparam("own", type_=Text)


class ClientUnknown(Refusal):
    """There is no such client of the caller's organisation."""

    kind = Kind.MISSING
    remedy = "Use an identifier that POST /v1/organisations/{id}/clients answered."


_AS_SEEN: Final[tuple[ColumnElement[Any], ...]] = (
    client.c.id,
    client.c.organisation_id,
    client.c.name,
    client.c.profile,
    case(
        (client.c.secret_digest.is_not(None), AuthMethod.SECRET.value),
        (func.num_nonnulls(client.c.jwks, client.c.jwks_uri) > 0, AuthMethod.KEYS.value),
        else_=AuthMethod.NONE.value,
    ).label("method"),
    client.c.jwks,
    client.c.jwks_uri,
    client.c.redirect_uris,
    client.c.dpop,
    client.c.scopes,
    client.c.roles,
    client.c.disabled_at.is_(None).label("active"),
    instant(client.c.old_secret_until).label("old_secret_until"),
    client.c.version,
)
_IS_OWN: Final = client.c.organisation_id == _OWN
_CLIENT: Final = versioned(*_AS_SEEN, where=(client.c.id == _ID) & _IS_OWN)
CLIENTS: Final = page_of(
    select(*_AS_SEEN, instant(client.c.last_used_at).label("last_used_at")).where(_IS_OWN)
)
"""A page of the clients of the organisation `own`, also of those that act no more."""


_WHOLE_LOCKED: Final = Statement(
    select(
        client.c.name,
        client.c.profile,
        client.c.scopes,
        client.c.roles,
        client.c.secret_digest,
        client.c.jwks,
        client.c.jwks_uri,
        client.c.redirect_uris,
        client.c.dpop,
        client.c.disabled_at,
        client.c.version,
    )
    .where(client.c.id == _ID)
    .where(client.c.organisation_id == _OWN)
    .with_for_update()
)
_KEYED: Final = Statement(
    select(client.c.id, client.c.jwks)
    .where(_IS_OWN, client.c.disabled_at.is_(None), client.c.jwks.is_not(None))
    .order_by(client.c.id)
    .with_for_update(read=True)
)
_CLIENT_LOCKED: Final = Statement(
    select(client.c.disabled_at, client.c.version)
    .where(client.c.id == _ID)
    .where(client.c.organisation_id == _OWN)
    .with_for_update()
)


async def keys_named(tx: Tx, kid: str | None, *, by: Actor) -> list[tuple[str, Jwk]]:
    """Return the keys of this name in the `jwks` of the caller's active clients, held as they are.

    What stands at a `jwks_uri` is not among them: nobody keeps what stood there.
    """
    rows = [] if kid is None else await tx.rows(_KEYED, own=by.organisation_id)
    return [
        (row["id"], key)
        for row in rows
        for key in msgspec.json.decode(row["jwks"], type=Jwks).keys
        if key.kid == kid
    ]


async def client_facts(tx: Tx, client_id: str, *, by: Actor) -> MemberFacts:
    """Return whether a client of the caller's organisation is active; lock it."""
    row = None
    if is_identifier(client_id, "client"):
        row = await tx.row(_CLIENT_LOCKED, id=client_id, own=by.organisation_id)
    if row is None:
        raise _no_client(client_id)
    return MemberFacts(
        id=client_id,
        organisation_id=by.organisation_id,
        is_active=row["disabled_at"] is None,
        version=row["version"],
    )


async def change_facts(
    tx: Tx, client_id: str, *, by: Actor, asked: ClientChange | None
) -> ChangeFacts:
    """Return what a client of the caller's organisation is; lock it."""
    row = None
    if is_identifier(client_id, "client"):
        row = await tx.row(_WHOLE_LOCKED, id=client_id, own=by.organisation_id)
    if row is None:
        raise _no_client(client_id)
    keyed = row["jwks"] is not None or row["jwks_uri"] is not None
    method = AuthMethod.KEYS if keyed else AuthMethod.NONE
    if row["secret_digest"] is not None:
        method = AuthMethod.SECRET
    present = NewClient(
        name=row["name"],
        profile=Profile(row["profile"]),
        scopes=known(row["scopes"]),
        roles=tuple(Role(role) for role in row["roles"]),
        jwks=None if row["jwks"] is None else msgspec.json.decode(row["jwks"], type=Jwks),
        jwks_uri=row["jwks_uri"],
        redirect_uris=tuple(row["redirect_uris"]),
        public=method is AuthMethod.NONE,
        dpop=row["dpop"],
    )
    return ChangeFacts(
        client_id=client_id,
        organisation_id=by.organisation_id,
        kind=by.kind,
        is_active=row["disabled_at"] is None,
        version=row["version"],
        present=present,
        method=method,
        asked=asked,
    )


async def client_view(tx: Tx, client_id: str, *, by: Actor) -> tuple[bytes, int]:
    """Return a client of the caller's organisation as JSON, and the version."""
    row = None
    if is_identifier(client_id, "client"):
        row = await tx.row(_CLIENT, id=client_id, own=by.organisation_id)
    if row is None:
        raise _no_client(client_id)
    return row["body"], row["version"]


def _no_client(client_id: str) -> ClientUnknown:
    return ClientUnknown(f"There is no client {shown(client_id)}.")
