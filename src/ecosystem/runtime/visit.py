"""What is known of one request while it is in the house."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ecosystem.runtime.database import Transaction, Tx
from ecosystem.values.actor import Actor
from ecosystem.values.languages import Language, language_of

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
    without_body: bool = False
    """Whether only the headers of the answer were asked for."""
    body: bytes = b""
    problem: str | None = None
    """Code of the problem that was answered, for the log."""
    answer_headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])

    @property
    def language(self) -> Language:
        """Return the language in which the caller would have a problem told."""
        return language_of(self.headers.get(b"accept-language", b"").decode("latin-1"))


def address_of(scope: Any, visit: Visit, *, proxies: int) -> str:
    """Return the address that a request comes from, as the last of our `proxies` heard it.

    What stands before that in X-Forwarded-For anybody may have written.
    """
    listed = visit.headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
    heard = [one.strip() for one in listed if one.strip()]
    if 0 < proxies <= len(heard):
        return heard[-proxies]
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else "?"


@dataclass(frozen=True, slots=True)
class StoredUnder:
    """The idempotency key under which an answer will be kept."""

    principal: str
    key: str
    fingerprint: bytes
