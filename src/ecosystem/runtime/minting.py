"""New identifiers and secrets: the only place that draws random numbers."""

import os
import secrets
import threading
import time
from typing import Final

from ecosystem.values.identifiers import PLATFORM, compose

_ENTROPY_BITS: Final = 42
_STEP_BITS: Final = 24
_BLOCK_BYTES: Final = 4_096
_DRAWN_BYTES: Final = 6
_turn = threading.Lock()
_last = (0, 0)
_block = b""
"""What was drawn from the system for identifiers and is not used yet from `_used` on: to draw
anew for each would cost most of what an identifier costs. Secrets never come from here."""
_used = 0


def mint(prefix: str, *, authority: int = PLATFORM) -> str:
    """Return a new identifier with `prefix` for a thing of `authority`.

    What one process makes for one authority sorts in the order in which it was made, also
    within one millisecond. Source: RFC 9562, section 6.2, method 2 (monotonic random).
    """
    milliseconds, low = _next()
    return compose(prefix, milliseconds=milliseconds, authority=authority, entropy=low)


def mint_run(prefix: str, count: int, *, authority: int) -> str:
    """Return the first of `count` new identifiers; the others are those `following` it.

    Requires count < 2**24.
    """
    milliseconds, low = _next(max(count, 1))
    return compose(prefix, milliseconds=milliseconds, authority=authority, entropy=low)


def _next(count: int = 1) -> tuple[int, int]:
    global _last  # noqa: PLW0603 - the order of a process is one for all of it
    with _turn:
        now, (last, low) = time.time_ns() // 1_000_000, _last
        if now > last:
            # The highest bit is left free, so that a millisecond has room for many steps.
            _last = (now, _drawn(_ENTROPY_BITS - 1))
        else:
            _last = (last, low + 1 + _drawn(_STEP_BITS))
        if (_last[1] + count - 1) >> _ENTROPY_BITS:
            _last = (_last[0] + 1, _drawn(_ENTROPY_BITS - 1))
        first = _last
        _last = (first[0], first[1] + count - 1)
        return first


def _drawn(bits: int) -> int:
    """Return so many random bits, each used only once; the caller holds `_turn`."""
    global _block, _used  # noqa: PLW0603 - one block for the whole process
    if _used + _DRAWN_BYTES > len(_block):
        _block, _used = secrets.token_bytes(_BLOCK_BYTES), 0
    drawn = int.from_bytes(_block[_used : _used + _DRAWN_BYTES])
    _used += _DRAWN_BYTES
    return drawn >> (8 * _DRAWN_BYTES - bits)


def _begin_anew() -> None:
    """Forget, in a process that was forked, what its parent would use as well."""
    global _turn, _last, _block, _used
    # The parent's other threads are not here to release what they held.
    _turn, _last, _block, _used = threading.Lock(), (0, 0), b"", 0


os.register_at_fork(after_in_child=_begin_anew)


def entropy(length: int) -> bytes:
    """Return `length` random bytes that nobody can guess."""
    return secrets.token_bytes(length)


def secret() -> str:
    """Return a new secret of 256 random bits, as base64url text."""
    return secrets.token_urlsafe(32)
