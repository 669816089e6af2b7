"""Whatever people do and correct under a contract, at length and another way each time."""

import asyncio

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.history.happening import ACTS, machine

pytestmark = pytest.mark.timeout(3_600)


async def test_each_moment_is_answered_as_it_was_however_much_is_done_and_corrected(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> None:
    here = machine(client, database, server.dsn(database_name, role="postgres"))
    chosen = settings(
        max_examples=40, stateful_step_count=20, deadline=None, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip

    await asyncio.to_thread(run_state_machine_as_test, here, settings=chosen)

    assert here.points > 20_000
    assert here.done == ACTS
