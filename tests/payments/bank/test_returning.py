"""A part of a payment that comes back is owed again, and only so much is paid again."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import asyncpg
import msgspec
import pytest

from ecosystem.ledger.model import AccountKind
from ecosystem.payments import actions as paying
from ecosystem.payments import queries
from ecosystem.payments.bank import actions
from ecosystem.payments.bank.model import BankReport, Resolution
from ecosystem.payments.bank.rules import ItemUnfit
from ecosystem.payments.engine import recompute
from ecosystem.payments.views import Payment
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import seen_by
from tests.builders import waiting
from tests.payments.agreement import AT, WORDS, Agreement, calculations, payments, totals
from tests.payments.bank.messages import entry, notification, status_report
from tests.payments.bank.test_actions import agreed as agreed  # noqa: PLC0414 - a fixture
from tests.payments.bank.test_actions import instructed_anew, ordered, state, told
from tests.payments.steps import act_as, held, instructed, unsound

pytestmark = pytest.mark.anyio
_RETURN = """INSERT INTO payment_return (authority_id, id, payment_id, version, settled_version,
    payee_id, report_id, amount, currency, bank_reference, settled_on, returned_reference,
    returned_on, recorded_by, recorded_at) SELECT settled.authority_id, $2, $1, $3,
    settled.version, settled.payee_id, report.id, $4, settled.currency, settled.bank_reference,
    settled.settled_on, $2, settled.settled_on, 'person_t', now()
  FROM payment_settlement AS settled JOIN bank_report AS report USING (authority_id)
  WHERE settled.payment_id = $1 LIMIT 1"""


async def booked(
    database: Database, agreed: Agreement, folder: Path, amount: str, payment_id: str,
    *, reference: str = "",
) -> BankReport:  # fmt: skip
    said = entry(amount, names=payment_id[8:], reference=reference)
    return await told(database, agreed, folder, notification(said))


async def back(
    database: Database, agreed: Agreement, folder: Path, amount: str, payment_id: str,
    *, reference: str = "",
) -> BankReport:  # fmt: skip
    said = entry(
        amount, names=payment_id[8:], reference=reference, direction="CRDT", returned="AC04"
    )
    return await told(database, agreed, folder, notification(said))


async def settled(database: Database, agreed: Agreement, folder: Path) -> str:
    """Have a payment of 8000.00 ordered in a file, and settled by the bank."""
    payment_id = await instructed(database, agreed)
    await ordered(database, agreed, folder, payment_id)
    await booked(database, agreed, folder, "8000.00", payment_id)
    return payment_id


async def seen(database: Database, agreed: Agreement, payment_id: str) -> Payment:
    by = agreed.actor("enterprise", "delivery")
    async with database.reading(seen_by(by)) as tx:
        found = await queries.view(tx, payment_id, seen_by=by)
    return msgspec.json.decode(found["body"], type=Payment)


def outcomes(report: BankReport) -> list[str]:
    return [str(one.reason or one.outcome) for one in report.entries]


async def test_a_part_that_comes_back_is_owed_again_and_the_rest_stays_paid(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)

    report = await back(database, agreed, tmp_path, "3000.00", payment_id)

    now = await seen(database, agreed, payment_id)
    assert outcomes(report) == ["given_back"]
    assert (now.state, now.amount.amount, now.paid.amount) == ("returned", "8000.00", "5000.00")
    [made] = now.settlements
    assert (made.amount.amount, made.returned.amount) == ("8000.00", "3000.00")
    assert await held(database, agreed) == {
        AccountKind.ENCUMBERED: Decimal(92000), AccountKind.PAYABLE: Decimal(3000),
        AccountKind.DISBURSED: Decimal(5000),
    }  # fmt: skip
    said = await totals(database, agreed)
    assert (said["payable"], said["in_transit"], said["paid"]) == ("3000.00", "0.00", "5000.00")
    assert await unsound(database) == []


async def test_what_came_back_is_ordered_again_and_no_more(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)
    await back(database, agreed, tmp_path, "3000.00", payment_id)

    await instructed_anew(database, agreed, payment_id)
    file = await ordered(database, agreed, tmp_path, payment_id)
    on_its_way = await totals(database, agreed)
    whole = await booked(database, agreed, tmp_path, "8000.00", payment_id)
    rest = await booked(database, agreed, tmp_path, "3000.00", payment_id)

    assert (file.total.amount, file.payments[0].amount.amount) == ("3000.00", "3000.00")
    assert (on_its_way["in_transit"], on_its_way["paid"]) == ("3000.00", "5000.00")
    assert outcomes(whole) == ["amount_differs"]
    assert (outcomes(rest), rest.entries[0].file_id) == (["settled"], file.id)
    now = await seen(database, agreed, payment_id)
    assert (now.state, now.paid.amount) == ("settled", "8000.00")
    assert [one.amount.amount for one in now.settlements] == ["8000.00", "3000.00"]
    assert (await held(database, agreed))[AccountKind.DISBURSED] == Decimal(8000)
    assert await unsound(database) == []


async def test_of_a_rest_that_the_bank_refuses_no_more_than_the_rest_is_payable(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)
    await back(database, agreed, tmp_path, "3000.00", payment_id)
    await instructed_anew(database, agreed, payment_id)
    file = await ordered(database, agreed, tmp_path, payment_id)
    refused = status_report(file.id.partition("_")[2], payment_id[8:], group="PART")

    report = await told(database, agreed, tmp_path, refused)

    assert (report.returned, await state(database, agreed)) == (1, "returned")
    assert (await held(database, agreed))[AccountKind.PAYABLE] == Decimal(3000)
    assert await unsound(database) == []


async def test_several_parts_come_back_and_together_no_more_than_was_settled(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)
    came = partial(back, database, agreed, tmp_path)

    first = await came("5000.00", payment_id, reference="BACK 1")
    more = await came("4000.00", payment_id, reference="BACK 2")
    again = await came("5000.00", payment_id, reference="BACK 1")
    rest = await came("3000.00", payment_id, reference="BACK 3")

    assert [outcomes(one) for one in (first, more, again, rest)] == [
        ["given_back"], ["money_back"], ["repeated"], ["given_back"],
    ]  # fmt: skip
    assert (await seen(database, agreed, payment_id)).paid.amount == "0.00"
    assert (await held(database, agreed))[AccountKind.PAYABLE] == Decimal(8000)
    assert await unsound(database) == []
    await instructed_anew(database, agreed, payment_id)
    assert (await ordered(database, agreed, tmp_path, payment_id)).total.amount == "8000.00"


async def test_of_two_parts_at_once_that_are_too_much_together_one_comes_back(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)

    async with database.transaction({"authority": str(agreed.authority)}) as tx:
        # Both have been read, and stand before the payment.
        await tx._connection.fetch(  # noqa: SLF001 - who holds it is nobody's business
            "SELECT FROM payment WHERE id = $1 FOR UPDATE", payment_id
        )
        one = await waiting(back(database, agreed, tmp_path, "5000.00", payment_id))
        other = await waiting(back(database, agreed, tmp_path, "4000.00", payment_id))
    taken = await asyncio.gather(one, other)

    assert sorted(outcome for each in taken for outcome in outcomes(each)) == [
        "given_back", "money_back",
    ]  # fmt: skip
    assert await unsound(database) == []


async def test_one_return_told_by_two_messages_at_once_comes_back_once(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)

    taken = await asyncio.gather(
        *(
            back(database, agreed, tmp_path, "3000.00", payment_id, reference="BACK 9")
            for _ in range(2)
        )
    )

    assert sorted(outcome for each in taken for outcome in outcomes(each)) == [
        "given_back", "repeated",
    ]  # fmt: skip
    assert (await seen(database, agreed, payment_id)).paid.amount == "5000.00"
    assert await unsound(database) == []


async def test_a_return_is_of_the_newest_settlement_that_it_fits(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)
    await back(database, agreed, tmp_path, "3000.00", payment_id)
    await instructed_anew(database, agreed, payment_id)
    await booked(database, agreed, tmp_path, "3000.00", payment_id)

    newer = await back(database, agreed, tmp_path, "3000.00", payment_id)
    older = await back(database, agreed, tmp_path, "4000.00", payment_id)
    none = await back(database, agreed, tmp_path, "1000.01", payment_id)

    assert [outcomes(one) for one in (newer, older, none)] == [
        ["given_back"], ["given_back"], ["money_back"],
    ]  # fmt: skip
    now = await seen(database, agreed, payment_id)
    assert [one.returned.amount for one in now.settlements] == ["7000.00", "3000.00"]
    assert now.paid.amount == "1000.00"
    assert await unsound(database) == []


async def test_what_comes_back_while_the_rest_is_ordered_waits_and_is_resolved_after(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, by = await settled(database, agreed, tmp_path), agreed.actor("city", "treasurer")
    await back(database, agreed, tmp_path, "3000.00", payment_id)
    await instructed_anew(database, agreed, payment_id)

    waits = await back(database, agreed, tmp_path, "4000.00", payment_id)
    asked = Resolution(note=WORDS, payment_id=payment_id)

    async def resolve() -> None:
        async with database.transaction(seen_by(by)) as tx:
            await actions.resolve(tx, waits.entries[0].id, asked, by=by, at=AT, expected=None)

    with pytest.raises(ItemUnfit, match="money_back"):
        await resolve()
    await booked(database, agreed, tmp_path, "3000.00", payment_id)
    await resolve()

    now = await seen(database, agreed, payment_id)
    assert outcomes(waits) == ["money_back"]
    assert (now.state, now.paid.amount) == ("returned", "4000.00")
    assert await unsound(database) == []


async def test_an_approval_is_used_up_when_more_comes_back(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, by = await settled(database, agreed, tmp_path), agreed.actor("city", "approver")
    await back(database, agreed, tmp_path, "3000.00", payment_id)
    await act_as(
        database, by, lambda tx: paying.approve(tx, payment_id, by=by, at=AT, expected=None)
    )

    await back(database, agreed, tmp_path, "1000.00", payment_id)

    assert await state(database, agreed) == "returned"
    await instructed_anew(database, agreed, payment_id)
    assert (await totals(database, agreed))["in_transit"] == "4000.00"
    assert await unsound(database) == []


async def test_each_part_is_late_to_its_own_day(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    due = (await payments(database, agreed))[-1]["due_on"]
    days = [due + timedelta(days=20), due + timedelta(days=40)]

    for amount, day in (("8000.00", days[0]), ("3000.00", days[1])):
        at = AT.replace(year=day.year, month=day.month, day=day.day)
        said = notification(entry(amount, names=payment_id[8:], booked_on=day))
        await _told_at(database, agreed, tmp_path, said, at)
        if day == days[0]:
            came = entry(
                "3000.00", names=payment_id[8:], direction="CRDT", returned="AC04", booked_on=day
            )
            await _told_at(database, agreed, tmp_path, notification(came), at)
            await instructed_anew(database, agreed, payment_id)

    *_, made = [one for one in await calculations(database, agreed) if one["kind"] == "interest"]
    again = recompute(made["document"])
    assert again.is_identical()
    assert [one.formula.en for one in again.calculation.lines] == [
        "20 days late: 5000.00 x 10 % x 20 / 365", "40 days late: 3000.00 x 10 % x 40 / 365",
    ]  # fmt: skip
    assert made["total"] == Decimal("27.40") + Decimal("32.88")
    assert made["supersedes"] is not None
    assert await unsound(database) == []


async def _told_at(
    database: Database, agreed: Agreement, folder: Path, content: bytes, at: datetime
) -> None:
    by = agreed.actor("city", "treasurer")
    async with database.transaction(seen_by(by)) as tx:
        await actions.take_report(tx, content, blobs=Blobs(folder), by=by, at=at)


async def test_the_database_lets_no_more_come_back_than_was_settled(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)
    await back(database, agreed, tmp_path, "5000.00", payment_id)
    version = (await seen(database, agreed, payment_id)).version
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")

    for amount, turn, rule in (
        ("3000.01", version + 1, "no_more_comes_back_than_was_settled"),
        ("3000.00", version + 2, "a_return_is_of_a_settlement"),
        ("3000.00", version, "a_return_is_of_a_settlement"),
        ("-1.00", version + 1, "something_comes_back"),
    ):
        name = mint("return", authority=agreed.authority)
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
            await connection.execute(_RETURN, payment_id, name, turn, Decimal(amount))
        assert rule in str(caught.value.constraint_name), amount
    for wrong in (
        "UPDATE payment_settlement SET amount = 1",
        "INSERT INTO payment_settlement SELECT * FROM payment_settlement",
        "UPDATE payment_return SET amount = 1",
        "DELETE FROM payment_return",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(wrong)
    await connection.close()


async def test_the_database_says_itself_how_much_is_paid(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")

    await connection.execute(
        "UPDATE payment SET paid = 1, version = version + 1 WHERE id = $1", payment_id
    )
    with pytest.raises(asyncpg.RestrictViolationError) as caught:
        await connection.execute(
            "UPDATE payment SET state = 'returned', returned_at = now(), paid = 1, "
            "version = version + 1, approved_at = NULL, approved_by = NULL, "
            "instructed_at = NULL, instructed_by = NULL, paid_to_id = NULL, settled_at = NULL, "
            "settled_by = NULL, settled_on = NULL, bank_reference = NULL WHERE id = $1",
            payment_id,
        )
    await connection.close()

    assert caught.value.constraint_name == "a_returned_payment_came_back"
    assert (await seen(database, agreed, payment_id)).paid.amount == "8000.00"


async def test_of_two_returns_written_at_once_the_database_keeps_one(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await settled(database, agreed, tmp_path)
    version = (await seen(database, agreed, payment_id)).version + 1
    first, second = await database.connect(), await database.connect()
    for connection in (first, second):
        await connection.execute(f"SET app.authority = '{agreed.authority}'")
    name, other = (mint("return", authority=agreed.authority) for _ in range(2))

    held_by = first.transaction()
    await held_by.start()
    await first.execute(_RETURN, payment_id, name, version, Decimal(5000))
    waits = await waiting(second.execute(_RETURN, payment_id, other, version, Decimal(4000)))
    await held_by.commit()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await waits
    await first.close()
    await second.close()

    assert caught.value.constraint_name in {
        "no_more_comes_back_than_was_settled", "a_return_is_one_turn",
    }  # fmt: skip
