"""Read the history: what happened to one thing."""

from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select

from ecosystem.history.tables import event, log_entry
from ecosystem.runtime.paging import page_of
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
