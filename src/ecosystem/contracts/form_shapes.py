"""What a standard-form contract says, and what the terms of one contract say."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.rule_parts import Code, Direction, Ratio
from ecosystem.offers.model import Liability, Share
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import OrganisationId
from ecosystem.values.money import Measure, Money
from ecosystem.values.patterns import whole
from ecosystem.values.period import Period
from ecosystem.values.text import Line, Text

Operation = Literal["data", "facility", "service"]
Phase = Literal["construction", "operation"]
PartyRole = Literal["buyer", "supplier", "verifier", "lender"]
MilestoneKind = Literal["delivery", "operation", "outcome", "reporting", "financing"]
Days = Annotated[int, Meta(ge=0, le=36_500)]
Version = Annotated[
    str,
    Meta(
        pattern=whole(r"[0-9]+\.[0-9]+"),
        description="A version: two numbers and a point between.",
        examples=["1.0"],
    ),
]
Digest = Annotated[
    str,
    Meta(
        pattern=whole("[0-9a-f]{64}"),
        description="A SHA-256 in lower-case hexadecimal.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
Name = Annotated[
    str,
    Meta(
        pattern=whole("[a-z][a-z0-9_]*"),
        max_length=60,
        description="The name of a variable: lower-case letters, digits and `_`, a letter first.",
        examples=["delivery_on"],
    ),
]
Quantity = Annotated[
    str,
    Meta(
        pattern=whole(r"(-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?|\{[^{}]+\})"),
        description="A decimal string, `{variable}`, `{value * 0.30}` or `{value * variable}`.",
        examples=["99.5", "{value * 0.30}"],
    ),
]


class Variable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a form leaves open."""

    name: Name
    title: Text
    kind: Literal["text", "integer", "decimal", "ratio", "date"]
    default: str | None = None
    """None: the contract has to say it."""
    minimum: Measure | None = None
    maximum: Measure | None = None


class FormParty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place that an organisation takes in the contract."""

    role: PartyRole
    title: Text
    kinds: tuple[OrganisationKind, ...]
    required: bool = True
    many: bool = False
    """Whether several organisations may take it together, one of them leading."""


class Clause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause."""

    code: Code
    title: Text
    text: Text


class Repeat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a milestone comes again: `times` in all, `every_days` apart."""

    every_days: Annotated[int, Meta(ge=1, le=3_660)]
    times: Annotated[int, Meta(ge=2, le=99)]


class FormMilestone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A milestone by days from the start; a repeated one has codes ending in -01, -02 ..."""

    code: Code
    kind: MilestoneKind
    title: Text
    due_days: Days
    acceptance_days: Days
    """Days in which the buyer accepts or rejects what was submitted."""
    evidence: Annotated[tuple[Code, ...], Meta(max_length=100)]
    """Kinds of document without which it cannot be submitted."""
    metrics: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    """Metrics that are verified for it."""
    after: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    """Milestones that are accepted before this one is submitted."""
    early: bool = False
    """Whether it may be submitted before they are."""
    verified: bool = False
    """Whether the contract's verifier confirms it before it can be accepted."""
    repeat: Repeat | None = None


Window = Literal["hour", "day", "month", "quarter", "half_year", "year"]
Aggregation = Literal[
    "sum", "mean", "minimum", "maximum", "last", "count", "ratio_of_sums", "percentile",
    "availability",
]  # fmt: skip


Confidence = Literal["0.90", "0.95", "0.99"]
"""How sure an interval is: its share of all samples whose interval holds the true value."""


class Scale(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Between which ratings those who answer choose."""

    lower: Measure
    upper: Measure


class _Survey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    statistic: Literal["proportion", "mean"]
    """`proportion`: how many of those who answer say yes; `mean`: the mean of their ratings."""
    mode: Literal["online", "telephone", "face_to_face", "post", "mixed"]
    """How people are asked."""
    sampling: Literal["simple_random", "systematic", "stratified"]
    """How those who are asked are drawn: each with the same chance, or in strata by their size."""
    confidence: Confidence = "0.95"
    """How sure the interval is that is computed from a sample."""
    response_min: Ratio = "0"
    """Least share of those asked who must have answered; where above 0, reports say how many
    were asked."""
    scale: Scale | None = None
    """Of a mean, and only of it."""


class Survey(_Survey, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How people are asked: a smaller sample, or a smaller share of answers, proves nothing."""

    sample_min: Annotated[int, Meta(ge=1, le=10_000_000)]
    """Fewest answers in a period; of a mean never fewer than thirty."""


class FormSurvey(_Survey, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How people are asked, where the smallest sample may be a variable."""

    sample_min: Annotated[int, Meta(ge=1, le=10_000_000)] | Quantity
    """Fewest answers in a period; of a mean never fewer than thirty."""


class _Observed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    window: Window
    """What one observation is of: never longer than the metric's `period`."""
    aggregation: Aggregation
    """`availability` weighs windows by their hours, and counts a missing one as nothing;
    `count` counts the observations; `ratio_of_sums` divides sums of their parts."""
    percentile: Ratio | None = None
    """Which one, where `aggregation` is percentile: by the nearest rank."""
    factor: Literal["1", "100"] = "1"
    """By what a ratio of sums is multiplied: 100 where the value is in per cent."""
    completeness: Ratio = "1"
    """Share of the windows of a period that must be verified, excused ones not counted."""
    late_after_days: Days = 30
    """Days after a window in which its observation is in time: then it is missing, or late."""
    time_zone: Line = "Asia/Shanghai"
    """Time zone of the IANA in which days and hours are counted."""


class Observed(_Observed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a metric is observed, and how its observations become the value of one period."""

    survey: Survey | UnsetType = UNSET
    """How people are asked, where the metric is a survey: then it is a ratio of sums."""

    def asks(self) -> Survey | None:
        """Return how people are asked, or None where the metric is no survey."""
        return None if self.survey is UNSET else self.survey


class FormObserved(_Observed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a metric is observed, where the smallest sample of a survey may be a variable."""

    survey: FormSurvey | UnsetType = UNSET
    """How people are asked, where the metric is a survey: then it is a ratio of sums."""


class _Metric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code
    title: Text
    definition: Text
    unit: Text
    direction: Direction
    period: Literal["month", "quarter", "half_year", "year"]
    source: Text
    method: Text
    verification: Text
    """How the verifier checks it."""
    verified_by: PartyRole = "verifier"


class FormMetric(_Metric, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric whose baseline and target may be variables."""

    observed: FormObserved | None = None
    """None: one observation for each period."""
    baseline: Quantity | None = None
    target: Quantity


class TermsMetric(_Metric, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric of one contract."""

    observed: Observed | None = None
    """None: one observation for each period."""
    baseline: Measure | None = None
    target: Measure


class Standard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A standard that the contract cites."""

    code: Line
    edition: Annotated[str, Meta(pattern=whole("[0-9]{4}"))]
    title: Text


class DataTerm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what terms one class of data may be used."""

    code: Code
    title: Text
    access: Literal["open", "conditional", "restricted"]
    licence: Text
    text: Text


class FormTrigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric worse than a value, `times` within `of_periods` periods in a row."""

    metric: Code
    worse_than: Quantity
    times: Annotated[int, Meta(ge=1, le=100)]
    of_periods: Annotated[int, Meta(ge=1, le=100)]


class TermsTrigger(FormTrigger, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric worse than a value, `times` within `of_periods` periods in a row."""

    worse_than: Measure


class _Termination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code
    title: Text
    text: Text
    holder: Literal["buyer", "supplier", "either"]
    notice_days: Days


class FormTermination(_Termination, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A right to end the contract."""

    trigger: FormTrigger | None = None


class TermsTermination(_Termination, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A right to end the contract."""

    trigger: TermsTrigger | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A standard-form contract."""

    id: Code
    version: Version
    title: Text
    operation: Operation
    phases: tuple[Phase, ...]
    duration_days: Annotated[int, Meta(ge=1, le=36_500)]
    parties: tuple[FormParty, ...]
    variables: tuple[Variable, ...]
    clauses: tuple[Clause, ...]
    milestones: tuple[FormMilestone, ...]
    metrics: tuple[FormMetric, ...]
    payment_rules: tuple[dict[str, Any], ...]
    """Payment rules without `currency`, in which decimals may be placeholders."""
    standards: tuple[Standard, ...]
    data_terms: tuple[DataTerm, ...]
    changes: tuple[Clause, ...]
    termination: tuple[FormTermination, ...]


class Party(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An organisation in its place."""

    role: PartyRole
    organisation_id: OrganisationId
    kind: OrganisationKind
    name: Text
    lead: bool = False
    """Whether it leads the others in the same place."""


class MemberShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of one member of a consortium."""

    organisation_id: OrganisationId
    share: Share


class Consortium(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Organisations that take one place together: for what each answers, and what it is paid."""

    role: Literal["supplier", "lender"]
    liability: Liability
    shares: Annotated[tuple[MemberShare, ...], Meta(min_length=2, max_length=20)]
    """In per cent of what the place is paid, or lends; they add to 100 exactly."""


class FormReference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The form from which terms have grown."""

    id: Code
    version: Version
    digest: Digest


class TermsMilestone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A milestone of one contract."""

    code: Code
    kind: MilestoneKind
    title: Text
    due_on: date
    acceptance_days: Days
    evidence: Annotated[tuple[Code, ...], Meta(max_length=100)]
    metrics: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    after: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    """Milestones that are accepted before this one is submitted."""
    early: bool = False
    """Whether it may be submitted before they are."""
    verified: bool = False
    """Whether the contract's verifier confirms it before it can be accepted."""


class ContractTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of one contract: what its parties sign the digest of."""

    form: FormReference
    title: Text
    operation: Operation
    phases: tuple[Phase, ...]
    period: Period
    value: Money
    parties: tuple[Party, ...]
    consortia: Annotated[tuple[Consortium, ...], Meta(max_length=2)] = ()
    """One for each place that several take together, as it was offered."""
    variables: dict[str, str]
    clauses: tuple[Clause, ...]
    milestones: tuple[TermsMilestone, ...]
    metrics: tuple[TermsMetric, ...]
    payment_rules: tuple[PaymentRule, ...]
    standards: tuple[Standard, ...]
    data_terms: tuple[DataTerm, ...]
    changes: tuple[Clause, ...]
    termination: tuple[TermsTermination, ...]
