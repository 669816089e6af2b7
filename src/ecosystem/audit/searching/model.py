"""What is searched for, and what is found."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from ecosystem.values.identifiers import EventId


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Of which events to tell; what is None leaves that open."""

    jurisdiction: str | None = None
    person_id: str | None = None
    client_id: str | None = None
    organisation_id: str | None = None
    object: str | None = None
    kind: str | None = None
    types: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None
    valid_from: datetime | None = None
    valid_before: datetime | None = None
    reason: str | None = None

    def given(self) -> dict[str, Any]:
        """Return what is asked for, by its names."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in fields.items() if value is not None and value != ()}


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a search shows it: who did what, to which object, when and why."""

    position: int | None
    """Its place in the one order of the log; null for the moment until it has one."""
    id: EventId
    type: str
    object: str
    version: int
    authority_number: int
    organisation_id: str
    client_id: str | None
    person_id: str | None
    request_id: str | None
    valid_at: datetime
    """When the change took effect."""
    recorded_at: datetime
    """When it became known."""
    why: str | None
    """The reason that was given, in all its languages; null where none was."""
    hash: str
    """SHA-256 of its header."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What an auditor has read."""

    id: str
    act: Literal["history", "search", "export"]
    object: str | None
    """Whose history was read."""
    asked: dict[str, Any] | None
    """What was searched for."""
    organisation_id: str
    client_id: str
    person_id: str | None
    request_id: str | None
    read_at: datetime
