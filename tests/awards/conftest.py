"""A city with a budget, its openers with their keys, and a need that takes offers."""

from pathlib import Path

import pytest

from ecosystem.runtime.database import Database
from tests.builders import Published, World, published, settled


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await settled(database, tmp_path)


@pytest.fixture
async def need(world: World) -> Published:
    return await published(world)
