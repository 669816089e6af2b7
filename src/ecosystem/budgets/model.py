"""What a budget programme is: what is asked, the facts that rules decide on, what they decide."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.values.identifiers import AppropriationId, AssessmentId, PersonId, ProgrammeId
from ecosystem.values.money import Currency, Money
from ecosystem.values.text import Text

Year = Annotated[int, Meta(ge=2000, le=2199, description="The year in which the period begins.")]


YearSought = Annotated[int, Meta(ge=2000, le=2199, description="Only what is of this fiscal year.")]


class ProgrammeDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a treasurer writes to open a programme."""

    name: Text
    fiscal_year: Year
    sector: Sector
    operation: Operation
    phase: Phase
    currency: Currency


class AppropriationDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money that is given to a programme."""

    amount: Money
    """In the programme's currency."""
    reason: Text
    """What the appropriation rests on, such as a decision of the council."""
    assessment_id: AssessmentId | None = None
    """The published assessment of the same programme in the year before."""
    departs_because: Text | None = None
    """Why no assessment is cited although there was a year before, or why what the cited one
    recommends is not followed."""


class Appropriation(msgspec.Struct, frozen=True, kw_only=True):
    """An appropriation that was made; it stays, also where a correction has taken it back."""

    id: AppropriationId
    programme_id: ProgrammeId
    amount: Money
    reason: Text
    assessment_id: AssessmentId | None
    departs_because: Text | None
    appropriated_by: PersonId | str
    appropriated_at: datetime
    is_corrected: bool
    """Whether it was taken back, whole, because it was wrong."""


class Programme(ProgrammeDraft, frozen=True, kw_only=True):
    """A programme, and where its money is."""

    id: ProgrammeId
    version: int
    authority_number: int
    appropriated: Money
    committed: Money
    """Promised by awards that are no contract yet."""
    obligated: Money
    """Everything that contracts have taken, paid or not."""
    spent: Money
    """The part of `obligated` that is settled for what was earned."""
    available: Money
    """Promised to nobody."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A programme without money yet."""

    programme: ProgrammeDraft


class AppropriationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an appropriation is checked against."""

    appropriation_id: str
    authority_number: int
    fiscal_year: int
    currency: str
    is_followed: bool
    """Whether the authority has the same programme in the year before: of the same sector,
    operation and phase."""
    asked: AppropriationDraft


class Appropriated(msgspec.Struct, frozen=True, kw_only=True):
    """Money came into a programme."""

    amount: Money
    reason: Text
    assessment_id: str | None
    departs_because: Text | None


class CommitmentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a commitment to an award, its release or its obligation is checked against."""

    currency: str
    available: str
    """What the programme has left."""
    committed: str
    """What it has promised to this award."""
    award_id: str
    contract_id: str | None = None
    """The contract that an obligation is for."""
    amount: Money


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """An amount is promised to an award."""

    award_id: str
    amount: Money


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """An amount that an award no longer needs is available again."""

    award_id: str
    amount: Money


class Obligated(msgspec.Struct, frozen=True, kw_only=True):
    """What was promised to an award is owed under a contract."""

    award_id: str
    contract_id: str
    amount: Money


class AdjustmentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of a contract's obligation is checked against."""

    currency: str
    available: str
    """What the programme has left."""
    encumbered: str
    """What is bound by the contract and not yet earned."""
    contract_id: str
    before: Money
    after: Money


class Adjusted(msgspec.Struct, frozen=True, kw_only=True):
    """More is bound by a contract, or some of it is available again; one of both is None."""

    contract_id: str
    raised: Money | None
    lowered: Money | None
