"""Retry safety: the answer of a request commits with its effect, under the client's key.

Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert

from ecosystem.runtime.database import Statement, Tx, metadata
from ecosystem.runtime.visit import StoredUnder

SHAPE: Final = re.compile(r'"?[\x21\x23-\x7e]{1,255}"?')

stored_answer = Table(
    "stored_answer",
    metadata,
    Column("principal", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("principal", "key"),
    info={"held": "local: keys belong to a caller, not to an authority", "deletes": True},
)
_CLOCK: Final = Statement(select(func.clock_timestamp()))
_LOOK_UP: Final = Statement(
    select(
        func.clock_timestamp().label("now"),
        func.pg_try_advisory_xact_lock(bindparam("lock", type_=BigInteger)).label("locked"),
        stored_answer.c.fingerprint,
        stored_answer.c.status,
        stored_answer.c.headers,
        stored_answer.c.body,
    )
    .select_from(select(true()).subquery("one"))
    .outerjoin(
        stored_answer,
        (stored_answer.c.principal == bindparam("principal"))
        & (stored_answer.c.key == bindparam("key"))
        & (stored_answer.c.stored_at > bindparam("since")),
    )
)
_insert = insert(stored_answer).values(
    {
        name: bindparam(name)
        for name in ("principal", "key", "fingerprint", "status", "headers", "body")
    }
)
_STORE: Final = Statement(
    _insert.on_conflict_do_update(
        index_elements=["principal", "key"],
        set_={
            name: getattr(_insert.excluded, name)
            for name in ("fingerprint", "status", "headers", "body", "stored_at")
        },
        where=stored_answer.c.stored_at <= bindparam("since"),
    ).returning(stored_answer.c.key)
)
_FORGET: Final = Statement(
    delete(stored_answer).where(stored_answer.c.stored_at <= bindparam("since"))
)


@dataclass(frozen=True)
class Answer:
    """An answer as it was stored."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class KeyInUse(Exception):
    """A request with the same key is still running, or has just finished."""


class KeyReused(Exception):
    """The key belongs to another request."""


async def clock(tx: Tx) -> datetime:
    """Return the database's time."""
    now: datetime = await tx.value(_CLOCK)
    return now


async def look_up(tx: Tx, under: StoredUnder, *, since: datetime) -> tuple[datetime, Answer | None]:
    """Return the database's time, and the answer that is stored under the key, if any.

    Takes the key's lock for the rest of the transaction. Raises KeyInUse where another
    transaction holds it, KeyReused where the stored answer was to another request.
    """
    name = f"{under.principal}\n{under.key}".encode()
    lock = int.from_bytes(hashlib.sha256(name).digest()[:8], signed=True)
    row = await tx.row(_LOOK_UP, lock=lock, principal=under.principal, key=under.key, since=since)
    if row is None or not row["locked"]:
        raise KeyInUse
    if row["fingerprint"] is None:
        return row["now"], None
    if row["fingerprint"] != under.fingerprint:
        raise KeyReused
    headers = msgspec.json.decode(row["headers"], type=list[tuple[str, str]])
    return row["now"], Answer(row["status"], headers, row["body"])


async def store(tx: Tx, under: StoredUnder, answer: Answer, *, since: datetime) -> None:
    """Keep the answer, to commit with the effect; raise KeyInUse where another was first."""
    stored = await tx.value(
        _STORE,
        principal=under.principal,
        key=under.key,
        fingerprint=under.fingerprint,
        status=answer.status,
        headers=msgspec.json.encode(answer.headers),
        body=answer.body,
        since=since,
    )
    if stored is None:
        raise KeyInUse


async def forget(tx: Tx, *, since: datetime) -> None:
    """Delete the answers that were stored before `since`."""
    await tx.run(_FORGET, since=since)
