"""The grants, as a person of the seeded enterprise and its programs use them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ecosystem.runtime.database import Database
from tests.oauth.flow import Flow, flow_of


@pytest.fixture
async def flow(
    client: httpx.AsyncClient, database: Database, owner_url: str
) -> AsyncIterator[Flow]:
    """A person, the service, and its database."""
    made = await flow_of(client, database, owner_url)
    yield made
    await made.owner.close()
