"""A city with a budget, its openers with their keys, and a need that takes offers."""

from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from tests.builders import Published, World, published, settled
from tests.offers.market import Market


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the database for who may read the server's own files."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await settled(database, tmp_path)


@pytest.fixture
async def need(world: World) -> Published:
    return await published(world)


@pytest.fixture
async def market(client: httpx.AsyncClient, database: Database, chosen: Settings) -> Market:
    folder = Path(chosen.data_folder or ".")
    world = await settled(database, folder)
    shown = (await client.get("/v1/sandbox/clock")).json()
    start = datetime.fromisoformat(shown["now"]) + timedelta(minutes=1)
    market = Market(client, world, await published(world, at=start), start, folder)
    await market.clock(start)
    return market
