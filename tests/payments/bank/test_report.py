"""A bank's file is read whole or refused whole, whatever it does to be let in."""

from collections.abc import Callable
from datetime import date

import pytest
from lxml import etree

from ecosystem.payments.bank.model import ITEMS_MAX, Direction, Entry, ReportKind
from ecosystem.payments.bank.report import read
from ecosystem.values.money import Money
from ecosystem.values.refusal import Refusal
from tests.payments.bank.messages import ACCOUNT, entry, notification, statement, status_report
from tests.shared import shared_file

NAMED = "0" * 12 + "7" + "0" * 3 + "8" + "0" * 15
GOOD = notification(entry("8000.00", names=NAMED), message_id="N1")


@pytest.mark.parametrize(
    ("content", "schema"),
    [
        (GOOD, "camt.054.001.08"),
        (statement(entry("1.00", names=NAMED), counted=1), "camt.053.001.08"),
        (status_report("M1", NAMED), "pain.002.001.12"),
    ],
    ids=["notification", "statement", "status"],
)
def test_the_tests_own_messages_are_valid(content: bytes, schema: str) -> None:
    found = etree.XMLSchema(etree.parse(shared_file(f"data/iso20022/{schema}.xsd")))

    assert found.validate(etree.fromstring(content)), found.error_log


@pytest.mark.parametrize("make", [notification, statement], ids=["notification", "statement"])
def test_what_is_booked_is_read(make: Callable[..., bytes]) -> None:
    found = read(make(entry("8000.00", names=NAMED, reference="ICBC 7")))

    assert found.accounts == (ACCOUNT,)
    assert found.entries == (
        Entry(
            end_to_end_id=NAMED, bank_reference="ICBC 7", amount=Money("8000.00", "CNY"),
            direction=Direction.DEBIT, booked_on=date(2026, 6, 1), is_return=False, status=None,
            told=None,
        ),
    )  # fmt: skip


def test_a_refusal_is_read_with_its_reason_in_chinese() -> None:
    found = read(status_report("M1", NAMED))

    assert (found.kind, found.original_message_id) == (ReportKind.STATUS, "M1")
    assert [(one.status, one.told) for one in found.entries] == [("RJCT", "AC04 账户已销户")]


def test_an_entry_of_several_transactions_is_read_as_several() -> None:
    details = "".join(
        f"<TxDtls><Refs><AcctSvcrRef>R{number}</AcctSvcrRef><EndToEndId>E{number}</EndToEndId>"
        f'</Refs><Amt Ccy="CNY">{number}.00</Amt></TxDtls>'
        for number in (1, 2)
    )
    whole = entry("3.00").partition("<NtryDtls>")[0] + f"<NtryDtls>{details}</NtryDtls></Ntry>"
    assert [(one.bank_reference, one.amount) for one in read(notification(whole)).entries] == [
        ("R1", Money("1.00", "CNY")), ("R2", Money("2.00", "CNY")),
    ]  # fmt: skip
    with pytest.raises(Refusal, match=r"4\.00"):
        read(notification(whole.replace(">3.00<", ">4.00<", 1)))


_ALONE = entry("8000.00", names=NAMED).replace("</Refs>", '</Refs><Amt Ccy="CNY">8000.00</Amt>')


def test_a_transaction_that_stands_alone_in_its_entry_has_its_amount() -> None:
    assert [one.amount for one in read(notification(_ALONE)).entries] == [Money("8000.00", "CNY")]
    with pytest.raises(Refusal, match=r"An entry of 5\.00 CNY has details of 8000\.00"):
        read(notification(_ALONE.replace(">8000.00<", ">5.00<", 1)))


@pytest.mark.parametrize("amount", ["1e5", "8_000.00", "٨000.00", "8000.00E0", "0x10", "", "."])
def test_an_amount_that_no_schema_lets_through_is_refused(amount: str) -> None:
    with pytest.raises(Refusal, match="is no amount of money"):
        read(notification(entry(amount, names=NAMED)))


@pytest.mark.parametrize("amount", ["8000", "+8000.00", "08000.0", "8000."])
def test_an_amount_is_read_however_the_schema_lets_it_be_written(amount: str) -> None:
    [found] = read(notification(entry(amount, names=NAMED))).entries

    assert found.amount == Money("8000.00", "CNY")


def _booked(said: str) -> bytes:
    return notification(entry("1.00").replace("<Dt>2026-06-01</Dt>", said))


@pytest.mark.parametrize("day", ["2026-W23-1", "20260601", "2026-06-31", "2026-06-01x"])
def test_a_day_that_no_schema_lets_through_is_refused(day: str) -> None:
    with pytest.raises(Refusal, match="no date"):
        read(_booked(f"<Dt>{day}</Dt>"))


@pytest.mark.parametrize(
    "said",
    [
        "<Dt>2026-06-01Z</Dt>", "<Dt>2026-06-01+08:00</Dt>",
        "<DtTm>2026-06-01T23:59:59+08:00</DtTm>", "<DtTm>2026-06-01T08:00:00</DtTm>",
    ],
)  # fmt: skip
def test_a_day_is_read_however_the_schema_lets_it_be_written(said: str) -> None:
    assert [one.booked_on for one in read(_booked(said)).entries] == [date(2026, 6, 1)]


_BOMB = b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '" + b"&a;" * 99 + b"'>]>"
_READ = b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


def test_what_is_nested_too_deep_is_refused_without_the_words_of_a_library() -> None:
    with pytest.raises(Refusal) as refused:
        read(b"<a>" * 300 + b"</a>" * 300)

    assert "Excessive depth in document" in refused.value.detail
    assert "option" not in refused.value.detail
    assert "<string>" not in refused.value.detail


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", "ReportUnreadable"),
        (b"\x00\xff", "ReportUnreadable"),
        (GOOD[:-40], "ReportUnreadable"),
        (GOOD + GOOD, "ReportUnreadable"),
        (_BOMB + b"<a>&b;</a>", "ReportUnreadable"),
        (_READ + b"<a>&x;</a>", "ReportUnreadable"),
        ((_READ + b"<a>&x;</a>").decode().encode("utf-16"), "ReportUnreadable"),
        (b"<a>" * 300 + b"</a>" * 300, "ReportUnreadable"),
        (b"<Document/>", "ReportForeign"),
        (GOOD.replace(b"camt.054.001.08", b"pain.001.001.09"), "ReportForeign"),
        (GOOD.replace(b"BkToCstmrDbtCdtNtfctn", b"Other"), "ReportUnsound"),
        (GOOD.replace(b"N1", b" "), "ReportUnsound"),
        (GOOD.replace(b"8000.00", b"NaN"), "ReportUnsound"),
        (GOOD.replace(b"8000.00", b"-1"), "ReportUnsound"),
        (GOOD.replace(b"8000.00", b"1.001"), "ReportUnsound"),
        (GOOD.replace(b"8000.00", b"1e40"), "ReportUnsound"),
        (GOOD.replace(b"CNY", b"XQX"), "ReportUnsound"),
        (GOOD.replace(b"2026-06-01<", b"2026-02-30<"), "ReportUnsound"),
        (GOOD.replace(b"DBIT", b"BOTH"), "ReportUnsound"),
        (statement(entry("1.00"), counted=2), "ReportUnsound"),
        (notification(*[entry("1.00")] * (ITEMS_MAX + 1)), "ReportUnsound"),
    ],
    ids=[
        "empty", "binary", "truncated", "doubled", "bomb", "entity", "entity_in_utf_16", "deep",
        "no_namespace", "other_message", "other_root", "no_identification", "not_a_number",
        "negative", "too_fine", "huge", "no_currency", "no_date", "no_direction", "miscounted",
        "too_many",
    ],
)  # fmt: skip
def test_what_is_no_whole_message_is_refused_by_name(content: bytes, refusal: str) -> None:
    with pytest.raises(Refusal) as raised:
        read(content)

    assert type(raised.value).__name__ == refusal
