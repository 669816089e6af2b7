"""What is decided on where money of a settled payment comes back."""

from datetime import date

import msgspec

from ecosystem.payments.model import PaymentFacts, State
from ecosystem.values.money import Amount, Money


class SettledPart(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank has paid of a payment by one transaction."""

    version: int
    """Of the payment, with this settlement."""
    bank_reference: str
    settled_on: date
    amount: Money
    standing: Amount
    """What of it the bank has not given back."""
    undoable: Amount
    """What of that can come back: of what a lender got whose facility is closed, the surplus."""
    file_id: str | None = None
    """The file that had ordered it."""
    assignment_id: str | None = None
    """The assignment under which a lender was paid."""


class TakenReturn(msgspec.Struct, frozen=True, kw_only=True):
    """What a reference of the bank gave back already."""

    payment_id: str
    amount: Money


class GiveBackFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the return of a payment, or of a part of it, is checked against."""

    payment: PaymentFacts
    settled: SettledPart
    """The settlement of which money came back."""
    amount: Money
    report_id: str
    returned_reference: str
    """What the bank calls the transaction that gave the money back."""
    returned_on: date
    told: str | None


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """The money is here again; the payment may be approved again, for what is owed of it."""

    state: State
    bank_reference: str
    """Of the settlement that is undone."""
    settled_on: date
    amount: Money
    """What came back."""
    paid: Amount
    """What of the payment stays paid."""
