"""Whoever asks too often is told so and how long to wait; nobody else is."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.limits import Limit
from ecosystem.runtime.settings import Settings
from tests.conftest import routes
from tests.parties import bearer

WRITES, READS = 5, 8
HERE = "http://127.0.0.1:8080"
From = Callable[[str], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
async def small(chosen: Settings) -> AsyncIterator[Edge]:
    """The application with small quotas, on the same database and with the same keys."""
    few = msgspec.structs.replace(chosen, writes_per_minute=WRITES, reads_per_minute=READS)
    built = app.build(few, routes=routes(few, beside=True))
    async with app.living(built):
        yield built


@pytest.fixture
def reached(small: Edge) -> From:
    """Return a client of it at an address."""

    def at(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=small, client=(address, 1))  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url=HERE)

    return at


async def _write(asking: httpx.AsyncClient, headers: dict[str, str] | None = None) -> int:
    return (await asking.post("/v1/needs", json={}, headers=headers)).status_code


async def _read(asking: httpx.AsyncClient, headers: dict[str, str] | None = None) -> int:
    return (await asking.get("/v1/sectors", headers=headers)).status_code


async def test_who_writes_too_often_is_told_so_and_how_long_to_wait(reached: From) -> None:
    async with reached("192.0.2.1") as asking:
        left = []
        for _ in range(WRITES):
            answer = await asking.post("/v1/needs", json={})
            assert answer.headers["ratelimit-policy"] == f'"writes";q={WRITES};w=60'
            found = re.fullmatch(r'"writes";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
            assert found is not None
            left.append(int(found[1]))
        refused = await asking.post("/v1/needs", json={})

    assert left == list(range(WRITES - 1, -1, -1))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["ratelimit"].startswith('"writes";r=0;t=')
    assert 1 <= int(refused.headers["retry-after"]) <= 60 / WRITES
    assert refused.json()["instance"] == refused.headers["x-request-id"]


async def test_reads_and_writes_are_counted_apart(reached: From) -> None:
    async with reached("192.0.2.1") as asking:
        written = [await _write(asking) for _ in range(WRITES + 1)]
        read = [await _read(asking) for _ in range(READS + 1)]

    assert written == [401] * WRITES + [429]
    assert read == [200] * READS + [429]


async def test_one_address_does_not_use_up_what_another_has(reached: From) -> None:
    async with reached("192.0.2.1") as one, reached("192.0.2.2") as other:
        assert [await _write(one) for _ in range(WRITES + 1)][-1] == 429

        assert await _write(other) == 401


async def test_a_client_is_counted_by_itself_wherever_it_calls_from(
    client: httpx.AsyncClient, reached: From
) -> None:
    officer = await bearer(client, "city", "officer")
    async with reached("192.0.2.1") as one, reached("192.0.2.2") as other:
        said = [await _write(one, officer) for _ in range(WRITES)]
        moved = await _write(other, officer)
        nobody = await _write(one)

    assert said == [400] * WRITES
    assert moved == 429
    assert nobody == 401


async def test_a_flood_of_bad_tokens_is_limited(reached: From) -> None:
    async with reached("192.0.2.1") as asking:
        tokens = (f"eyJhbGciOiJFUzI1NiJ9.{number}.x" for number in range(READS + 2))
        said = [await _read(asking, {"Authorization": f"Bearer {one}"}) for one in tokens]
        refused = await asking.get("/v1/sectors", headers={"Authorization": "Bearer z.z.z"})

    assert said == [401] * READS + [429] * 2
    assert refused.headers["retry-after"]
    assert refused.headers["cache-control"] == "no-store"
    assert "www-authenticate" not in refused.headers


async def test_guessing_at_the_token_endpoint_is_limited(reached: From) -> None:
    async with reached("192.0.2.1") as asking:
        form = {"grant_type": "client_credentials"}
        said = [
            (await asking.post("/oauth/token", data=form, auth=("client", f"{n}"))).status_code
            for n in range(WRITES + 1)
        ]

    assert said == [401] * WRITES + [429]


async def test_addresses_that_are_refused_early_are_counted_too(reached: From) -> None:
    async with reached("192.0.2.1") as asking:
        long, slash = f"/v1/needs?text={'x' * 5_000}", "/v1/needs/"
        said = [(await asking.get(path)).status_code for path in (long, slash) * 5]

    assert said == [414, 404] * (READS // 2) + [429] * 2


async def test_health_is_answered_however_often(reached: From) -> None:
    async with reached("192.0.2.1") as asking:
        said = {(await asking.get("/health/live")).status_code for _ in range(READS * 2)}

    assert said == {200}


async def test_of_many_at_once_exactly_the_quota_passes(reached: From) -> None:
    async with reached("192.0.2.1") as asking:
        said = Counter(await asyncio.gather(*(_read(asking) for _ in range(READS * 5))))

    assert said == {200: READS, 429: READS * 4}


@pytest.mark.parametrize("quota", [1, 6, 7, 9, 17, 29, 31, 999, 1_200, 6_000])
@pytest.mark.parametrize("now", [0, 123_456_789_012_345])
def test_the_whole_quota_passes_in_one_instant_and_no_more(quota: int, now: int) -> None:
    limit = Limit("reads", quota, clock_ns=lambda: now)

    said = [limit.take("a")[0] for _ in range(quota + 1)]

    assert said == list(range(quota - 1, -2, -1))


@pytest.mark.parametrize("quota", [1, 7, 17, 59, 61, 6_000])
def test_who_waits_as_told_is_let_in(quota: int) -> None:
    now = [5]
    limit = Limit("reads", quota, clock_ns=lambda: now[0])
    for _ in range(100):
        left, seconds = limit.take("a")
        while left >= 0:
            left, seconds = limit.take("a")
        now[0] += seconds * 1_000_000_000

        assert limit.take("a")[0] >= 0
        now[0] += 123_456_789


def test_the_quota_is_refilled_evenly() -> None:
    now = [1_000]
    limit = Limit("reads", 6, clock_ns=lambda: now[0])
    assert [limit.take("a")[0] for _ in range(7)] == [5, 4, 3, 2, 1, 0, -1]
    _, seconds = limit.take("a")

    now[0] += seconds * 1_000_000_000
    assert limit.take("a")[0] == 0
    assert limit.take("a")[0] == -1
    now[0] += 60 * 1_000_000_000
    assert [limit.take("a")[0] for _ in range(7)] == [5, 4, 3, 2, 1, 0, -1]


def test_a_crowd_of_addresses_is_forgotten_when_it_is_forgiven() -> None:
    now = [0]
    limit = Limit("reads", 60, clock_ns=lambda: now[0])
    for minute in range(3):
        now[0] = minute * 61_000_000_000
        began = time.perf_counter()
        for number in range(60_000):
            assert limit.take(f"{minute}/{number}")[0] == 59
        assert time.perf_counter() - began < 5

    assert limit.take("2/59999")[0] == 58
    assert limit.known <= 120_000


def test_a_refused_request_costs_nothing() -> None:
    limit = Limit("reads", 6, clock_ns=lambda: 1_000)
    said = [limit.take("a") for _ in range(100)]

    assert [left for left, _ in said[6:]] == [-1] * 94
    assert {seconds for _, seconds in said[6:]} == {10}
