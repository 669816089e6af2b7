"""Sixteen writers at once lose no update, overdraw nothing and never lock each other out."""

import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from tests.ledger.writers import WRITERS, Writers

pytestmark = pytest.mark.anyio


async def test_sixteen_writers_leave_what_was_acknowledged(database_url: str) -> None:
    database = Database(database_url, Settings(pool_size=WRITERS))
    writers = Writers(database)

    await writers.work(5)

    assert writers.moved > 50
    assert writers.refused
    assert writers.taken_back
    await database.close()
    reader = Database(database_url, Settings())
    await writers.check(reader)
    await reader.close()
