"""Copies of one contract in force, with its money, made in SQL by the superuser.

What guards each row against being written otherwise than by its turns is switched off while
copies are made: they are exactly what the contract is that came into force by them.
"""
# ruff: noqa: S608 - every name in these statements is ours.

import subprocess
from decimal import Decimal
from pathlib import Path

import asyncpg

from ecosystem.budgets import actions as budgets
from ecosystem.budgets.model import AppropriationDraft
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import seen_by
from ecosystem.values.money import Money
from tests.payments.agreement import AT, VALUE, WORDS, Agreement, agree, verify
from tests.serving.service import COMMAND, environ

_AT_ONCE = 10_000
_COPIED = """
CREATE OR REPLACE FUNCTION copied(id text, n integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT split_part(id, '_', 1) || '_' || lpad(to_hex(1262304000000 + n), 12, '0')
    || substr(split_part(id, '_', 2), 13)
$$"""
"""The identifier of a copy: of the same thing, as if it had been made in the year 2010."""
_ROWS = {
    "lot": "id = (SELECT lot_id FROM contract WHERE id = $1)",
    "award": "id = (SELECT award_id FROM contract WHERE id = $1)",
    "contract": "id = $1",
    "contract_party": "contract_id = $1",
    "contract_signature": "contract_id = $1",
    "milestone": "contract_id = $1",
    "metric": "contract_id = $1",
    "observation": "contract_id = $1",
    "ledger_account": "owner_ref IN (SELECT unnest(ARRAY[id, award_id]) FROM contract WHERE id=$1)",
    "transfer": "credit_id IN (SELECT account.id FROM ledger_account AS account JOIN contract"
    " ON account.owner_ref IN (contract.id, contract.award_id) WHERE contract.id = $1)",
}
_OWN = """
SELECT contract.id, award_id, lot_id, account.id AS account_id
FROM contract JOIN ledger_account AS account ON owner_ref IN (contract.id, award_id)
WHERE contract.id = $1"""
_COLUMNS = """
SELECT attname AS name, format_type(atttypid, atttypmod) = 'text' AS is_text FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"""


async def unfollowed(database: Database, database_url: str, folder: Path) -> Agreement:
    """Bring a contract into force, and have an observation verified that nothing follows."""
    made = await agree(database, folder)
    without_reactions = Database(database_url, Settings())
    await verify(without_reactions, made, "matters", "3")
    await without_reactions.close()
    return made


def calculating(database_url: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start the command that calculates what is due."""
    return subprocess.Popen(
        [*COMMAND, "payments", "calculate", "--json", *arguments],
        env=environ(DATABASE_URL=database_url),
        text=True,
        stdout=subprocess.PIPE,
    )


async def until(superuser: "asyncpg.Connection[asyncpg.Record]", *, made: int) -> None:
    """Wait until so many calculations are made."""
    while await superuser.fetchval("SELECT count(*) FROM calculation") < made:
        await superuser.execute("SELECT pg_sleep(0.05)")


async def copy(
    database: Database, superuser_url: str, agreed: Agreement, *, numbers: range
) -> None:
    """Make copies of a contract by their numbers, each with award, facts and money of its own."""
    money = Decimal(VALUE) * len(numbers)
    await _appropriate(database, agreed, money)
    superuser = await asyncpg.connect(superuser_url)
    await superuser.execute(_COPIED)
    for table in _ROWS:
        await superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    for at in range(0, len(numbers), _AT_ONCE):
        for table in _ROWS:
            await _copy(superuser, table, agreed, numbers[at : at + _AT_ONCE])
    await superuser.execute(
        "UPDATE ledger_account SET debits = debits + $1 WHERE kind = 'available' "
        "AND programme_id = $2",
        money,
        agreed.programme_id,
    )
    for table in _ROWS:
        await superuser.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
    await superuser.execute("ANALYZE")
    await superuser.close()


async def _appropriate(database: Database, agreed: Agreement, amount: Decimal) -> None:
    by = agreed.actor("city", "treasurer")
    given = AppropriationDraft(amount=Money(f"{amount}", "CNY"), reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        await budgets.appropriate(tx, agreed.programme_id, given, by=by, at=AT, expected=None)


async def _copy(
    superuser: "asyncpg.Connection[asyncpg.Record]",
    table: str,
    agreed: Agreement,
    numbers: range,
) -> None:
    """Copy the rows of one table; what is the contract's own has a new identifier everywhere."""
    rows = await superuser.fetch(_OWN, agreed.contract_id)
    own = {one for row in rows for one in row.values()}
    columns = await superuser.fetch(_COLUMNS, table)
    values = ", ".join(
        f"CASE WHEN {name} = ANY($2::text[]) OR '{name}' = 'id' OR '{table}.{name}' = "
        f"'observation.metric_id' THEN copied({name}, n) ELSE {name} END"
        if is_text
        else name
        for name, is_text in columns
    )
    await superuser.execute(
        f"INSERT INTO {table} ({', '.join(name for name, _ in columns)}) SELECT {values} "
        f"FROM {table} CROSS JOIN generate_series({numbers[0]}, {numbers[-1]}) AS n "
        f"WHERE {_ROWS[table]}",
        agreed.contract_id,
        list(own),
    )
