"""The database that a command works on: the one outside, or the embedded one, started."""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from ecosystem.catalogue import actions as catalogue
from ecosystem.cli.trouble import Trouble, folder_unusable, room_on_disk
from ecosystem.identity import queries as identity
from ecosystem.migrations import run as migrations
from ecosystem.runtime.database import Database
from ecosystem.runtime.keys import Keys
from ecosystem.runtime.postgres import EmbeddedServer, default_folder, ensure_database
from ecosystem.runtime.postgres_roles import RolePrivileged
from ecosystem.runtime.settings import Settings
from ecosystem.sandbox import queries as sandbox

_NAME = "ecosystem"
_READER = "ecosystem_api"
_VERSION_MIN = 15
_PATIENCE_MS = 3_600_000
_FAILURES = (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError)
_log = structlog.get_logger("ecosystem.place")


def folder_of(chosen: Settings) -> Path:
    """Return where the data lies."""
    return Path(chosen.data_folder).absolute() if chosen.data_folder else default_folder()


def addressed(chosen: Settings) -> Settings:
    """Return settings whose `public_url` has the port of this machine, where none was chosen."""
    if chosen.public_url != Settings().public_url:
        return chosen
    return msgspec.structs.replace(chosen, public_url=f"http://127.0.0.1:{chosen.port}")


def patient(chosen: Settings) -> Settings:
    """Return settings under which a statement over a whole installation may take an hour.

    For a command that somebody waits for and can interrupt; a request may not take so long.
    """
    return msgspec.structs.replace(chosen, statement_ms_max=_PATIENCE_MS)


@contextmanager
def reachable(chosen: Settings, *, begins: bool = False) -> Generator[Settings]:
    """Give settings that name the database, for a command that works beside a running service.

    The embedded database of a service that is running is used beside it; else it is what
    `database` gives, with its refusals and effects. Raises Trouble where there is none, unless
    the command `begins` one: what is looked for in a wrong place must not be found sound.
    """
    there = folder_of(chosen) / "database"
    running = EmbeddedServer(there).running_dsn(_NAME, role=_READER)
    if chosen.database_url is None and not begins and not there.exists():
        raise Trouble(
            f"There is no database in {folder_of(chosen)}. Name the folder of the service in "
            "ECOSYSTEM_DATA_FOLDER, or its database in DATABASE_URL."
        )
    if chosen.database_url is not None or running is None:
        with database(chosen) as (placed, _):
            yield placed
        return
    folder = folder_of(chosen)
    asyncio.run(_let_in(running, folder))
    yield msgspec.structs.replace(chosen, database_url=running, data_folder=str(folder))


async def _let_in(address: str, folder: Path) -> None:
    try:
        connection = await asyncpg.connect(address, timeout=10)
    except _FAILURES as error:
        raise Trouble(
            f"The database of the service that runs in {folder} does not let us in: "
            f"{_first_line(error)}. Run the command as the user of the service."
        ) from None
    await connection.close()


@contextmanager
def database(chosen: Settings) -> Generator[tuple[Settings, EmbeddedServer | None]]:
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
        try:
            asyncio.run(ensure_database(server.admin_dsn(), _NAME))
            migrations.upgrade_now(server.dsn(_NAME, role="ecosystem_owner"))
        except (RolePrivileged, migrations.SchemaUnknown) as wrong:
            raise Trouble(str(wrong)) from None
        serving = server.dsn(_NAME, role=_READER)
        placed = msgspec.structs.replace(placed, database_url=serving)
        asyncio.run(_catalogue(placed))
        yield placed, server


async def refuse_other_kind(placed: Settings) -> None:
    """Raise Trouble where a sandbox's database is to be a real one's, or the other way round."""
    opened = Database(placed.database_url or "", placed)
    try:
        async with opened.reading() as tx:
            is_sandbox = await sandbox.parties(tx) is not None
            is_real = not is_sandbox and await identity.platform_exists(tx)
    finally:
        await opened.close()
    if is_sandbox and not placed.sandbox:
        raise Trouble(
            "This database is a sandbox's: its parties are invented, and its clock may have been "
            "moved. Start it with --sandbox, or choose another with --data-folder or DATABASE_URL."
        )
    if is_real and placed.sandbox:
        raise Trouble(
            "This database is a real one, and a sandbox would give anyone a token for its people. "
            "Start it without --sandbox, or choose another with --data-folder or DATABASE_URL."
        )


def make_keys(folder: Path) -> None:
    """Make the keys below `folder` that are missing; raise Trouble where that fails."""
    keys = Keys(folder / "keys")
    try:
        for ring in (keys.tokens, keys.receipts):
            ring.signing(time.time())
        _ = keys.cursors
    except OSError as error:
        raise folder_unusable(folder, error) from None
    except ValueError:
        raise Trouble(
            f"A key in {keys.folder} cannot be read. Restore that folder from a backup: with "
            "other keys, nobody could verify the receipts that were given."
        ) from None


def _tell(sentence: str) -> None:
    _log.info(sentence)


async def _outside(chosen: Settings) -> None:
    if chosen.database_owner_url is not None:
        try:
            await migrations.upgrade(chosen.database_owner_url)
        except migrations.SchemaUnknown as unknown:
            raise Trouble(str(unknown)) from None
        except _FAILURES as error:
            raise Trouble(
                "The database that DATABASE_OWNER_URL names cannot be brought to the newest "
                f"schema: {_first_line(error)}. Check the address, and that the role owns it."
            ) from None
    try:
        connection = await asyncpg.connect(chosen.database_url, timeout=10)
    except _FAILURES as error:
        raise Trouble(
            f"The database that DATABASE_URL names does not let us in: {_first_line(error)}. "
            "Check that it runs, and the address, role and password."
        ) from None
    try:
        await _fit(connection)
    finally:
        await connection.close()
    await _catalogue(chosen)


def _first_line(error: Exception) -> str:
    told = str(getattr(error, "orig", None) or error) or type(error).__name__
    return told.splitlines()[0].removeprefix("<class 'asyncpg.exceptions.").rstrip(".")


async def _fit(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    version = connection.get_server_version()
    if version.major < _VERSION_MIN:
        raise Trouble(
            f"The database is PostgreSQL {version.major}, and this version needs {_VERSION_MIN} "
            "or newer. Upgrade it, or leave DATABASE_URL out to use the embedded one."
        )
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
