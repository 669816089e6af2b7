"""How often a client may call: a leaky bucket per client and class of route, in memory."""

import time
from dataclasses import dataclass, field

WINDOW_S = 60
_KEPT_MAX = 50_000


@dataclass
class Limit:
    """Allows `quota` requests a minute per client, evenly refilled (the cell rate algorithm)."""

    name: str
    quota: int
    _free_at: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def policy(self) -> str:
        """Return the RateLimit-Policy field. Source: draft-ietf-httpapi-ratelimit-headers."""
        return f'"{self.name}";q={self.quota};w={WINDOW_S}'

    def take(self, client: str) -> tuple[int, int]:
        """Take one request of `client`; return how many remain, and seconds until one is free.

        The first number is -1 where none remained and the request must be refused.
        """
        now = time.monotonic()
        step = WINDOW_S / self.quota
        free_at = max(self._free_at.get(client, 0.0), now)
        ahead = free_at + step - now
        if ahead > WINDOW_S:
            return -1, max(1, round(ahead - WINDOW_S))
        if len(self._free_at) >= _KEPT_MAX:
            self._free_at = {name: at for name, at in self._free_at.items() if at > now}
        self._free_at[client] = free_at + step
        return int((WINDOW_S - ahead) / step), max(1, round(ahead))
