"""Somebody who has an account, at a browser in which nobody has logged in yet."""

import httpx
import pytest

from ecosystem.runtime.database import Database
from tests.login.visitor import Visitor, with_account


@pytest.fixture
async def visitor(client: httpx.AsyncClient, database: Database) -> Visitor:
    """A person with an account."""
    return await with_account(client, database)
