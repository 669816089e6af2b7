"""One command calculates what is due under all contracts, and can be killed at any instant."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from ecosystem.ledger.model import AccountKind
from ecosystem.payments.calculating import actions
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.values.period import Period
from tests.payments import copies
from tests.payments.agreement import FEBRUARY, JANUARY, Agreement
from tests.payments.steps import unsound

pytestmark = pytest.mark.anyio

CONTRACTS = 400
FEW = actions.TOGETHER
MADE = """
SELECT count(*) AS calculations, count(DISTINCT contract_id) AS contracts,
  (SELECT count(*) FROM payment) AS payments, (SELECT sum(amount) FROM payment) AS amount,
  (SELECT count(*) FROM event WHERE type = 'payment.computed') AS told
FROM calculation"""
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
EMPTY = "UPDATE ledger_account SET debits = debits + $2 WHERE kind = $3 AND owner_ref = $1"


@pytest.fixture
def superuser_url(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def superuser(
    superuser_url: str,
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def agreed(database: Database, database_url: str, tmp_path: Path) -> Agreement:
    """A contract with a verified observation that no calculation has followed."""
    return await copies.unfollowed(database, database_url, tmp_path)


def _pages(database: Database, period: Period = JANUARY) -> AsyncIterator[list[Record]]:
    return actions.pages(database, Clock(), period=period)


async def due(database: Database, period: Period = JANUARY) -> list[str]:
    return [one["id"] async for page in _pages(database, period) for one in page if one["is_due"]]


async def test_killed_in_between_it_does_what_is_left_and_nothing_twice(
    database: Database,
    database_url: str,
    superuser_url: str,
    agreed: Agreement,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await copies.copy(database, superuser_url, agreed, numbers=range(1, CONTRACTS))
    assert await due(database, FEBRUARY) == []

    first = copies.calculating(database_url)
    await copies.until(superuser, made=FEW)
    first.kill()
    first.communicate()
    before = await superuser.fetchval("SELECT count(*) FROM calculation")
    said, _ = copies.calculating(database_url, "--period", "2026-01").communicate(timeout=120)

    assert FEW <= before < CONTRACTS
    left = CONTRACTS - before
    assert json.loads(said) == {
        "contracts": CONTRACTS, "calculated": left, "calculations": left, "refused": 0,
    }  # fmt: skip
    assert await due(database) == []
    made = await superuser.fetchrow(MADE)
    assert made is not None
    assert set(made[:3]) | {made["told"]} == {CONTRACTS}
    assert made["amount"] == 30 * CONTRACTS
    assert await unsound(database) == []


async def test_a_contract_that_cannot_be_calculated_is_named_and_left(
    database: Database,
    database_url: str,
    agreed: Agreement,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    emptied = (EMPTY, agreed.contract_id, 99_999, AccountKind.ENCUMBERED.value)
    await superuser.execute(*emptied)

    process = copies.calculating(database_url)
    told, counts = (json.loads(line) for line in process.communicate(timeout=120)[0].splitlines())

    assert process.returncode == 1
    assert (told["contract_id"], told["code"]) == (agreed.contract_id, "funds_insufficient")
    assert (counts["calculated"], counts["refused"]) == (0, 1)
    assert await due(database) == [agreed.contract_id]


async def test_one_that_is_refused_holds_up_none_of_those_calculated_with_it(
    database: Database,
    superuser_url: str,
    agreed: Agreement,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await copies.copy(database, superuser_url, agreed, numbers=range(CONTRACTS, CONTRACTS + 5))
    emptied = (EMPTY, agreed.contract_id, 99_999, AccountKind.ENCUMBERED.value)
    await superuser.execute(*emptied)
    [part] = [part async for page in _pages(database) for part in actions.together(page)]

    made = await actions.calculate_together(database, Clock(), part)

    named = {one.contract_id for one in made if isinstance(one, actions.Refused)}
    assert agreed.contract_id in named
    assert [one for one in made if isinstance(one, int)] == [1] * 5
    assert set(await due(database)) == named


async def test_two_that_calculate_one_contract_at_once_make_one_calculation(
    database: Database,
    database_url: str,
    agreed: Agreement,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    other = Database(database_url, Settings(), reactions=database.reactions)
    found = [one async for page in _pages(database) for one in page]
    [one] = [one for one in found if one["id"] == agreed.contract_id]

    async with superuser.transaction():
        await superuser.execute("SELECT FROM contract WHERE id = $1 FOR UPDATE", one["id"])
        both = [
            asyncio.create_task(actions.calculate(each, Clock(), one)) for each in (database, other)
        ]
        while await superuser.fetchval(WAITING) < len(both):
            await superuser.execute("SELECT pg_sleep(0.01)")

    assert sorted(str(made) for made in await asyncio.gather(*both)) == ["0", "1"]
    await other.close()
