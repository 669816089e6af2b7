"""How often a client may call: a leaky bucket per client and class of route, in memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

WINDOW_S = 60
_SECOND_NS = 1_000_000_000
_WINDOW_NS = WINDOW_S * _SECOND_NS
_KEPT_MAX = 50_000


@dataclass
class Limit:
    """Allows `quota` requests a minute per client, evenly refilled (the cell rate algorithm)."""

    name: str
    quota: int
    clock_ns: Callable[[], int] = time.monotonic_ns
    """Nanoseconds, never going back: fractions of seconds would not add up to the quota."""
    _free_at: dict[str, int] = field(default_factory=dict[str, int])
    _tidied_at: int = _KEPT_MAX
    """How many clients are known when those that are forgiven are forgotten; it doubles, so
    that a crowd of addresses does not make every request go through all of them."""

    @cached_property
    def policy(self) -> str:
        """Return the RateLimit-Policy field. Source: draft-ietf-httpapi-ratelimit-headers."""
        return f'"{self.name}";q={self.quota};w={WINDOW_S}'

    @property
    def known(self) -> int:
        """Return of how many clients something is remembered."""
        return len(self._free_at)

    def take(self, client: str) -> tuple[int, int]:
        """Take one request of `client`; return how many remain, and seconds until one is free.

        The first number is -1 where none remained and the request must be refused.
        """
        now = self.clock_ns()
        step = _WINDOW_NS // self.quota
        free_at = max(self._free_at.get(client, 0), now)
        ahead = free_at + step - now
        if ahead > _WINDOW_NS:
            return -1, _seconds(ahead - _WINDOW_NS)
        if len(self._free_at) >= self._tidied_at:
            self._free_at = {name: at for name, at in self._free_at.items() if at > now}
            self._tidied_at = max(_KEPT_MAX, 2 * len(self._free_at))
        self._free_at[client] = free_at + step
        return (_WINDOW_NS - ahead) // step, _seconds(ahead)


def _seconds(nanoseconds: int) -> int:
    """Return whole seconds, so many that the time has passed after them."""
    return -(-nanoseconds // _SECOND_NS)
