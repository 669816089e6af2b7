"""Whatever takes several locks takes them in one order, so that two never wait for each other."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from ecosystem.finance.assigning import actions as assigning
from ecosystem.payments.bank.model import BankReport
from ecosystem.runtime.database import Database
from tests.builders import waiting
from tests.finance.lending import LENDER, act_as, assigned, disbursed, lent, unsound
from tests.payments import steps
from tests.payments.agreement import (
    AT,
    FEBRUARY,
    WORDS,
    Agreement,
    accept,
    agree,
    payments,
    verify,
)
from tests.payments.bank.messages import ACCOUNT, entry, notification
from tests.payments.bank.test_actions import TELL, told

pytestmark = pytest.mark.anyio


@pytest.fixture
async def agreed(database: Database, owner_url: str, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path, with_lender=True)
    connection = await asyncpg.connect(owner_url)
    await connection.execute(TELL, made.parties.party("city").organisation_id, ACCOUNT)
    await connection.close()
    for milestone in ("opening", "handover"):
        await accept(database, made, milestone)
    await verify(database, made, "matters", "100")
    await verify(database, made, "matters", "50", period=FEBRUARY)
    return made


async def directed(database: Database, agreed: Agreement, *payment_ids: str) -> str:
    """Have payments instructed to the lender under a facility of their own; return it."""
    facility_id = await lent(database, agreed)
    await disbursed(database, agreed, facility_id)
    assignment_id = await assigned(database, agreed, facility_id)
    for payment_id in payment_ids:
        for step in (steps.claim, steps.approve, steps.instruct):
            await step(database, agreed, payment_id)
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: assigning.release(
            tx, assignment_id, reason=WORDS, by=by, at=AT, expected=None
        ),
    )  # fmt: skip
    return facility_id


async def test_two_reports_on_several_facilities_in_opposite_order_are_both_taken(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, second, third, fourth = (one["id"] for one in await payments(database, agreed))
    await directed(database, agreed, first, third)
    await directed(database, agreed, second, fourth)
    amounts = {one["id"]: f"{one['amount']}" for one in await payments(database, agreed)}

    async def report(*payment_ids: str) -> BankReport:
        booked = (entry(amounts[one], names=one[8:]) for one in payment_ids)
        return await told(database, agreed, tmp_path, notification(*booked))

    async with database.transaction({"authority": str(agreed.authority)}) as tx:
        # Each of them has its first payment, and stands before its second.
        await tx._connection.fetch(  # noqa: SLF001 - who holds it is nobody's business
            "SELECT FROM payment WHERE id = ANY($1) ORDER BY id FOR UPDATE", [third, fourth]
        )
        one = await waiting(report(first, fourth))
        other = await waiting(report(second, third))
    taken = await asyncio.gather(one, other)

    assert [report.settled for report in taken] == [2, 2]
    assert {row["state"] for row in await payments(database, agreed)} == {"settled"}
    assert await unsound(database) == []
