"""Whoever sends a body too slowly is answered, and holds neither a transaction nor the place."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.settings import Settings
from tests.conftest import reach


@pytest.fixture
async def impatient(chosen: Settings) -> AsyncIterator[Edge]:
    built = app.build(msgspec.structs.replace(chosen, body_wait_s_max=1))
    async with app.living(built):
        yield built


async def _dripping() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b" "
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("path", ["/v1/organisations", "/v1/sandbox/tokens"])
async def test_a_body_that_drips_is_given_up(impatient: Edge, path: str) -> None:
    async with reach(impatient) as client, asyncio.timeout(5):
        answer = await client.post(
            path, content=_dripping(), headers={"Content-Type": "application/json"}
        )

    assert (answer.status_code, answer.json()["code"]) == (408, "body_too_slow")


async def test_a_slow_token_request_is_an_oauth_error(impatient: Edge) -> None:
    async with reach(impatient) as client, asyncio.timeout(5):
        answer: httpx.Response = await client.post(
            "/oauth/token",
            content=_dripping(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

    assert (answer.status_code, answer.json()["error"]) == (408, "invalid_request")
