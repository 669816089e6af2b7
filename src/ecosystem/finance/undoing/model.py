"""What is decided on where money that a lender was paid goes back."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.finance.model import FacilityFacts
from ecosystem.finance.waterfall import Application, Rank
from ecosystem.values.money import Amount, Money


class UndoFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the return of a repayment, or of a part of it, is checked against."""

    facility: FacilityFacts
    payment_id: str
    """The payment of the authority by which it had come."""
    application: Application
    """How it was applied."""
    undone_before: Amount
    """What of it had gone back before."""
    amount: Money
    """What goes back now."""


class UndoneLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim had got and is owed again."""

    rank: Rank
    of: str
    due_on: date | None
    amount: Amount


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """Money went back, and what it had paid is owed again."""

    amount: Money
    surplus: Amount
    """What of it had been left for the borrower."""
    lines: Annotated[tuple[UndoneLine, ...], Meta(max_length=100_000)]
    """In the order in which they are undone: the last that was paid first."""
