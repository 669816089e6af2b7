"""Where everything takes place: a PostgreSQL of our own, with databases of several sizes."""

import asyncio
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import httpx
from cells import Cell, Stock
from fill import Filling
from journey import Staged, stage
from serving import OWN, POOL, Server, serving

from ecosystem.catalogue import actions as catalogue
from ecosystem.migrations.run import upgrade_now
from ecosystem.runtime import settings
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer, ensure_database
from ecosystem.runtime.settings import Settings

_FIRST: Final = "bench"
_UNLIMITED: Final = 1_000_000_000
_NEEDS_SHOWN: Final = 5_000
_PAGES: Final = 40


@dataclass(frozen=True)
class Place:
    """The server of databases, and a folder for all that servers keep."""

    folder: Path
    postgres: EmbeddedServer
    core: int
    """The core that web servers run on, or -1 where there is but one."""

    def settings(self, database: str) -> Settings:
        """Return the settings of our server on a database: all of its checks switched on."""
        return Settings(
            database_url=self.postgres.dsn(database, role="ecosystem_api"),
            data_folder=str(self.folder / "house"),
            sandbox=True,
            background="apart",
            pool_size=POOL,
            token_lifetime_s=3600,
            reads_per_minute=_UNLIMITED,
            writes_per_minute=_UNLIMITED,
            log_format="json",
        )

    @contextmanager
    def ours(self, database: str, *, name: str) -> Iterator[Server]:
        """Have our server run on a database."""
        environ = settings.environment(self.settings(database))
        with serving(
            name, OWN, port=free_port(), core=self.core, environ=environ,
            log=self.folder / f"{name}.log",
        ) as server:  # fmt: skip
            yield server


@contextmanager
def opened(*, core: int) -> Iterator[Place]:
    """Have a database server run in a folder of its own, which is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ecosystem-bench-"))
    folder.chmod(0o755)
    try:
        with EmbeddedServer(folder / "database") as postgres:
            (folder / "house").mkdir(mode=0o700)
            yield Place(folder, postgres, core)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(
    place: Place, sizes: list[int], *, wanted: list[Cell], writes: dict[str, int]
) -> dict[int, Stock]:
    """Make a database of each size, and return what can be asked of each.

    `writes` says how many drafts and offers one subject uses; three ask of the first.
    """
    began_ms = int(time.time() * 1000)
    migrated(place, _FIRST)
    asyncio.run(_load_catalogue(place))
    with place.ours(_FIRST, name="staging") as server:
        staged = stage(
            f"http://127.0.0.1:{server.port}",
            place.folder / "house",
            whole=any(cell.whole for cell in wanted),
        )
    stocks: dict[int, Stock] = {}
    for size in sizes[1:] + sizes[:1]:
        if size != sizes[0]:
            asyncio.run(_copy(place, name_of(size, sizes)))
        dsn = place.postgres.dsn(name_of(size, sizes), role="postgres")
        subjects = 3 if size == sizes[0] else 1
        counts = {name: subjects * count for name, count in writes.items()}
        stocks[size] = asyncio.run(
            _filled(dsn, staged, size=size, began_ms=began_ms, writes=counts)
        )
    return stocks


def migrated(place: Place, database: str) -> None:
    """Make a database with every table, and nothing in them."""
    asyncio.run(ensure_database(place.postgres.admin_dsn(), database))
    upgrade_now(place.postgres.dsn(database, role="ecosystem_owner"))


def name_of(size: int, sizes: list[int]) -> str:
    """Return the name of the database with so many needs."""
    return _FIRST if size == sizes[0] else f"{_FIRST}_{size}"


def pages(server: Server, stock: Stock) -> list[tuple[str, str]]:
    """Return cursors of the newest pages of 50, and the identifiers that the pages begin with."""
    found: list[tuple[str, str]] = []
    headers = {"Authorization": stock.bearer("enterprise/bidder")}
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers) as http:
        query: dict[str, str | int] = {"limit": 50}
        while len(found) < _PAGES:
            page = http.get("/v1/needs", params=query).raise_for_status().json()
            if "cursor" in query:
                found.append((str(query["cursor"]), page["data"][0]["id"]))
            if not page["has_more"]:
                break
            query["cursor"] = page["next_cursor"]
    return found


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _load_catalogue(place: Place) -> None:
    database = Database(place.postgres.dsn(_FIRST, role="ecosystem_api"), Settings())
    async with database.transaction() as tx:
        await catalogue.load_shipped(tx)
    await database.close()


async def _copy(place: Place, name: str) -> None:
    connection = await asyncpg.connect(place.postgres.admin_dsn())
    try:
        await connection.execute(f"CREATE DATABASE {name} OWNER ecosystem_owner TEMPLATE {_FIRST}")
    finally:
        await connection.close()


async def _filled(
    dsn: str, staged: Staged, *, size: int, began_ms: int, writes: dict[str, int]
) -> Stock:
    connection = await asyncpg.connect(dsn, command_timeout=7200)
    try:
        filling = Filling(connection)
        await filling.texts(size)
        await filling.needs(template=staged.published, count=size, now_ms=began_ms)
        drafts = await filling.drafts(template=staged.draft, count=writes.get("publish", 2))
        offers = await filling.offers(template=staged.offer, count=writes.get("submit", 2))
        await filling.settle()
        needs = await filling.some_needs(_NEEDS_SHOWN)
        return Stock(staged=staged, needs=needs, drafts=drafts, offers=offers, cursors=[])
    finally:
        await connection.close()
