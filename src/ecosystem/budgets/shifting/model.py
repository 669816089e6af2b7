"""What a shift is: what is asked, the facts that rules decide on, what they decide."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.catalogue.profiles.model import FiscalYear
from ecosystem.values.identifiers import AppropriationId, ProgrammeId, ShiftId
from ecosystem.values.money import Amount, Money
from ecosystem.values.text import Text


class ShiftKind(StrEnum):
    """Where what a programme has left goes."""

    TRANSFER = "transfer"
    """To another programme of the same authority, year and currency."""
    CARRY_FORWARD = "carry_forward"
    """After the year's end, to the same programme of the next year."""
    LAPSE = "lapse"
    """After the year's end, nowhere: all that is left is appropriated no more."""
    CORRECTION = "correction"
    """Nowhere: an appropriation was wrong, and is taken back whole."""


class ShiftState(StrEnum):
    """How far a shift has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class ShiftDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a treasurer proposes."""

    kind: ShiftKind
    to_id: ProgrammeId | None = None
    """The programme that gets it; of a transfer or a carry-forward alone."""
    amount: Money | None = None
    """Of a transfer or a carry-forward alone; a lapse takes all that is left."""
    appropriation_id: AppropriationId | None = None
    """What a correction takes back; of a correction alone."""
    reason: Text


class ShiftRejection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why nothing is shifted."""

    reason: Text


class ProgrammeNow(msgspec.Struct, frozen=True, kw_only=True):
    """A programme, as a shift sees it."""

    id: str
    authority_number: int
    fiscal_year: int
    sector: Sector
    operation: Operation
    phase: Phase
    currency: str
    available: Amount
    appropriated: Amount
    carried: Amount
    """What has been carried forward from it."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """An appropriation, as a correction of it sees it."""

    id: str
    amount: Money
    is_corrected: bool


class ShiftFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a shift is checked against, when it is proposed and when it is approved."""

    shift_id: str
    asked: ShiftDraft
    source: ProgrammeNow
    target: ProgrammeNow | None
    """None where none is named."""
    given: Given | None
    """The appropriation to be corrected; None where none is named, or it is of elsewhere."""
    year: FiscalYear
    time_zone: str
    """Where the days of the fiscal year begin."""


class ShiftProposed(msgspec.Struct, frozen=True, kw_only=True):
    """A shift waits for another person."""

    proposed_by: str
    amount: Money


class DecideFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the decision on a proposed shift is checked against."""

    state: ShiftState
    proposed_by: str
    shift: ShiftFacts
    rejection: Text | None = None


class ShiftApproved(msgspec.Struct, frozen=True, kw_only=True):
    """The money goes."""

    decided_by: str
    amount: Money


class ShiftRejected(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is shifted."""

    decided_by: str
    reason: Text


class ShiftedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed a programme's money from outside."""

    shift_id: str
    kind: ShiftKind
    is_source: bool
    amount: Money


class Shifted(msgspec.Struct, frozen=True, kw_only=True):
    """How what was appropriated to a programme has changed: one of both is None."""

    shift_id: str
    added: Money | None
    taken: Money | None


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A shift, and who decided on it."""

    id: ShiftId
    version: int
    state: ShiftState
    kind: ShiftKind
    from_id: ProgrammeId
    to_id: ProgrammeId | None
    appropriation_id: AppropriationId | None
    amount: Money
    """What has moved; until it is approved, what would."""
    reason: Text
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    rejection: Text | None
