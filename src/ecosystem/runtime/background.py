"""The work behind the requests: loops that one process leads, safe to kill at any instant."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from ecosystem.runtime.database import is_away
from ecosystem.runtime.pool import DatabaseBusy

_log: Final = structlog.get_logger("ecosystem.background")

_AGAIN_S: Final = 0.5

Work = Callable[[], Awaitable[float]]
"""Does one round, and returns the seconds to rest before the next."""


async def when_there(start: Callable[[], Awaitable[None]]) -> None:
    """Start what needs the database: at once, or when it is there again."""
    while True:
        try:
            await start()
        except Exception as error:
            if not is_away(error):
                raise
            _log.warning("database away", work="start")
            await asyncio.sleep(_AGAIN_S)
        else:
            return


class Background:
    """Runs works until it is stopped; a work that fails is logged and tried again."""

    def __init__(self) -> None:
        """Run nothing yet."""
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, work: Work) -> None:
        """Run `work` again and again."""
        self._tasks.append(asyncio.create_task(self._run(name, work), name=name))

    async def stop(self) -> None:
        """Let nothing start again, and wait until all have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _run(self, name: str, work: Work) -> None:
        while True:
            try:
                rest = await work()
            except Exception as error:  # noqa: BLE001 - a work outlives whatever it meets
                rest = 1.0
                if is_away(error) or isinstance(error, DatabaseBusy):
                    _log.warning("database away", work=name)
                else:
                    _log.error("work failed", work=name, exc_info=error)
            await asyncio.sleep(rest)
