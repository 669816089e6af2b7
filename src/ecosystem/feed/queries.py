"""Read the events that a caller may see, by position."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Integer,
    Text,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql import and_, not_

from ecosystem.history.tables import event, log_entry
from ecosystem.identity import queries as identity
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Statement
from ecosystem.values.actor import Actor, OrganisationKind

_WHO_IS_NOT_TOLD: Final = ("question.asked",)
"""Events that are told to many, and who acted only to whom they concern."""
_ADDRESSED: Final = bindparam("organisation", type_=Text) == any_(event.c.visible_to)
EVENT: Final = (
    log_entry.c.position,
    event.c.id,
    event.c.type,
    event.c.stream.label("object"),
    event.c.version,
    event.c.authority_id.label("authority_number"),
    case((or_(event.c.type.not_in(_WHO_IS_NOT_TOLD), _ADDRESSED), event.c.organisation_id)).label(
        "organisation_id"
    ),
    event.c.valid_at,
    event.c.recorded_at,
    func.encode(event.c.hash, "hex").label("hash"),
)
"""What is told of an event to the reader whom `reading_as` describes: to what, and by whom."""
IN_LOG: Final = and_(
    event.c.authority_id == log_entry.c.authority_id, event.c.id == log_entry.c.event_id
)
SEEN: Final = or_(
    event.c.is_public,
    _ADDRESSED,
    and_(
        not_(event.c.is_sealed),
        or_(
            event.c.authority_id == bindparam("own", type_=Integer),
            identity.is_overseen(event.c.authority_id, bindparam("oversees", type_=Text)),
        ),
    ),
)
"""Whether the reader whom `reading_as` describes may know of an event."""
_FEED = (
    select(*EVENT)
    .join(event, IN_LOG)
    .where(log_entry.c.position > bindparam("after", type_=BigInteger))
    .where(SEEN)
    .order_by(log_entry.c.position)
    .limit(bindparam("limit"))
    .subquery("page")
)
FEED: Final = Statement(
    select(
        func.coalesce(func.json_agg(json_row(_FEED)), literal_column("'[]'::json")),
        func.max(_FEED.c.position),
        select(func.coalesce(func.max(log_entry.c.position), 0)).scalar_subquery(),
        func.count(),
    ).select_from(_FEED)
)
"""A page of the feed: its events as JSON, the last position among them, the log's size, count."""


def reading_as(by: Actor | None) -> dict[str, Any]:
    """Return what `SEEN` must know of a reader; None is anyone."""
    return {
        "organisation": by.organisation_id if by else "",
        "own": by.organisation_number if by and by.kind is OrganisationKind.GOVERNMENT else -1,
        "oversees": (by.oversees if by else None) or "",
    }
