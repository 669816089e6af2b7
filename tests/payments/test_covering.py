"""After a contract has ended, what becomes known late is paid, or waits for the money."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import select

from ecosystem.budgets import actions as budgets
from ecosystem.budgets.model import AppropriationDraft
from ecosystem.ledger.model import AccountKind
from ecosystem.outcomes.tables import observation
from ecosystem.payments.calculating import actions as calculating
from ecosystem.payments.covering import rules
from ecosystem.payments.covering.model import CoverFacts
from ecosystem.payments.covering.tables import shortfall
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.minting import mint
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import seen_by
from ecosystem.values.money import Money
from tests.payments import copies
from tests.payments.agreement import (
    AT,
    VALUE,
    WORDS,
    Agreement,
    agree,
    calculations,
    payments,
    totals,
    verify,
)
from tests.payments.ending import end, ended, left, paid_out
from tests.payments.steps import held, unsound
from tests.replay import Rules, replayed

pytestmark = pytest.mark.anyio

ONCE = Clock(stands_at=datetime(2026, 7, 1, tzinfo=UTC))
RULES: Rules = {
    "shortfall.arose": (rules.arise, CoverFacts),
    "shortfall.covered": (rules.end, CoverFacts),
    "shortfall.lapsed": (rules.end, CoverFacts),
}


BLOCKED = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
OTHER = """
SELECT other.id FROM contract JOIN contract AS other USING (programme_id)
WHERE contract.id = $1 AND other.id <> $1"""
FACT = "SELECT id FROM observation WHERE contract_id = $1"


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


async def _spend(database: Database, agreed: Agreement, amount: str) -> str:
    """Promise so much of what the programme has left to an award; return that award."""
    award_id, by = mint("award", authority=agreed.authority), agreed.actor("city", "treasurer")
    async with database.transaction(seen_by(by)) as tx:
        await budgets.commit(
            tx, programme_id=agreed.programme_id, for_id=award_id, amount=Money(amount, "CNY"),
            by=by, at=AT,
        )  # fmt: skip
    return award_id


async def _free(database: Database, agreed: Agreement, award_id: str, amount: str) -> None:
    by = agreed.actor("city", "treasurer")
    async with database.transaction(seen_by(by)) as tx:
        await budgets.release(
            tx, programme_id=agreed.programme_id, for_id=award_id, amount=Money(amount, "CNY"),
            by=by, at=AT,
        )  # fmt: skip


async def _shortfalls(
    database: Database, agreed: Agreement, *, sees: tuple[str, str] = ("city", "treasurer")
) -> list[tuple[Decimal, str]]:
    chosen = select(shortfall).where(shortfall.c.contract_id == agreed.contract_id)
    async with database.reading(seen_by(agreed.actor(*sees))) as tx:
        rows = await tx.rows(Statement(chosen.order_by(shortfall.c.id)))
    return [(row["amount"], row["state"]) for row in rows]


async def test_a_correction_after_the_end_that_pays_more_is_bound_anew_and_paid(
    database: Database, tmp_path: Path
) -> None:
    agreed, first = await ended(database, tmp_path)

    await verify(database, agreed, "matters", "150", supersedes=first)

    *_, made = await payments(database, agreed)
    assert (made["amount"], made["state"]) == (500, "computed")
    assert await held(database, agreed) == {
        AccountKind.DISBURSED: Decimal(1000), AccountKind.PAYABLE: Decimal(500),
    }  # fmt: skip
    assert (await totals(database, agreed))["earned"] == "1500.00"
    assert await left(database, agreed) == Decimal(VALUE) - 1500
    await paid_out(database, agreed)
    assert await unsound(database) == []


async def test_where_the_programme_has_less_the_fact_is_verified_and_the_money_waits(
    database: Database, tmp_path: Path
) -> None:
    agreed, first = await ended(database, tmp_path)
    award_id = await _spend(database, agreed, "98600.00")

    corrected = await verify(database, agreed, "matters", "150", supersedes=first)

    state = select(observation.c.state).where(observation.c.id == corrected)
    assert await database.plain().value(Statement(state)) == "verified"
    assert await _shortfalls(database, agreed) == [(Decimal(500), "waiting")]
    assert len(await payments(database, agreed)) == len(await calculations(database, agreed)) == 1
    assert await calculating.cover(database, ONCE) == 0

    await _free(database, agreed, award_id, "100.00")
    assert await calculating.cover(database, ONCE) == 1

    assert await calculating.cover(database, ONCE) == 0
    assert await _shortfalls(database, agreed) == [(Decimal(500), "covered")]
    assert [one["amount"] for one in await payments(database, agreed)] == [1000, 500]
    assert await left(database, agreed) == 0
    told = await replayed(database, RULES)
    assert (told["shortfall.arose"], told["shortfall.covered"]) == (1, 1)
    assert await unsound(database) == []


async def test_who_supplies_and_who_pays_see_what_waits_and_nobody_else_does(
    database: Database, tmp_path: Path
) -> None:
    agreed, first = await ended(database, tmp_path)
    await _spend(database, agreed, "99000.00")
    await verify(database, agreed, "matters", "150", supersedes=first)

    seen = [
        await _shortfalls(database, agreed, sees=one)
        for one in (("enterprise", "delivery"), ("verifier", "verifier"), ("bank", "lender"))
    ]

    assert seen == [[(Decimal(500), "waiting")], [], []]
    said = await totals(database, agreed)
    assert (said["earned"], said["awaited"]) == ("1000.00", "500.00")


async def test_another_correction_while_the_money_waits_asks_for_another_amount_or_none(
    database: Database, tmp_path: Path
) -> None:
    agreed, first = await ended(database, tmp_path)
    await _spend(database, agreed, "99000.00")

    second = await verify(database, agreed, "matters", "150", supersedes=first)
    third = await verify(database, agreed, "matters", "170", supersedes=second)
    await verify(database, agreed, "matters", "100", supersedes=third)

    assert await _shortfalls(database, agreed) == [
        (Decimal(500), "lapsed"), (Decimal(700), "lapsed"),
    ]  # fmt: skip
    assert sum(one["amount"] for one in await payments(database, agreed)) == 1000
    assert (await calculations(database, agreed))[-1]["total"] == 1000
    await replayed(database, RULES)


async def test_what_is_bound_anew_stays_within_what_was_signed(
    database: Database, tmp_path: Path
) -> None:
    agreed, first = await ended(database, tmp_path)

    await verify(database, agreed, "matters", "20000", supersedes=first)

    assert (await totals(database, agreed))["earned"] == VALUE
    assert sum((await held(database, agreed)).values()) == Decimal(VALUE)
    assert await left(database, agreed) == 0


async def test_what_is_withheld_is_covered_too_and_what_is_retained_stays_bound(
    database: Database, tmp_path: Path
) -> None:
    kept = {
        "code": "held", "shape": "retention", "rate": "0.1", "limit": "5000.00",
        "releases": [{"on": "2027-07-01", "share": "1"}],
    }  # fmt: skip
    agreed, first = await ended(database, tmp_path, more=(kept,))
    bound = (await held(database, agreed))[AccountKind.ENCUMBERED]

    await verify(database, agreed, "matters", "150", supersedes=first)

    assert bound == 100
    assert (await held(database, agreed))[AccountKind.ENCUMBERED] == 150
    assert (await payments(database, agreed))[-1]["amount"] == 450
    assert await unsound(database) == []


async def test_of_two_at_once_that_the_programme_cannot_both_pay_one_waits(
    database: Database, database_url: str, superuser_url: str,
    superuser: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path,
) -> None:  # fmt: skip
    agreed = await copies.unfollowed(database, database_url, tmp_path)
    await copies.copy(database, superuser_url, agreed, numbers=range(1, 2))
    other = replace(agreed, contract_id=await superuser.fetchval(OTHER, agreed.contract_id))
    facts = [await superuser.fetchval(FACT, one.contract_id) for one in (agreed, other)]
    for one in (agreed, other):
        await end(database, one)
    await _spend(database, agreed, "198000.00")
    beside = Database(database_url, Settings(), reactions=database.reactions)

    async with superuser.transaction():
        await superuser.execute(
            "SELECT FROM programme WHERE id = $1 FOR UPDATE", agreed.programme_id
        )
        both = [
            asyncio.create_task(verify(each, one, "matters", "150", supersedes=fact))
            for each, one, fact in zip((database, beside), (agreed, other), facts, strict=True)
        ]
        while await superuser.fetchval(BLOCKED) < len(both):
            await superuser.execute("SELECT pg_sleep(0.01)")
    await asyncio.gather(*both)

    await beside.close()
    states = [await _shortfalls(database, one) for one in (agreed, other)]
    assert sorted(states) == [[], [(Decimal(1500), "waiting")]]
    assert await left(database, agreed) == 500
    assert await unsound(database) == []


async def test_killed_in_between_nothing_has_moved_and_the_next_run_pays(
    database: Database, database_url: str, superuser: "asyncpg.Connection[asyncpg.Record]",
    tmp_path: Path,
) -> None:  # fmt: skip
    agreed, first = await ended(database, tmp_path)
    award_id = await _spend(database, agreed, "99000.00")
    await verify(database, agreed, "matters", "150", supersedes=first)
    await _free(database, agreed, award_id, "500.00")

    async with superuser.transaction():
        await superuser.execute("LOCK TABLE payment IN SHARE MODE")
        run = copies.calculating(database_url)
        while not await superuser.fetchval(BLOCKED):
            await superuser.execute("SELECT pg_sleep(0.01)")
        run.kill()
        run.communicate()
    rest, waits = await left(database, agreed), await _shortfalls(database, agreed)
    broken = await unsound(database)
    await asyncio.to_thread(copies.calculating(database_url).communicate, timeout=120)

    assert rest == 500
    assert waits == [(Decimal(500), "waiting")]
    assert broken == []
    assert (await payments(database, agreed))[-1]["amount"] == 500
    assert await unsound(database) == []


async def test_the_database_binds_no_more_anew_than_was_signed(
    database: Database, tmp_path: Path
) -> None:
    agreed, _ = await ended(database, tmp_path)
    by = agreed.actor("city", "treasurer")
    given = AppropriationDraft(amount=Money("10.00", "CNY"), reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        await budgets.appropriate(tx, agreed.programme_id, given, by=by, at=AT, expected=None)

    with pytest.raises(asyncpg.RestrictViolationError, match="a row of transfer breaks a rule"):
        async with database.transaction(seen_by(by)) as tx:
            await budgets.adjust(
                tx, programme_id=agreed.programme_id, contract_id=agreed.contract_id,
                before=Money("0.00", "CNY"), after=Money("99000.01", "CNY"), by=by, at=AT,
            )  # fmt: skip


async def test_the_database_refuses_a_shortfall_of_a_contract_that_goes_on(
    database: Database, superuser: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)

    with pytest.raises(asyncpg.RestrictViolationError, match="a row of shortfall breaks a rule"):
        await superuser.execute(
            "INSERT INTO shortfall (authority_id, id, version, state, contract_id, programme_id, "
            "amount, currency, arose_at) VALUES ($1, $2, 1, 'waiting', $3, $4, 1, 'CNY', now())",
            agreed.authority, mint("shortfall", authority=agreed.authority), agreed.contract_id,
            agreed.programme_id,
        )  # fmt: skip


async def test_the_command_names_a_contract_that_waits_and_pays_it_once_there_is_money(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    agreed, first = await ended(database, tmp_path)
    award_id = await _spend(database, agreed, "99000.00")
    await verify(database, agreed, "matters", "150", supersedes=first)

    before = _said(database_url, agreed)
    await _free(database, agreed, award_id, "500.00")
    after = _said(database_url, agreed)

    assert [one["code"] for one in before] == ["funds_insufficient"]
    assert "500.00 CNY" in before[0]["detail"]
    assert after == []
    assert (await payments(database, agreed))[-1]["amount"] == 500


def _said(database_url: str, agreed: Agreement) -> list[dict[str, str]]:
    """Run the command; return what it says of a contract."""
    said, _ = copies.calculating(database_url).communicate(timeout=120)
    told = [json.loads(line) for line in said.splitlines()]
    return [one for one in told if one.get("contract_id") == agreed.contract_id]
