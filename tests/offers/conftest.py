"""A city with a budget, its openers with their keys, and a need that takes offers."""

from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from tests.builders import Published, World, published, settled
from tests.offers.market import Market


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await settled(database, tmp_path)


@pytest.fixture
async def need(world: World) -> Published:
    return await published(world)


@pytest.fixture
async def market(client: httpx.AsyncClient, database: Database, chosen: Settings) -> Market:
    world = await settled(database, Path(chosen.data_folder or "."))
    shown = (await client.get("/v1/sandbox/clock")).json()
    start = datetime.fromisoformat(shown["now"]) + timedelta(minutes=1)
    market = Market(client, world, await published(world, at=start), start)
    await market.clock(start)
    return market
