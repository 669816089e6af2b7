"""What is bound anew after the end of a contract, and what waits for money."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ecosystem.values.identifiers import ContractId, ProgrammeId, ShortfallId
from ecosystem.values.money import Amount, Currency, Measure, Money


class State(StrEnum):
    """Where a shortfall stands."""

    WAITING = "waiting"
    COVERED = "covered"
    LAPSED = "lapsed"
    """Later facts need nothing from the programme, or something else."""


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract that has ended waits for, or waited."""

    id: ShortfallId
    version: int
    state: State
    contract_id: ContractId
    programme_id: ProgrammeId
    amount: Money
    """What the programme must have before what became known since is calculated."""
    arose_at: datetime
    ended_at: datetime | None
    """When it was covered, or had lapsed."""


class CoverFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided on before new calculations under a contract that has ended are kept."""

    contract_id: str
    currency: Currency
    value: Amount
    """What was signed."""
    held: Amount
    """What is in all accounts of the contract."""
    bound: Amount
    """What of it is neither payable nor withheld."""
    asked: Measure
    """What the calculations move out of that: payments and what is withheld, less what is taken
    back."""
    kept: Amount
    """What stays bound once they stand: what is retained, and deductions that are not final."""
    available: Amount
    """What the programme has left."""
    waiting: Amount | None
    """What waits already; null where nothing does."""


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """What comes from the programme, or returns to it."""

    more: Measure
    """Below zero where it returns."""
    is_short: bool
    """Whether the programme has less, so that the calculations wait."""


class Arose(msgspec.Struct, frozen=True, kw_only=True):
    """What is proved is not calculated before the programme has so much available."""

    state: State
    amount: Money


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing waits, or another amount does."""

    state: State
