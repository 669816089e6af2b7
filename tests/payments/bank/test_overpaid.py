"""What was paid beyond what is earned is said; what of it comes back is not paid again."""

from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from ecosystem.ledger.model import AccountKind
from ecosystem.payments import actions as paying
from ecosystem.payments.closing import queries as closing
from ecosystem.payments.closing.model import ClosingAccount
from ecosystem.payments.rules import EarnedLess
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import AT, VALUE, Agreement, agree, payments, totals, verify
from tests.payments.bank.test_actions import agreed as agreed  # noqa: PLC0414 - a fixture
from tests.payments.bank.test_actions import ordered
from tests.payments.bank.test_returning import back, booked
from tests.payments.ending import end, ended, left
from tests.payments.steps import claim, held, instructed, unsound

pytestmark = pytest.mark.anyio
APPROVED = """
UPDATE payment SET state = 'approved', version = version + 1, returned_at = NULL,
  approved_at = now(), approved_by = 'person_other' WHERE id = $1"""


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


async def _booked(database: Database, agreed: Agreement, folder: Path) -> tuple[str, str]:
    """Return an observation that 1000.00 were paid for, and that payment, as a file ordered it."""
    await claim(database, agreed, (await payments(database, agreed))[-1]["id"])
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
