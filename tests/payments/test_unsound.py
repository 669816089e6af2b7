"""Each invariant of `ecosystem ledger check` is broken by books that it is there to find."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from ecosystem.cli.ledger import INVARIANTS
from ecosystem.ledger import queries as ledger
from ecosystem.payments.books.queries import RECOMPUTES, miscomputed
from ecosystem.reactions import REACTIONS
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.pool import Connection
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from tests.finance.lending import assigned, disbursed, lent
from tests.payments.agreement import FEBRUARY, accept, agree, verify
from tests.payments.steps import instructed, settle

pytestmark = pytest.mark.anyio
PAYABLE = "A contract's payable money is its payments that nobody has instructed."
IN_TRANSIT = "A contract's money in transit is its payments that the bank has not settled."
DISBURSED = "A contract's disbursed money is its settled payments."
WITHHELD = "What a contract's calculations withhold is in its account."
OWED = "A contract owes the sum of its payments."
SIGNED = "A contract owes no more than was signed."
MOVED = "Each step of a payment has moved its amount once."
EXPLAINED = "A payment has a calculation, whose digest is that of its document."
ANNOUNCED = "Whatever is deducted was announced to the payee."
RECOVERED = "No more of an advance is recovered than was paid."
RETAINED = "No more is retained than a contract allows, nor more released than was retained."
LENT = "What a facility can still lend is its amount less what was drawn."
OUTSTANDING = "What is outstanding of a drawdown is its amount less the principal that was repaid."
CAME_IN = "Whatever came in under a facility, or was kept back, is repaid, earned or surplus."
TAKEN = "What drawdowns take of a facility is what is counted, and never above it."
APPLIED = "An assigned payment that is settled was applied once, by its amount."
BOOKED = "An account's programme exists, in the account's currency."

KNOWN = {*INVARIANTS, RECOMPUTES}
ELSEWHERE = {
    "A contract's disbursed money is what of its payments was settled and stays.",
    "A contract's payable money is what nobody has instructed of its payments.",
    "Each payee has earned its parts less what it has forgone, and is owed its payments.",
    "Each step of a payment has moved what it says.",
    "What a calculation divides adds up to its total, line by line and tax by tax.",
    "What a lender gave back through the bank was undone, by its amount.",
    "What is paid of a payment was settled, and did not come back.",
    "What settled an assigned payment was applied once, by its amount.",
}
"""What the tests of consortia and of returned money break, where this house knows it."""
TABLES = (
    "payment", "payment_total", "transfer", "calculation", "contract", "deduction_notice",
    "facility", "facility_total", "drawdown", "repayment", "programme",
)  # fmt: skip
FREE = """
SELECT format('ALTER TABLE %I DISABLE TRIGGER ALL', name) AS said FROM unnest($1::text[]) AS name
UNION ALL SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'c' AND conrelid::regclass::text = ANY ($1::text[])"""
_LINE = """
UPDATE calculation SET document = jsonb_set(jsonb_set(document::jsonb, '{{rules}}',
  document::jsonb->'rules' || '{{"code": "x", "amount": "10", "limit": "10"}}'::jsonb), '{{lines}}',
  document::jsonb->'lines' || '{{"rule": "x", "stage": "caps", "shape": "{shape}",
  "amount": "{amount}"}}'::jsonb)::json
WHERE id = (SELECT min(id) FROM calculation AS one
  WHERE NOT EXISTS (SELECT FROM calculation AS later WHERE later.supersedes = one.id))"""
_SAID = "UPDATE calculation SET document = jsonb_set(document::jsonb, '{{{path}}}', '{said}')::json"
_ALTERED = {EXPLAINED, RECOMPUTES}
PLANTED = {
    "a payable of another amount": (
        "UPDATE payment SET amount = amount + 1 WHERE state = 'computed'", {PAYABLE, OWED, MOVED},
    ),
    "an order of another amount": (
        "UPDATE payment SET amount = amount + 1 WHERE state = 'instructed'",
        {IN_TRANSIT, OWED, MOVED},
    ),
    "a settlement of another amount": (
        "UPDATE payment SET amount = amount + 1 WHERE state = 'settled'",
        {DISBURSED, OWED, MOVED, APPLIED},
    ),
    "a tax that is in no account": (
        _SAID.format(path="withheld", said='"5.00"'), {WITHHELD, *_ALTERED},
    ),
    "a sum that is miscounted": ("UPDATE payment_total SET owed = owed - 1", {OWED}),
    "a contract that was signed for less": ("UPDATE contract SET price = 1", {SIGNED}),
    "a settlement that moved nothing": (
        "UPDATE transfer SET act = 'other' WHERE act = 'settle'", {MOVED},
    ),
    "a payment that is settled twice": (
        """INSERT INTO transfer SELECT (jsonb_populate_record(transfer, jsonb_build_object('id',
          overlay(id PLACING 'ffff' FROM 34)))).* FROM transfer WHERE act = 'settle'""",
        {MOVED, "The columns of an account equal the sum of its transfers."},
    ),
    "another digest": ("UPDATE calculation SET digest = sha256('x')", {EXPLAINED}),
    "a payment without a calculation": (
        "DELETE FROM calculation WHERE id = (SELECT max(calculation_id) FROM payment)", {EXPLAINED},
    ),
    "a deduction without notice": ("DELETE FROM deduction_notice", {ANNOUNCED}),
    "an advance recovered that was never paid": (
        _LINE.format(shape="advance", amount="-5"), {RECOVERED, *_ALTERED},
    ),
    "an advance above its amount": (
        _LINE.format(shape="advance", amount="10.01"), {RECOVERED, *_ALTERED},
    ),
    "retention above its limit": (
        _LINE.format(shape="retention", amount="-10.01"), {RETAINED, *_ALTERED},
    ),
    "retention released that was never held": (
        _LINE.format(shape="retention", amount="0.01"), {RETAINED, *_ALTERED},
    ),
    "a line of another amount": (
        _SAID.format(path="lines,0,amount", said='"7999.99"'), _ALTERED,
    ),
    "a facility of another amount": ("UPDATE facility SET amount = amount + 1", {LENT}),
    "a drawdown of another amount": (
        "UPDATE drawdown SET amount = amount - 1", {LENT, OUTSTANDING, TAKEN},
    ),
    "a drawdown above the facility": (
        "UPDATE facility_total SET reserved = 60000.01", {TAKEN},
    ),
    "a repayment of another amount": (
        "UPDATE repayment SET amount = amount + 1", {CAME_IN, APPLIED},
    ),
    "an assigned payment that repaid nothing": (
        "DELETE FROM repayment", {CAME_IN, APPLIED},
    ),
    "accounts of no programme": ("DELETE FROM programme", {BOOKED}),
}  # fmt: skip


@pytest.fixture(scope="module")
def lent_on(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A contract on which a bank has lent: what was paid to it, what is ordered, and payable."""
    return asyncio.run(_lent_on(database_url, tmp_path_factory.mktemp("house")))


async def _lent_on(url: str, folder: Path) -> str:
    database = Database(url, Settings(), reactions=REACTIONS)
    agreed = await agree(database, folder, with_lender=True)
    facility_id = await lent(database, agreed)
    await disbursed(database, agreed, facility_id)
    await assigned(database, agreed, facility_id)
    await accept(database, agreed, "opening")
    await settle(database, agreed, await instructed(database, agreed))
    await accept(database, agreed, "handover")
    await instructed(database, agreed)
    await verify(database, agreed, "matters", "100")
    await verify(database, agreed, "late-days", "1")
    await verify(database, agreed, "matters", "70", period=FEBRUARY)
    await database.close()
    return agreed.contract_id


@pytest.fixture
async def planting(
    lent_on: str, server: EmbeddedServer, database_name: str
) -> AsyncIterator[Connection]:
    """A session that no trigger and no check holds, whose doings are undone."""
    connection = await asyncpg.connect(server.dsn(database_name, role="postgres"))
    await connection.execute("BEGIN")
    assert await connection.fetchval("SELECT id FROM contract") == lent_on
    for statement in await connection.fetch(FREE, list(TABLES)):
        await connection.execute(statement["said"])
    yield connection
    await connection.execute("ROLLBACK")
    await connection.close()


async def broken(connection: Connection) -> set[str]:
    """Return the invariants that do not hold, the one that computes again among them."""
    tx = Tx(connection)
    found = [*await ledger.check(tx, INVARIANTS), *await miscomputed(tx)]
    return {one.invariant for one in found}


async def test_sound_books_of_every_room_break_no_invariant(planting: Connection) -> None:
    assert await broken(planting) == set()


@pytest.mark.parametrize("case", PLANTED)
async def test_what_is_planted_is_found_and_nothing_else(planting: Connection, case: str) -> None:
    statement, wanted = PLANTED[case]
    assert not (await planting.execute(statement)).endswith(" 0")

    found = await broken(planting)

    assert found
    assert found - ELSEWHERE == wanted & KNOWN


def test_every_invariant_is_broken_by_something() -> None:
    planted = {sentence for _, found in PLANTED.values() for sentence in found}

    assert planted | ELSEWHERE | set(ledger.INVARIANTS) >= KNOWN
