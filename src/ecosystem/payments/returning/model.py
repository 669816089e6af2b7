"""What the return of a settled payment is decided on."""

from datetime import date

import msgspec

from ecosystem.payments.model import PaymentFacts, State


class GiveBackFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the return of a payment is checked against."""

    payment: PaymentFacts
    report_id: str
    returned_reference: str
    """What the bank calls the transaction that gave the money back."""
    returned_on: date
    told: str | None


class GivenBack(msgspec.Struct, frozen=True, kw_only=True):
    """The money is here again; the payment may be approved again."""

    state: State
    bank_reference: str
    """Of the settlement that is undone."""
    settled_on: date
