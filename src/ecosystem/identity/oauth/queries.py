"""Facts about the client that asks for a token."""

from typing import Final

import msgspec
from sqlalchemy import Text, bindparam, select

from ecosystem.identity.model import Jwks
from ecosystem.identity.tables import client
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.identifiers import is_identifier

_CLIENT: Final = Statement(
    select(
        client.c.organisation_id,
        client.c.scopes,
        client.c.secret_digest,
        client.c.jwks,
    )
    .where(client.c.id == bindparam("id", type_=Text))
    .where(client.c.disabled_at.is_(None))
)


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A client as the token endpoint knows it."""

    id: str
    organisation_id: str
    scopes: tuple[str, ...]
    secret_digest: bytes | None
    jwks: Jwks | None


async def registered(tx: Tx, client_id: str) -> Registered | None:
    """Return an active client, or None where there is none."""
    if not is_identifier(client_id, "client"):
        return None
    row = await tx.row(_CLIENT, id=client_id)
    if row is None:
        return None
    return Registered(
        id=client_id,
        organisation_id=row["organisation_id"],
        scopes=tuple(row["scopes"]),
        secret_digest=row["secret_digest"],
        jwks=None if row["jwks"] is None else msgspec.json.decode(row["jwks"], type=Jwks),
    )
