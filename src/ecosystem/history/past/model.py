"""What is asked of the past, and how it is answered."""

from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import EventId

REMEMBERED: Final = frozenset({"contract", "milestone", "metric", "observation"})
"""The kinds of thing whose past can be asked for: each event of theirs has its `after`."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A time, or a position in the log, as of which something is asked."""

    at: datetime | None = None
    position: int | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What of the past is asked for."""

    known: Moment
    valid_at: datetime | None = None
    """When it must have been in force; None where all that was known then counts."""


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """An event that became known later, and says otherwise of the time that is shown."""

    id: EventId
    type: str
    version: int
    """Which the thing has by it."""
    valid_at: datetime
    recorded_at: datetime


class Then(msgspec.Struct, frozen=True, kw_only=True):
    """Of which moments an answer speaks."""

    as_of: datetime
    """What is shown was known at this time."""
    position: int | None
    """The place in the log up to which it was known, where one was asked for."""
    valid_at: datetime | None
    """What is shown was in force at this time; null where all that was known is shown."""
    corrected_by: Correction | None
    """The newest event that became known later and took effect by then; null where none did."""


Past = Then | UnsetType
"""The member `then` of an answer: left out of what is shown as it is now."""
NOW: Final = UNSET


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One event, as far as the past is made of it."""

    valid_at: datetime
    after: msgspec.Raw


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place at which two moments differ."""

    pointer: str
    """RFC 6901 JSON pointer into the thing."""
    before: Any
    """The value at the first moment; null where there was none."""
    after: Any
    """The value at the second moment; null where there is none."""
    events: tuple[EventId, ...]
    """The events in between that changed this place, in their order."""


class Between(msgspec.Struct, frozen=True, kw_only=True):
    """An event between two moments: who did what, when and why."""

    id: EventId
    version: int
    """Which the thing has by it."""
    type: str
    position: int | None
    valid_at: datetime
    recorded_at: datetime
    is_correction: bool
    """Whether it took effect before the first moment, at which it was not known."""
    organisation_id: str
    client_id: str | None
    person_id: str | None
    request_id: str | None
    why: Any
    """The reason that was given, as it was given; null where none was."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How a thing was at two moments, as far as that differs."""

    object: str
    since: Then = msgspec.field(name="from")
    """The first moment; `corrected_by` is the newest correction of it that is known by now."""
    until: Then
    """The second moment."""
    differences: tuple[Difference, ...]
    events: tuple[Between, ...]
    """What was recorded after the first moment and by the second, in its order."""


class HistoryBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who acted, on which facts, what was decided, and how the thing was after it.

    Of an event that is of many things at once, facts and decision as far as they are of this one.
    """

    by: Actor
    facts: dict[str, Any]
    decision: dict[str, Any]
    after: dict[str, Any]


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a thing, with all that it was decided on."""

    id: EventId
    object: str
    """Whose event it is: the thing itself, or what it was part of."""
    version: int
    """Of that object."""
    type: str
    valid_at: datetime
    """When the change took effect."""
    recorded_at: datetime
    """When it became known."""
    organisation_id: str
    client_id: str | None
    person_id: str | None
    request_id: str | None
    position: int | None
    """Its place in the one order of the log; null for the moment until it has one."""
    hash: str
    """SHA-256 of its header, by which the next event of the thing is chained to it."""
    body: HistoryBody
