"""Passwords: digested by Argon2id in threads of their own, never while a transaction is open.

One digest takes 64 MiB and much of a tenth of a second, on purpose. So a process makes two
at a time and lets a few wait; whoever comes then is told to come again.
Source: RFC 9106, section 4, second recommended option.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from ecosystem.identity.login.rules import normal_password
from ecosystem.runtime import problems
from ecosystem.runtime.minting import secret
from ecosystem.runtime.web import EdgeFinding

T = TypeVar("T")
_AT_ONCE: Final = 2
_WAITING_MAX: Final = 64
_CHARACTERS_MAX: Final = 1_024
"""More than any password has: what is longer is none, and costs no more to refuse."""
_HASH: Final = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65_536, parallelism=4),))
_THREADS: Final = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="password")


class _Line:
    """Whoever waits for a thread, or has one."""

    length = 0


async def digest(password: str) -> str:
    """Return what is kept of a password, which `rules.check_password` has let pass."""
    return await _apart(lambda: _HASH.hash(normal_password(password)))


async def is_right(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Tell whether a password is the one of which `kept` was made, and what to keep instead.

    The second is None unless `kept` was made in yesterday's way. Where nothing is kept, since
    there is no such account, it takes the same time and is wrong.
    """
    given = normal_password(password)[:_CHARACTERS_MAX]
    return await _apart(lambda: _compared(given, kept))


def in_line() -> int:
    """Return how many wait for a thread, or have one."""
    return _Line.length


def _compared(given: str, kept: str | None) -> tuple[bool, str | None]:
    right, renewed = _HASH.verify_and_update(given, kept or _nobodys())
    return (right, renewed) if kept else (False, None)


@cache
def _nobodys() -> str:
    return _HASH.hash(secret())


async def _apart(compute: Callable[[], T]) -> T:
    if _Line.length >= _AT_ONCE + _WAITING_MAX:
        raise EdgeFinding(problems.UNAVAILABLE, "Too many people log in at this moment.")
    _Line.length += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, compute)
    finally:
        _Line.length -= 1
