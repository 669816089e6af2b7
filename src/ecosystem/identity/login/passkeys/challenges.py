"""Challenges: random, good for five minutes, for one browser or login, and for one purpose.

A challenge says itself until when it is good, and is sealed with a key of this service, so
that nothing is written before it is answered. That it is answered once is kept by its digest
(`actions.take_challenge`).
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from ecosystem.runtime.minting import entropy

LIFE: Final = timedelta(minutes=5)
_RANDOM_BYTES: Final = 32
_EXPIRY_BYTES: Final = 8
_SEAL_BYTES: Final = 32
_BYTES: Final = _RANDOM_BYTES + _EXPIRY_BYTES + _SEAL_BYTES


class Purpose(StrEnum):
    """What a passkey is to sign for."""

    ADD = "add"
    LOG_IN = "log_in"


def make(key: bytes, purpose: Purpose, *, bound_to: str, now: datetime) -> bytes:
    """Return a new challenge for whom `bound_to` names, of which nothing can be read back."""
    expiry = int((now + LIFE).timestamp()).to_bytes(_EXPIRY_BYTES, "big")
    head = entropy(_RANDOM_BYTES) + expiry
    return head + _seal(key, head, purpose, bound_to)


def expiry(
    key: bytes, challenge: bytes, purpose: Purpose, *, bound_to: str, now: datetime
) -> datetime | None:
    """Return until when a challenge is good; None where it is not ours, not hers, or over."""
    head, seal = challenge[:-_SEAL_BYTES], challenge[-_SEAL_BYTES:]
    if len(challenge) != _BYTES or not hmac.compare_digest(
        seal, _seal(key, head, purpose, bound_to)
    ):
        return None
    at = datetime.fromtimestamp(int.from_bytes(head[_RANDOM_BYTES:], "big"), tz=UTC)
    return at if now < at else None


def digest(challenge: bytes) -> bytes:
    """Return by what it is kept that a challenge was answered."""
    return hashlib.sha256(challenge).digest()


def handle(key: bytes, person_id: str) -> bytes:
    """Return by what authenticators know a person: the same each time, and nothing of her."""
    return hmac.digest(key, f"passkey handle {person_id}".encode(), hashlib.sha256)


def _seal(key: bytes, head: bytes, purpose: Purpose, bound_to: str) -> bytes:
    text = f"passkey challenge {purpose} {bound_to} ".encode() + head
    return hmac.digest(key, text, hashlib.sha256)
