"""The database that a command works on: the one outside, or the embedded one, started."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import msgspec
import structlog

from ecosystem.catalogue import actions as catalogue
from ecosystem.cli.trouble import Trouble, room_on_disk
from ecosystem.migrations import run as migrations
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer, default_folder, ensure_database
from ecosystem.runtime.settings import Settings

_NAME = "ecosystem"
_log = structlog.get_logger("ecosystem.place")


def folder_of(chosen: Settings) -> Path:
    """Return where the data lies."""
    return Path(chosen.data_folder).absolute() if chosen.data_folder else default_folder()


@contextmanager
def database(chosen: Settings) -> Iterator[tuple[Settings, EmbeddedServer | None]]:
    """Give settings that name a database with the newest schema, for as long as the context lasts.

    Starts the embedded server where no database is set; raises Trouble, or PostgresFailed,
    in a sentence. Effects: runs the missing migrations where it may, loads the catalogue.
    """
    folder = folder_of(chosen)
    room_on_disk(folder)
    placed = msgspec.structs.replace(chosen, data_folder=str(folder))
    if placed.database_url is not None:
        asyncio.run(_outside(placed))
        yield placed, None
        return
    binaries = Path(chosen.postgres_binaries) if chosen.postgres_binaries else None
    server = EmbeddedServer(folder / "database", binaries=binaries, progress=_tell)
    with server:
        asyncio.run(ensure_database(server.admin_dsn(), _NAME))
        owner = server.dsn(_NAME, role="ecosystem_owner")
        serving = server.dsn(_NAME, role="ecosystem_api")
        placed = msgspec.structs.replace(placed, database_url=serving)
        migrations.upgrade_now(owner)
        asyncio.run(_catalogue(placed))
        yield placed, server


def _tell(sentence: str) -> None:
    _log.info(sentence)


async def _outside(chosen: Settings) -> None:
    try:
        if chosen.database_owner_url is not None:
            await migrations.upgrade(chosen.database_owner_url)
        connection = await asyncpg.connect(chosen.database_url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise Trouble(
            f"The database that DATABASE_URL names does not let us in: {error}. Check that it "
            "runs, and the address, role and password."
        ) from None
    try:
        await _fit(connection)
    finally:
        await connection.close()
    await _catalogue(chosen)


async def _fit(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        step = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.PostgresError:
        step = None
    if step != migrations.newest():
        raise Trouble(
            f"The database has the schema {step or 'of nobody'}, and this version needs "
            f"{migrations.newest()}. Run `ecosystem migrate` with DATABASE_OWNER_URL set to the "
            "role that owns the tables."
        )
    risen = await connection.fetchval(
        "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_class WHERE relowner = r.oid "
        "AND relnamespace = 'public'::regnamespace) FROM pg_roles r WHERE rolname = current_user"
    )
    if risen:
        raise Trouble(
            "The role of DATABASE_URL is a superuser, goes round row-level security, or owns "
            "tables. Serve as a role without these, such as ecosystem_api."
        )


async def _catalogue(chosen: Settings) -> None:
    opened = Database(chosen.database_url or "", chosen)
    try:
        async with opened.transaction() as tx:
            await catalogue.load_shipped(tx)
    finally:
        await opened.close()
