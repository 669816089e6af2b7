"""The service says how it is: live while it answers, ready while it can serve."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import httpx
import msgspec

from ecosystem import app
from ecosystem.health import queries
from ecosystem.history import actions as history
from ecosystem.history import sequencer
from ecosystem.migrations import run as migrations
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Actor, OrganisationKind
from tests.conftest import reach

_NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


class _Fact(msgspec.Struct):
    number: int


@asynccontextmanager
async def _silent() -> AsyncGenerator[str]:
    """The address of a database that takes connections and never says anything."""
    ended = asyncio.Event()

    async def wait(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"postgresql://nobody@127.0.0.1:{port}/nothing"
        ended.set()


async def _at_step(owner_url: str, step: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("UPDATE alembic_version SET version_num = $1", step)
    finally:
        await connection.close()


async def test_the_service_is_live_and_ready(client: httpx.AsyncClient) -> None:
    live, ready = await client.get("/health/live"), await client.get("/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert ready.status_code == 200
    assert ready.json()["status"] == "ready"
    assert ready.json()["schema_step"] == migrations.newest()
    assert ready.json()["sequencer_lag_ms"] >= 0


async def test_asking_uses_up_no_quota(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/ready")

    assert "ratelimit" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_without_a_database_the_service_is_live_and_not_ready() -> None:
    async with reach(app.build(Settings(database_url=_NOWHERE, log_level="error"))) as client:
        live, ready = await client.get("/health/live"), await client.get("/health/ready")

    assert live.status_code == 200
    assert ready.status_code == 503
    assert ready.headers["content-type"] == "application/problem+json"
    assert ready.headers["retry-after"] == "1"
    assert ready.json()["code"] == "unavailable"


async def test_a_silent_database_is_waited_for_two_seconds() -> None:
    async with (
        _silent() as url,
        reach(app.build(Settings(database_url=url, log_level="error"))) as client,
    ):
        began = time.monotonic()
        answer = await client.get("/health/ready")
        seconds = time.monotonic() - began

    assert answer.status_code == 503
    assert 1.9 < seconds < 4


async def test_an_older_schema_is_not_ready_and_is_named(
    client: httpx.AsyncClient, owner_url: str
) -> None:
    await _at_step(owner_url, "0000")
    try:
        answer = await client.get("/health/ready")
    finally:
        await _at_step(owner_url, migrations.newest())

    assert answer.status_code == 503
    assert "step 0000" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "1"


def test_the_newest_step_is_the_one_that_migrations_know() -> None:
    assert queries.newest_step() == migrations.newest()


async def test_the_lag_is_the_age_of_the_oldest_event_that_waits(database: Database) -> None:
    by = Actor(
        organisation_id=mint("org"), organisation_number=1, kind=OrganisationKind.GOVERNMENT,
        verified=True, jurisdiction="440300", client_id=mint("client"),
    )  # fmt: skip
    while await sequencer.sequence(database):
        pass
    async with database.transaction() as tx:
        at = datetime.now(UTC)
        await history.record(
            tx, "need.drafted", mint("need", authority=1),
            facts=_Fact(1), decision=_Fact(2), by=by, at=at,
        )  # fmt: skip
    await asyncio.sleep(0.05)

    waiting_ms = await queries.sequencer_lag_ms(database.plain())
    await sequencer.sequence(database)

    assert 50 <= waiting_ms < 10_000
    assert await queries.sequencer_lag_ms(database.plain()) == 0
