"""One way to write a value as bytes, so that everybody computes the same digest of it.

Source: RFC 8785 (JSON Canonicalization Scheme), for the values that occur here:
ASCII keys, text, booleans, null, and integers below 2**53; numbers with a fraction
are decimal strings.
"""

import hashlib
from typing import Final

import msgspec

_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def canonical(value: object) -> bytes:
    """Return `value`, a Struct or plain JSON value without floats, as canonical JSON."""
    return _ENCODER.encode(value)


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()
