"""New identifiers and secrets: the only place that draws random numbers."""

import secrets
import time

from ecosystem.values.identifiers import PLATFORM, compose


def mint(prefix: str, *, authority: int = PLATFORM) -> str:
    """Return a new identifier with `prefix` for a thing of `authority`."""
    milliseconds = time.time_ns() // 1_000_000
    return compose(
        prefix, milliseconds=milliseconds, authority=authority, entropy=secrets.randbits(42)
    )


def entropy(length: int) -> bytes:
    """Return `length` random bytes that nobody can guess."""
    return secrets.token_bytes(length)


def secret() -> str:
    """Return a new secret of 256 random bits, as base64url text."""
    return secrets.token_urlsafe(32)
