"""Read the history: what happened to one thing, and how it was at a time."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select

from ecosystem.history.tables import event, log_entry
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.identifiers import authority_of
from ecosystem.values.refusal import Kind, Refusal


class NothingThen(Refusal):
    """The thing did not exist at that time, or nothing was known of it."""

    kind = Kind.MISSING
    remedy = "Ask for a later time, or leave the time out."


def _of_stream() -> Select[*tuple[Any, ...]]:
    return (
        select(
            event.c.id,
            event.c.stream.label("object"),
            event.c.version,
            event.c.type,
            event.c.valid_at,
            event.c.recorded_at,
            event.c.organisation_id,
            event.c.client_id,
            event.c.person_id,
            event.c.request_id,
            log_entry.c.position,
            func.encode(event.c.hash, "hex").label("hash"),
            event.c.body,
        )
        .outerjoin(
            log_entry,
            (log_entry.c.authority_id == event.c.authority_id)
            & (log_entry.c.event_id == event.c.id),
        )
        .where(event.c.authority_id == bindparam("authority_id"))
        .where(event.c.stream == bindparam("stream"))
    )


STREAM: Final = page_of(_of_stream())
"""A page of what happened to one thing, newest first."""

_AS_KNOWN: Final = Statement(
    select(event.c.body, event.c.version, event.c.recorded_at)
    .where(event.c.authority_id == bindparam("authority_id"))
    .where(event.c.stream == bindparam("stream"))
    .where(event.c.recorded_at <= bindparam("known_at"))
    .where(event.c.valid_at <= bindparam("valid_at"))
    .order_by(event.c.version.desc())
    .limit(1)
)
_AT_POSITION: Final = Statement(
    select(event.c.body, event.c.version, event.c.recorded_at)
    .join(
        log_entry,
        (log_entry.c.authority_id == event.c.authority_id) & (log_entry.c.event_id == event.c.id),
    )
    .where(event.c.authority_id == bindparam("authority_id"))
    .where(event.c.stream == bindparam("stream"))
    .where(log_entry.c.position <= bindparam("position"))
    .where(event.c.valid_at <= bindparam("valid_at"))
    .order_by(event.c.version.desc())
    .limit(1)
)


async def as_of(
    tx: Tx, stream: str, *, known_at: datetime, valid_at: datetime
) -> tuple[bytes, int]:
    """Return body and version of the last event known at one time that held at another.

    Refuses with NothingThen.
    """
    row = await tx.row(
        _AS_KNOWN,
        authority_id=authority_of(stream),
        stream=stream,
        known_at=known_at,
        valid_at=valid_at,
    )
    return _then(row)


async def at_position(
    tx: Tx, stream: str, *, position: int, valid_at: datetime
) -> tuple[bytes, int]:
    """Return body and version of the last event at or before a position that held at a time.

    Refuses with NothingThen.
    """
    row = await tx.row(
        _AT_POSITION,
        authority_id=authority_of(stream),
        stream=stream,
        position=position,
        valid_at=valid_at,
    )
    return _then(row)


def _then(row: Any) -> tuple[bytes, int]:
    if row is None:
        message = "No event of this thing had been recorded by then."
        raise NothingThen(message)
    return row["body"], row["version"]
