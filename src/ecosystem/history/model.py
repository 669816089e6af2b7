"""What an event is, and the canonical bytes that its digests are taken over."""

import hashlib
from datetime import datetime
from typing import Any, Final

import msgspec

from ecosystem.values.actor import Actor
from ecosystem.values.period import wire

_CANONICAL: Final = msgspec.json.Encoder(order="sorted")


class Audience(msgspec.Struct, frozen=True):
    """Who may know of an event, besides the authority that it belongs to."""

    is_public: bool = False
    """Anyone may."""
    organisations: tuple[str, ...] = ()
    """These organisations may."""
    is_sealed: bool = False
    """Not even the authority and its auditors may, only `organisations`."""


EVERYONE: Final = Audience(is_public=True)
AUTHORITY: Final = Audience()


class Body(msgspec.Struct, frozen=True):
    """What an event says: enough to decide again, and to show the thing as it was."""

    by: Actor
    facts: Any
    """What the rule was given."""
    decision: Any
    """What it decided."""
    after: Any = None
    """The thing as it then was, where its past can be asked for."""


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it was recorded, with its body."""

    id: str
    authority_id: int
    stream: str
    version: int
    type: str
    valid_at: datetime
    recorded_at: datetime
    body: Body


def canonical(value: object) -> bytes:
    """Return the canonical JSON of a value (RFC 8785, for ASCII keys and no floats).

    Requires that no number in it is a float: amounts and measures are text.
    """
    return _CANONICAL.encode(value)


def body_digest(body: bytes, *, salt: bytes) -> bytes:
    """Return SHA-256(salt || body): the leaf stays provable when both are erased by law."""
    return hashlib.sha256(salt + body).digest()


def header_parts(
    *,
    authority: int,
    digest: bytes,
    event_id: str,
    stream: str,
    kind: str,
    valid_at: datetime,
    recorded_at: datetime,
) -> tuple[str, str]:
    """Return the canonical header in two parts, around the previous event's hash.

    The whole is `first + previous_hash + second + version + "}"`, where the hash is
    quoted hexadecimal digits, or null for the first event of a stream.
    """
    first = (
        f'{{"authority":{authority},"body_digest":"{digest.hex()}","id":"{event_id}",'
        '"previous_hash":'
    )
    second = (
        f',"recorded_at":"{wire(recorded_at)}","stream":"{stream}","type":"{kind}","v":1,'
        f'"valid_at":"{wire(valid_at)}","version":'
    )
    return first, second


def header(first: str, second: str, *, previous_hash: bytes | None, version: int) -> bytes:
    """Return the canonical header of an event; its SHA-256 is the event's hash."""
    previous = "null" if previous_hash is None else f'"{previous_hash.hex()}"'
    return f"{first}{previous}{second}{version}}}".encode()
