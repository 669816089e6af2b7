"""What leaves for the bank is valid ISO 20022, and another program reads the same from it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from ecosystem.identity.model import BankAccount
from ecosystem.payments.bank import rules
from ecosystem.payments.bank.initiation import NAMESPACE, written
from ecosystem.payments.bank.model import FileDraft, Gathered, GatherFacts, LeaveOut, Payable
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.money import Money
from ecosystem.values.refusal import Refusal
from tests.shared import shared_file

BY = Actor(
    organisation_id=mint("org", authority=0), organisation_number=7, verified=True,
    kind=OrganisationKind.GOVERNMENT, jurisdiction="440300", client_id="client",
    person_id="treasurer", roles=(),
)  # fmt: skip
AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
CITY = BankAccount(
    holder="深圳市政务服务数据管理局", number="6222021001112223334", bank_code="102584002001",
    currency="CNY",
)  # fmt: skip
ABROAD = BankAccount(
    holder="Stadtwerke GmbH & Co. <KG>", number="DE89370400440532013000", bank_code="COBADEFFXXX",
    currency="CNY",
)  # fmt: skip


def payable(amount: str, account: BankAccount | None = CITY) -> Payable:
    return Payable(
        payment_id=mint("payment", authority=7), version=4, payee_id=mint("org", authority=0),
        amount=Money(amount, "CNY"), account=account,
    )  # fmt: skip


def gathered(*payables: Payable, **changes: Any) -> Gathered:
    asked = FileDraft(currency="CNY", execution_date=date(2026, 6, 2), **changes)
    facts = GatherFacts(
        file_id=mint("bankfile", authority=7), debtor=CITY, payable=payables, asked=asked
    )
    return rules.gather(facts, by=BY, at=AT)


def test_the_file_is_valid_by_the_schema_of_iso_20022() -> None:
    schema = etree.XMLSchema(etree.parse(shared_file("data/iso20022/pain.001.001.09.xsd")))
    file = written(gathered(payable("8000.00"), payable("0.01", ABROAD)), at=AT)

    assert schema.validate(etree.fromstring(file)), schema.error_log


def test_another_program_reads_the_same_from_the_file() -> None:
    from pyiso20022.pain.pain_001_001_09 import (  # type: ignore[import-untyped]  # noqa: PLC0415
        Document,
    )
    from xsdata.formats.dataclass.parsers import XmlParser  # noqa: PLC0415

    first, second = payable("1234567.89"), payable("0.01", ABROAD)
    made = gathered(first, second)
    message: Any = XmlParser().from_bytes(written(made, at=AT), Document).cstmr_cdt_trf_initn

    block = message.pmt_inf[0]
    assert message.grp_hdr.msg_id == made.message_id
    assert message.grp_hdr.ctrl_sum == block.ctrl_sum == Decimal("1234567.90")
    assert block.dbtr.nm == "深圳市政务服务数据管理局"
    assert [
        (
            one.pmt_id.end_to_end_id, one.amt.instd_amt.value, one.amt.instd_amt.ccy, one.cdtr.nm,
            one.cdtr_acct.id.iban or one.cdtr_acct.id.othr.id,
        )
        for one in block.cdt_trf_tx_inf
    ] == [
        (first.payment_id[8:], Decimal("1234567.89"), "CNY", CITY.holder, CITY.number),
        (second.payment_id[8:], Decimal("0.01"), "CNY", ABROAD.holder, ABROAD.number),
    ]  # fmt: skip
    assert block.cdt_trf_tx_inf[0].cdtr_agt.fin_instn_id.clr_sys_mmb_id.mmb_id == CITY.bank_code
    assert block.cdt_trf_tx_inf[1].cdtr_agt.fin_instn_id.bicfi == ABROAD.bank_code


def test_a_bank_that_is_neither_bic_nor_cnaps_is_named_as_it_is() -> None:
    other = BankAccount(holder="X", number="12345678", bank_code="12345678", currency="CNY")

    file = written(gathered(payable("1.00", other)), at=AT)

    assert etree.fromstring(file).findtext(f".//{{{NAMESPACE}}}CdtrAgt/*/*/{{*}}Id") == "12345678"


def test_who_has_no_account_in_the_currency_is_left_out_by_name() -> None:
    dollars = BankAccount(holder="X", number="12345", bank_code="BKCHCNBJ", currency="USD")
    nobody, abroad = payable("1.00", None), payable("2.00", dollars)

    made = gathered(payable("3.00"), nobody, abroad)

    assert made.total == Money("3.00", "CNY")
    assert [(one.payment_id, one.reason) for one in made.left_out] == [
        (nobody.payment_id, LeaveOut.NO_ACCOUNT),
        (abroad.payment_id, LeaveOut.OTHER_CURRENCY),
    ]


def test_each_payment_that_cannot_be_ordered_is_named_with_what_it_lacks() -> None:
    dollars = BankAccount(holder="X", number="12345", bank_code="BKCHCNBJ", currency="USD")
    nobody, abroad, good = payable("1.00", None), payable("2.00", dollars), payable("3.00")
    unknown = f"payment_{0:012x}7{0:03x}8{0:015x}"
    asked = (nobody.payment_id, good.payment_id, abroad.payment_id, unknown)

    with pytest.raises(Refusal) as raised:
        gathered(nobody, abroad, good, payment_ids=asked)

    assert [(one.pointer, one.detail.partition(" ")[2]) for one in raised.value.faults] == [
        ("/payment_ids/0", "has a payee that has told no bank account."),
        ("/payment_ids/2", "has a payee whose bank account is in another currency."),
        ("/payment_ids/3", "is not instructed in CNY, or stands in a file already."),
    ]


@pytest.mark.parametrize(
    ("payables", "changes", "refusal", "pointers"),
    [
        ((payable("1.00", None),), {}, "NothingToOrder", []),
        ((), {}, "NothingToOrder", []),
        (
            (payable("1.00"),), {"payment_ids": (f"payment_{0:012x}7{0:03x}8{0:015x}",)},
            "PaymentNotOrderable", ["/payment_ids/0"],
        ),
    ],
    ids=["no_account", "nothing", "not_instructed"],
)  # fmt: skip
def test_what_cannot_be_ordered_is_refused(
    payables: tuple[Payable, ...], changes: dict[str, Any], refusal: str, pointers: list[str]
) -> None:
    with pytest.raises(Refusal) as raised:
        gathered(*payables, **changes)

    assert type(raised.value).__name__ == refusal
    assert [one.pointer for one in raised.value.faults] == pointers
