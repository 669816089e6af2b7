"""The facts that a calculation reads, and the document that it becomes."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.catalogue.profiles.model import TaxKind
from ecosystem.catalogue.profiles.words import PerCent, YearDays
from ecosystem.contracts.form_shapes import Digest, Observed
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.rule_parts import Code, Ratio
from ecosystem.offers.model import Share
from ecosystem.outcomes.aggregates.model import Count, Used
from ecosystem.outcomes.intervals import Interval
from ecosystem.values.differing import Difference
from ecosystem.values.identifiers import OrganisationId
from ecosystem.values.money import Amount, Currency, Money
from ecosystem.values.patterns import whole
from ecosystem.values.period import Period
from ecosystem.values.text import Text

Signed = Annotated[
    str,
    Meta(
        pattern=whole(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"),
        description="A decimal string of an amount that is added, or deducted where negative.",
        examples=["-240.00"],
    ),
]
Instant = Annotated[
    str,
    Meta(
        pattern=whole(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z"),
        description="An RFC 3339 instant in UTC.",
        examples=["2026-03-31T16:00:00.000000Z"],
    ),
]
Value = Annotated[
    str,
    Meta(
        pattern=whole(r"-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,9})?"),
        description="A decimal string: a measured value, or what several come to.",
        examples=["99.95"],
    ),
]


class Stage(StrEnum):
    """Where a line stands in the one order of the calculation, first to last."""

    BASE = "base"
    INDEXATION = "indexation"
    PERFORMANCE = "performance"
    DEDUCTIONS = "deductions"
    CAPS = "caps"
    GAIN_PAIN = "gain_pain"
    ADVANCE_RECOVERY = "advance_recovery"
    RETENTION = "retention"
    TAX = "tax"
    INTEREST = "interest"
    ASSIGNMENT = "assignment"


class AcceptedMilestone(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A milestone that was accepted, or a share of it."""

    id: str
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    milestone: Code
    share: Ratio = "1"
    """What of it is accepted; left out where all of it is."""
    due_at: Instant
    """The last instant at which it is in time."""
    delivered_at: Instant


class ExcusedTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time for which nothing is asked."""

    starts_at: Instant
    ends_at: Instant


class Demonstration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what a period is proved that is observed in shorter windows."""

    observed: Observed
    """How the value follows from the observations."""
    windows: Count
    """Of the period, with those that are excused."""
    excused: Annotated[tuple[ExcusedTime, ...], Meta(max_length=10_000)]
    observations: Count
    """From how many verified observations the value was computed."""
    observations_digest: Digest
    """Of them, as GET /v1/metrics/{id}/aggregates answers it."""


class VerifiedObservation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A verified observation of a period, or what verified ones of shorter windows came to."""

    id: str
    """Of the observation; of the metric where `aggregate` is there."""
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    metric: Code
    period: Period
    value: Value
    sample_size: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    interval: Interval | UnsetType = UNSET
    """Of a survey's result; left out where there is none."""
    aggregate: Demonstration | UnsetType = UNSET
    """Left out where one observation is of the whole period."""


class CountedDeduction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deduction of which notice was given, and that counts now."""

    id: str
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    amount: Amount


class Relief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was dropped of a step's deductions, after the payee had replied to their notice."""

    id: str
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    amount: Amount


class LateRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What being late costs from a day on, until another rate begins."""

    starts_on: date
    per_year: PerCent


class LatePayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment that was settled after it was due, or the part of it that was on one day."""

    id: str
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    amount: Amount
    due_on: date
    """The last day on which it was in time."""
    settled_on: date
    day_count: YearDays
    rates: Annotated[tuple[LateRate, ...], Meta(max_length=200)]
    """By the days on which they begin; before the first nothing is earned."""


class Tax(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tax on what is paid."""

    code: Code
    kind: TaxKind
    rate: Ratio
    """Of the price without taxes."""


class RuleTotal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the lines of one rule add up to in all calculations before this one."""

    rule: Code
    amount: Signed


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a calculation knows, apart from rules and limits."""

    milestones: tuple[AcceptedMilestone, ...] = ()
    observations: tuple[VerifiedObservation, ...] = ()
    days: tuple[date, ...] = ()
    """Days that have begun, on which something held back is paid out."""
    deductions: tuple[CountedDeduction, ...] = ()
    reliefs: tuple[Relief, ...] = ()
    late: tuple[LatePayment, ...] = ()
    """Payments that earn interest, in calculations of that alone."""
    before: tuple[RuleTotal, ...] = ()
    """Rules that had no line before may be left out."""
    certified_before: Amount = "0"
    """Sum of `certified` of all calculations before this one."""


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fact from which a line was computed."""

    kind: Literal["observation", "aggregate", "milestone", "day", "deduction", "relief", "payment"]
    id: str
    version: int
    code: Code
    """The metric or the milestone; else the kind."""
    period: Period | None = None
    value: str
    """The value observed, the instant of delivery, the day, or the amount that is meant."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of a calculation."""

    stage: Stage
    rule: Code
    """Code of the payment rule; `contract-value` or `floor` where a limit of the engine acts,
    `deduction` where one counts of which notice was given, `relief` where one was dropped,
    `late-interest` where a payment was late."""
    shape: str
    inputs: tuple[Input, ...]
    formula: Text
    """The computation in words, with its numbers."""
    unrounded: Signed
    amount: Signed
    """Rounded once, half up, to the currency."""


class Assigned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one of those gets among whom the total is shared out."""

    claim: Code
    """Of the waterfall; `supplier` for what is left."""
    amount: Amount


class TaxLine(Tax, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tax comes to."""

    basis: Amount
    """The price without taxes."""
    amount: Amount


class DividedTax(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a tax is one member's."""

    code: Code
    basis: Signed
    amount: Signed


class Divided(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a calculation is one member's of those who take the supplier's place together."""

    organisation_id: OrganisationId
    share: Share
    lines: tuple[Signed, ...]
    """Its part of each line, in their order; they add to `amount`."""
    taxes: tuple[DividedTax, ...]
    """Its part of each tax, in their order."""
    withheld: Signed
    amount: Amount
    """Its part of the total."""


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The observations that an aggregate was computed from, as they stood then."""

    digest: Digest
    """SHA-256 of their canonical JSON: `observations_digest` of the aggregate."""
    observations: Annotated[tuple[Used, ...], Meta(max_length=100_000)]


class Calculation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is payable, with everything from which a stranger recomputes it."""

    engine_version: str
    currency: Currency
    contract_value: Amount
    paid_before: Amount
    rules: tuple[PaymentRule, ...]
    rule_set_digest: Digest
    facts: Facts
    lines: tuple[Line, ...]
    certified: Amount
    """What was earned, before advance and retention."""
    waived: Signed
    """Deductions that found nothing left to be deducted from: a claim, never a negative payment."""
    total: Amount
    """What is payable now."""
    taxes: tuple[TaxLine, ...] = ()
    """By code. What is included is a part of the total; what is added or withheld has a line."""
    withheld: Amount = "0"
    """What is kept for the tax office: it is earned, and not in the total."""
    assigned: tuple[Assigned, ...] = ()
    """Who gets what of the total under a waterfall; together the total. Else empty."""
    division: tuple[Divided, ...] | UnsetType = UNSET
    """What each member of a consortium gets of the total; left out where one supplies alone."""
    rounding: Literal["half_up_per_line"] = "half_up_per_line"
    digest: str = ""
    """SHA-256 of the canonical JSON of this document with an empty `digest` and no `proofs`."""
    proofs: Annotated[tuple[Proof, ...], Meta(max_length=10_000)] | UnsetType = UNSET
    """What aggregates among the facts were computed from; left out unless it is asked for."""

    def payable(self) -> Money:
        """Return the total as money."""
        return Money(self.total, self.currency)

    def members(self) -> tuple[Divided, ...]:
        """Return what each member gets; nothing where one supplies alone."""
        return () if self.division is UNSET else self.division


class Recomputation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calculation made again from the rules and facts of a document, and where they differ."""

    calculation: Calculation
    differences: tuple[Difference, ...]
    is_proved: bool
    """Whether the document has the observations behind its aggregates, and they were computed."""

    def is_identical(self) -> bool:
        """Tell whether the document says exactly what was computed."""
        return not self.differences
