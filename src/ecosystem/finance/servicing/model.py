"""What comes back of a loan: schedules, repayments, what is owed on a day."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.finance.drawing.model import BankReference
from ecosystem.finance.model import FacilityFacts, FeeDue, Terms
from ecosystem.finance.schedules import Instalment, Loan
from ecosystem.finance.waterfall import Application, Claim, Rank
from ecosystem.offers.model import Months
from ecosystem.values.identifiers import (
    DrawdownId,
    FacilityId,
    PaymentId,
    RepaymentId,
    ScheduleId,
)
from ecosystem.values.money import Amount, Money
from ecosystem.values.text import Text

INSTALMENTS_MAX = 600


class Source(StrEnum):
    """Who has paid."""

    BORROWER = "borrower"
    AUTHORITY = "authority"
    """A payment under the contract whose claims are assigned to the lender."""


class Scheduled(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as it is kept: from what it was made, and what is due when."""

    loan: Loan
    instalments: Annotated[tuple[Instalment, ...], Meta(max_length=INSTALMENTS_MAX)]


class BeginFacts(msgspec.Struct, frozen=True, kw_only=True):
    """From what the first schedule of a drawdown is made."""

    drawdown_id: str
    terms: Terms
    amount: Money
    disbursed_on: date


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid of a drawdown, of one rank, on a day."""

    rank: Rank
    on: date
    amount: Amount


class DrawnLoan(msgspec.Struct, frozen=True, kw_only=True):
    """A drawdown that was disbursed, with its schedule in force and all that was paid of it."""

    drawdown_id: str
    loan: Loan
    """As it was disbursed: from this interest grows."""
    fees: tuple[FeeDue, ...]
    ordinal: int
    """Of the schedule in force."""
    instalments: tuple[Instalment, ...]
    repaid_before: Amount
    """The principal that had been repaid when the schedule in force was made."""
    paid: tuple[Paid, ...]
    """In the order of their days."""


class RepaymentDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money that the borrower has paid to the lender."""

    amount: Money
    received_on: date
    bank_reference: BankReference
    """Names one repayment of the facility, for ever."""


class ReceiveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What money that has come in is checked against, and applied to."""

    facility: FacilityFacts
    repays_early: bool
    asked: RepaymentDraft
    payment_id: str | None
    """The payment of the authority by which it came; null where the borrower has paid."""
    payment_version: int | None = None
    """Of that payment, with the settlement."""
    loans: tuple[DrawnLoan, ...]
    last_on: date | None
    """The day of the last repayment: they are applied in the order of their days."""
    recorded: str | None
    """The repayment that bears the bank reference already."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """Money came in, and was applied."""

    source: Source
    received_on: date
    application: Application


class RestatementDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How what is still lent is to come back from now on."""

    months: Annotated[int, Meta(ge=1, le=INSTALMENTS_MAX)]
    """From today to the last instalment; the grace months among them."""
    grace_months: Months = 0
    reason: Text


class RestateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a restatement is checked against."""

    facility: FacilityFacts
    terms: Terms
    loan: DrawnLoan
    asked: RestatementDraft


class Restated(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule takes the place of another, for a reason; the other is kept."""

    ordinal: int
    schedule: Scheduled
    repaid_before: Amount
    reason: Text
    restated_by: str


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule of a drawdown; of several the one with the highest ordinal is in force."""

    id: ScheduleId
    drawdown_id: DrawdownId
    ordinal: int
    reason: Text | None
    """Why it was restated; null of the first."""
    loan: Loan
    instalments: Annotated[tuple[Instalment, ...], Meta(max_length=INSTALMENTS_MAX)]
    made_by: str
    made_at: datetime


class RepaymentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came in, in a list."""

    id: RepaymentId
    facility_id: FacilityId
    source: Source
    payment_id: PaymentId | None
    amount: Money
    received_on: date
    surplus: Money
    """What is left for the borrower."""
    returned: Money
    """What of it went back through the bank; it undid first the surplus, then the last lines."""
    recorded_at: datetime


class RepaymentRead(RepaymentSummary, frozen=True, kw_only=True):
    """Money that came in, and what it paid, line by line."""

    bank_reference: str | None
    application: Application
    recorded_by: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed under a facility on a day."""

    facility_id: FacilityId
    on: date
    due: Money
    not_due: Money
    """Principal that is lent and not due yet."""
    claims: Annotated[tuple[Claim, ...], Meta(max_length=100_000)]
    """In the order in which money that comes in would pay them."""
