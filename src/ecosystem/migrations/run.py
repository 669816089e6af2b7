"""Bring a database to the newest schema, once, however many processes try."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from ecosystem.migrations.schema import SERVING_ROLE

_ONE_AT_A_TIME = 0x6D69_6772_6174_65


class SchemaUnknown(Exception):
    """The database is at a step that this version does not know."""


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; it needs no file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """Return the name of the newest step."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or "none"


def _steps() -> set[str]:
    scripts = ScriptDirectory.from_config(configuration())
    return {step.revision for step in scripts.walk_revisions()}


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
    at = MigrationContext.configure(connection).get_current_revision()
    if at is not None and at not in _steps():
        raise SchemaUnknown(
            f"The database has the schema {at}, and this version knows none after {newest()}: a "
            "newer version has used it. Start that version, or a database restored from before."
        )
    command.upgrade(configuration(connection), "head")
    connection.execute(text(f"GRANT SELECT ON alembic_version TO {SERVING_ROLE}"))


async def upgrade(url: str) -> None:
    """Run the steps that are missing, as the role that `url` names, which owns the tables.

    Raises SchemaUnknown where a newer version has run steps that this one does not have.
    """
    opened = engine(url)
    try:
        async with opened.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await opened.dispose()


def engine(url: str) -> AsyncEngine:
    """Return SQLAlchemy's way to the database at `url`; it connects when it is used.

    The driver reads the address itself, since SQLAlchemy does not know all that it may say.
    """

    async def connect(*_: Any, **__: Any) -> Any:
        return await asyncpg.connect(url, timeout=10)

    return create_async_engine("postgresql+asyncpg://", poolclass=NullPool, async_creator=connect)


def upgrade_now(url: str) -> None:
    """Run the missing steps from code that is not asynchronous."""
    asyncio.run(upgrade(url))
