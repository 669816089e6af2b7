"""Make files for the bank, take in what it says, and resolve what matches nothing."""

import asyncio
import hashlib
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, null, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.payments import actions as payments
from ecosystem.payments import queries as paid
from ecosystem.payments.bank import queries, rules
from ecosystem.payments.bank.initiation import written
from ecosystem.payments.bank.model import (
    Entry,
    FileDraft,
    MatchFacts,
    Outcome,
    Report,
    ReportKind,
    Resolution,
    ResolveFacts,
    ReturnFacts,
)
from ecosystem.payments.bank.report import read
from ecosystem.payments.bank.tables import bank_file, bank_item, bank_order, bank_report
from ecosystem.payments.model import PaymentFacts, Settlement
from ecosystem.payments.returning import actions as returning
from ecosystem.payments.returning.model import GiveBackFacts
from ecosystem.payments.rules import PaymentMissing
from ecosystem.payments.tables import payment
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.holding import keep
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control, revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_FILE: Final = inserting(bank_file)
_ORDER: Final = inserting(bank_order, "authority_id", "file_id", "payment_id")
_TAKE: Final = Statement(
    insert(bank_report).on_conflict_do_nothing().returning(bank_report.c.id),
    columns=[column.key for column in bank_report.columns],
)
_ITEM: Final = inserting(
    bank_item,
    "authority_id", "id", "version", "report_id", "ordinal", "outcome", "reason", "payment_id",
    "end_to_end_id", "bank_reference", "amount", "currency", "direction", "booked_on",
    "is_return", "status", "told",
)  # fmt: skip
_SEND_BACK: Final = Statement(
    update(payment)
    .where(payment.c.authority_id == bindparam("of_authority"), payment.c.id == bindparam("of"))
    .values(
        state=bindparam("new_state"),
        version=payment.c.version + 1,
        returned_at=bindparam("new_returned_at"),
        approved_by=null(),
        approved_at=null(),
        instructed_by=null(),
        instructed_at=null(),
        paid_to_id=null(),
        assignment_id=null(),
    )
)
_ORDER_BACK: Final = Statement(
    update(bank_order)
    .where(
        bank_order.c.authority_id == bindparam("of_authority"),
        bank_order.c.payment_id == bindparam("of"),
        bank_order.c.returned_at.is_(None),
    )
    .values(returned_at=bindparam("at"), told=bindparam("said"))
)
_RESOLVE: Final = Statement(
    update(bank_item)
    .where(bank_item.c.authority_id == bindparam("of_authority"), bank_item.c.id == bindparam("of"))
    .values(
        outcome=bindparam("new_outcome"),
        version=bank_item.c.version + 1,
        payment_id=bindparam("for_payment"),
        resolved_at=bindparam("at"),
        resolved_by=bindparam("who"),
        note=bindparam("said"),
    )
)


async def make_file(tx: Tx, asked: FileDraft, *, blobs: Blobs, by: Actor, at: datetime) -> Standing:
    """Write what the bank is to pay. Refuses as the rule does.

    Effects: locks the payments; the file in the store; `payment_file.made`. No money moves.
    """
    authority = by.organisation_number
    file_id = mint("bankfile", authority=authority)
    facts = await queries.gather_facts(tx, file_id, asked, by=by)
    gathered = rules.gather(facts, by=by, at=at)
    content = written(gathered, at=at)
    digest = await keep(tx, blobs, content)
    await tx.run(
        _FILE,
        authority_id=authority, id=file_id, execution_date=gathered.execution_date,
        total=gathered.total.decimal(), currency=gathered.total.currency,
        orders=len(gathered.orders), left_out=msgspec.json.encode(gathered.left_out),
        digest=bytes.fromhex(digest), made_at=at, made_by=control.hand(by),
    )  # fmt: skip
    rows = [
        {"authority_id": authority, "file_id": file_id, "payment_id": one.payment_id}
        for one in gathered.orders
    ]
    await tx.many(_ORDER, rows)
    version = await history.record(
        tx, "payment_file.made", file_id, facts=facts, decision=gathered, by=by, at=at
    )
    return Standing(id=file_id, state="made", version=version)


async def take_report(tx: Tx, content: bytes, *, blobs: Blobs, by: Actor, at: datetime) -> Standing:
    """Take in what the bank says; the same file again changes nothing.

    Refuses as `report.read` and the rule do, and with MessageUsed. Effects: the file in the
    store; its payments settled or returned, with their money and events;
    `bank_report.received`, and `bank_item.matched` for each item.
    """
    report = await asyncio.to_thread(read, content)
    authority = by.organisation_number
    ordered = await _ordered(tx, report, authority=authority)
    entries = _entries(report, ordered)
    facts = await queries.report_facts(tx, report, by=by, items=len(entries))
    taken = rules.take(facts, by=by, at=at)
    digest = await keep(tx, blobs, content)
    report_id = mint("bankreport", authority=authority)
    is_new = await tx.value(
        _TAKE,
        authority_id=authority, id=report_id, kind=report.kind, message_id=report.message_id,
        digest=bytes.fromhex(digest), received_at=at, received_by=control.hand(by),
    )  # fmt: skip
    if is_new is None:
        return await _again(tx, report, content, authority=authority)
    version = await history.record(
        tx, "bank_report.received", report_id, facts=facts, decision=taken, by=by, at=at
    )
    await _match_all(tx, report_id, entries, ordered, kind=report.kind, by=by, at=at)
    return Standing(id=report_id, state="received", version=version)


async def resolve(
    tx: Tx, item_id: str, asked: Resolution, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Say what an item is that matches no payment, and settle the payment where it names one.

    Refuses with ItemMissing, RevisionStale, PaymentMissing, and as the rules do. Effects: locks
    item and payment; `bank_item.resolved`; a payment that is named is settled, as
    `payments.actions.settle` does.
    """
    row = await queries.item_locked(tx, item_id)
    revision.check(expected, actual=row["version"])
    entry, named = queries.entry_of(row), None
    if isinstance(asked.payment_id, str):
        named, _ = await paid.locked(tx, asked.payment_id)
    facts = ResolveFacts(outcome=Outcome(row["outcome"]), entry=entry, payment=named, asked=asked)
    resolved = rules.resolve(facts, by=by, at=at)
    if resolved.payment_id is not None:
        settlement = _settlement(entry)
        await payments.settle(tx, resolved.payment_id, settlement, by=by, at=at, expected=None)
    await tx.run(
        _RESOLVE,
        of_authority=row["authority_id"], of=item_id, new_outcome=resolved.outcome,
        for_payment=resolved.payment_id or row["payment_id"], at=at, who=resolved.resolved_by,
        said=msgspec.json.encode(resolved.note),
    )  # fmt: skip
    version = await history.record(
        tx, "bank_item.resolved", item_id, facts=facts, decision=resolved, by=by, at=at
    )
    return Standing(id=item_id, state=resolved.outcome, version=version)


async def _ordered(tx: Tx, report: Report, *, authority: int) -> tuple[str, ...]:
    """Return the payments that the file has ordered which the bank answers."""
    if report.kind is not ReportKind.STATUS:
        return ()
    file_id = f"bankfile_{report.original_message_id}"
    return await queries.ordered(tx, file_id, authority=authority)


def _entries(report: Report, ordered: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return the items of a report; where it refuses a file as a whole, one for each payment."""
    if report.entries or report.group_status != rules.REJECTED:
        return report.entries
    return tuple(
        Entry(
            end_to_end_id=rules.digits(payment_id), bank_reference=None, amount=None,
            direction=None, booked_on=None, is_return=False, status=rules.REJECTED,
            told=report.told,
        )
        for payment_id in ordered
    )  # fmt: skip


async def _again(tx: Tx, report: Report, content: bytes, *, authority: int) -> Standing:
    before = await queries.taken(tx, report, authority=authority)
    if before is None or before["digest"] != hashlib.sha256(content).digest():
        raise rules.MessageUsed(f"{report.message_id} was taken in with another content.")
    return Standing(id=before["id"], state="received", version=1)


async def _match_all(
    tx: Tx, report_id: str, entries: tuple[Entry, ...], ordered: tuple[str, ...], *,
    kind: ReportKind, by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Match item by item in the order of the payments, then move the money of all at once."""
    legs = list[Leg]()
    counted = enumerate(entries, start=1)
    for ordinal, entry in sorted(counted, key=lambda one: (one[1].end_to_end_id or "", one[0])):
        legs += await _match(tx, report_id, ordinal, entry, ordered, by=by, at=at)
    if legs:
        act = "return" if kind is ReportKind.STATUS else "settle"
        await ledger.move(tx, legs, by=by, at=at, act=act, reference=report_id)


async def _match(
    tx: Tx, report_id: str, ordinal: int, entry: Entry, ordered: tuple[str, ...], *,
    by: Actor, at: datetime,
) -> tuple[Leg, ...]:  # fmt: skip
    named, row = await _payment(tx, entry, by=by)
    facts = await _match_facts(tx, entry, named, ordered)
    matched = rules.match(facts, by=by, at=at)
    item_id = mint("bankitem", authority=authority_of(report_id))
    await _keep(tx, item_id, report_id, ordinal, entry, matched=matched)
    await history.record(
        tx, "bank_item.matched", item_id, facts=facts, decision=matched, by=by, at=at
    )
    if named is None or row is None:
        return ()
    if matched.outcome is Outcome.SETTLED:
        _, leg = await payments.mark_settled(
            tx, named.payment_id, _settlement(entry), by=by, at=at, expected=None
        )
        return () if leg is None else (leg,)
    if matched.outcome is Outcome.RETURNED:
        return (await _send_back(tx, named, row, report_id, entry, by=by, at=at),)
    if matched.outcome is Outcome.GIVEN_BACK:
        return await _give_back(tx, named, row, report_id, entry, by=by, at=at)
    return ()


async def _match_facts(
    tx: Tx, entry: Entry, named: PaymentFacts | None, ordered: tuple[str, ...]
) -> MatchFacts:
    reference, settles, returned = entry.bank_reference, None, None
    if named is not None and reference is not None:
        authority = named.authority_number
        settles = await paid.settled_by(tx, reference, authority=authority)
        returned = await paid.returned_by(tx, reference, authority=authority)
    return MatchFacts(
        entry=entry,
        payment=named,
        settles=settles,
        returned=returned,
        is_ordered=named is not None and named.payment_id in ordered,
    )


async def _payment(
    tx: Tx, entry: Entry, *, by: Actor
) -> tuple[PaymentFacts, Record] | tuple[None, None]:
    """Lock the payment of this authority that an item names."""
    payment_id = rules.payment_named(entry.end_to_end_id)
    if payment_id is None or authority_of(payment_id) != by.organisation_number:
        return None, None
    try:
        return await paid.locked(tx, payment_id)
    except PaymentMissing:
        return None, None


async def _keep(
    tx: Tx, item_id: str, report_id: str, ordinal: int, entry: Entry, *, matched: Any
) -> None:
    amount = entry.amount
    await tx.run(
        _ITEM,
        authority_id=authority_of(report_id), id=item_id, version=1, report_id=report_id,
        ordinal=ordinal, outcome=matched.outcome, reason=matched.reason,
        payment_id=matched.payment_id, end_to_end_id=entry.end_to_end_id,
        bank_reference=entry.bank_reference, amount=None if amount is None else amount.decimal(),
        currency=None if amount is None else amount.currency, direction=entry.direction,
        booked_on=entry.booked_on, is_return=entry.is_return, status=entry.status,
        told=entry.told,
    )  # fmt: skip


async def _send_back(
    tx: Tx,
    named: PaymentFacts,
    row: Record,
    report_id: str,
    entry: Entry,
    *,
    by: Actor,
    at: datetime,
) -> Leg:
    facts = ReturnFacts(payment=named, report_id=report_id, told=entry.told)
    sent_back = rules.send_back(facts, by=by, at=at)
    this = {"of_authority": named.authority_number, "of": named.payment_id}
    await tx.run(_ORDER_BACK, **this, at=at, said=entry.told)
    await tx.run(_SEND_BACK, **this, new_state=sent_back.state, new_returned_at=at)
    await history.record(
        tx, "payment.returned", named.payment_id, facts=facts, decision=sent_back, by=by, at=at,
        audience=Audience(organisations=(named.payee_id,)),
    )  # fmt: skip
    return Leg(
        debit=paid.account(AccountKind.IN_TRANSIT, row, named.contract_id),
        credit=paid.account(AccountKind.PAYABLE, row, named.contract_id),
        amount=named.amount,
        reference=named.payment_id,
    )


async def _give_back(
    tx: Tx,
    named: PaymentFacts,
    row: Record,
    report_id: str,
    entry: Entry,
    *,
    by: Actor,
    at: datetime,
) -> tuple[Leg, ...]:
    settlement = _settlement(entry)
    facts = GiveBackFacts(
        payment=named,
        report_id=report_id,
        returned_reference=settlement.bank_reference,
        returned_on=settlement.settled_on,
        told=entry.told,
    )
    legs = await returning.give_back(tx, facts, row, by=by, at=at)
    await tx.run(
        _ORDER_BACK,
        of_authority=named.authority_number, of=named.payment_id, at=at, said=entry.told,
    )  # fmt: skip
    return legs


def _settlement(entry: Entry) -> Settlement:
    if entry.bank_reference is None or entry.booked_on is None:
        message = "the rule lets nothing settle without reference and date"
        raise ValueError(message)
    return Settlement(bank_reference=entry.bank_reference, settled_on=entry.booked_on)
