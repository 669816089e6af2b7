"""What a line of a programme's money says."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.ledger.model import AccountKind
from ecosystem.values.identifiers import pattern
from ecosystem.values.money import Measure, Money

TransferId = Annotated[
    str, Meta(pattern=pattern("transfer"), description="Identifier of a transfer of the ledger.")
]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where money is."""

    kind: AccountKind
    owner_id: str
    """For whom or what: a programme, an award, a contract."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The event in whose transaction it moved."""

    id: str
    type: str
    stream: str
    version: int


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """By how much each figure of the programme has changed, below zero where it fell."""

    appropriated: Measure
    available: Measure
    committed: Measure
    obligated: Measure
    spent: Measure


class TransferLine(msgspec.Struct, frozen=True, kw_only=True):
    """One transfer of a programme's money."""

    id: TransferId
    act: str
    """What was done, in a word: `appropriate`, `commit`, `obligate`."""
    amount: Money
    source: Place
    target: Place
    reference: str
    """Why: an appropriation, a shift, an award, a contract, a payment, a calculation."""
    reverses_id: TransferId | None
    effect: Effect
    cause: Cause | None
    valid_at: datetime
    recorded_at: datetime
