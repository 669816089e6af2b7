"""The schema keeps the rules by which it can be spread over many servers, and is one."""

from collections.abc import Iterator

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    Column,
    Connection,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem

from ecosystem.migrations import draft
from ecosystem.migrations.metadata import metadata
from ecosystem.migrations.run import engine as engine_of
from ecosystem.runtime.database import Database

SHARD = "authority_id"


def breaches(tables: MetaData) -> Iterator[str]:
    """Yield what breaks a rule of distribution, one sentence each."""
    for table in tables.sorted_tables:
        if SHARD in table.columns:
            if table.info.get("held", "").startswith("local"):
                continue
            yield from _key_breaches(table)
            yield from _reference_breaches(table)
        elif not str(table.info.get("held", "")).startswith(("reference", "local: ")):
            yield f"{table.name} has no {SHARD}, and does not say how else it is held"


def _key_breaches(table: Table) -> Iterator[str]:
    if next(iter(table.primary_key.columns)).name != SHARD:
        yield f"the key of {table.name} does not begin with {SHARD}"
    uniques = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    uniques += [one.columns for one in table.indexes if one.unique]
    for columns in uniques:
        if SHARD not in columns:
            names = ", ".join(column.name for column in columns)
            yield f"{table.name} is unique by ({names}) across authorities"


def _reference_breaches(table: Table) -> Iterator[str]:
    for foreign in table.foreign_key_constraints:
        target = foreign.referred_table
        if SHARD not in target.columns:
            if not str(target.info.get("held", "")).startswith("reference"):
                yield f"{table.name} refers to {target.name}, which is no reference table"
        elif [foreign.column_keys[0], foreign.elements[0].column.name] != [SHARD, SHARD]:
            yield f"{table.name} refers to {target.name} without {SHARD} in first place"


def test_every_table_can_be_distributed_by_authority() -> None:
    assert list(breaches(metadata)) == []


def _planted(*parts: SchemaItem) -> MetaData:
    tables = MetaData()
    Table(
        "parent",
        tables,
        Column(SHARD, Integer),
        Column("id", Text),
        PrimaryKeyConstraint(SHARD, "id"),
    )
    Table("loose", tables, Column("id", Text, primary_key=True), info={"held": "local: planted"})
    Table("planted", tables, *parts)
    return tables


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (_planted(Column("id", Text, primary_key=True)), "has no authority_id"),
        (
            _planted(Column("id", Text), Column(SHARD, Integer), PrimaryKeyConstraint("id", SHARD)),
            "does not begin with",
        ),
        (
            _planted(Column(SHARD, Integer, primary_key=True), Column("code", Text, unique=True)),
            "across authorities",
        ),
        (
            _planted(
                Column(SHARD, Integer, primary_key=True),
                Column("parent_id", Text),
                ForeignKeyConstraint(["parent_id", SHARD], ["parent.id", "parent.authority_id"]),
            ),
            "without authority_id in first place",
        ),
        (
            _planted(
                Column(SHARD, Integer, primary_key=True),
                Column("loose_id", Text),
                ForeignKeyConstraint(["loose_id"], ["loose.id"]),
            ),
            "no reference table",
        ),
    ],
)
def test_a_breach_is_found(tables: MetaData, said: str) -> None:
    (breach,) = breaches(tables)

    assert said in breach


def test_the_first_step_is_what_the_tables_say() -> None:
    assert draft.FIRST.read_text(encoding="utf-8") == draft.text()


async def test_a_migrated_database_has_the_schema_of_the_tables(owner_url: str) -> None:
    engine = engine_of(owner_url)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()

    assert found == []


async def test_the_serving_role_owns_nothing_and_goes_round_nothing(database: Database) -> None:
    connection = await database.connect()
    try:
        owned = await connection.fetchval(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
            "WHERE r.rolname = current_user"
        )
        risen = await connection.fetchval(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles "
            "WHERE rolname = current_user"
        )
    finally:
        await connection.close()

    assert (owned, risen) == (0, False)


async def test_row_level_security_is_forced_where_it_is_declared(database: Database) -> None:
    connection = await database.connect()
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    )
    await connection.close()
    declared = {table.name for table in metadata.tables.values() if "visible_where" in table.info}

    assert {row["relname"] for row in rows} == declared


@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_what_is_append_only_is_not_rewritten_even_by_its_owner(
    owner_url: str, database: Database, act: str
) -> None:
    owner = await asyncpg.connect(owner_url)
    serving = await database.connect()
    try:
        for table in metadata.tables.values():
            if not table.info.get("append_only"):
                continue
            column = next(iter(table.columns)).name
            statement = act.format(table.name, column, column)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await serving.execute(statement)
            if act.startswith("TRUNCATE"):
                with pytest.raises(asyncpg.RestrictViolationError):
                    await owner.execute(statement)
    finally:
        await serving.close()
        await owner.close()
