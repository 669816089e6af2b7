"""Whatever people do and correct under a contract, each moment is answered as it was."""

import asyncio

import httpx
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.history.happening import machine


async def test_each_moment_is_answered_as_it_was_whatever_is_done_and_corrected(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> None:
    here = machine(client, database, server.dsn(database_name, role="postgres"))
    chosen = settings(
        max_examples=5, stateful_step_count=11, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip

    await asyncio.to_thread(run_state_machine_as_test, here, settings=chosen)

    assert here.points > 1_000
    assert here.done
