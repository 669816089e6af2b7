"""Write what the bank is to pay: ISO 20022, pain.001.001.09, customer credit transfer initiation.

Accounts are named by IBAN where the number is one, else by number; banks by BIC, or by the
clearing number of CNAPS (twelve digits). Names keep their characters, Chinese ones too.
"""

import re
from datetime import datetime
from typing import Final

from lxml import etree
from stdnum import iban

from ecosystem.identity.model import BankAccount
from ecosystem.payments.bank.model import Gathered, Order
from ecosystem.values.period import wire

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_NAME_MAX: Final = 140
_CNAPS: Final = re.compile("[0-9]{12}")
_BIC: Final = re.compile("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_Element = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
"""What lxml makes: its public name is a factory, no type."""


def written(gathered: Gathered, *, at: datetime) -> bytes:
    """Return the file, in UTF-8; the same content gives the same bytes."""
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})
    message = _add(root, "CstmrCdtTrfInitn")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", gathered.message_id)
    _add(header, "CreDtTm", wire(at))
    _count(header, gathered)
    _add(_add(header, "InitgPty"), "Nm", _name(gathered.debtor))
    _payment(message, gathered)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _payment(message: _Element, gathered: Gathered) -> None:
    block = _add(message, "PmtInf")
    _add(block, "PmtInfId", gathered.message_id)
    _add(block, "PmtMtd", "TRF")
    _add(block, "BtchBookg", "false")
    _count(block, gathered)
    _add(_add(block, "ReqdExctnDt"), "Dt", gathered.execution_date.isoformat())
    _add(_add(block, "Dbtr"), "Nm", _name(gathered.debtor))
    account = _account(block, "DbtrAcct", gathered.debtor)
    _add(account, "Ccy", gathered.total.currency)
    _bank(block, "DbtrAgt", gathered.debtor)
    for order in gathered.orders:
        _transfer(block, order)


def _transfer(block: _Element, order: Order) -> None:
    transfer = _add(block, "CdtTrfTxInf")
    _add(_add(transfer, "PmtId"), "EndToEndId", order.end_to_end_id)
    amount = _add(_add(transfer, "Amt"), "InstdAmt", order.amount.amount)
    amount.set("Ccy", order.amount.currency)
    _bank(transfer, "CdtrAgt", order.payee)
    _add(_add(transfer, "Cdtr"), "Nm", _name(order.payee))
    _account(transfer, "CdtrAcct", order.payee)
    _add(_add(transfer, "RmtInf"), "Ustrd", order.payment_id)


def _count(parent: _Element, gathered: Gathered) -> None:
    _add(parent, "NbOfTxs", str(len(gathered.orders)))
    _add(parent, "CtrlSum", gathered.total.amount)


def _account(parent: _Element, tag: str, account: BankAccount) -> _Element:
    made = _add(parent, tag)
    named = _add(made, "Id")
    if iban.is_valid(account.number):
        _add(named, "IBAN", account.number)
    else:
        _add(_add(named, "Othr"), "Id", account.number)
    return made


def _bank(parent: _Element, tag: str, account: BankAccount) -> None:
    bank = _add(_add(parent, tag), "FinInstnId")
    if _CNAPS.fullmatch(account.bank_code):
        member = _add(bank, "ClrSysMmbId")
        _add(_add(member, "ClrSysId"), "Cd", "CNAPS")
        _add(member, "MmbId", account.bank_code)
    elif _BIC.fullmatch(account.bank_code):
        _add(bank, "BICFI", account.bank_code)
    else:
        _add(_add(bank, "Othr"), "Id", account.bank_code)


def _name(account: BankAccount) -> str:
    return account.holder[:_NAME_MAX]


def _add(parent: _Element, tag: str, text: str | None = None) -> _Element:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    made.text = text
    return made
