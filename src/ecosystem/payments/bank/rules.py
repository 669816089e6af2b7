"""What a file orders, what an item of a report does, and what refuses either."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from ecosystem.identity.model import BankAccount
from ecosystem.payments.bank.matching import fitting
from ecosystem.payments.bank.model import (
    ORDERS_MAX,
    Gathered,
    GatherFacts,
    LeaveOut,
    LeftOut,
    Matched,
    MatchFacts,
    Order,
    Outcome,
    Payable,
    ReportFacts,
    ReportKind,
    Resolved,
    ResolveFacts,
    ReturnFacts,
    SentBack,
    Taken,
    Unfit,
)
from ecosystem.payments.model import PaymentFacts, State
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, is_identifier
from ecosystem.values.refusal import Fault, Kind, Refusal

_DATE_LINE: Final = timedelta(days=1)
"""By how much a bank's day can differ from that of UTC."""
REJECTED: Final = "RJCT"
"""ISO 20022, external payment transaction status."""


class FileMissing(Refusal):
    """There is no such file of payments, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/payment-files answered."


class ReportMissing(Refusal):
    """There is no such report of a bank, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/bank-reports answered."


class ItemMissing(Refusal):
    """There is no such item of a report, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/bank-items answered."


class DebtorAccountMissing(Refusal):
    """The authority has told no bank account in the currency."""

    kind = Kind.CONFLICT
    remedy = "Give the organisation its bank account in this currency first."


class NothingToOrder(Refusal):
    """No payment can be ordered."""

    kind = Kind.CONFLICT
    remedy = "Instruct payments first; their payees need a bank account in the currency."


class PaymentNotOrderable(Refusal):
    """A payment that is asked for cannot be ordered."""

    kind = Kind.UNMET
    remedy = (
        "Name payments that are instructed, in the currency, and in no other file; their payees "
        "need a bank account in it."
    )


class ExecutionMisdated(Refusal):
    """The bank cannot pay on that day."""

    kind = Kind.UNMET
    remedy = "Give today or a day of the next 90."


class AccountForeign(Refusal):
    """The report tells of an account that is not the authority's."""

    kind = Kind.UNMET
    remedy = "Send reports of the organisation's own bank account."


class FileUnknown(Refusal):
    """The status report answers a file that the authority has not made."""

    kind = Kind.UNMET
    remedy = "Send answers to files of GET /v1/payment-files."


class MessageUsed(Refusal):
    """Another report of this kind has the same message identification."""

    kind = Kind.CONFLICT
    remedy = "Ask the bank: it must not give one identification to two messages."


class ItemResolved(Refusal):
    """The item does not wait for anybody."""

    kind = Kind.CONFLICT
    remedy = "Resolve items of GET /v1/bank-items?outcome=unmatched."


class ItemUnfit(Refusal):
    """The item cannot settle that payment."""

    kind = Kind.UNMET
    remedy = "Name an instructed payment that is owed so much, one that gave it back, or none."


_DAYS_MAX: Final = timedelta(days=90)


def gather(facts: GatherFacts, *, by: Actor, at: datetime) -> Gathered:
    """Gather what a file orders.

    Refuses with ExecutionMisdated, DebtorAccountMissing, PaymentNotOrderable or NothingToOrder,
    in that order.
    """
    del by
    asked = facts.asked
    _dated(asked.execution_date, at=at)
    debtor = facts.debtor
    if debtor is None or debtor.currency != asked.currency:
        raise DebtorAccountMissing(f"The organisation has no account in {asked.currency}.")
    left_out = _left_out(facts)
    out = {one.payment_id for one in left_out}
    orders = tuple(
        _order(one, one.account)
        for one in facts.payable
        if one.payment_id not in out and one.account is not None
    )[:ORDERS_MAX]
    _refuse_missing(facts, orders, left_out)
    if not orders:
        raise NothingToOrder(f"{len(left_out)} payments are instructed, none with an account.")
    total = sum((one.amount.decimal() for one in orders), Decimal(0))
    return Gathered(
        message_id=digits(facts.file_id),
        debtor=debtor,
        execution_date=asked.execution_date,
        orders=orders,
        total=money.of(total, asked.currency),
        left_out=left_out,
    )


def take(facts: ReportFacts, *, by: Actor, at: datetime) -> Taken:
    """Take a report in. Refuses with AccountForeign or FileUnknown."""
    del by, at
    for number in facts.accounts:
        if number != facts.account:
            raise AccountForeign(f"It tells of the account {number}.")
    is_answer = facts.kind is ReportKind.STATUS
    if is_answer and facts.file_id is None:
        raise FileUnknown(f"It answers {facts.original_message_id}.")
    return Taken(
        kind=facts.kind,
        message_id=facts.message_id,
        items=facts.items,
        file_id=facts.file_id if is_answer else None,
    )


def match(facts: MatchFacts, *, by: Actor, at: datetime) -> Matched:
    """Say what an item does: it settles or returns a payment, or waits, and why."""
    del by
    entry, payment = facts.entry, facts.payment
    is_own = payment is not None and facts.answers in {None, facts.ordered_in}
    file_id = facts.ordered_in if is_own else None
    part = fitting.comes_back(entry, payment, facts.settlements, answers=facts.answers, at=at)
    if entry.status is not None:
        outcome, reason = _answered(entry.status, payment, is_ordered=file_id is not None)
    elif entry.booked_on is None:
        outcome, reason = Outcome.NOTED, None
    elif fitting.is_known(facts):
        outcome, reason = Outcome.REPEATED, None
    elif fitting.is_taken(entry, facts.returned):
        outcome, reason, part = Outcome.UNMATCHED, Unfit.REFERENCE_USED, None
    elif part is not None:
        reason = fitting.stuck(entry, part)
        outcome = Outcome.GIVEN_BACK if reason is None else Outcome.UNMATCHED
        file_id = part.file_id
    else:
        reason = fitting.unfit(entry, payment) or fitting.mistaken(
            entry, payment, facts.settles, at=at
        )
        if payment is not None and not is_own:
            reason = reason or Unfit.NOT_ORDERED
        outcome = Outcome.SETTLED if reason is None else Outcome.UNMATCHED
    return Matched(
        outcome=outcome,
        reason=reason,
        payment_id=None if payment is None else payment.payment_id,
        file_id=file_id,
        settled_version=part.version if part and outcome is Outcome.GIVEN_BACK else None,
    )


def send_back(facts: ReturnFacts, *, by: Actor, at: datetime) -> SentBack:
    """Take back an instruction that the bank has refused."""
    del by, at
    return SentBack(state=State.RETURNED, report_id=facts.report_id, told=facts.told)


def resolve(facts: ResolveFacts, *, by: Actor, at: datetime) -> Resolved:
    """Say what an item is. Refuses with ItemResolved, BankReferenceUsed or ItemUnfit."""
    if facts.outcome is not Outcome.UNMATCHED:
        raise ItemResolved(f"The item is {facts.outcome}.")
    entry, payment = facts.entry, facts.payment
    part = fitting.comes_back(entry, payment, facts.settlements, answers=None, at=at)
    payment_id = file_id = None
    if payment is not None:
        fitting.refuse_used(facts)
        payment_id = payment.payment_id
        if part is None:
            reason = fitting.unfit(entry, payment) or fitting.mistaken(entry, payment, None, at=at)
            file_id = facts.ordered_in
        else:
            reason, file_id = fitting.stuck(entry, part), part.file_id
        if reason is not None:
            raise ItemUnfit(f"It fits not: {reason}.", pointer="/payment_id")
    return Resolved(
        outcome=Outcome.RESOLVED,
        resolved_by=control.hand(by),
        payment_id=payment_id,
        file_id=file_id,
        settled_version=None if part is None else part.version,
        note=facts.asked.note,
    )


def digits(identifier: str) -> str:
    """Return the 32 digits of an identifier: what fits into 35 characters of ISO 20022."""
    return identifier.rpartition("_")[2]


def file_named(message_id: str | None, *, by: Actor) -> str | None:
    """Return the identifier of the caller's file that a message names, or None."""
    named = f"bankfile_{message_id}"
    is_own = is_identifier(named, "bankfile") and authority_of(named) == by.organisation_number
    return named if is_own else None


def _dated(day: date, *, at: datetime) -> None:
    today = at.date()
    if not today - _DATE_LINE <= day <= today + _DAYS_MAX:
        raise ExecutionMisdated(f"Today is {today}.", pointer="/execution_date")


def _left_out(facts: GatherFacts) -> tuple[LeftOut, ...]:
    found = list[LeftOut]()
    for one in facts.payable:
        if one.account is None:
            reason = LeaveOut.NO_ACCOUNT
        elif one.account.currency != facts.asked.currency:
            reason = LeaveOut.OTHER_CURRENCY
        else:
            continue
        found.append(LeftOut(payment_id=one.payment_id, payee_id=one.payee_id, reason=reason))
    return tuple(found)


def _order(one: Payable, account: BankAccount) -> Order:
    return Order(
        payment_id=one.payment_id,
        version=one.version,
        end_to_end_id=digits(one.payment_id),
        amount=one.amount,
        payee=account,
    )


def _refuse_missing(
    facts: GatherFacts, orders: tuple[Order, ...], out: tuple[LeftOut, ...]
) -> None:
    asked = facts.asked.payment_ids
    if not isinstance(asked, tuple):
        return
    ordered, why = {one.payment_id for one in orders}, {one.payment_id: one.reason for one in out}
    faults = tuple(
        Fault(
            f"/payment_ids/{place}", "payment_not_orderable",
            _unordered(payment_id, why.get(payment_id), facts.asked.currency),
        )
        for place, payment_id in enumerate(asked)
        if payment_id not in ordered
    )  # fmt: skip
    if faults:
        raise PaymentNotOrderable("Some of the payments cannot be ordered.", faults=faults)


def _unordered(payment_id: str, reason: LeaveOut | None, currency: str) -> str:
    if reason is LeaveOut.NO_ACCOUNT:
        return f"{payment_id} has a payee that has told no bank account."
    if reason is LeaveOut.OTHER_CURRENCY:
        return f"{payment_id} has a payee whose bank account is in another currency."
    return f"{payment_id} is not instructed in {currency}, or stands in a file already."


def _answered(
    status: str, payment: PaymentFacts | None, *, is_ordered: bool
) -> tuple[Outcome, Unfit | None]:
    if payment is None:
        return Outcome.UNMATCHED, Unfit.PAYMENT_UNKNOWN
    if status != REJECTED:
        return Outcome.NOTED, None
    if payment.state is not State.INSTRUCTED:
        return Outcome.UNMATCHED, Unfit.NOT_INSTRUCTED
    if not is_ordered:
        return Outcome.UNMATCHED, Unfit.NOT_ORDERED
    return Outcome.RETURNED, None
