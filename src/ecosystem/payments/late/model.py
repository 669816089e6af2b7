"""What late interest is calculated from, and what becomes payable of it."""

from datetime import date

import msgspec

from ecosystem.catalogue.profiles.model import LateInterest
from ecosystem.payments.calculation import Calculation
from ecosystem.values.money import Amount, Currency, Money


class SettledOn(msgspec.Struct, frozen=True, kw_only=True):
    """What of a payment was settled on a day."""

    settled_on: date
    amount: Amount


class SettledLateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What late interest is calculated from."""

    payment_id: str
    version: int
    """Of the payment, with its settlement."""
    currency: Currency
    due_on: date | None
    """None where nothing says when it was due."""
    parts: tuple[SettledOn, ...]
    """What was settled on which day and not given back: together the whole payment."""
    contract_value: Amount
    terms: LateInterest | None
    """Of the profile that the need was published under; None where it knows none."""
    is_interest: bool
    """Whether the payment is itself of interest, which earns none."""


class Accrued(msgspec.Struct, frozen=True, kw_only=True):
    """What a late payment has earned."""

    calculation: Calculation


class PayInterestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment of late interest is made from."""

    payment_id: str
    """The payment that was late."""
    authority_number: int
    payee_id: str
    calculation_id: str | None
    """The newest calculation of its interest; None where there is none."""
    currency: Currency
    accrued: Amount
    owed: Amount
    """What is payable or paid of it, without what was rejected."""


class InterestDue(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of late interest."""

    amount: Money
    owed_before: Amount
