"""Whoever writes several references of a bank waits for others before the first, never between."""

import asyncio
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from ecosystem.payments import actions as paying
from ecosystem.payments.bank import actions
from ecosystem.payments.bank.model import BankReport, Resolution
from ecosystem.payments.model import Settlement
from ecosystem.payments.rules import BankReferenceUsed
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.period import Period
from tests.builders import waiting
from tests.payments import steps
from tests.payments.agreement import (
    AT,
    FEBRUARY,
    JANUARY,
    WORDS,
    Agreement,
    accept,
    agree,
    payments,
    verify,
)
from tests.payments.bank.messages import ACCOUNT, entry, notification
from tests.payments.bank.test_actions import TELL, told
from tests.payments.steps import unsound

pytestmark = pytest.mark.anyio
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
APRIL = Period(date(2026, 4, 1), date(2026, 5, 1))
_SETTLE = """UPDATE payment SET state = 'settled', version = version + 1, settled_at = now(),
    settled_by = 'person_t', settled_on = '2026-06-01', bank_reference = $2 WHERE id = $1"""


@pytest.fixture
async def agreed(database: Database, owner_url: str, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path)
    connection = await asyncpg.connect(owner_url)
    await connection.execute(TELL, made.parties.party("city").organisation_id, ACCOUNT)
    await connection.close()
    for milestone in ("opening", "handover"):
        await accept(database, made, milestone)
    for month in (JANUARY, FEBRUARY, MARCH, APRIL):
        await verify(database, made, "matters", "10", period=month)
    for one in await payments(database, made):
        for step in (steps.claim, steps.approve, steps.instruct):
            await step(database, made, one["id"])
    return made


async def report(
    database: Database, agreed: Agreement, folder: Path, *booked: tuple[str, str]
) -> BankReport:
    """Take in that the bank has paid by these references."""
    amounts = {one["id"]: f"{one['amount']}" for one in await payments(database, agreed)}
    entries = (entry(amounts[one], names=one[8:], reference=name) for one, name in booked)
    return await told(database, agreed, folder, notification(*entries))


async def by_hand(database: Database, agreed: Agreement, payment_id: str, name: str) -> Standing:
    by = agreed.actor("city", "treasurer")
    paid = Settlement(bank_reference=name, settled_on=date(2026, 6, 1))
    async with database.transaction(seen_by(by)) as tx:
        return await paying.settle(tx, payment_id, paid, by=by, at=AT, expected=None)


async def test_two_reports_that_name_the_same_references_crosswise_are_both_taken(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, second, third, fourth, fifth, sixth = (
        one["id"] for one in await payments(database, agreed)
    )
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    held = connection.transaction()
    await held.start()
    # Whoever has both references keeps each report before its first item.
    await connection.execute(_SETTLE, fifth, "CROSS X")
    await connection.execute(_SETTLE, sixth, "CROSS Y")

    one = await waiting(report(database, agreed, tmp_path, (first, "CROSS X"), (second, "CROSS Y")))
    other = await waiting(
        report(database, agreed, tmp_path, (third, "CROSS Y"), (fourth, "CROSS X"))
    )
    await held.rollback()
    await connection.close()
    taken = await asyncio.gather(one, other)

    assert sorted(each.settled for each in taken) == [0, 2]
    refused = [each.reason for each in (*taken[0].entries, *taken[1].entries) if each.reason]
    assert refused == ["reference_used", "reference_used"]
    assert await unsound(database) == []


async def test_who_settles_by_hand_waits_for_a_report_and_is_refused_by_name(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, second, third, *_ = (one["id"] for one in await payments(database, agreed))

    async with database.transaction({"authority": str(agreed.authority)}) as tx:
        await tx._connection.fetch(  # noqa: SLF001 - who holds it is nobody's business
            "SELECT FROM payment WHERE id = $1 FOR UPDATE", second
        )
        one = await waiting(
            report(database, agreed, tmp_path, (first, "HAND 1"), (second, "HAND 2"))
        )
        other = await waiting(by_hand(database, agreed, third, "HAND 2"))
    with pytest.raises(BankReferenceUsed):
        await other
    assert (await one).settled == 2
    assert await unsound(database) == []


async def test_who_resolves_an_item_waits_for_a_report_and_is_refused_by_name(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, second, third, *_ = (one["id"] for one in await payments(database, agreed))
    by = agreed.actor("city", "treasurer")
    amount = next(one["amount"] for one in await payments(database, agreed) if one["id"] == third)
    unnamed = notification(entry(f"{amount}", reference="SAID 2"))
    [item] = (await told(database, agreed, tmp_path, unnamed)).entries

    async def resolve() -> None:
        asked = Resolution(note=WORDS, payment_id=third)
        async with database.transaction(seen_by(by)) as tx:
            await actions.resolve(tx, item.id, asked, by=by, at=AT, expected=None)

    async with database.transaction({"authority": str(agreed.authority)}) as tx:
        await tx._connection.fetch(  # noqa: SLF001 - who holds it is nobody's business
            "SELECT FROM payment WHERE id = $1 FOR UPDATE", second
        )
        one = await waiting(
            report(database, agreed, tmp_path, (first, "SAID 1"), (second, "SAID 2"))
        )
        other = await waiting(resolve())
    with pytest.raises(BankReferenceUsed):
        await other
    assert (await one).settled == 2
    assert await unsound(database) == []
