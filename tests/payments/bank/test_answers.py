"""An answer of the bank concerns what the file has ordered that it names, and nothing else."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from ecosystem.payments.bank.model import PaymentFile
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from tests.builders import waiting
from tests.payments.agreement import Agreement
from tests.payments.bank.messages import entry, notification, status_report
from tests.payments.bank.test_actions import agreed as agreed  # noqa: PLC0414 - a fixture
from tests.payments.bank.test_actions import instructed_anew, ordered, state, told
from tests.payments.steps import instructed, unsound

pytestmark = pytest.mark.anyio
_ITEM = """INSERT INTO bank_item (authority_id, id, version, report_id, ordinal, outcome,
    payment_id, file_id, is_return) VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)"""
_REPORT = """INSERT INTO bank_report (authority_id, id, kind, message_id, file_id, digest,
    received_at, received_by) VALUES ($1, $2, $3, $2, $4, '\\x00', now(), 'person_t')"""
_ORDER_BACK = "UPDATE bank_order SET returned_at = now() WHERE file_id = $1"
_COME_BACK = """UPDATE payment SET version = version + 1, state = 'returned', returned_at = now(),
    approved_at = NULL, approved_by = NULL, instructed_at = NULL, instructed_by = NULL,
    paid_to_id = NULL WHERE id = $1"""


async def twice(
    database: Database, agreed: Agreement, folder: Path
) -> tuple[str, PaymentFile, PaymentFile]:
    """Have a payment come back from one file and go into another."""
    payment_id = await instructed(database, agreed)
    first = await ordered(database, agreed, folder, payment_id)
    await told(database, agreed, folder, status_report(first.id[9:], payment_id[8:]))
    await instructed_anew(database, agreed, payment_id)
    return payment_id, first, await ordered(database, agreed, folder, payment_id)


async def asked(database: Database, agreed: Agreement) -> asyncpg.Connection:
    """Connect as the serving role, for the authority."""
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    return connection


async def test_an_item_says_which_files_order_it_answers(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, first, second = await twice(database, agreed, tmp_path)

    refused = await told(
        database, agreed, tmp_path, status_report(second.id[9:], payment_id[8:], message_id="R2")
    )

    assert (refused.file_id, refused.entries[0].file_id) == (second.id, second.id)
    assert first.id != second.id
    assert await state(database, agreed) == "returned"
    assert await unsound(database) == []


async def test_a_booking_that_names_another_file_settles_nothing(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, first, second = await twice(database, agreed, tmp_path)

    stale = entry("8000.00", names=payment_id[8:], ordered_in=first.id[9:])
    late = await told(database, agreed, tmp_path, notification(stale))
    waits = await state(database, agreed)
    booked = entry("8000.00", names=payment_id[8:], ordered_in=second.id[9:])
    now = await told(database, agreed, tmp_path, notification(booked))

    assert [(one.reason, one.file_id) for one in late.entries] == [("not_ordered", None)]
    assert waits == "instructed"
    assert [(one.outcome, one.file_id) for one in now.entries] == [("settled", second.id)]
    assert await state(database, agreed) == "settled"
    assert await unsound(database) == []


async def test_a_return_that_names_another_file_waits(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, first, _ = await twice(database, agreed, tmp_path)
    await told(database, agreed, tmp_path, notification(entry("8000.00", names=payment_id[8:])))

    back = entry(
        "8000.00", names=payment_id[8:], direction="CRDT", returned="AC04",
        ordered_in=first.id[9:],
    )  # fmt: skip
    report = await told(database, agreed, tmp_path, notification(back))

    assert [one.reason for one in report.entries] == ["money_back"]
    assert await state(database, agreed) == "settled"


async def test_the_database_lets_no_item_answer_for_another_file(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, first, second = await twice(database, agreed, tmp_path)
    connection, authority = await asked(database, agreed), agreed.authority
    status, booking = (mint("bankreport", authority=authority) for _ in range(2))
    await connection.execute(_REPORT, authority, status, "pain.002", first.id)
    await connection.execute(_REPORT, authority, booking, "camt.054", None)

    answers = "an_answer_is_to_its_own_file"
    for report, outcome, file_id, rule in (
        (status, "returned", second.id, answers),
        (status, "returned", first.id, answers),
        (status, "returned", None, answers),
        (booking, "returned", second.id, answers),
        (booking, "settled", first.id, answers),
        (booking, "settled", None, answers),
        (booking, "given_back", first.id, answers),
        (status, "noted", second.id, answers),
        (booking, "noted", f"{second.id[:-4]}ffff", "an_item_answers_an_order_of_its_file"),
    ):
        item = mint("bankitem", authority=authority)
        row = (authority, item, report, 9, outcome, payment_id, file_id, False)
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
            await connection.execute(_ITEM, *row)
        assert rule in str(caught.value.constraint_name), (outcome, file_id)
    await connection.close()


async def test_the_database_wants_a_status_report_to_answer_a_file(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    _, first, _ = await twice(database, agreed, tmp_path)
    connection, authority = await asked(database, agreed), agreed.authority

    for kind, file_id in (("pain.002", None), ("camt.053", first.id)):
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await connection.execute(
                _REPORT, authority, mint("bankreport", authority=authority), kind, file_id
            )
        assert "a_status_report_answers_a_file" in str(caught.value.constraint_name)
    await connection.close()


async def test_the_database_takes_no_order_back_without_an_answer_to_its_file(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, _, second = await twice(database, agreed, tmp_path)
    connection = await asked(database, agreed)

    for statement, of, rule in (
        (_ORDER_BACK, second.id, "bank_order_only_returns"),
        (_COME_BACK, payment_id, "a_returned_payment_came_back"),
    ):
        with pytest.raises(asyncpg.RestrictViolationError) as caught:
            await connection.execute(statement, of)
        assert caught.value.constraint_name == rule
    await connection.close()
    assert await state(database, agreed) == "instructed"


async def test_of_two_answers_at_once_to_one_order_one_takes_it_back(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, first, second = await twice(database, agreed, tmp_path)
    named = payment_id[8:]

    async with database.transaction({"authority": str(agreed.authority)}) as tx:
        # Both have been read, and stand before the payment.
        await tx._connection.fetch(  # noqa: SLF001 - who holds it is nobody's business
            "SELECT FROM payment WHERE id = $1 FOR UPDATE", payment_id
        )
        own = await waiting(
            told(database, agreed, tmp_path, status_report(second.id[9:], named, message_id="A"))
        )
        other = await waiting(
            told(database, agreed, tmp_path, status_report(first.id[9:], named, message_id="B"))
        )
    of_own, of_other = await asyncio.gather(own, other)

    assert (of_own.returned, of_other.returned) == (1, 0)
    assert of_other.entries[0].reason in {"not_ordered", "not_instructed"}
    assert await unsound(database) == []
