"""Connections to PostgreSQL, handed out first come, first served.

The driver's own pool lets newcomers overtake those who wait; here a returned
connection goes to whoever has waited longest, and the line has a bounded length.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:  # The driver's class is generic only for type checkers.
    Connection = asyncpg.Connection


class DatabaseBusy(Exception):
    """All connections are in use, and too many wait already, or for too long."""


class DatabaseAway(Exception):
    """The database does not answer."""


class Pool:
    """At most `size` connections, opened when needed."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        *,
        size: int,
        waiters_max: int,
        wait_s_max: float,
    ) -> None:
        """Open nothing yet; `connect` opens one connection."""
        self._connect = connect
        self._size = size
        self._waiters_max = waiters_max
        self._wait_s_max = wait_s_max
        self._opened = 0
        self._idle: deque[Connection] = deque()
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    @property
    def in_use(self) -> int:
        """Return how many connections are at work."""
        return self._opened - len(self._idle)

    @property
    def waiting(self) -> int:
        """Return how many callers wait for a connection."""
        return len(self._waiting)

    async def acquire(self) -> Connection:
        """Return a connection for the caller's use until it is released.

        Raises DatabaseBusy when none comes free in time, DatabaseAway when none can be opened.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._opened -= 1
        if self._opened < self._size:
            return await self._open()
        connection_or_leave = await self._wait()
        return connection_or_leave or await self._open(counted=True)

    def release(self, connection: Connection) -> None:
        """Give a connection back: to the longest waiter, or to rest."""
        if connection.is_closed():
            self._lost()
        elif connection.is_in_transaction():
            connection.terminate()
            self._lost()
        elif not self._hand_over(connection):
            self._idle.append(connection)

    async def close(self) -> None:
        """Close what rests; whoever still holds a connection finishes with it."""
        self._size = 0
        while self._idle:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._idle.pop().close(timeout=5)

    async def _open(self, *, counted: bool = False) -> Connection:
        self._opened += not counted
        try:
            return await self._connect()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            self._lost()
            raise DatabaseAway(str(error)) from error
        except BaseException:
            self._lost()
            raise

    async def _wait(self) -> Connection | None:
        if len(self._waiting) >= self._waiters_max:
            raise DatabaseBusy
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(turn)
        # A timer of its own costs a tenth of what `asyncio.timeout` does.
        bell = loop.call_later(self._wait_s_max, _waited_too_long, turn)
        try:
            return await turn
        except BaseException:
            self._withdraw(turn)
            raise
        finally:
            bell.cancel()

    def _withdraw(self, turn: asyncio.Future[Connection | None]) -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled():
            given = turn.result()
            if given is None:
                self._lost()
            else:
                self.release(given)

    def _hand_over(self, connection: Connection | None) -> bool:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

    def _lost(self) -> None:
        """Let the longest waiter open a connection in the place of one that is gone."""
        if not self._hand_over(None):
            self._opened -= 1


def _waited_too_long(turn: "asyncio.Future[Connection | None]") -> None:
    if not turn.done():
        turn.set_exception(DatabaseBusy())
