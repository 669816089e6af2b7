"""What the ledger speaks of: accounts by name, legs, and what a move is decided on."""

from enum import StrEnum
from typing import Final

import msgspec

from ecosystem.values.money import Money


class AccountKind(StrEnum):
    """What the money in an account is, at this moment of its way."""

    APPROPRIATION = "appropriation"
    AVAILABLE = "available"
    COMMITTED = "committed"
    ENCUMBERED = "encumbered"
    PAYABLE = "payable"
    IN_TRANSIT = "in_transit"
    DISBURSED = "disbursed"
    WITHHELD = "withheld"
    FUNDING = "funding"
    UNDRAWN = "undrawn"
    OUTSTANDING = "outstanding"
    REPAID = "repaid"
    EARNED = "earned"
    SURPLUS = "surplus"


CONTRA: Final = AccountKind.APPROPRIATION
"""Where the money of a budget comes from."""
SOURCES: Final = frozenset({CONTRA, AccountKind.FUNDING})
"""Where all money comes from, a budget's and a loan's; they alone hold less than nothing."""


class AccountName(msgspec.Struct, frozen=True, order=True):
    """How an account is called; with the currency of an amount, there is only one."""

    kind: AccountKind
    owner_ref: str
    """Identifier of whom or what the money is for: a programme, an award, a contract."""
    programme_id: str
    """The budget programme, or the facility, whose money it is; it names the authority too."""


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One amount on its way from the account that is debited to the one that is credited."""

    debit: AccountName
    credit: AccountName
    amount: Money
    """More than nothing."""
    reverses_id: str | None = None
    """The transfer that this one takes back: the same amount, the other way."""
    reference: str | None = None
    """Why this leg, where each of several has a reason of its own."""
    act: str | None = None
    """What it does, where several of one move do different things."""


class Balance(msgspec.Struct, frozen=True):
    """What an account holds."""

    account: AccountName
    currency: str
    amount: str
    """Decimal string; below zero in an appropriation."""


class MoveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a move is checked against."""

    legs: tuple[Leg, ...]
    balances: tuple[Balance, ...]
    """Of every account that a leg names, before the move."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What the accounts hold after the move."""

    balances: tuple[Balance, ...]


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that was made."""

    id: str
    leg: Leg
    act: str
    reference: str
    is_reversed: bool


class ReversalFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reversal is checked against."""

    transfers: tuple[Transfer, ...]


class Violation(msgspec.Struct, frozen=True):
    """One place where the ledger breaks an invariant."""

    invariant: str
    """The sentence that does not hold."""
    found: dict[str, str]
    """Where, and what stands there."""
