"""What a payment is: what is asked, the facts that rules decide on, what they decide."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.contracts.form_shapes import MemberShare
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.finance.assigning.model import Payee
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    Divided,
    Relief,
    RuleTotal,
    Tax,
    VerifiedObservation,
)
from ecosystem.values import money
from ecosystem.values.identifiers import pattern
from ecosystem.values.money import Amount, Currency, Money
from ecosystem.values.patterns import whole
from ecosystem.values.text import Text

CalculationId = Annotated[
    str, Meta(pattern=pattern("calculation"), description="Identifier of a calculation.")
]
BankReference = Annotated[
    str,
    Meta(
        pattern=whole(r"[0-9A-Za-z](?:[0-9A-Za-z /?:().,'+-]{0,33}[0-9A-Za-z])?"),
        description="What the bank calls the transaction: 1 to 35 characters of ISO 20022.",
        examples=["SCDB 2031-0415-001"],
    ),
]


class State(StrEnum):
    """Where a payment stands."""

    COMPUTED = "computed"
    CLAIMED = "claimed"
    APPROVED = "approved"
    INSTRUCTED = "instructed"
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"
    """The bank refused the order, or gave the money back; it is approved anew."""
    REVERSED = "reversed"
    """What of it is not paid was taken back."""


class Relieved(msgspec.Struct, frozen=True, kw_only=True):
    """What was dropped of the deductions of a step."""

    ordinal: int
    relief: Relief


class PaymentKind(StrEnum):
    """What a payment, and its calculation, is for."""

    OUTCOME = "outcome"
    """What the contract pays."""
    INTEREST = "interest"
    """What a late payment has earned, beyond the contract's value."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A calculation that nothing supersedes, as far as later ones need to know it."""

    calculation_id: str
    ordinal: int
    """Counts the steps of a contract from 1; a calculation supersedes one of the same."""
    digest: str
    rules: tuple[PaymentRule, ...]
    """By which it was calculated: those of the edition that was then in force."""
    milestones: tuple[AcceptedMilestone, ...]
    observations: tuple[VerifiedObservation, ...]
    days: tuple[date, ...] = ()
    reliefs: tuple[Relief, ...] = ()
    before: tuple[RuleTotal, ...] = ()
    certified_before: Amount = "0"
    paid_before: Amount = "0"
    """What the steps before it came to."""
    by_rule: tuple[RuleTotal, ...]
    taxes: tuple[Tax, ...] = ()
    """At the rates of the day on which the step was first calculated."""
    certified: Amount
    withheld: Amount = "0"
    total: Amount
    division: tuple[Divided, ...] = ()
    """What of the total is whose; empty where one supplies alone."""


class StepFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is calculated from: the rules, what was calculated, and all that is proved now."""

    rules: tuple[PaymentRule, ...]
    """Of the edition now in force."""
    currency: Currency
    contract_value: Amount
    steps: tuple[Step, ...]
    """In the order of their ordinals, which leave no gap."""
    milestones: tuple[AcceptedMilestone, ...]
    """Every milestone of the contract that is accepted."""
    observations: tuple[VerifiedObservation, ...]
    """Every observation that is verified and not superseded."""
    days: tuple[date, ...] = ()
    """Every day of release that has begun."""
    reliefs: tuple[Relieved, ...] = ()
    """All that was dropped of the contract's deductions, after replies."""
    taxes: tuple[Tax, ...] = ()
    """On what is calculated first now."""
    shares: tuple[MemberShare, ...] = ()
    """Of those who take the supplier's place together, for what is calculated first now."""


class StepMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new calculation, and the one that it supersedes."""

    ordinal: int
    supersedes: str | None
    calculation: Calculation


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Where a new calculation stands; what it is computed from, it says itself."""

    contract_id: str
    ordinal: int
    supersedes: str | None
    late_payment_id: str | None = None
    """The payment that was late, where it is of interest."""


class Unsent(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that the bank was not told of or has given back, and that no dispute holds."""

    payment_id: str
    amount: Money
    """What of it is not paid."""


class ComputeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment is computed from."""

    contract_id: str
    payee_id: str
    calculation_id: str
    """The calculation that changed what is earned."""
    currency: Currency
    earned: Amount
    """The payee's part of the totals of the contract's calculations, without those that are
    superseded, less what it has forgone in disputes."""
    owed: Amount
    """Sum of its payments, without what was rejected or taken back."""
    answers_for: Amount | UnsetType = UNSET
    """What of it stays unpaid for other members, who are owed more than they have earned."""
    unsent: tuple[Unsent, ...]
    """In the order in which they are taken back."""
    due_on: date | None = None
    """Of a claimed payment of which this is what is not disputed."""


class Computed(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the difference between what is earned and what is owed."""

    reversed: tuple[str, ...]
    """Payments that the bank was not told of and that are more than was earned."""
    owed_before: Amount
    """What is owed once those are reversed, with what the payee answers for."""
    amount: Money | None
    """The new payment; None where no more is earned than is owed."""


class ReverseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the reversal of a payment rests on: one that the bank was not told of."""

    contract_id: str
    amount: Money
    calculation_id: str


class Reversed(msgspec.Struct, frozen=True, kw_only=True):
    """A payment is taken back: its facts were corrected, or a part of it is disputed."""

    state: State
    calculation_id: str
    """The calculation after which less is earned, or of the payments in its place."""


class PaymentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of a payment is checked against."""

    payment_id: str
    contract_id: str
    authority_number: int
    payee_id: str
    is_payee_verified: bool = True
    """Whether the payee's organisation is verified just now; a suspended one is not paid."""
    state: State
    kind: PaymentKind = PaymentKind.OUTCOME
    amount: Money
    paid: Amount = "0"
    """How much of it the bank has paid and not given back."""
    taken_back: Amount = "0"
    """How much of it is owed no more, since less was earned."""
    due_on: date | None = None
    """Until when it is to be settled: from its claim on, or as that was split in a dispute."""
    claimed_by: str | None
    approved_by: str | None
    instructed_at: datetime | None
    bank_reference: str | None
    settled_on: date | None
    received_at: datetime | None
    paid_to_id: str | None = None
    """Whom the bank is told to pay."""
    assigned: Payee | None = None
    """The lender to whom the claims are assigned, where the bank is about to be told."""
    creditor_id: str | None = None
    """The lender to whom a payee that has left the contract has assigned its claims, where who
    claims is asked; it may claim as well."""
    dispute_id: str | None = None
    """The dispute that holds this payment, as long as it is not resolved."""
    limit: Amount | None = None
    """Most that the caller may approve at once, where that is asked; None sets no limit."""
    excess: Amount = "0"
    """What the payee is owed beyond what it has earned, where that is asked."""

    def due(self) -> Money:
        """Return what of it is paid, or to be paid."""
        return money.of(self.amount.decimal() - Decimal(self.taken_back), self.amount.currency)

    def owed(self) -> Money:
        """Return what of it is still to be paid."""
        return money.of(self.due().decimal() - Decimal(self.paid), self.amount.currency)

    def directed(self, assigned: Payee | None) -> "PaymentFacts":
        """Return this with whom the bank is to pay: the lender, where there is one."""
        if assigned is None:
            return msgspec.structs.replace(self, paid_to_id=self.payee_id)
        return msgspec.structs.replace(
            self,
            assigned=assigned,
            paid_to_id=assigned.organisation_id,
            is_payee_verified=assigned.is_verified,
        )


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """The payee asks for its money."""

    state: State
    claimed_by: str
    due_on: date | None = None
    """The last day on which a settlement is in time; None where the profile sets no term."""


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """The authority agrees to pay."""

    state: State
    approved_by: str


class RejectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a rejection is checked against."""

    payment: PaymentFacts
    reason: Text


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The authority refuses to pay, for a reason that the payee reads."""

    state: State
    rejected_by: str
    reason: Text


class Instructed(msgspec.Struct, frozen=True, kw_only=True):
    """The bank is told to pay."""

    state: State
    instructed_by: str


class Settlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the bank says of a transaction that it has carried out."""

    bank_reference: BankReference
    """Names one payment of the authority, for ever."""
    settled_on: date
    """The day on which the money left, as the bank counts days."""


class SettleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a settlement is checked against."""

    payment: PaymentFacts
    asked: Settlement
    settles: str | None
    """The payment of this authority that the bank reference settles already."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """The money has left."""

    state: State
    amount: Money
    """What was still owed of the payment."""
    settled_by: str
    bank_reference: str
    settled_on: date


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """The payee has the money."""

    received_by: str


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a payment is rejected."""

    reason: Text
