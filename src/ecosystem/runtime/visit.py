"""What is known of one request while it is in the house."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ecosystem.runtime.database import Transaction, Tx
from ecosystem.values.actor import Actor

KEY: Final = "ecosystem.visit"
"""Where the visit stands in the ASGI scope."""


@dataclass(slots=True)
class Visit:
    """One request, from the door to the door."""

    request_id: str
    started: float
    headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    """What the caller sent, by names in lower case."""
    actor: Actor | None = None
    at: datetime | None = None
    """When the act takes place: read once, by the database's clock, for whatever writes."""
    real_now: datetime | None = None
    """The database's own time at that moment, which nobody moves."""
    transaction: Transaction | None = None
    tx: Tx | None = None
    key: "StoredUnder | None" = None
    body: bytes = b""
    commits_always: bool = False
    """Whether even a refusal is committed, as a token endpoint must."""
    problem: str | None = None
    """Code of the problem that was answered, for the log."""
    answer_headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])


@dataclass(frozen=True, slots=True)
class StoredUnder:
    """The idempotency key under which an answer will be kept."""

    principal: str
    key: str
    fingerprint: bytes
