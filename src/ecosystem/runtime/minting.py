"""New identifiers and secrets: the only place that draws random numbers."""

import secrets
import threading
import time
from typing import Final

from ecosystem.values.identifiers import PLATFORM, compose

_ENTROPY_BITS: Final = 42
_STEP_MAX: Final = 2**24
_turn: Final = threading.Lock()
_last = (0, 0)


def mint(prefix: str, *, authority: int = PLATFORM) -> str:
    """Return a new identifier with `prefix` for a thing of `authority`.

    What one process makes for one authority sorts in the order in which it was made, also
    within one millisecond. Source: RFC 9562, section 6.2, method 2 (monotonic random).
    """
    milliseconds, low = _next()
    return compose(prefix, milliseconds=milliseconds, authority=authority, entropy=low)


def _next() -> tuple[int, int]:
    global _last  # noqa: PLW0603 - the order of a process is one for all of it
    with _turn:
        now, (last, low) = time.time_ns() // 1_000_000, _last
        if now > last:
            # The highest bit is left free, so that a millisecond has room for many steps.
            _last = (now, secrets.randbits(_ENTROPY_BITS - 1))
        else:
            _last = (last, low + 1 + secrets.randbelow(_STEP_MAX))
        if _last[1] >> _ENTROPY_BITS:
            _last = (_last[0] + 1, secrets.randbits(_ENTROPY_BITS - 1))
        return _last


def entropy(length: int) -> bytes:
    """Return `length` random bytes that nobody can guess."""
    return secrets.token_bytes(length)


def secret() -> str:
    """Return a new secret of 256 random bits, as base64url text."""
    return secrets.token_urlsafe(32)
