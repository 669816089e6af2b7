"""The courier: sends what webhooks are due, each by itself, so that none waits for another."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Final

import structlog

from ecosystem.feed.webhooks import attempts, signing
from ecosystem.feed.webhooks.model import Answered, Attempt
from ecosystem.feed.webhooks.sending import Way
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, is_away
from ecosystem.runtime.pool import DatabaseBusy

_log: Final = structlog.get_logger("ecosystem.webhooks")
AT_ONCE: Final = 200
"""How many webhooks a process sends to at the same time."""
_AILING_MAX: Final = AT_ONCE // 2
"""How many of them may be failing or slow: the others do not wait for these."""
_SLOW_S: Final = 2.0
_IN_A_ROW: Final = 100
"""After so many messages a webhook makes room for others."""
_REST_S: Final = 0.5
_Place = tuple[int, str]


class Courier:
    """Sends to many webhooks at once, and to each one message after the other."""

    def __init__(self, database: Database, clock: Clock, *, key: bytes, way: Way) -> None:
        """Send nothing yet; `key` is what the secrets of this installation follow from."""
        self._database = database
        self._clock = clock
        self._key = key
        self._way = way
        self._lease_s = 2 * way.seconds
        self._tasks: dict[_Place, asyncio.Task[None]] = {}
        self._ailing: set[_Place] = set()
        self._slow: set[_Place] = set()
        self._dice = random.SystemRandom()

    async def round(self) -> float:
        """Take up webhooks that something is due to; return the seconds until the next look."""
        free = AT_ONCE - len(self._tasks)
        if free > 0:
            found = await attempts.due(self._database, self._clock, limit=AT_ONCE)
            for one in found:
                place = (one["authority_id"], one["id"])
                is_ailing = one["is_failing"] or place in self._slow
                if len(self._tasks) < AT_ONCE and self._has_room(place, is_ailing=is_ailing):
                    self._start(place, is_ailing=is_ailing)
        return _REST_S

    async def forget(self) -> float:
        """Forget old deliveries; return the seconds until the next time."""
        await attempts.forget(self._database, self._clock)
        return 3600

    async def stop(self) -> None:
        """Let go of whatever is under way: its lease runs out, and it is sent again."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _has_room(self, place: _Place, *, is_ailing: bool) -> bool:
        return place not in self._tasks and not (is_ailing and len(self._ailing) >= _AILING_MAX)

    def _start(self, place: _Place, *, is_ailing: bool) -> None:
        if is_ailing:
            self._ailing.add(place)
        task = asyncio.create_task(self._serve(place), name=f"webhook {place[1]}")
        self._tasks[place] = task
        task.add_done_callback(lambda _: self._ended(place))

    def _ended(self, place: _Place) -> None:
        del self._tasks[place]
        self._ailing.discard(place)

    async def _serve(self, place: _Place) -> None:
        """Send to a webhook what is due, until nothing is, or a message is not taken."""
        try:
            for _ in range(_IN_A_ROW):
                attempt = await attempts.take_up(
                    self._database,
                    self._clock,
                    authority_id=place[0],
                    webhook_id=place[1],
                    lease_s=self._lease_s,
                )
                if attempt is None or not await self._attempt(place, attempt):
                    return
        except Exception as error:  # noqa: BLE001 - the courier outlives whatever it meets
            if is_away(error) or isinstance(error, DatabaseBusy):
                _log.warning("database away", work="webhooks")
            else:
                _log.error("webhook failed", webhook=place[1], exc_info=error)

    async def _attempt(self, place: _Place, attempt: Attempt) -> bool:
        """Send one message, holding no connection; return whether the next may follow at once."""
        began = asyncio.get_running_loop().time()
        answered = await self._send(attempt)
        took_s = asyncio.get_running_loop().time() - began
        (self._slow.add if took_s > _SLOW_S else self._slow.discard)(place)
        _log.debug(
            "webhook sent", webhook=attempt.webhook_id, delivery=attempt.delivery_id,
            status=answered.status, problem=answered.problem, ms=round(took_s * 1000),
        )  # fmt: skip
        return await attempts.record(
            self._database, self._clock, attempt, answered, draw=self._dice.random()
        )

    async def _send(self, attempt: Attempt) -> Answered:
        headers = signing.headers(
            [signing.pen(self._key, attempt.webhook_id, salt=salt) for salt in attempt.salts],
            message_id=attempt.delivery_id,
            sent_at=datetime.now(UTC),
            content=attempt.content,
        )
        return await self._way.post(attempt.url, attempt.content, headers)
