"""What tests stand on: a real PostgreSQL, a fresh migrated database a module, real HTTP."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import cache
from itertools import count
from pathlib import Path

import asyncpg
import httpx
import pytest
from litestar import Litestar

from ecosystem import app
from ecosystem.catalogue import actions as catalogue
from ecosystem.migrations.run import upgrade_now
from ecosystem.reactions import REACTIONS
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.postgres import EmbeddedServer, ensure_database
from ecosystem.runtime.settings import Settings
from tests.canary import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]

_TEMPLATE = "ecosystem_template"
_numbers = count(1)
for _name in ("httpx", "httpcore"):
    # The tests' own client tells whole addresses, with whatever stands in their queries.
    logging.getLogger(_name).setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio alone."""
    return "asyncio"


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """An embedded server for all tests, with one migrated database to copy."""
    folder = Path(tempfile.mkdtemp(prefix="ecosystem-test-"))
    folder.chmod(0o755)
    try:
        with EmbeddedServer(folder / "database") as running:
            asyncio.run(_hurry(running))
            asyncio.run(ensure_database(running.admin_dsn(), _TEMPLATE))
            upgrade_now(running.dsn(_TEMPLATE, role="ecosystem_owner"))
            asyncio.run(_load_catalogue(running.dsn(_TEMPLATE, role="ecosystem_api")))
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _hurry(server: EmbeddedServer) -> None:
    """Wait for no disk: this server is never killed; those that are, are started by their tests."""
    connection = await asyncpg.connect(server.admin_dsn())
    try:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            await connection.execute(f"ALTER SYSTEM SET {name} = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


async def _load_catalogue(url: str) -> None:
    database = Database(url, Settings())
    async with database.transaction() as tx:
        await catalogue.load_shipped(tx)
    await database.close()


async def _copy(server: EmbeddedServer, name: str) -> None:
    connection = await asyncpg.connect(server.admin_dsn())
    try:
        await connection.execute(
            f"CREATE DATABASE {name} OWNER ecosystem_owner TEMPLATE {_TEMPLATE}"
        )
    finally:
        await connection.close()


def fresh(server: EmbeddedServer) -> str:
    """Make a fresh database, migrated, with the catalogue in it, and return its name."""
    name = f"ecosystem_{next(_numbers)}"
    asyncio.run(_copy(server, name))
    return name


@pytest.fixture(scope="module")
def database_name(server: EmbeddedServer) -> str:
    """The name of the module's own database."""
    return fresh(server)


@pytest.fixture(scope="module")
def database_url(server: EmbeddedServer, database_name: str) -> str:
    """The address of the fresh database for the serving role."""
    return server.dsn(database_name, role="ecosystem_api")


@pytest.fixture(scope="module")
def owner_url(server: EmbeddedServer, database_name: str) -> str:
    """The address of the fresh database for the role that owns the tables."""
    return server.dsn(database_name, role="ecosystem_owner")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Connections of the serving role to the module's database."""
    opened = Database(database_url, Settings(), reactions=REACTIONS)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def chosen(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a sandbox on the module's database."""
    return Settings(
        database_url=database_url,
        data_folder=str(tmp_path_factory.mktemp("house")),
        sandbox=True,
        log_level="debug",
        reads_per_minute=1_000_000,
        writes_per_minute=1_000_000,
    )


@cache
def _routed(*, sandbox: bool, document_bytes_max: int, beside: bool) -> Litestar:
    del beside
    return app.routed(Settings(sandbox=sandbox, document_bytes_max=document_bytes_max))


def routes(chosen: Settings, *, beside: bool = False) -> Litestar:
    """Return the routes that one test after another stands on: they are half a second's work.

    An application that lives `beside` the one of the fixture `edge` stands on routes of its own.
    """
    return _routed(
        sandbox=chosen.sandbox, document_bytes_max=chosen.document_bytes_max, beside=beside
    )


@pytest.fixture
async def edge(chosen: Settings) -> AsyncIterator[Edge]:
    """The whole application, living, in this process."""
    built = app.build(chosen, routes=routes(chosen))
    async with app.living(built):
        yield built


@pytest.fixture
async def client(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks HTTP to the application."""
    async with reach(edge) as reached:
        yield reached


@asynccontextmanager
async def reach(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client on an application in this process."""
    transport = httpx.ASGITransport(app=edge)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as opened:
        yield opened
