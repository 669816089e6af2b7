"""Read the history: what happened to one thing."""

from typing import Final, NamedTuple

from sqlalchemy import FromClause, bindparam, func, select

from ecosystem.history.tables import event, log_entry
from ecosystem.runtime.database import Statement
from ecosystem.runtime.paging import page_of
from ecosystem.values.refusal import Kind, Refusal


class NothingThen(Refusal):
    """The thing did not exist at that time, or nothing was known of it."""

    kind = Kind.MISSING
    remedy = "Ask for a later time, or leave the time out."


class Events(NamedTuple):
    """Where it is read from what happened to things: the table of events, or rows like its own."""

    rows: FromClause
    thing: str
    """Its column of the thing's identifier."""
    place: str
    """Its column of the version that the thing has by an event, from 1."""


EVENTS: Final = Events(event, thing="stream", place="version")
"""Of most things: each event is of one thing alone."""


def page_of_events(events: Events) -> Statement:
    """Return the statement of a page of what happened to one thing, newest first."""
    one = events.rows.c
    return page_of(
        select(
            one.id,
            one.stream.label("object"),
            one.version,
            one.type,
            one.valid_at,
            one.recorded_at,
            one.organisation_id,
            one.client_id,
            one.person_id,
            one.request_id,
            log_entry.c.position,
            func.encode(one.hash, "hex").label("hash"),
            one.body,
        )
        .select_from(
            events.rows.outerjoin(
                log_entry,
                (log_entry.c.authority_id == one.authority_id) & (log_entry.c.event_id == one.id),
            )
        )
        .where(one.authority_id == bindparam("authority_id"))
        .where(one[events.thing] == bindparam("stream"))
    )


STREAM: Final = page_of_events(EVENTS)
