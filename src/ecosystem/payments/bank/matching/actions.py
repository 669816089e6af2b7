"""Do what each item of a report says, and move the money of all of them at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, null, update

from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.payments import actions as payments
from ecosystem.payments import queries as paid
from ecosystem.payments.bank import rules
from ecosystem.payments.bank.matching import queries
from ecosystem.payments.bank.matching.fitting import payment_named
from ecosystem.payments.bank.model import (
    Entry,
    MatchFacts,
    Outcome,
    ReportKind,
    ReturnFacts,
    Taken,
)
from ecosystem.payments.bank.tables import bank_item, bank_order
from ecosystem.payments.computing.accounts import account
from ecosystem.payments.model import PaymentFacts, Settlement
from ecosystem.payments.references import queries as references
from ecosystem.payments.returning import actions as returning
from ecosystem.payments.returning import queries as settled
from ecosystem.payments.returning.model import GiveBackFacts, SettledPart
from ecosystem.payments.rules import PaymentMissing
from ecosystem.payments.tables import payment
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_ITEM: Final = inserting(
    bank_item,
    "authority_id", "id", "version", "report_id", "ordinal", "outcome", "reason", "payment_id",
    "file_id", "end_to_end_id", "bank_reference", "amount", "currency", "direction", "booked_on",
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
        bank_order.c.version == bindparam("of_version"),
        bank_order.c.returned_at.is_(None),
    )
    .values(returned_at=bindparam("at"), told=bindparam("said"))
)


async def match_all(
    tx: Tx, report_id: str, entries: tuple[Entry, ...], taken: Taken, *, by: Actor, at: datetime
) -> None:  # fmt: skip
    """Match item by item in the order of the report, then move the money of all at once.

    Effects: holds all references, locks all payments that are named, then all facilities that
    they are assigned under; `bank_item.matched` for each item; one move.
    """
    authority = authority_of(report_id)
    named = (one.bank_reference for one in entries if one.status is None)
    await references.hold(tx, named, authority=authority)
    await queries.hold(tx, _named(entries, by=by), authority=authority)
    legs = list[Leg]()
    for ordinal, entry in enumerate(entries, start=1):
        answers = taken.file_id or rules.file_named(entry.original_message_id, by=by)
        legs += await _match(tx, report_id, ordinal, entry, answers, by=by, at=at)
    if legs:
        act = "return" if taken.kind is ReportKind.STATUS else "settle"
        await ledger.move(tx, legs, by=by, at=at, act=act, reference=report_id)


async def _match(
    tx: Tx, report_id: str, ordinal: int, entry: Entry, answers: str | None, *,
    by: Actor, at: datetime,
) -> tuple[Leg, ...]:  # fmt: skip
    named, row = await _payment(tx, entry, by=by)
    facts = await _match_facts(tx, entry, named, answers)
    matched = rules.match(facts, by=by, at=at)
    item_id = mint("bankitem", authority=authority_of(report_id))
    await _keep(tx, item_id, report_id, ordinal, entry, matched=matched)
    await history.record(
        tx, "bank_item.matched", item_id, facts=facts, decision=matched, by=by, at=at
    )
    if named is None or row is None:
        return ()
    if matched.outcome is Outcome.SETTLED:
        _, legs = await payments.mark_settled(
            tx, named.payment_id, settlement(entry), by=by, at=at, expected=None
        )
        return legs
    if matched.outcome is Outcome.RETURNED:
        return (await _send_back(tx, named, row, report_id, entry, by=by, at=at),)
    if matched.settled_version is not None:
        part = part_of(facts.settlements, matched.settled_version)
        back = give_back_facts(named, part, entry, report_id=report_id)
        return await give_back(tx, back, row, by=by, at=at)
    return ()


async def _match_facts(
    tx: Tx, entry: Entry, named: PaymentFacts | None, answers: str | None
) -> MatchFacts:
    reference, settles, returned = entry.bank_reference, None, None
    parts = tuple[SettledPart, ...]()
    if named is not None and reference is not None and entry.status is None:
        authority = named.authority_number
        settles = await references.settled_by(tx, reference, authority=authority)
        returned = await references.returned_by(tx, reference, authority=authority)
        if entry.is_return or settles == named.payment_id:
            parts = await settled.parts(tx, named.payment_id)
    return MatchFacts(
        entry=entry,
        payment=named,
        settles=settles,
        returned=returned,
        answers=answers,
        ordered_in=None if named is None else await queries.ordered_in(tx, named.payment_id),
        settlements=parts,
    )


async def _payment(
    tx: Tx, entry: Entry, *, by: Actor
) -> tuple[PaymentFacts, Record] | tuple[None, None]:
    """Return the payment of this authority that an item names, as it is now."""
    [payment_id] = _named((entry,), by=by) or (None,)
    if payment_id is None:
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
        payment_id=matched.payment_id, file_id=matched.file_id, end_to_end_id=entry.end_to_end_id,
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
    await tx.run(_ORDER_BACK, **this, of_version=row["version"], at=at, said=entry.told)
    await tx.run(_SEND_BACK, **this, new_state=sent_back.state, new_returned_at=at)
    await history.record(
        tx, "payment.returned", named.payment_id, facts=facts, decision=sent_back, by=by, at=at,
        audience=Audience(organisations=(named.payee_id,)),
    )  # fmt: skip
    return Leg(
        debit=account(AccountKind.IN_TRANSIT, row, named.contract_id),
        credit=account(AccountKind.PAYABLE, row, named.contract_id),
        amount=named.owed(),
        reference=named.payment_id,
    )


async def give_back(
    tx: Tx, facts: GiveBackFacts, row: Record, *, by: Actor, at: datetime
) -> tuple[Leg, ...]:
    """Undo a settlement, or a part, of a payment that is locked; return how money moves back.

    Effects: as `returning.give_back`; the order that it had carried out came back.
    """
    legs = await returning.give_back(tx, facts, row, by=by, at=at)
    await tx.run(
        _ORDER_BACK,
        of_authority=facts.payment.authority_number, of=facts.payment.payment_id,
        of_version=facts.settled.version - 1, at=at, said=facts.told,
    )  # fmt: skip
    return legs


def give_back_facts(
    named: PaymentFacts, part: SettledPart, entry: Entry, *, report_id: str
) -> GiveBackFacts:
    """Return what the return of money is checked against of which an item tells."""
    booked = settlement(entry)
    return GiveBackFacts(
        payment=named,
        settled=part,
        amount=named.amount if entry.amount is None else entry.amount,
        report_id=report_id,
        returned_reference=booked.bank_reference,
        returned_on=booked.settled_on,
        told=entry.told,
    )


def part_of(parts: Iterable[SettledPart], version: int) -> SettledPart:
    """Return the settlement of a payment that its rule has named."""
    return next(one for one in parts if one.version == version)


def _named(entries: Iterable[Entry], *, by: Actor) -> tuple[str, ...]:
    """Return what items name that could be payments of the caller's authority."""
    found = (payment_named(one.end_to_end_id) for one in entries)
    return tuple(
        one for one in found if one is not None and authority_of(one) == by.organisation_number
    )


def settlement(entry: Entry) -> Settlement:
    """Return the settlement that an item which is matched tells of."""
    if entry.bank_reference is None or entry.booked_on is None:
        message = "the rule lets nothing settle without reference and date"
        raise ValueError(message)
    return Settlement(bank_reference=entry.bank_reference, settled_on=entry.booked_on)
