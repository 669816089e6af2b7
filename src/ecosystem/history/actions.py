"""Record what happened, in the transaction in which it happens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    Boolean,
    DateTime,
    Integer,
    LargeBinary,
    Select,
    Text,
    Update,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON

from ecosystem.history import model
from ecosystem.history.model import AUTHORITY, Audience, Occurrence
from ecosystem.history.past.rules import why, words
from ecosystem.history.tables import event, event_pending, history_reading
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import entropy, mint
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_GIVEN: Final[dict[str, Any]] = {
    "authority_id": Integer, "id": Text, "stream": Text, "type": Text,
    "valid_at": DateTime(timezone=True), "recorded_at": DateTime(timezone=True),
    "person_id": Text, "client_id": Text, "organisation_id": Text, "request_id": Text,
    "is_public": Boolean, "visible_to": ARRAY(Text), "is_sealed": Boolean, "body": JSON,
    "salt": LargeBinary, "body_digest": LargeBinary, "why": Text,
}  # fmt: skip


def recording(*changes: Update) -> Statement:
    """Return the one statement that appends to a stream and to the queue of the sequencer.

    Makes `changes` as well: one way to the database and back, where each would take its own.
    What they bind must have other names than an event's columns.
    """
    head = (
        select(event.c.version, event.c.hash)
        .where(event.c.authority_id == bindparam("authority_id"))
        .where(event.c.stream == bindparam("stream"))
        .order_by(event.c.version.desc())
        .limit(1)
        .subquery("head")
    )
    version = func.coalesce(head.c.version, 0) + 1
    previous = case((head.c.hash.is_(None), "null"), else_=_quoted_hex(head.c.hash))
    header = func.concat(
        bindparam("first", type_=Text), previous, bindparam("second", type_=Text), version, "}"
    )
    row: Select[Any] = select(
        *(bindparam(name, type_=type_).label(name) for name, type_ in _GIVEN.items()),
        version.label("version"),
        head.c.hash.label("previous_hash"),
        func.sha256(func.convert_to(header, "UTF8")).label("hash"),
    ).select_from(select(true()).subquery("one").outerjoin(head, true()))
    columns = [*_GIVEN, "version", "previous_hash", "hash"]
    recorded = (
        insert(event)
        .from_select(columns, row)
        .returning(event.c.authority_id, event.c.id, event.c.version)
        .cte("recorded")
    )
    queued = (
        insert(event_pending)
        .from_select(["authority_id", "event_id"], select(recorded.c.authority_id, recorded.c.id))
        .cte("queued")
    )
    made = (change.cte(f"changed_{place}") for place, change in enumerate(changes))
    return Statement(select(recorded.c.version).add_cte(queued, *made))


def _quoted_hex(column: Any) -> Any:
    return func.concat(literal('"'), func.encode(column, "hex"), literal('"'))


_RECORD: Final = recording()
_READ: Final = inserting(history_reading)


async def record(
    tx: Tx,
    kind: str,
    stream: str,
    *,
    facts: msgspec.Struct,
    decision: msgspec.Struct,
    by: Actor,
    at: datetime,
    valid_at: datetime | None = None,
    audience: Audience = AUTHORITY,
    after: msgspec.Struct | None = None,
    changing: Statement = _RECORD,
    **changed: Any,
) -> int:
    """Record that the thing named `stream` changed; return its new version, from 1.

    The caller holds the lock on the thing, so that versions follow one another. `valid_at`
    is when the change took effect, by default `at`; `changing` a statement of `recording`, and
    `changed` what its changes bind. Effects: one event, one row in the sequencer's queue, and
    whatever the table of reactions has follow, all in `tx`.
    """
    valid_at = valid_at or at
    body = model.Body(by=by, facts=facts, decision=decision, after=after)
    text, salt = model.canonical(body), entropy(32)
    digest = model.body_digest(text, salt=salt)
    authority = authority_of(stream)
    event_id = mint("event", authority=authority)
    first, second = model.header_parts(
        authority=authority, digest=digest, event_id=event_id, stream=stream, kind=kind,
        valid_at=valid_at, recorded_at=at,
    )  # fmt: skip
    version: int = await tx.value(
        changing,
        authority_id=authority, id=event_id, stream=stream, type=kind, valid_at=valid_at,
        recorded_at=at, person_id=by.person_id, client_id=by.client_id,
        organisation_id=by.organisation_id, request_id=tx.request_id,
        is_public=audience.is_public, visible_to=list(audience.organisations),
        is_sealed=audience.is_sealed, body=text, salt=salt, body_digest=digest,
        why=words(why(decision, facts)), first=first, second=second, **changed,
    )  # fmt: skip
    occurrence = Occurrence(
        id=event_id, authority_id=authority, stream=stream, version=version, type=kind,
        valid_at=valid_at, recorded_at=at, body=body,
    )  # fmt: skip
    await _react(tx, occurrence)
    return version


async def _react(tx: Tx, occurrence: Occurrence) -> None:
    for reaction in tx.reactions.get(occurrence.type, ()):
        await reaction(tx, occurrence)


async def note_reading(tx: Tx, stream: str, *, by: Actor, at: datetime) -> None:
    """Keep that somebody has read the history of a thing.

    Effects: one row that nobody rewrites. It is no event: reading changes nothing.
    """
    authority = authority_of(stream)
    await tx.run(
        _READ,
        authority_id=authority, id=mint("reading", authority=authority), act="history",
        stream=stream, asked=None, organisation_id=by.organisation_id, client_id=by.client_id,
        person_id=by.person_id, request_id=tx.request_id, read_at=at,
    )  # fmt: skip


async def note_search(
    tx: Tx, act: Literal["search", "export"], asked: Mapping[str, Any], *, by: Actor, at: datetime
) -> None:
    """Keep what an auditor has searched for, or has taken away, under its own number.

    Effects: one row that nobody rewrites. It is no event: reading changes nothing.
    """
    authority = by.organisation_number
    await tx.run(
        _READ,
        authority_id=authority, id=mint("reading", authority=authority), act=act, stream=None,
        asked=model.canonical(asked), organisation_id=by.organisation_id,
        client_id=by.client_id, person_id=by.person_id, request_id=tx.request_id, read_at=at,
    )  # fmt: skip
