"""What other processes tell this one: a connection that listens to one channel."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import asyncpg
import structlog
from sqlalchemy import Text, bindparam, func, select

from ecosystem.runtime.database import Database, Statement, Tx
from ecosystem.runtime.pool import DatabaseAway, DatabaseBusy

_log: Final = structlog.get_logger("ecosystem.background")
_BEAT_S: Final = 5.0
_BEAT_S_MAX: Final = 2.0
_AGAIN_S: Final = 0.5
_TELL: Final = Statement(
    select(func.pg_notify(bindparam("channel", type_=Text), bindparam("word", type_=Text)))
)
_FAILURES: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    DatabaseAway,
    DatabaseBusy,
)


async def tell(tx: Tx, *, channel: str, word: str) -> None:
    """Tell every process that listens to `channel`, once the transaction commits."""
    await tx.rows(_TELL, channel=channel, word=word)


class Listener:
    """Listens to one channel of the database, and knows whether it would hear everything.

    `heard` is called with each word; `found` each time that listening begins, for whatever
    was said before; `lost` when it can no longer be sure to hear.
    """

    def __init__(
        self,
        database: Database,
        *,
        channel: str,
        heard: Callable[[str], None],
        found: Callable[[], Awaitable[None]] | None = None,
        lost: Callable[[], None] | None = None,
    ) -> None:
        """Listen to nothing yet."""
        self._database = database
        self._channel = channel
        self._heard = heard
        self._found = found
        self._lost = lost
        self._task: asyncio.Task[None] | None = None
        self._end = asyncio.Event()
        self.is_healthy = False

    async def start(self) -> None:
        """Begin to listen; return when listening, or when the first attempt has failed."""
        tried = asyncio.Event()
        self._task = asyncio.create_task(self._run(tried), name=f"listen {self._channel}")
        await tried.wait()

    async def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self, tried: asyncio.Event) -> None:
        while True:
            try:
                await self._listen(tried)
            except _FAILURES:
                _log.warning("not listening", channel=self._channel)
            finally:
                self._deaf()
                tried.set()
            await asyncio.sleep(_AGAIN_S)

    async def _listen(self, tried: asyncio.Event) -> None:
        connection = await self._database.connect()
        self._end.clear()
        try:
            connection.add_termination_listener(self._ended)
            await connection.add_listener(self._channel, self._hear)
            if self._found is not None:
                await self._found()
            self.is_healthy = True
            tried.set()
            while not connection.is_closed():
                await connection.execute("SELECT", timeout=_BEAT_S_MAX)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_BEAT_S):
                        await self._end.wait()
        finally:
            self._deaf()
            connection.remove_termination_listener(self._ended)
            with suppress(*_FAILURES):
                await connection.close(timeout=1)

    def _hear(self, _: object, __: int, ___: str, word: object) -> None:
        self._heard(str(word))

    def _ended(self, _: object) -> None:
        self._deaf()
        self._end.set()

    def _deaf(self) -> None:
        if self.is_healthy:
            self.is_healthy = False
            if self._lost is not None:
                self._lost()
