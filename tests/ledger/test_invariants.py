"""The check of the books finds whatever is wrong with them, planted by who owns the tables."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from ecosystem.ledger import actions, queries
from ecosystem.ledger.model import AccountKind
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.pool import Connection
from tests.ledger.purses import (
    AT,
    TREASURER,
    account,
    appropriation,
    leg,
    programme,
)

INSERT = """
INSERT INTO transfer (authority_id, id, act, debit_id, credit_id, amount, programme_id, currency,
  reverses_id, reference, moved_by, valid_at, recorded_at)
SELECT authority_id, overlay(id PLACING '000000{digits}' FROM 35), 'plant', {debit}, {credit},
  {amount}, programme_id, currency, {reverses}, reference, moved_by, valid_at, recorded_at
FROM transfer WHERE act = 'commit'"""


def _reversal(digits: str, amount: str) -> str:
    return INSERT.format(
        digits=digits, debit="credit_id", credit="debit_id", amount=amount, reverses="id"
    )


FORWARD = INSERT.format(
    digits="0", debit="debit_id", credit="credit_id", amount="amount", reverses="NULL"
)
COLUMNS = "The columns of an account equal the sum of its transfers."
ADDS_UP = "Whatever was appropriated to a programme is in one of its accounts."
BALANCED = "In each currency, debits and credits of an authority are equal."
SOLVENT = "No account is overdrawn."
EXACT = "A transfer is reversed exactly."
ONCE = "A transfer is reversed once."
STAYS = "A transfer stays in its programme and its currency."
PLANTED = [
    pytest.param(
        ["UPDATE ledger_account SET credits = credits + 1 WHERE kind = 'available'"],
        {BALANCED, ADDS_UP, COLUMNS},
        id="money from nowhere",
    ),
    pytest.param(
        [
            "UPDATE ledger_account SET credits = credits + 5 WHERE kind IN ('available')",
            "UPDATE ledger_account SET debits = debits + 5 WHERE kind IN ('appropriation')",
        ],
        {COLUMNS},
        id="balances that no transfer moved",
    ),
    pytest.param([FORWARD], {COLUMNS}, id="a transfer that moved nothing"),
    pytest.param(
        [
            "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_is_not_overdrawn",
            "UPDATE ledger_account SET debits = debits + 200 WHERE kind = 'available'",
            "UPDATE ledger_account SET credits = credits + 200 WHERE kind = 'committed'",
        ],
        {COLUMNS, SOLVENT},
        id="an account below zero",
    ),
    pytest.param([_reversal("0", "amount - 1")], {COLUMNS, EXACT}, id="half a reversal"),
    pytest.param(
        [
            "ALTER TABLE transfer DROP CONSTRAINT transfer_authority_id_reverses_id_is_unique",
            _reversal("0", "amount"),
            _reversal("1", "amount"),
        ],
        {COLUMNS, ONCE},
        id="two reversals",
    ),
    pytest.param(
        [
            "ALTER TABLE transfer DROP CONSTRAINT transfer_debit_is_of_its_programme",
            "ALTER TABLE transfer DROP CONSTRAINT transfer_credit_is_of_its_programme",
            "UPDATE ledger_account SET programme_id = 'other' WHERE kind = 'committed'",
        ],
        {ADDS_UP, STAYS},
        id="a programme that lost money to another",
    ),
]


@pytest.fixture
async def owning(owner_url: str, database: Database) -> AsyncIterator[Connection]:
    """A session of the tables' owner, without triggers, whose doings are undone."""
    of = programme()
    committed = leg(
        account(AccountKind.AVAILABLE, of=of), account(AccountKind.COMMITTED, of=of), "10"
    )
    async with database.transaction() as tx:
        await actions.move(
            tx, [appropriation(of, "100")], by=TREASURER, at=AT, act="appropriate", reference=of
        )
        await actions.move(tx, [committed], by=TREASURER, at=AT, act="commit", reference=of)
    connection = await asyncpg.connect(owner_url)
    await connection.execute("BEGIN; ALTER TABLE transfer DISABLE TRIGGER USER")
    await connection.execute("DELETE FROM transfer WHERE programme_id <> $1", of)
    await connection.execute("DELETE FROM ledger_account WHERE programme_id <> $1", of)
    yield connection
    await connection.execute("ROLLBACK")
    await connection.close()


async def test_sound_books_break_no_invariant(owning: Connection) -> None:
    assert await owning.fetchval("SELECT count(*) FROM transfer") == 2
    assert await queries.check(Tx(owning)) == []


@pytest.mark.parametrize(("statements", "broken"), PLANTED)
async def test_unsound_books_are_found(
    owning: Connection, statements: list[str], broken: set[str]
) -> None:
    for statement in statements:
        await owning.execute(statement)

    assert {one.invariant for one in await queries.check(Tx(owning))} == broken


def test_every_invariant_has_books_that_break_it() -> None:
    broken: set[object] = set()
    for planted in PLANTED:
        sentences = planted.values[1]
        assert isinstance(sentences, set)
        broken |= sentences

    assert broken == set(queries.INVARIANTS)
