"""Read what a bank says: ISO 20022, pain.002.001.12, camt.053.001.08 and camt.054.001.08.

A file is read whole or refused whole. It comes from outside, so nothing in it is followed: a
document type is refused, entities are not expanded, and no address is opened.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

from ecosystem.payments.bank.model import ITEMS_MAX, Direction, Entry, Report, ReportKind
from ecosystem.values import money
from ecosystem.values.money import CurrencyUnknown, Money
from ecosystem.values.refusal import Kind, Refusal

_ISO: Final = "urn:iso:std:iso:20022:tech:xsd:"
_ROOTS: Final = {
    f"{_ISO}pain.002.001.12": (ReportKind.STATUS, "CstmrPmtStsRpt"),
    f"{_ISO}camt.053.001.08": (ReportKind.STATEMENT, "BkToCstmrStmt"),
    f"{_ISO}camt.054.001.08": (ReportKind.NOTIFICATION, "BkToCstmrDbtCdtNtfctn"),
}
_BOOKED: Final = "BOOK"
_NOT_PROVIDED: Final = "NOTPROVIDED"
_AMOUNT_MAX: Final = Decimal(10) ** 18
_TOLD_MAX: Final = 300
_DECIMAL: Final = re.compile(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)")
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2}|T[0-9:.]+.*)?")
"""A date of XML Schema, or the one of a date with a time, as it is said where it was written."""
_HINT: Final = re.compile(r", use XML_PARSE_\w+ option| \(<string>, line \d+\)$")
"""What the parser says to programmers alone."""
_Element = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
"""What lxml makes: its public name is a factory, no type."""


class ReportUnreadable(Refusal):
    """The file is no whole, well-formed XML document without a document type."""

    kind = Kind.UNMET
    remedy = "Send the file as the bank made it, whole and unchanged."


class ReportForeign(Refusal):
    """The file is no message that is read here."""

    kind = Kind.UNMET
    remedy = "Send pain.002.001.12, camt.053.001.08 or camt.054.001.08."


class ReportUnsound(Refusal):
    """The file lacks what its message must say, or its sums do not agree."""

    kind = Kind.UNMET
    remedy = "Ask the bank for the file again; nothing of this one was taken."


def read(content: bytes) -> Report:
    """Return what a file says.

    Refuses with ReportUnreadable, ReportForeign or ReportUnsound, in that order; the latter
    names the element.
    """
    root = _parsed(content)
    kind, name = _kind(root)
    message = _one(root, name)
    entries = tuple(_statuses(message) if kind is ReportKind.STATUS else _booked(message, kind))
    if len(entries) > ITEMS_MAX:
        raise ReportUnsound(f"It has {len(entries)} items; one file has {ITEMS_MAX} at most.")
    answered = None if kind is not ReportKind.STATUS else _one(message, "OrgnlGrpInfAndSts")
    return Report(
        kind=kind,
        message_id=_said(_one(message, "GrpHdr"), "MsgId"),
        accounts=_accounts(message, kind),
        original_message_id=None if answered is None else _said(answered, "OrgnlMsgId"),
        group_status=None if answered is None else _maybe(answered, "GrpSts"),
        told=None if answered is None else _told(answered, "StsRsnInf"),
        entries=entries,
    )


def _parsed(content: bytes) -> _Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ReportUnreadable("It declares a document type, which no message of a bank has.")
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = _HINT.sub("", str(error))
        raise ReportUnreadable(f"It is no well-formed XML: {reason}.") from None
    if root.getroottree().docinfo.doctype:
        raise ReportUnreadable("It declares a document type, which no message of a bank has.")
    return root


def _kind(root: _Element) -> tuple[ReportKind, str]:
    tag = etree.QName(root)
    found = _ROOTS.get(tag.namespace or "")
    if found is None or tag.localname != "Document":
        raise ReportForeign(f"Its root is {tag.localname} of {tag.namespace or 'no namespace'}.")
    return found


def _statuses(message: _Element) -> Iterator[Entry]:
    for status in _all(message, "OrgnlPmtInfAndSts/TxInfAndSts"):
        yield Entry(
            end_to_end_id=_maybe(status, "OrgnlEndToEndId"),
            bank_reference=_maybe(status, "AcctSvcrRef"),
            amount=None,
            direction=None,
            booked_on=None,
            is_return=False,
            status=_said(status, "TxSts"),
            told=_told(status, "StsRsnInf"),
        )


def _booked(message: _Element, kind: ReportKind) -> Iterator[Entry]:
    for account in _all(message, _account_of(kind)):
        entries = _all(account, "Ntry")
        claimed = _maybe(account, "TxsSummry/TtlNtries/NbOfNtries")
        if claimed is not None and claimed != str(len(entries)):
            raise ReportUnsound(
                f"It counts {claimed} entries in NbOfNtries and has {len(entries)}."
            )
        for entry in entries:
            yield from _of_entry(entry)


def _of_entry(entry: _Element) -> Iterator[Entry]:
    whole, details = _money(_one(entry, "Amt")), _all(entry, "NtryDtls/TxDtls")
    booked = _day(entry) if _said(entry, "Sts/Cd") == _BOOKED else None
    _add_up(whole, details)
    parts: list[_Element | None] = [*details] or [None]
    for detail in parts:
        stated = None if detail is None else detail.find(_path("Amt"))
        yield Entry(
            end_to_end_id=_named(detail),
            bank_reference=_reference(entry, detail, alone=len(details) <= 1),
            amount=whole if stated is None else _money(stated),
            direction=_direction(entry, detail),
            booked_on=booked,
            is_return=_is_return(entry, detail),
            status=None,
            told=None if detail is None else _told(detail, "RtrInf"),
            original_message_id=_order_of(entry, detail),
        )


def _add_up(whole: Money, details: list[_Element]) -> None:
    """Refuse details that are not what their entry is.

    One alone need not repeat the amount, and may say what it was in another currency.
    """
    if len(details) == 1:
        details = [one for one in details if _maybe(one, "Amt") is not None]
    stated = [_money(_one(detail, "Amt")) for detail in details]
    if not stated or (len(stated) == 1 and stated[0].currency != whole.currency):
        return
    total = sum((one.decimal() for one in stated), Decimal(0))
    if {one.currency for one in stated} != {whole.currency} or total != whole.decimal():
        detail = f"An entry of {whole.amount} {whole.currency} has details of {total}."
        raise ReportUnsound(detail)


def _named(detail: _Element | None) -> str | None:
    found = None if detail is None else _maybe(detail, "Refs/EndToEndId")
    return None if found == _NOT_PROVIDED else found


def _order_of(entry: _Element, detail: _Element | None) -> str | None:
    """Return what a booking calls the message that ordered it, where it does."""
    said = None if detail is None else _maybe(detail, "Refs/MsgId")
    found = said or _maybe(entry, "NtryDtls/Btch/MsgId")
    return None if found == _NOT_PROVIDED else found


def _reference(entry: _Element, detail: _Element | None, *, alone: bool) -> str | None:
    """Return what the bank calls the transaction; an entry's own only where it has but one."""
    for name in ("Refs/AcctSvcrRef", "Refs/TxId"):
        found = None if detail is None else _maybe(detail, name)
        if found is not None:
            return found
    return _maybe(entry, "AcctSvcrRef") if alone else None


def _direction(entry: _Element, detail: _Element | None) -> Direction:
    found = None if detail is None else _maybe(detail, "CdtDbtInd")
    said = found or _said(entry, "CdtDbtInd")
    try:
        return Direction(said)
    except ValueError:
        raise ReportUnsound(f"CdtDbtInd is {said!r}, neither DBIT nor CRDT.") from None


def _is_return(entry: _Element, detail: _Element | None) -> bool:
    is_reversal = _maybe(entry, "RvslInd") in {"true", "1"}
    return is_reversal or (detail is not None and detail.find(_path("RtrInf")) is not None)


def _day(entry: _Element) -> date:
    text = _maybe(entry, "BookgDt/Dt") or _said(entry, "BookgDt/DtTm")
    found = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise ReportUnsound(f"BookgDt is {text!r}, no date.") from None


def _money(element: _Element) -> Money:
    currency, text = element.get("Ccy", ""), (element.text or "").strip()
    try:
        amount = Decimal(text if _DECIMAL.fullmatch(text) else "NaN")
        rounded = money.of(amount, currency) if 0 <= amount < _AMOUNT_MAX else None
    except (InvalidOperation, CurrencyUnknown):
        amount, rounded = Decimal(0), None
    if rounded is None:
        raise ReportUnsound(f"{text!r} {currency!r} is no amount of money.")
    if rounded.decimal() != amount:
        raise ReportUnsound(f"{text} is finer than {currency} allows.")
    return rounded


def _accounts(message: _Element, kind: ReportKind) -> tuple[str, ...]:
    if kind is ReportKind.STATUS:
        return ()
    found = [
        _maybe(account, "Acct/Id/IBAN") or _said(account, "Acct/Id/Othr/Id")
        for account in _all(message, _account_of(kind))
    ]
    if not found:
        raise ReportUnsound(f"It has no {_account_of(kind)}.")
    return tuple(dict.fromkeys(found))


def _account_of(kind: ReportKind) -> str:
    return "Stmt" if kind is ReportKind.STATEMENT else "Ntfctn"


def _told(parent: _Element, name: str) -> str | None:
    parts = [
        part.text.strip()
        for reason in _all(parent, name)
        for part in reason.iter()
        if part.text and etree.QName(part).localname in {"Cd", "Prtry", "AddtlInf"}
    ]
    return " ".join(parts)[:_TOLD_MAX] or None


def _one(parent: _Element, path: str) -> _Element:
    found = parent.find(_path(path))
    if found is None:
        raise ReportUnsound(f"{etree.QName(parent).localname} has no {path}.")
    return found


def _said(parent: _Element, path: str) -> str:
    text = (_one(parent, path).text or "").strip()
    if not text:
        raise ReportUnsound(f"{etree.QName(parent).localname} says nothing in {path}.")
    return text


def _maybe(parent: _Element, path: str) -> str | None:
    found = parent.find(_path(path))
    return None if found is None else (found.text or "").strip() or None


def _all(parent: _Element, path: str) -> list[_Element]:
    return parent.findall(_path(path))


def _path(path: str) -> str:
    return "/".join(f"{{*}}{part}" for part in path.split("/"))
