"""Make files for the bank, take in what it says, and resolve what matches nothing."""

import asyncio
import hashlib
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.history import actions as history
from ecosystem.ledger import actions as ledger
from ecosystem.payments import actions as payments
from ecosystem.payments import queries as paid
from ecosystem.payments.bank import queries, rules
from ecosystem.payments.bank.initiation import written
from ecosystem.payments.bank.matching import actions as matching
from ecosystem.payments.bank.matching import queries as held
from ecosystem.payments.bank.model import (
    Entry,
    FileDraft,
    Outcome,
    Report,
    ReportKind,
    Resolution,
    ResolveFacts,
)
from ecosystem.payments.bank.report import read
from ecosystem.payments.bank.tables import bank_file, bank_item, bank_order, bank_report
from ecosystem.payments.references import queries as references
from ecosystem.payments.returning import queries as returning
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.holding import keep
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control, revision
from ecosystem.values.actor import Actor

_FILE: Final = inserting(bank_file)
_ORDER: Final = inserting(bank_order, "authority_id", "file_id", "payment_id", "version", "amount")
_TAKE: Final = Statement(
    insert(bank_report).on_conflict_do_nothing().returning(bank_report.c.id),
    columns=[column.key for column in bank_report.columns],
)
_RESOLVE: Final = Statement(
    update(bank_item)
    .where(bank_item.c.authority_id == bindparam("of_authority"), bank_item.c.id == bindparam("of"))
    .values(
        outcome=bindparam("new_outcome"),
        version=bank_item.c.version + 1,
        payment_id=bindparam("for_payment"),
        file_id=bindparam("for_file"),
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
        {
            "authority_id": authority,
            "file_id": file_id,
            "payment_id": one.payment_id,
            "version": one.version,
            "amount": one.amount.decimal(),
        }
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
        file_id=taken.file_id, digest=bytes.fromhex(digest), received_at=at,
        received_by=control.hand(by),
    )  # fmt: skip
    if is_new is None:
        return await _again(tx, report, content, authority=authority)
    version = await history.record(
        tx, "bank_report.received", report_id, facts=facts, decision=taken, by=by, at=at
    )
    await matching.match_all(tx, report_id, entries, taken, by=by, at=at)
    return Standing(id=report_id, state="received", version=version)


async def resolve(
    tx: Tx, item_id: str, asked: Resolution, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Say what an item is that matches no payment, and do to the payment that it names as it says.

    Refuses with ItemMissing, RevisionStale, PaymentMissing, and as the rules do. Effects: locks
    item and payment; `bank_item.resolved`; a payment that is named is settled, as
    `payments.actions.settle` does, or money of it given back.
    """
    row = await queries.item_locked(tx, item_id)
    revision.check(expected, actual=row["version"])
    facts, paid_row = await _resolve_facts(tx, row, asked)
    resolved = rules.resolve(facts, by=by, at=at)
    await tx.run(
        _RESOLVE,
        of_authority=row["authority_id"], of=item_id, new_outcome=resolved.outcome,
        for_payment=resolved.payment_id or row["payment_id"],
        for_file=row["file_id"] if resolved.payment_id is None else resolved.file_id,
        at=at, who=resolved.resolved_by, said=msgspec.json.encode(resolved.note),
    )  # fmt: skip
    if facts.payment is not None and paid_row is not None and resolved.settled_version is not None:
        part = matching.part_of(facts.settlements, resolved.settled_version)
        back = matching.give_back_facts(
            facts.payment, part, facts.entry, report_id=row["report_id"]
        )
        legs = await matching.give_back(tx, back, paid_row, by=by, at=at)
        await ledger.move(tx, legs, by=by, at=at, act="give_back", reference=item_id)
    elif resolved.payment_id is not None:
        settlement = matching.settlement(facts.entry)
        await payments.settle(tx, resolved.payment_id, settlement, by=by, at=at, expected=None)
    version = await history.record(
        tx, "bank_item.resolved", item_id, facts=facts, decision=resolved, by=by, at=at
    )
    return Standing(id=item_id, state=resolved.outcome, version=version)


async def _resolve_facts(
    tx: Tx, row: Record, asked: Resolution
) -> tuple[ResolveFacts, Record | None]:
    """Return what a resolution is checked against, and the row of the payment that it names."""
    facts = ResolveFacts(
        outcome=Outcome(row["outcome"]), entry=queries.entry_of(row), payment=None, asked=asked
    )
    if not isinstance(asked.payment_id, str):
        return facts, None
    authority = row["authority_id"]
    reference = facts.entry.bank_reference
    await references.hold(tx, (reference,), authority=authority)
    await held.hold(tx, (asked.payment_id,), authority=authority)
    named, paid_row = await paid.locked(tx, asked.payment_id)
    return msgspec.structs.replace(
        facts,
        payment=named,
        ordered_in=await held.ordered_in(tx, asked.payment_id),
        settles=reference and await references.settled_by(tx, reference, authority=authority),
        returned=reference and await references.returned_by(tx, reference, authority=authority),
        settlements=await returning.parts(tx, asked.payment_id),
    ), paid_row


async def _ordered(tx: Tx, report: Report, *, authority: int) -> tuple[str, ...]:
    """Return the payments that the file has ordered which the bank answers."""
    if report.kind is not ReportKind.STATUS:
        return ()
    file_id = f"bankfile_{report.original_message_id}"
    return await held.ordered(tx, file_id, authority=authority)


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
