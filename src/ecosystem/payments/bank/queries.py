"""Read files, reports and items: facts for the rules, locked; views, made by PostgreSQL."""

from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    LargeBinary,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    true,
)

from ecosystem.identity.model import BankAccount
from ecosystem.identity.tables import organisation
from ecosystem.payments.bank.model import (
    ORDERS_MAX,
    Direction,
    Entry,
    FileDraft,
    GatherFacts,
    Outcome,
    Payable,
    Report,
    ReportFacts,
)
from ecosystem.payments.bank.rules import FileMissing, ItemMissing, ReportMissing
from ecosystem.payments.bank.tables import bank_file, bank_item, bank_order, bank_report
from ecosystem.payments.model import State
from ecosystem.payments.tables import payment
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)


def _hex(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.encode(column, "hex")


_FILE: Final[tuple[ColumnElement[Any], ...]] = (
    bank_file.c.id,
    bank_file.c.execution_date,
    money_json(bank_file.c.total, bank_file.c.currency).label("total"),
    bank_file.c.orders,
    _hex(bank_file.c.digest).label("digest"),
    instant(bank_file.c.made_at).label("made_at"),
    bank_file.c.made_by,
)
FILES: Final = page_of(select(*_FILE))
"""A page of files, as far as row-level security lets one see."""
_ordered = (
    select(
        bank_order.c.payment_id,
        func.split_part(bank_order.c.payment_id, "_", 2).label("end_to_end_id"),
        func.coalesce(payment.c.paid_to_id, payment.c.payee_id).label("payee_id"),
        money_json(bank_order.c.amount, payment.c.currency).label("amount"),
        payment.c.state,
        instant(bank_order.c.returned_at).label("returned_at"),
        bank_order.c.told,
    )
    .join(
        payment,
        and_(
            payment.c.authority_id == bank_order.c.authority_id,
            payment.c.id == bank_order.c.payment_id,
        ),
    )
    .where(bank_order.c.authority_id == _AUTHORITY, bank_order.c.file_id == _ID)
    .order_by(bank_order.c.payment_id)
    .subquery("ordered")
)
_file = (
    select(
        *_FILE,
        func.coalesce(1).label("version"),
        select(func.coalesce(func.json_agg(json_row(_ordered)), func.json_build_array()))
        .select_from(_ordered)
        .scalar_subquery()
        .label("payments"),
        bank_file.c.left_out,
    )
    .where(bank_file.c.authority_id == _AUTHORITY, bank_file.c.id == _ID)
    .subquery("one")
)
_FILE_VIEW: Final = Statement(select(json_row(_file)).select_from(_file))
_FILE_DIGEST: Final = Statement(
    select(_hex(bank_file.c.digest)).where(
        bank_file.c.authority_id == _AUTHORITY, bank_file.c.id == _ID
    )
)
_ITEM: Final[tuple[ColumnElement[Any], ...]] = (
    bank_item.c.id,
    bank_item.c.version,
    bank_item.c.report_id,
    bank_item.c.ordinal,
    bank_item.c.outcome,
    bank_item.c.reason,
    bank_item.c.payment_id,
    bank_item.c.file_id,
    bank_item.c.end_to_end_id,
    bank_item.c.bank_reference,
    case(
        (bank_item.c.amount.is_(None), None),
        else_=money_json(bank_item.c.amount, bank_item.c.currency),
    ).label("amount"),
    bank_item.c.direction,
    bank_item.c.booked_on,
    bank_item.c.status,
    bank_item.c.told,
    instant(bank_item.c.resolved_at).label("resolved_at"),
    bank_item.c.resolved_by,
    bank_item.c.note,
)
_item = (
    select(*_ITEM).where(bank_item.c.authority_id == _AUTHORITY, bank_item.c.id == _ID)
).subquery("one")
_ITEM_VIEW: Final = Statement(select(json_row(_item).label("body"), _item.c.version))
_ITEM_LOCKED: Final = Statement(
    select(bank_item)
    .where(bank_item.c.authority_id == _AUTHORITY, bank_item.c.id == _ID)
    .with_for_update()
)
_counts = (
    select(
        func.count().label("items"),
        *(
            func.count().filter(bank_item.c.outcome == str(one)).label(str(one))
            for one in (Outcome.SETTLED, Outcome.RETURNED, Outcome.UNMATCHED)
        ),
    )
    .where(
        bank_item.c.authority_id == bank_report.c.authority_id,
        bank_item.c.report_id == bank_report.c.id,
    )
    .correlate(bank_report)
    .lateral("counts")
)
_REPORT: Final[tuple[ColumnElement[Any], ...]] = (
    bank_report.c.id,
    bank_report.c.kind,
    bank_report.c.message_id,
    bank_report.c.file_id,
    _hex(bank_report.c.digest).label("digest"),
    instant(bank_report.c.received_at).label("received_at"),
    bank_report.c.received_by,
    _counts.c["items"],
    _counts.c.settled,
    _counts.c.returned,
    _counts.c.unmatched,
)
REPORTS: Final = page_of(select(*_REPORT).select_from(bank_report).join(_counts, true()))
"""A page of reports, as far as row-level security lets one see."""
_items = (
    select(*_ITEM)
    .where(bank_item.c.authority_id == _AUTHORITY, bank_item.c.report_id == _ID)
    .order_by(bank_item.c.ordinal)
    .subquery("listed")
)
_report = (
    select(
        *_REPORT,
        func.coalesce(1).label("version"),
        select(func.coalesce(func.json_agg(json_row(_items)), func.json_build_array()))
        .select_from(_items)
        .scalar_subquery()
        .label("entries"),
    )
    .select_from(bank_report)
    .join(_counts, true())
    .where(bank_report.c.authority_id == _AUTHORITY, bank_report.c.id == _ID)
    .subquery("one")
)
_REPORT_VIEW: Final = Statement(select(json_row(_report)).select_from(_report))
_TAKEN: Final = Statement(
    select(bank_report.c.id, bank_report.c.digest).where(
        bank_report.c.authority_id == _AUTHORITY,
        bank_report.c.kind == bindparam("kind", type_=Text),
        bank_report.c.message_id == bindparam("message_id", type_=Text),
    )
)
_ACCOUNT: Final = Statement(
    select(organisation.c.bank_account).where(
        organisation.c.id == bindparam("organisation_id", type_=Text)
    )
)
_IN_A_FILE: Final = exists().where(
    bank_order.c.authority_id == payment.c.authority_id,
    bank_order.c.payment_id == payment.c.id,
    bank_order.c.version == payment.c.version,
)


def _payable(*, named: bool) -> Statement:
    """Return the statement that locks what may be ordered, the oldest first."""
    chosen = [payment.c.id == func.any(bindparam("named", type_=ARRAY(Text)))] if named else []
    return Statement(
        select(
            payment.c.id,
            payment.c.version,
            payment.c.paid_to_id.label("payee_id"),
            (payment.c.amount - payment.c.paid - payment.c.taken_back).label("amount"),
            payment.c.currency,
            organisation.c.bank_account,
        )
        .join(organisation, organisation.c.id == payment.c.paid_to_id)
        .where(
            payment.c.authority_id == _AUTHORITY,
            payment.c.state == State.INSTRUCTED.value,
            payment.c.currency == bindparam("currency", type_=Text),
            ~_IN_A_FILE,
            *chosen,
        )
        .order_by(payment.c.id)
        .limit(ORDERS_MAX)
        .with_for_update(of=payment)
    )


_PAYABLE: Final = _payable(named=False)
_PAYABLE_NAMED: Final = _payable(named=True)
_IS_OURS: Final = Statement(
    select(bank_file.c.id).where(
        bank_file.c.authority_id == _AUTHORITY, bank_file.c.id == bindparam("file_id", type_=Text)
    )
)


@cache
def items(*, with_outcome: bool) -> Statement:
    """Return the statement for a page of items."""
    rows = select(*_ITEM)
    return page_of(
        rows.where(bank_item.c.outcome == bindparam("outcome", type_=Text))
        if with_outcome
        else rows
    )


_DIGEST: Final = bindparam("digest", type_=LargeBinary)
_HOLDS: Final = Statement(
    select(
        or_(
            exists().where(bank_file.c.digest == _DIGEST),
            exists().where(bank_report.c.digest == _DIGEST),
        )
    )
)


async def holds(tx: Tx, sha256: str) -> bool:
    """Tell whether a file for the bank, or a report of it, names the bytes of a digest."""
    found: bool = await tx.value(_HOLDS, digest=bytes.fromhex(sha256))
    return found


async def file_view(tx: Tx, file_id: str) -> bytes:
    """Return a file's JSON. Refuses with FileMissing."""
    authority = owner(file_id, "bankfile", otherwise=FileMissing)
    found: bytes | None = await tx.value(_FILE_VIEW, authority_id=authority, id=file_id)
    if found is None:
        raise FileMissing("No file that the caller may know of bears this identifier.")
    return found


async def file_digest(tx: Tx, file_id: str) -> str:
    """Return the SHA-256 of a file. Refuses with FileMissing."""
    authority = owner(file_id, "bankfile", otherwise=FileMissing)
    found: str | None = await tx.value(_FILE_DIGEST, authority_id=authority, id=file_id)
    if found is None:
        raise FileMissing("No file that the caller may know of bears this identifier.")
    return found


async def report_view(tx: Tx, report_id: str) -> bytes:
    """Return a report's JSON. Refuses with ReportMissing."""
    authority = owner(report_id, "bankreport", otherwise=ReportMissing)
    found: bytes | None = await tx.value(_REPORT_VIEW, authority_id=authority, id=report_id)
    if found is None:
        raise ReportMissing("No report that the caller may know of bears this identifier.")
    return found


async def item_view(tx: Tx, item_id: str) -> Record:
    """Return an item's JSON as `body`, and its version. Refuses with ItemMissing."""
    authority = owner(item_id, "bankitem", otherwise=ItemMissing)
    return _item_found(await tx.row(_ITEM_VIEW, authority_id=authority, id=item_id))


async def item_locked(tx: Tx, item_id: str) -> Record:
    """Lock an item, and return its row. Refuses with ItemMissing."""
    authority = owner(item_id, "bankitem", otherwise=ItemMissing)
    return _item_found(await tx.row(_ITEM_LOCKED, authority_id=authority, id=item_id))


def entry_of(row: Record) -> Entry:
    """Return what the bank said in an item."""
    return Entry(
        end_to_end_id=row["end_to_end_id"],
        bank_reference=row["bank_reference"],
        amount=None if row["amount"] is None else money.of(row["amount"], row["currency"]),
        direction=None if row["direction"] is None else Direction(row["direction"]),
        booked_on=row["booked_on"],
        is_return=row["is_return"],
        status=row["status"],
        told=row["told"],
    )


async def gather_facts(tx: Tx, file_id: str, asked: FileDraft, *, by: Actor) -> GatherFacts:
    """Lock what may be ordered, and return what a file is made from."""
    named = list(asked.payment_ids) if isinstance(asked.payment_ids, tuple) else None
    more: dict[str, Any] = {} if named is None else {"named": named}
    rows = await tx.rows(
        _PAYABLE if named is None else _PAYABLE_NAMED,
        authority_id=by.organisation_number, currency=asked.currency, **more,
    )  # fmt: skip
    return GatherFacts(
        file_id=file_id,
        debtor=await account(tx, by.organisation_id),
        payable=tuple(
            Payable(
                payment_id=row["id"],
                version=row["version"],
                payee_id=row["payee_id"],
                amount=money.of(row["amount"], row["currency"]),
                account=_account(row["bank_account"]),
            )
            for row in rows
        ),
        asked=asked,
    )


async def report_facts(tx: Tx, report: Report, *, by: Actor, items: int) -> ReportFacts:
    """Return what a report as a whole is checked against."""
    own = await account(tx, by.organisation_id)
    file_id = None
    if report.original_message_id is not None:
        file_id = await tx.value(
            _IS_OURS,
            authority_id=by.organisation_number,
            file_id=f"bankfile_{report.original_message_id}",
        )
    return ReportFacts(
        kind=report.kind,
        message_id=report.message_id,
        accounts=report.accounts,
        account=None if own is None else own.number,
        original_message_id=report.original_message_id,
        file_id=file_id,
        items=items,
    )


async def taken(tx: Tx, report: Report, *, authority: int) -> Record | None:
    """Return the report of this kind and message identification, where one is there."""
    return await tx.row(
        _TAKEN, authority_id=authority, kind=report.kind, message_id=report.message_id
    )


async def account(tx: Tx, organisation_id: str) -> BankAccount | None:
    """Return the bank account of an organisation."""
    return _account(await tx.value(_ACCOUNT, organisation_id=organisation_id))


def _account(document: bytes | None) -> BankAccount | None:
    return None if document is None else msgspec.json.decode(document, type=BankAccount)


def _item_found(row: Record | None) -> Record:
    if row is None:
        raise ItemMissing("No item that the caller may know of bears this identifier.")
    return row
