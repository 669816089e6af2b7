"""What a drawdown is: what is asked, the facts that rules decide on, what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.rule_parts import Code
from ecosystem.finance.model import FacilityFacts, FeeDue, Terms
from ecosystem.values.identifiers import DocumentId, DrawdownId, FacilityId
from ecosystem.values.money import Measure, Money
from ecosystem.values.patterns import whole
from ecosystem.values.text import Text

BankReference = Annotated[
    str,
    Meta(
        pattern=whole(r"[0-9A-Za-z](?:[0-9A-Za-z /?:().,'+-]{0,33}[0-9A-Za-z])?"),
        description="What the bank calls the transaction: 1 to 35 characters of ISO 20022.",
        examples=["SCDB 2031-0415-001"],
    ),
]


class State(StrEnum):
    """Where a drawdown stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DISBURSED = "disbursed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Presented(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A document that the borrower presents for a condition."""

    condition: Code
    document_id: DocumentId


class DrawdownDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a borrower asks for."""

    part: Code | None = None
    """The part of the facility that is drawn; null where it has none."""
    amount: Money
    presents: Annotated[tuple[Presented, ...], Meta(max_length=20)] = ()


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A document that the borrower has filed under the contract."""

    id: str
    sha256: str


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The newest verified observation of a metric."""

    id: str
    version: int
    metric: Code
    value: Measure


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone that is accepted, or a share of it."""

    id: str
    version: int
    milestone: Code
    share: str
    """A part of one, as a decimal string: "1" is the whole milestone."""


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """What is verified under the contract at a moment."""

    contract_state: ContractState
    milestones: tuple[Accepted, ...]
    metrics: tuple[Measured, ...]
    documents: tuple[Filed, ...]
    """Those that the drawdown presents, as far as the borrower has filed them."""


class RequestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is checked against."""

    facility: FacilityFacts
    terms: Terms
    asked: DrawdownDraft
    reserved_of_part: str
    """What drawdowns of the same part take already; a decimal string."""
    proved: Proved


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was presented for a condition, with its digest."""

    condition: Code
    document_id: str
    sha256: str


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """The borrower asks for a part of the facility; nobody else can ask for it meanwhile."""

    state: State
    presented: tuple[Shown, ...]
    requested_by: str


class DrawdownFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of a drawdown is checked against."""

    drawdown_id: str
    facility: FacilityFacts
    terms: Terms
    state: State
    part: Code | None
    amount: Money
    presented: tuple[Shown, ...]
    requested_by: str
    approved_by: str | None
    proved: Proved


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """By what a condition is met."""

    condition: Code
    by: str
    """A milestone, an observation or a document."""
    version: int | None
    """Of the milestone or observation, which may change; null of a document, which does not."""


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """The lender agrees to pay out."""

    state: State
    proofs: tuple[Proof, ...]
    approved_by: str


class RefuseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the refusal of a drawdown is checked against."""

    drawdown: DrawdownFacts
    reason: Text


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """The lender does not pay out, for a reason that the borrower reads."""

    state: State
    refused_by: str
    reason: Text


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """The borrower does not want it any more."""

    state: State
    withdrawn_by: str


class Disbursement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the lender's bank says of the money that it has paid out."""

    disbursed_on: date
    bank_reference: BankReference
    """Names one drawdown of the facility, for ever."""


class DisburseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a disbursement is checked against."""

    drawdown: DrawdownFacts
    asked: Disbursement
    approved_at: datetime | None
    drawn_before: str
    """What of the facility was disbursed before; a decimal string."""
    disburses: str | None
    """The drawdown that the bank reference disburses already."""


class Disbursed(msgspec.Struct, frozen=True, kw_only=True):
    """The money is lent."""

    state: State
    disbursed_by: str
    disbursed_on: date
    bank_reference: str
    kept: Money
    """Fees of month 0, kept back; the borrower received the rest."""
    fees: tuple[FeeDue, ...]
    """What is due later."""


class DrawdownSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A drawdown in a list."""

    id: DrawdownId
    version: int
    state: State
    facility_id: FacilityId
    part: Code | None
    amount: Money
    requested_at: datetime
    disbursed_on: date | None


class DrawdownRead(DrawdownSummary, frozen=True, kw_only=True):
    """A drawdown, whole."""

    presented: Annotated[tuple[Shown, ...], Meta(max_length=20)]
    requested_by: str
    approved_at: datetime | None
    approved_by: str | None
    proofs: Annotated[tuple[Proof, ...], Meta(max_length=20)] | None
    """By what each condition was met when it was approved."""
    refused_at: datetime | None
    refused_by: str | None
    refused_reason: Text | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    disbursed_at: datetime | None
    disbursed_by: str | None
    bank_reference: str | None
    kept: Money | None
    """Fees that were kept back from what was paid out."""
    fees: Annotated[tuple[FeeDue, ...], Meta(max_length=20)] | None
    """Fees that are due later."""
