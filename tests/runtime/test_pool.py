"""Connections go to whoever has waited longest, and none is lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.runtime.database import Database
from ecosystem.runtime.pool import Connection, DatabaseAway, DatabaseBusy, Pool
from ecosystem.runtime.settings import Settings
from tests.conftest import reach
from tests.parties import comes_true


class Opener:
    """Opens connections, counts them, and opens none while it is told not to."""

    def __init__(self, database: Database) -> None:
        self.opened = 0
        self.fails: BaseException | None = None
        self.may_open = asyncio.Event()
        self.may_open.set()
        self._database = database

    async def __call__(self) -> Connection:
        if self.fails is not None:
            await asyncio.sleep(0)
            raise self.fails
        await self.may_open.wait()
        self.opened += 1
        return await self._database.connect()


@pytest.fixture
def opener(database: Database) -> Opener:
    return Opener(database)


@asynccontextmanager
async def pool_of(
    opener: Opener, *, size: int = 1, waiters: int = 100, wait_s: float = 5
) -> AsyncIterator[Pool]:
    pool = Pool(opener, size=size, waiters_max=waiters, wait_s_max=wait_s)
    try:
        yield pool
    finally:
        await pool.close()


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_came_first_is_served_first(opener: Opener) -> None:
    served: list[int] = []
    async with pool_of(opener) as pool:
        held = await pool.acquire()

        async def work(number: int) -> None:
            connection = await pool.acquire()
            served.append(number)
            await asyncio.sleep(0)
            pool.release(connection)

        tasks = [asyncio.create_task(work(number)) for number in range(20)]
        await _settled()
        assert pool.waiting == 20
        pool.release(held)
        newcomer = asyncio.create_task(work(20))
        await asyncio.gather(*tasks, newcomer)

    assert served == list(range(21))
    assert opener.opened == 1


async def test_as_many_connections_as_the_size_and_never_more(opener: Opener) -> None:
    three = asyncio.Barrier(3)
    async with pool_of(opener, size=3) as pool:

        async def work() -> None:
            connection = await pool.acquire()
            await three.wait()
            pool.release(connection)

        async with asyncio.timeout(30):
            await asyncio.gather(*(work() for _ in range(48)))
        assert (pool.in_use, pool.waiting) == (0, 0)

    assert opener.opened == 3


async def test_a_cancelled_waiter_loses_nothing(opener: Opener) -> None:
    async with pool_of(opener) as pool:
        held = await pool.acquire()
        first, second = (asyncio.create_task(pool.acquire()) for _ in range(2))
        await _settled()

        first.cancel()
        await _settled()
        pool.release(held)

        assert await second is held
        assert first.cancelled()
        pool.release(held)
        assert (pool.in_use, pool.waiting) == (0, 0)


async def test_who_is_cancelled_when_it_was_just_served_passes_it_on(opener: Opener) -> None:
    async with pool_of(opener) as pool:
        held = await pool.acquire()
        first, second = (asyncio.create_task(pool.acquire()) for _ in range(2))
        await _settled()

        pool.release(held)
        first.cancel()

        assert await second is held
        pool.release(held)
        assert (pool.in_use, pool.waiting) == (0, 0)


async def test_who_is_cancelled_while_it_opens_leaves_its_place(opener: Opener) -> None:
    opener.may_open.clear()
    async with pool_of(opener) as pool:
        opening, waiting = (asyncio.create_task(pool.acquire()) for _ in range(2))
        await _settled()
        assert pool.waiting == 1

        opening.cancel()
        opener.may_open.set()

        connection = await asyncio.wait_for(waiting, timeout=5)
        assert await connection.fetchval("SELECT 1") == 1
        pool.release(connection)
        assert pool.in_use == 0


async def test_the_line_has_an_end(opener: Opener) -> None:
    async with pool_of(opener, waiters=2) as pool:
        held = await pool.acquire()
        waiting = [asyncio.create_task(pool.acquire()) for _ in range(2)]
        await _settled()

        with pytest.raises(DatabaseBusy):
            await pool.acquire()

        pool.release(held)
        for task in waiting:
            pool.release(await task)


async def test_nobody_waits_longer_than_that(opener: Opener) -> None:
    loop = asyncio.get_running_loop()
    async with pool_of(opener, wait_s=0.05) as pool:
        held = await pool.acquire()
        began = loop.time()

        with pytest.raises(DatabaseBusy):
            await pool.acquire()

        assert 0.04 < loop.time() - began < 2
        assert pool.waiting == 0
        pool.release(held)
        assert await pool.acquire() is held
        pool.release(held)


@pytest.mark.parametrize("round_", range(20))
async def test_a_wait_that_ends_as_a_connection_comes_loses_none(
    opener: Opener, round_: int
) -> None:
    async with pool_of(opener, wait_s=0.01) as pool:
        held = await pool.acquire()
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.009 + round_ * 0.0001)
        pool.release(held)
        with suppress(DatabaseBusy):
            pool.release(await waiting)

        assert (pool.in_use, pool.waiting) == (0, 0)
        assert await pool.acquire() is held
        pool.release(held)


async def test_a_connection_that_broke_is_replaced(opener: Opener) -> None:
    async with pool_of(opener) as pool:
        broken = await pool.acquire()
        waiting = asyncio.create_task(pool.acquire())
        await _settled()
        broken.terminate()
        pool.release(broken)

        other = await waiting
        assert other is not broken
        assert await other.fetchval("SELECT 1") == 1
        pool.release(other)

    assert opener.opened == 2


async def test_a_connection_that_broke_at_rest_is_replaced(opener: Opener) -> None:
    async with pool_of(opener) as pool:
        rests = await pool.acquire()
        pool.release(rests)
        rests.terminate()

        other = await pool.acquire()
        assert await other.fetchval("SELECT 1") == 1
        pool.release(other)
        assert pool.in_use == 0


async def test_a_connection_left_in_a_transaction_is_not_handed_on(opener: Opener) -> None:
    async with pool_of(opener) as pool:
        forgotten = await pool.acquire()
        await forgotten.execute("BEGIN")
        pool.release(forgotten)

        other = await pool.acquire()
        assert other is not forgotten
        assert not other.is_in_transaction()
        pool.release(other)


@pytest.mark.parametrize(
    "error", [OSError("refused"), TimeoutError(), asyncpg.CannotConnectNowError("starting")]
)
async def test_where_none_can_be_opened_everyone_learns_it_and_no_place_is_lost(
    opener: Opener, error: Exception
) -> None:
    opener.fails = error
    async with pool_of(opener, size=2) as pool:
        said = await asyncio.gather(*(pool.acquire() for _ in range(6)), return_exceptions=True)
        assert [type(one) for one in said] == [DatabaseAway] * 6
        assert pool.in_use == 0

        opener.fails = None
        both = await asyncio.gather(pool.acquire(), pool.acquire())
        assert pool.in_use == 2
        for one in both:
            pool.release(one)


async def test_who_finds_the_line_full_is_answered_503_and_when_to_come_again(
    chosen: Settings,
) -> None:
    few = msgspec.structs.replace(
        chosen, pool_size=4, pool_waiters_max=1, pool_wait_s_max=1, background="apart"
    )
    edge = app.build(few)
    async with app.living(edge), reach(edge) as client:
        pool = edge.application.state.house.database.pool
        held = [await pool.acquire() for _ in range(4 - pool.in_use)]
        waits = asyncio.create_task(client.get("/v1/programmes"))

        async def is_waiting() -> bool:
            return bool(pool.waiting == 1)

        assert await comes_true(is_waiting, within_s=0.9)
        full = await client.get("/v1/programmes")
        late = await waits
        for connection in held:
            pool.release(connection)
        again = await client.get("/v1/programmes")

    for answer in (full, late):
        _is_unavailable(answer)
    assert again.status_code == 200


def _is_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
