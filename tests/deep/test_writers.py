"""Sixteen writers for a minute: what `tests/ledger/test_writers.py` asks for five seconds."""

import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from tests.ledger.writers import WRITERS, Writers

pytestmark = pytest.mark.anyio


async def test_sixteen_writers_at_it_for_a_minute(database_url: str) -> None:
    database = Database(database_url, Settings(pool_size=WRITERS, statement_ms_max=60_000))
    writers = Writers(database)

    await writers.work(60)

    await database.close()
    reader = Database(database_url, Settings())
    await writers.check(reader)
    await reader.close()
