"""What the role that serves cannot do, though its code were turned against the service."""

import asyncpg
import pytest

from ecosystem.runtime.database import metadata

FORBIDDEN = (
    "SET ROLE ecosystem_owner",
    "SET session_replication_role = replica",
    "CREATE TABLE mine (one integer)",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/hostname')",
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "ALTER TABLE offer NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY offer_seen ON offer",
    "UPDATE event SET body = '{}'",
    "DELETE FROM event",
    "TRUNCATE event CASCADE",
    "DELETE FROM log_entry",
    "UPDATE opening SET record = '{}'",
    "DELETE FROM opening_share",
    "UPDATE ledger_account SET debits = 0",
    "UPDATE transfer SET amount = 1",
    "DELETE FROM payment",
    "UPDATE payment_total SET owed = 0",
    "UPDATE contract_signature SET person_id = NULL",
    "DELETE FROM history_reading",
    "UPDATE alembic_version SET version_num = '0'",
)
GUARDED = {
    "calculation", "document", "evaluator", "offer", "offer_departure", "offer_member",
    "opening_share", "payment", "score",
}  # fmt: skip
"""Tables whose rows are not for all, by nothing but who reads."""


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_serving_role_is_refused(database_url: str, statement: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("table", sorted(GUARDED))
async def test_a_guarded_table_shows_nothing_to_a_connection_that_says_not_who_reads(
    database_url: str, table: str
) -> None:
    assert table in metadata.tables
    connection = await asyncpg.connect(database_url)
    try:
        forced = await connection.fetchval(
            "SELECT relrowsecurity AND relforcerowsecurity AND relowner <> current_user::regrole"
            " FROM pg_class WHERE oid = $1::text::regclass",
            table,
        )
        await connection.execute("SET row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT FROM {table}")
    finally:
        await connection.close()
    assert forced


async def test_the_serving_role_has_no_rights_that_go_round_the_rules(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,"
            " EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid) AS is_member"
            " FROM pg_roles WHERE rolname = current_user"
        )
        owned = await connection.fetchval(
            "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        )
    finally:
        await connection.close()
    assert found is not None
    assert not any(found.values())
    assert owned == 0
