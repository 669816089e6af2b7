"""What another service publishes, remembered: fetched again now and then, kept while it is away."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

import structlog

from ecosystem.runtime.fetching import Unfetched

T = TypeVar("T")

FRESH_S: Final = 300
"""For how long nothing is asked."""
KEPT_S: Final = 3_600
"""For how long the last that was fetched counts while the service is away."""
AGAIN_S: Final = 60
"""How long after one attempt the next is made, where something is kept."""
AWAY_S: Final = 5
"""How long after one attempt the next is made, where nothing is."""
_log: Final = structlog.get_logger("ecosystem.fetching")


class Away(Exception):
    """A service is away, and nothing of it is kept; ask again in so many seconds."""

    def __init__(self, reason: str, *, retry_after_s: int) -> None:
        """Say why, and when to ask again."""
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Remembered(Generic[T]):
    """One document of another service, in the form that `load` makes of it.

    `load` raises Unfetched. However many ask at once, one fetches. Instants are seconds of
    Unix time.
    """

    def __init__(self, load: Callable[[], Awaitable[T]]) -> None:
        """Fetch nothing yet."""
        self._load = load
        self._turn = asyncio.Lock()
        self._kept: tuple[T, float] | None = None
        self._again_at = 0.0
        self._reason = ""

    async def get(self, *, now: float, has: Callable[[T], bool]) -> T:
        """Return the document: anew where it is old, or where it lacks what is looked for.

        For what it lacks it is fetched again at most once a minute. Raises Away where it
        cannot be had, and none is kept that was fetched within the last hour.
        """
        if self._kept is not None and now < self._kept[1] + FRESH_S and has(self._kept[0]):
            return self._kept[0]
        if now >= self._again_at:
            async with self._turn:
                if now >= self._again_at:
                    await self._fetch(now)
        if self._kept is not None and now < self._kept[1] + KEPT_S:
            return self._kept[0]
        raise Away(self._reason, retry_after_s=max(1, math.ceil(self._again_at - now)))

    async def _fetch(self, now: float) -> None:
        try:
            self._kept = (await self._load(), now)
        except Unfetched as unfetched:
            self._reason = str(unfetched)
            _log.warning("not fetched", reason=self._reason)
        is_kept = self._kept is not None and now < self._kept[1] + KEPT_S
        self._again_at = now + (AGAIN_S if is_kept else AWAY_S)
