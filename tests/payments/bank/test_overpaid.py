"""What was paid beyond what is earned is said; what of it comes back is the programme's again."""

import asyncio
from decimal import Decimal
from pathlib import Path

import asyncpg
import msgspec
import pytest

from ecosystem.ledger.model import AccountKind
from ecosystem.payments import actions as paying
from ecosystem.payments import queries
from ecosystem.payments.closing import queries as closing
from ecosystem.payments.closing.model import ClosingAccount
from ecosystem.payments.dividing import actions as dividing
from ecosystem.payments.rules import EarnedLess
from ecosystem.payments.views import Payment
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import AT, VALUE, Agreement, agree, payments, totals, verify
from tests.payments.bank.test_actions import agreed as agreed  # noqa: PLC0414 - a fixture
from tests.payments.bank.test_actions import instructed_anew, ordered
from tests.payments.bank.test_returning import back, booked
from tests.payments.ending import end, ended, left, paid_out
from tests.payments.steps import held, instructed, unsound

pytestmark = pytest.mark.anyio
APPROVED = """
UPDATE payment SET state = 'approved', version = version + 1, returned_at = NULL,
  approved_at = now(), approved_by = 'person_other' WHERE id = $1"""


TAKEN = """
UPDATE payment SET state = 'reversed', version = version + 1, taken_back = 1, reversed_at = now(),
  reversed_by = 'person_other' WHERE id = $1"""
HOLD = "SELECT FROM ledger_account WHERE owner_ref = $1 FOR UPDATE"
BLOCKED = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
ONCE = Clock(stands_at=AT)


@pytest.fixture
def superuser_url(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


async def test_a_correction_after_the_end_that_pays_less_returns_what_nobody_has_claimed(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)
    first = await verify(database, agreed, "matters", "100")
    await end(database, agreed)

    await verify(database, agreed, "matters", "40", supersedes=first)

    made = [(one["amount"], one["state"]) for one in await payments(database, agreed)]
    assert made == [(1000, "reversed"), (400, "computed")]
    assert await held(database, agreed) == {AccountKind.PAYABLE: Decimal(400)}
    assert await left(database, agreed) == Decimal(VALUE) - 400
    closed = await _closed(database, agreed)
    assert (closed.is_balanced, closed.returned.amount) == (True, "99600.00")


async def test_what_was_paid_beyond_what_is_earned_is_said_and_set_off_if_more_is_earned(
    database: Database, tmp_path: Path
) -> None:
    agreed, first = await ended(database, tmp_path)

    second = await verify(database, agreed, "matters", "40", supersedes=first)
    said, closed = await totals(database, agreed), await _closed(database, agreed)
    await verify(database, agreed, "matters", "130", supersedes=second)

    assert (said["earned"], said["paid"], said["overpaid"]) == ("400.00", "1000.00", "600.00")
    assert (closed.is_balanced, closed.overpaid.amount) == (True, "600.00")
    assert [one["amount"] for one in await payments(database, agreed)] == [1000, 300]
    assert (await totals(database, agreed))["overpaid"] == "0.00"
    assert await unsound(database) == []


async def test_what_a_payee_gives_back_of_what_it_has_not_earned_is_not_paid_again(
    database: Database, superuser_url: str, agreed: Agreement, tmp_path: Path
) -> None:
    first, payment_id = await _booked(database, agreed, tmp_path)
    await end(database, agreed)
    await verify(database, agreed, "matters", "40", supersedes=first)
    await back(database, agreed, tmp_path, "600.00", payment_id)
    superuser = await asyncpg.connect(superuser_url)

    with pytest.raises(EarnedLess, match=r"600\.00 CNY less"):
        await _approve(database, agreed, payment_id)
    with pytest.raises(asyncpg.RestrictViolationError, match="a row of payment breaks a rule"):
        await superuser.execute(APPROVED, payment_id)

    await superuser.close()
    assert (await totals(database, agreed))["overpaid"] == "600.00"
    assert (await _closed(database, agreed)).is_balanced
    assert await unsound(database) == []


async def test_what_came_back_is_paid_again_once_it_is_earned(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, payment_id = await _booked(database, agreed, tmp_path)
    await end(database, agreed)
    second = await verify(database, agreed, "matters", "40", supersedes=first)
    await back(database, agreed, tmp_path, "600.00", payment_id)
    await verify(database, agreed, "matters", "100", supersedes=second)

    await _approve(database, agreed, payment_id)

    assert (await totals(database, agreed))["overpaid"] == "0.00"


async def test_what_is_given_back_and_not_earned_returns_to_the_programme(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, payment_id = await _booked(database, agreed, tmp_path)
    await end(database, agreed)
    await verify(database, agreed, "matters", "40", supersedes=first)
    await back(database, agreed, tmp_path, "600.00", payment_id)
    before = await left(database, agreed)

    await dividing.take_back(database, ONCE)

    assert await dividing.take_back(database, ONCE) == 0
    assert await _one(database, agreed, payment_id) == ("reversed", "400.00", "600.00")
    assert await held(database, agreed) == {
        AccountKind.IN_TRANSIT: Decimal(8000), AccountKind.DISBURSED: Decimal(400),
    }  # fmt: skip
    assert await left(database, agreed) == (before or 0) + 600 == Decimal(VALUE) - 8400
    said, closed = await totals(database, agreed), await _closed(database, agreed)
    assert (said["earned"], said["payable"], said["overpaid"]) == ("8400.00", "0.00", "0.00")
    assert (closed.is_balanced, closed.paid.amount, closed.overpaid.amount) == (
        True, "400.00", "0.00",
    )  # fmt: skip
    assert await unsound(database) == []


async def test_of_what_comes_back_whole_what_is_earned_is_payable_anew(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, payment_id = await _booked(database, agreed, tmp_path)
    await verify(database, agreed, "matters", "40", supersedes=first)
    await back(database, agreed, tmp_path, "1000.00", payment_id)

    await dividing.take_back(database, ONCE)

    assert await _one(database, agreed, payment_id) == ("reversed", "0.00", "1000.00")
    made = (await payments(database, agreed))[-1]
    assert (made["amount"], made["state"]) == (400, "computed")
    await paid_out(database, agreed)
    assert (await totals(database, agreed))["paid"] == "400.00"
    assert await unsound(database) == []


async def test_what_comes_back_before_the_correction_is_taken_back_with_it(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, payment_id = await _booked(database, agreed, tmp_path)
    await back(database, agreed, tmp_path, "600.00", payment_id)

    await verify(database, agreed, "matters", "40", supersedes=first)

    assert await _one(database, agreed, payment_id) == ("reversed", "400.00", "600.00")
    assert (await totals(database, agreed))["overpaid"] == "0.00"
    assert await unsound(database) == []


async def test_what_is_given_back_in_parts_is_taken_back_in_parts(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, payment_id = await _booked(database, agreed, tmp_path)
    await verify(database, agreed, "matters", "40", supersedes=first)

    found = list[tuple[str, str, str]]()
    for amount, reference in (("500.00", "ICBC 0501"), ("100.00", "ICBC 0502")):
        await back(database, agreed, tmp_path, amount, payment_id, reference=reference)
        await dividing.take_back(database, ONCE)
        found.append(await _one(database, agreed, payment_id))

    assert found == [("reversed", "500.00", "500.00"), ("reversed", "400.00", "600.00")]
    assert (await totals(database, agreed))["overpaid"] == "0.00"
    assert await unsound(database) == []


async def test_what_is_earned_and_comes_back_after_the_rest_was_taken_back_is_paid_again(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, payment_id = await _booked(database, agreed, tmp_path)
    await verify(database, agreed, "matters", "40", supersedes=first)
    await back(database, agreed, tmp_path, "600.00", payment_id, reference="ICBC 0601")
    await dividing.take_back(database, ONCE)
    await back(database, agreed, tmp_path, "400.00", payment_id, reference="ICBC 0602")

    assert await dividing.take_back(database, ONCE) == 0
    await instructed_anew(database, agreed, payment_id)
    await ordered(database, agreed, tmp_path, payment_id)
    await booked(database, agreed, tmp_path, "400.00", payment_id, reference="ICBC 0603")

    assert await _one(database, agreed, payment_id) == ("settled", "400.00", "600.00")
    assert (await totals(database, agreed))["paid"] == "400.00"
    assert await unsound(database) == []


async def test_a_return_and_a_correction_at_once_leave_nothing_payable_that_is_not_earned(
    database: Database, superuser_url: str, agreed: Agreement, tmp_path: Path
) -> None:
    first, payment_id = await _booked(database, agreed, tmp_path)
    superuser = await asyncpg.connect(superuser_url)

    async with superuser.transaction():
        await superuser.execute(HOLD, agreed.contract_id)
        tasks = list[asyncio.Task[object]]()
        for act in (
            verify(database, agreed, "matters", "40", supersedes=first),
            back(database, agreed, tmp_path, "600.00", payment_id),
        ):
            tasks.append(asyncio.create_task(act))
            while await superuser.fetchval(BLOCKED) < len(tasks):
                await superuser.execute("SELECT pg_sleep(0.01)")
    await superuser.close()
    await asyncio.gather(*tasks)
    await dividing.take_back(database, ONCE)

    assert await _one(database, agreed, payment_id) == ("reversed", "400.00", "600.00")
    assert (await totals(database, agreed))["overpaid"] == "0.00"
    assert await unsound(database) == []


async def test_the_database_alone_says_how_much_of_a_payment_is_taken_back(
    database: Database, superuser_url: str, agreed: Agreement, tmp_path: Path
) -> None:
    await _booked(database, agreed, tmp_path)
    [payment_id] = [
        one["id"] for one in await payments(database, agreed) if one["state"] == "settled"
    ]
    superuser = await asyncpg.connect(superuser_url)

    with pytest.raises(asyncpg.RestrictViolationError, match="cannot go from settled to reversed"):
        await superuser.execute(TAKEN, payment_id)

    await superuser.close()


async def _one(database: Database, agreed: Agreement, payment_id: str) -> tuple[str, str, str]:
    """Return where a payment stands, what of it is paid, and what is taken back."""
    by = agreed.actor("city", "treasurer")
    async with database.reading(seen_by(by)) as tx:
        found = msgspec.json.decode(
            (await queries.view(tx, payment_id, seen_by=by))["body"], type=Payment
        )
    return str(found.state), found.paid.amount, found.taken_back.amount


async def _booked(database: Database, agreed: Agreement, folder: Path) -> tuple[str, str]:
    """Return an observation that 1000.00 were paid for, and that payment, as a file ordered it."""
    await instructed(database, agreed)
    first = await verify(database, agreed, "matters", "100")
    payment_id = await instructed(database, agreed)
    await ordered(database, agreed, folder, payment_id)
    await booked(database, agreed, folder, "1000.00", payment_id)
    return first, payment_id


async def _closed(database: Database, agreed: Agreement) -> ClosingAccount:
    async with database.reading(seen_by(agreed.actor("city", "treasurer"))) as tx:
        return await closing.account(tx, agreed.contract_id)


async def _approve(database: Database, agreed: Agreement, payment_id: str) -> None:
    by = agreed.actor("city", "approver")
    async with database.transaction(seen_by(by)) as tx:
        await paying.approve(tx, payment_id, by=by, at=AT, expected=None)
