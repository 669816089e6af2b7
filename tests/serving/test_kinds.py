"""A sandbox's database and a real one are never taken for each other."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from ecosystem.cli import place as places
from ecosystem.identity import actions as identity
from ecosystem.runtime import settings
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.sandbox.cast import OPERATOR, PLATFORM
from tests.serving.service import free_port, run


def _started(folder: Path, *arguments: str) -> tuple[int, str]:
    ended = run(
        "serve", *arguments, ECOSYSTEM_DATA_FOLDER=str(folder), ECOSYSTEM_PORT=str(free_port())
    )
    return ended.returncode, ended.stderr.splitlines()[-1]


def test_the_database_of_a_sandbox_is_not_served_as_a_real_one(place: Path) -> None:
    code, said = _started(place)

    assert code == 1
    assert said.startswith("ecosystem: This database is a sandbox's")


def test_a_real_database_is_not_served_as_a_sandbox(folder: Path) -> None:
    with places.database(settings.load(data_folder=str(folder))) as (placed, _):
        asyncio.run(_establish(placed))
    code, said = _started(folder, "--sandbox")

    assert code == 1
    assert said.startswith("ecosystem: This database is a real one")


async def _establish(placed: Settings) -> None:
    opened = Database(placed.database_url or "", placed)
    async with opened.transaction() as tx:
        await identity.establish(
            tx, name=PLATFORM, jurisdiction="CN", operator=OPERATOR, at=datetime.now(UTC)
        )
    await opened.close()
