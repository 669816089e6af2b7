"""The roles and the database that the service needs, made where they are missing."""

from typing import Final, NamedTuple

import asyncpg

OWNER: Final = "ecosystem_owner"
"""Owns the database and all in it; migrations act as this role."""
API: Final = "ecosystem_api"
"""Serves requests; owns nothing, so that row-level security holds for it."""

_LOCK: Final = 0x65636F73  # "ecos": whoever makes the database waits for others who do.
_ROLE: Final = """\
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
END $$"""
_PRIVILEGED: Final = """\
SELECT rolname FROM pg_catalog.pg_roles
WHERE rolname = ANY($1) AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)"""


class RolePrivileged(Exception):
    """A role that must be ordinary has rights that go round the rules of the database."""


class Bootstrap(NamedTuple):
    """The statements that make what is missing, in order; each may be run again."""

    roles: tuple[str, ...]
    """In any database."""
    database: str
    """In any database, outside a transaction, where the database does not exist yet."""
    privileges: tuple[str, ...]
    """In the new database."""


def bootstrap_sql(database: str) -> Bootstrap:
    """Return what makes the two roles, and `database` owned by `ecosystem_owner`.

    For operators of a PostgreSQL of their own, and for `ensure_database`.
    """
    name = _quoted(database)
    return Bootstrap(
        roles=tuple(_ROLE.format(role=role) for role in (OWNER, API)),
        database=f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'",
        privileges=(
            f"ALTER DATABASE {name} OWNER TO {OWNER}",
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {name} TO {API}",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            f"GRANT ALL ON SCHEMA public TO {OWNER}",
            f"GRANT USAGE ON SCHEMA public TO {API}",
        ),
    )


async def ensure_database(connection_dsn: str, name: str) -> None:
    """Make the roles and the database `name` where they are missing, on the server of the DSN.

    The DSN is that of a superuser, or of a role with CREATEDB and CREATEROLE. Waits for
    another that does the same. Raises RolePrivileged where one of the roles exists and is
    a superuser or has CREATEDB, CREATEROLE or BYPASSRLS.
    """
    statements = bootstrap_sql(name)
    server = await asyncpg.connect(connection_dsn)
    try:
        await server.execute(f"SELECT pg_advisory_lock({_LOCK})")  # Let go with the connection.
        for statement in statements.roles:
            await server.execute(statement)
        if privileged := await server.fetchval(_PRIVILEGED, [OWNER, API]):
            raise RolePrivileged(
                f"The role {privileged} exists, and may do more than it should. As a superuser: "
                f"ALTER ROLE {privileged} NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS."
            )
        known = "SELECT FROM pg_catalog.pg_database WHERE datname = $1"
        if await server.fetchrow(known, name) is None:
            await server.execute(statements.database)
        database = await asyncpg.connect(connection_dsn, database=name)
        try:
            async with database.transaction():
                for statement in statements.privileges:
                    await database.execute(statement)
        finally:
            await database.close()
    finally:
        await server.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
