"""How an item of a report fits the payment that it names, and why it does not."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from ecosystem.payments.bank.model import Direction, Entry, MatchFacts, ResolveFacts, Unfit
from ecosystem.payments.model import BankReference, PaymentFacts, State
from ecosystem.payments.returning.model import SettledPart, TakenReturn
from ecosystem.payments.returning.rules import undone_by
from ecosystem.payments.rules import BankReferenceUsed
from ecosystem.values.identifiers import is_identifier

_DATE_LINE: Final = timedelta(days=1)
"""By how much a bank's day can differ from that of UTC."""


def payment_named(end_to_end_id: str | None) -> str | None:
    """Return the identifier of the payment that an item names, or None."""
    named = f"payment_{end_to_end_id}"
    return named if is_identifier(named, "payment") else None


def is_known(facts: MatchFacts) -> bool:
    """Tell whether an item is of a booking that has settled the payment, or gave so much back."""
    entry, payment, returned = facts.entry, facts.payment, facts.returned
    if payment is not None and returned is not None and is_taken(entry, returned):
        return (returned.payment_id, returned.amount) == (payment.payment_id, entry.amount)
    is_debit = entry.direction is Direction.DEBIT and not entry.is_return
    return is_debit and any(
        (one.bank_reference, one.amount) == (entry.bank_reference, entry.amount)
        for one in facts.settlements
    )


def is_taken(entry: Entry, returned: TakenReturn | None) -> bool:
    """Tell whether an item is of money that comes back under a reference that gave some back."""
    return returned is not None and entry.direction is Direction.CREDIT


def refuse_used(facts: ResolveFacts) -> None:
    """Refuse with BankReferenceUsed where the bank's reference has done something already."""
    entry, returned, settles = facts.entry, facts.returned, facts.settles
    if returned is not None and is_taken(entry, returned):
        message = f"{entry.bank_reference} gave back money of {returned.payment_id}."
        raise BankReferenceUsed(message, pointer="/payment_id")
    if settles is not None and entry.direction is Direction.DEBIT:
        message = f"{entry.bank_reference} settles {settles}."
        raise BankReferenceUsed(message, pointer="/payment_id")


def comes_back(
    entry: Entry,
    payment: PaymentFacts | None,
    parts: tuple[SettledPart, ...],
    *,
    answers: str | None,
    at: datetime,
) -> SettledPart | None:
    """Return the settlement of which a booking gives back money, by a reference; None for none."""
    if payment is None or not entry.is_return or entry.direction is not Direction.CREDIT:
        return None
    if entry.amount is None or entry.booked_on is None or not _is_reference(entry.bank_reference):
        return None
    if entry.booked_on > (at + _DATE_LINE).date():
        return None
    return undone_by(payment, parts, entry.amount, booked_on=entry.booked_on, answers=answers)


def stuck(entry: Entry, part: SettledPart) -> Unfit | None:
    """Return why money that came back cannot be undone where it went."""
    came = Decimal(0) if entry.amount is None else entry.amount.decimal()
    return Unfit.FACILITY_CLOSED if came > Decimal(part.undoable) else None


def unfit(entry: Entry, payment: PaymentFacts | None) -> Unfit | None:
    """Return why an item cannot be about the payment."""
    if entry.direction is Direction.CREDIT or entry.is_return:
        return Unfit.INCOMING if payment is None else Unfit.MONEY_BACK
    if payment is None:
        is_named = payment_named(entry.end_to_end_id) is not None
        return Unfit.PAYMENT_UNKNOWN if is_named else Unfit.NO_PAYMENT_NAMED
    if entry.amount is None or entry.amount.currency != payment.amount.currency:
        return Unfit.CURRENCY_DIFFERS
    if entry.amount != (payment.due() if payment.state is State.SETTLED else payment.owed()):
        return Unfit.AMOUNT_DIFFERS
    return None


def mistaken(
    entry: Entry, payment: PaymentFacts | None, settles: str | None, *, at: datetime
) -> Unfit | None:
    """Return why a booking that is about the payment cannot settle it."""
    if payment is None or entry.booked_on is None:
        return Unfit.NO_PAYMENT_NAMED
    told = payment.instructed_at or at
    is_dated = (told - _DATE_LINE).date() <= entry.booked_on <= (at + _DATE_LINE).date()
    reasons = {
        Unfit.SETTLED_OTHERWISE: payment.state is State.SETTLED,
        Unfit.NOT_INSTRUCTED: payment.state is not State.INSTRUCTED,
        Unfit.NO_REFERENCE: not _is_reference(entry.bank_reference),
        Unfit.REFERENCE_USED: settles is not None,
        Unfit.MISDATED: not is_dated,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _is_reference(text: str | None) -> bool:
    try:
        msgspec.convert(text, BankReference)
    except msgspec.ValidationError:
        return False
    return True
