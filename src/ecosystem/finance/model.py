"""What a facility is: its terms, the facts that rules decide on, what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.rule_parts import Code
from ecosystem.finance.schedules import DayCount
from ecosystem.offers.model import Drawn, Financing, Months, Rate, Repayment, Security
from ecosystem.values.identifiers import AwardId, ContractId, FacilityId, OrganisationId
from ecosystem.values.money import Measure, Money
from ecosystem.values.text import Text


class State(StrEnum):
    """Where a facility stands."""

    OFFERED = "offered"
    AGREED = "agreed"
    REFUSED = "refused"
    CLOSED = "closed"


class MilestoneAccepted(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind",
    tag="milestone_accepted",
):  # fmt: skip
    """A milestone of the contract is accepted, the whole of it."""

    code: Code
    milestone: Code


class MetricVerified(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind",
    tag="metric_verified",
):  # fmt: skip
    """The newest verified observation of a metric is good enough."""

    code: Code
    metric: Code
    at_least: Measure | UnsetType = UNSET
    at_most: Measure | UnsetType = UNSET


class DocumentPresented(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind",
    tag="document_presented",
):  # fmt: skip
    """The borrower presents a document that it has filed under the contract."""

    code: Code
    description: Text


Condition: TypeAlias = MilestoneAccepted | MetricVerified | DocumentPresented


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the amount, and what must be so before it is drawn."""

    code: Code
    share: Drawn
    conditions: Annotated[tuple[Condition, ...], Meta(max_length=20)] = ()


class FeeAgreed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fee for the whole amount; each drawdown bears its part of it."""

    month: Months
    """Counted from the drawdown; what falls into month 0 is kept back from it."""
    amount: Money


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is lent, and on what terms."""

    amount: Money
    annual_rate: Rate
    day_count: DayCount
    tenor_months: Annotated[int, Meta(ge=1, le=600)]
    """Months from each drawdown to its last instalment."""
    grace_months: Months = 0
    """Months at the start in which only interest is due."""
    repayment: Repayment
    fees: Annotated[tuple[FeeAgreed, ...], Meta(max_length=20)] = ()
    security: Annotated[tuple[Security, ...], Meta(max_length=10)] = ()
    drawdowns: Annotated[tuple[Part, ...], Meta(max_length=20)] = ()
    """Their shares add to 100; where there are none, all may be drawn unconditionally."""
    repays_early: bool = False
    """Whether what comes in beyond what is due repays principal that is not due yet; else it is
    the borrower's."""


class FacilityDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A facility as a lender offers it."""

    terms: Terms | UnsetType = UNSET
    """Leave it out where the financing was awarded with the contract: its terms then hold."""
    borrower_id: OrganisationId | UnsetType = UNSET
    """Who of those that supply together borrows, by default their lead; what was awarded is the
    lead's."""


class FinancingWon(msgspec.Struct, frozen=True, kw_only=True):
    """The financing that was awarded with a contract."""

    award_id: str
    lender_id: str
    """Who leads those who lend, as the contract is now."""
    awarded_to: str | None = None
    """Who led them when it was awarded."""
    financing: Financing
    has_facility: bool
    signed_by: str | None = None
    """Who led the supplier when the contract was signed, and borrows by that signature."""


class OfferFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the offer of a facility is checked against."""

    contract_id: str
    contract_state: ContractState
    currency: str
    suppliers: tuple[str, ...]
    """Who is paid under the contract, the lead first."""
    milestones: tuple[str, ...]
    """The codes of the contract's milestones."""
    metrics: tuple[str, ...]
    """The codes of its metrics."""
    asked: FacilityDraft
    won: FinancingWon | None


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A facility, and whether it is agreed already: in a contract that both have signed for it."""

    state: State
    award_id: str | None
    lender_id: str
    borrower_id: str
    terms: Terms
    offered_by: str


class FacilityFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of a facility is checked against."""

    facility_id: str
    state: State
    contract_id: str
    contract_state: ContractState
    lender_id: str
    borrower_id: str
    amount: Money
    offered_by: str
    reserved: str = "0"
    """What drawdowns have taken of the amount, or ask to take; a decimal string."""
    disbursed: str = "0"
    owed: str = "0"
    """What is owed by the day of the act, due or not, with interest and fees."""
    is_assigned: bool = False
    """Whether an assignment stands that secures it."""
    has_left: bool = False
    """Whether the borrower has left the contract."""


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """The borrower agrees to the terms."""

    state: State
    agreed_by: str


class RefuseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the refusal of a facility is checked against."""

    facility: FacilityFacts
    reason: Text


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """One side does not want it: the borrower refuses, or the lender takes its offer back."""

    state: State
    refused_by: str
    reason: Text


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is owed any more, and nothing can be drawn."""

    state: State
    closed_by: str
    undrawn: Money
    """What was never drawn, and returns to the lender's own funds."""


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is refused, released or restated."""

    reason: Text


class FacilitySummary(msgspec.Struct, frozen=True, kw_only=True):
    """A facility in a list."""

    id: FacilityId
    version: int
    state: State
    contract_id: ContractId
    lender_id: OrganisationId
    borrower_id: OrganisationId
    amount: Money
    reserved: Money
    """What drawdowns have taken of the amount, or ask to take."""
    offered_at: datetime


class Facility(FacilitySummary, frozen=True, kw_only=True):
    """A facility, whole."""

    award_id: AwardId | None
    """The award of its financing, where it grew from one."""
    terms: Terms
    offered_by: str
    agreed_at: datetime | None
    agreed_by: str | None
    """Null where it was agreed with the signatures under the contract."""
    refused_at: datetime | None
    refused_by: str | None
    refused_reason: Text | None
    closed_at: datetime | None
    closed_by: str | None


class FeeDue(msgspec.Struct, frozen=True, kw_only=True):
    """A fee of a drawdown, and the day on which it is due."""

    due_on: date
    amount: Money
