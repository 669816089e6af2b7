"""What the bank books settles once, what it refuses comes back, and the rest waits by name."""

import asyncio
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import asyncpg
import msgspec
import pytest

from ecosystem.ledger.model import AccountKind
from ecosystem.payments import actions as paying
from ecosystem.payments import rules as payments_rules
from ecosystem.payments.bank import actions
from ecosystem.payments.bank.model import BankReport, FileDraft, PaymentFile, Resolution
from ecosystem.payments.bank.queries import file_view, report_view
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.refusal import Refusal
from tests.payments import steps
from tests.payments.agreement import AT, WORDS, Agreement, accept, agree, payments
from tests.payments.bank.messages import ACCOUNT, entry, notification, statement, status_report
from tests.payments.steps import events, held, instructed, unsound

pytestmark = pytest.mark.anyio
_DAY = date(2026, 6, 1)
TELL = """UPDATE organisation SET bank_account = json_build_object('holder', 'H',
  'number', $2::text, 'bank_code', '102100099996', 'currency', 'CNY') WHERE id = $1"""

COME_BACK = (
    "UPDATE payment SET version = version + 1, state = 'returned', returned_at = now(), "
    "approved_at = NULL, approved_by = NULL, instructed_at = NULL, instructed_by = NULL, "
    "paid_to_id = NULL, settled_at = NULL, "
    "settled_by = NULL, settled_on = NULL, bank_reference = NULL WHERE id = $1"
)
SETTLE_AGAIN = (
    "UPDATE payment SET version = version + 1, state = 'settled', settled_at = now(), "
    "settled_by = 'person_s', settled_on = '2026-06-01', bank_reference = 'ICBC 3001' "
    "WHERE id = $1"
)


@pytest.fixture
async def agreed(database: Database, owner_url: str, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path)
    connection = await asyncpg.connect(owner_url)
    for party, number in (("city", ACCOUNT), ("enterprise", "110060149012345678")):
        await connection.execute(TELL, made.parties.party(party).organisation_id, number)
    await connection.close()
    await accept(database, made, "opening")
    return made


async def ordered(
    database: Database, agreed: Agreement, folder: Path, payment_id: str
) -> PaymentFile:
    by = agreed.actor("city", "treasurer")
    async with database.transaction(seen_by(by)) as tx:
        made = await actions.make_file(
            tx,
            FileDraft(currency="CNY", execution_date=_DAY, payment_ids=(payment_id,)),
            blobs=Blobs(folder),
            by=by,
            at=AT,
        )
    async with database.reading(seen_by(by)) as tx:
        return msgspec.json.decode(await file_view(tx, made.id), type=PaymentFile)


async def told(database: Database, agreed: Agreement, folder: Path, content: bytes) -> BankReport:
    by = agreed.actor("city", "treasurer")
    async with database.transaction(seen_by(by)) as tx:
        made = await actions.take_report(tx, content, blobs=Blobs(folder), by=by, at=AT)
    async with database.reading(seen_by(by)) as tx:
        return msgspec.json.decode(await report_view(tx, made.id), type=BankReport)


async def state(database: Database, agreed: Agreement) -> str:
    return str((await payments(database, agreed))[-1]["state"])


async def test_a_payment_goes_into_one_file_and_its_booking_settles_it(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    file = await ordered(database, agreed, tmp_path, payment_id)
    with pytest.raises(Refusal) as refused:
        await ordered(database, agreed, tmp_path, payment_id)

    report = await told(
        database, agreed, tmp_path, notification(entry("8000.00", names=payment_id[8:]))
    )

    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("/payment_ids/0", "payment_not_orderable")
    ]
    assert [(one.payment_id, str(one.state)) for one in file.payments] == [
        (payment_id, "instructed")
    ]
    assert (report.items, report.settled, report.unmatched) == (1, 1, 0)
    assert await state(database, agreed) == "settled"
    assert (await held(database, agreed))[AccountKind.DISBURSED] == Decimal(8000)
    assert await unsound(database) == []


async def test_the_same_report_twice_and_at_once_settles_once(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    booked = entry("8000.00", names=payment_id[8:], reference="ICBC 0001")
    content = notification(booked)

    first, second = await asyncio.gather(
        told(database, agreed, tmp_path, content), told(database, agreed, tmp_path, content)
    )
    again = await told(database, agreed, tmp_path, content)
    later = await told(database, agreed, tmp_path, statement(booked, counted=1))

    assert first.id == second.id == again.id
    assert (first.settled, later.settled) == (1, 0)
    assert [one.outcome.value for one in later.entries] == ["repeated"]
    assert [kind for kind, *_ in await events(database, payment_id)].count("payment.settled") == 1
    assert (await held(database, agreed))[AccountKind.DISBURSED] == Decimal(8000)
    assert await unsound(database) == []


async def test_an_identification_with_another_content_is_refused_whole(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    await told(database, agreed, tmp_path, notification(entry("1.00"), message_id="N9"))

    with pytest.raises(Refusal, match="N9"):
        await told(
            database, agreed, tmp_path,
            notification(entry("8000.00", names=payment_id[8:]), message_id="N9"),
        )  # fmt: skip

    assert await state(database, agreed) == "instructed"


async def test_a_foreign_account_is_refused_whole(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    foreign = notification(entry("8000.00", names=payment_id[8:]), account="999999")

    with pytest.raises(Refusal, match="999999"):
        await told(database, agreed, tmp_path, foreign)

    assert await state(database, agreed) == "instructed"


async def test_what_fits_no_payment_waits_with_its_reason(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    named, stranger = payment_id[8:], f"{payment_id[8:-4]}ffff"

    report = await told(
        database, agreed, tmp_path,
        notification(
            entry("7999.99", names=named),
            entry("8000.00", names=named, currency="USD"),
            entry("8000.00", names=named, reference="X" * 36),
            entry("8000.00", names=named, booked_on=date(2020, 1, 1)),
            entry("8000.00", names=stranger),
            entry("8000.00", names="NOTPROVIDED"),
            entry("8000.00", direction="CRDT"),
            entry("8000.00", names=named, direction="CRDT", returned="AC04"),
            entry("8000.00", names=named, status="PDNG"),
        ),
    )  # fmt: skip

    assert [None if one.reason is None else one.reason.value for one in report.entries] == [
        "amount_differs", "currency_differs", "no_reference", "misdated", "payment_unknown",
        "no_payment_named", "incoming", "money_back", None,
    ]  # fmt: skip
    assert report.unmatched == 8
    assert await state(database, agreed) == "instructed"


async def test_a_treasurer_settles_by_hand_what_the_bank_named_wrongly(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, by = await instructed(database, agreed), agreed.actor("city", "treasurer")
    report = await told(database, agreed, tmp_path, notification(entry("8000.00")))
    asked = Resolution(note=WORDS, payment_id=payment_id)

    async def resolve() -> None:
        async with database.transaction(seen_by(by)) as tx:
            await actions.resolve(tx, report.entries[0].id, asked, by=by, at=AT, expected=None)

    await resolve()
    with pytest.raises(Refusal, match="resolved"):
        await resolve()

    assert await state(database, agreed) == "settled"
    assert await unsound(database) == []


@pytest.mark.parametrize("whole", [False, True], ids=["one", "whole"])
async def test_what_the_bank_refuses_is_approved_again_and_goes_into_another_file(
    database: Database, agreed: Agreement, tmp_path: Path, *, whole: bool
) -> None:
    payment_id = await instructed(database, agreed)
    file = await ordered(database, agreed, tmp_path, payment_id)
    refused = () if whole else (payment_id[8:],)
    content = status_report(file.id.partition("_")[2], *refused, group="RJCT" if whole else "PART")

    report = await told(database, agreed, tmp_path, content)

    assert (report.returned, await state(database, agreed)) == (1, "returned")
    assert (await held(database, agreed))[AccountKind.PAYABLE] == Decimal(8000)
    assert await unsound(database) == []
    await instructed_anew(database, agreed, payment_id)
    anew = await ordered(database, agreed, tmp_path, payment_id)
    assert [one.payment_id for one in anew.payments] == [payment_id]


async def instructed_anew(database: Database, agreed: Agreement, payment_id: str) -> None:
    """Approve and instruct anew, which no treasurer does alone."""
    by = agreed.actor("city", "treasurer")

    async def instruct(tx: Tx) -> Standing:
        return await paying.instruct(tx, payment_id, by=by, at=AT, expected=None)

    with pytest.raises(payments_rules.PaymentOutOfTurn):
        await steps.act_as(database, by, instruct)
    other = agreed.actor("city", "approver")
    await steps.act_as(
        database, other,
        lambda tx: paying.approve(tx, payment_id, by=other, at=AT, expected=None),
    )  # fmt: skip
    await steps.act_as(database, by, instruct)


async def test_an_answer_concerns_what_the_file_has_ordered_that_it_names(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first = await instructed(database, agreed)
    file = await ordered(database, agreed, tmp_path, first)
    await told(database, agreed, tmp_path, status_report(file.id.partition("_")[2], first[8:]))
    await instructed_anew(database, agreed, first)

    late = status_report(file.id.partition("_")[2], first[8:], message_id="LATE")
    report = await told(database, agreed, tmp_path, late)

    assert [one.reason and one.reason.value for one in report.entries] == ["not_ordered"]
    assert await state(database, agreed) == "instructed"


async def test_money_that_comes_back_undoes_the_settlement_once_and_is_paid_again(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    booked = entry("8000.00", names=payment_id[8:], reference="ICBC 2001")
    back = entry(
        "8000.00", names=payment_id[8:], reference="BACK 2001", direction="CRDT", returned="AC04"
    )
    await told(database, agreed, tmp_path, notification(booked))
    content = notification(back)

    first, second = await asyncio.gather(
        told(database, agreed, tmp_path, content), told(database, agreed, tmp_path, content)
    )
    later = await told(database, agreed, tmp_path, statement(booked, back, counted=2))

    assert first.id == second.id
    assert [one.outcome.value for one in first.entries] == ["given_back"]
    assert [one.outcome.value for one in later.entries] == ["repeated", "repeated"]
    assert await state(database, agreed) == "returned"
    assert await held(database, agreed) == {
        AccountKind.ENCUMBERED: Decimal(92000), AccountKind.PAYABLE: Decimal(8000),
    }  # fmt: skip
    told_of = [kind for kind, *_ in await events(database, payment_id)]
    assert told_of.count("payment.given_back") == 1
    assert await unsound(database) == []


async def test_what_came_back_is_instructed_again_and_an_old_booking_does_not_settle_it(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    named = payment_id[8:]
    booked = entry("8000.00", names=named, reference="ICBC 3001")
    back = entry("8000.00", names=named, direction="CRDT", returned="AC04")
    await told(database, agreed, tmp_path, statement(booked, back, counted=2))

    await instructed_anew(database, agreed, payment_id)
    await ordered(database, agreed, tmp_path, payment_id)
    stale = await told(database, agreed, tmp_path, notification(booked))
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        await connection.execute(SETTLE_AGAIN, payment_id)
    await connection.close()
    again = await told(database, agreed, tmp_path, notification(entry("8000.00", names=named)))

    assert [one.outcome.value for one in stale.entries] == ["repeated"]
    assert caught.value.constraint_name == "a_reference_settles_once_for_ever"
    assert (again.settled, await state(database, agreed)) == (1, "settled")
    assert (await held(database, agreed))[AccountKind.DISBURSED] == Decimal(8000)
    assert await unsound(database) == []


async def test_a_return_of_more_or_of_no_reference_waits_for_a_treasurer(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    came_back = partial(entry, names=payment_id[8:], direction="CRDT", returned="AC04")
    await told(database, agreed, tmp_path, notification(entry("8000.00", names=payment_id[8:])))

    report = await told(
        database, agreed, tmp_path,
        notification(
            came_back("8000.01"),
            came_back("8000.00", reference="X" * 36),
            came_back("8000.00", booked_on=date(2020, 1, 1)),
        ),
    )  # fmt: skip
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    with pytest.raises(asyncpg.RestrictViolationError) as caught:
        await connection.execute(COME_BACK, payment_id)
    await connection.close()

    assert [one.reason and one.reason.value for one in report.entries] == ["money_back"] * 3
    assert await state(database, agreed) == "settled"
    assert caught.value.constraint_name == "a_returned_payment_came_back"


async def test_an_answer_to_no_file_of_ours_is_refused(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)

    with pytest.raises(Refusal, match="M1"):
        await told(database, agreed, tmp_path, status_report("M1", payment_id[8:]))


async def test_the_database_keeps_what_the_bank_said(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id = await instructed(database, agreed)
    await ordered(database, agreed, tmp_path, payment_id)
    await told(database, agreed, tmp_path, notification(entry("1.00"), message_id="kept"))
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")

    for wrong in (
        "UPDATE bank_item SET amount = 2",
        "UPDATE bank_item SET outcome = 'settled', version = version + 1",
        "UPDATE bank_order SET payment_id = 'payment_x'",
        "UPDATE bank_file SET total = 1",
        "DELETE FROM bank_report",
        "INSERT INTO bank_order SELECT * FROM bank_order",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(wrong)
    await connection.close()
