"""What is supposed, and what would come of it."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.catalogue.profiles.model import TaxRule
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.rights.arising import Right
from ecosystem.contracts.rule_limits import Cliff
from ecosystem.contracts.rule_parts import Code, Ratio
from ecosystem.identity.model import JurisdictionCode
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    Relief,
    Signed,
    Tax,
    VerifiedObservation,
)
from ecosystem.values.money import Amount, Currency, Measure, Money
from ecosystem.values.period import Instant, Period

Places = Annotated[int, Meta(ge=0, le=6, description="Decimal places of a drawn value.")]
Version = Annotated[str, Meta(min_length=1, max_length=20)]


class _Supposed(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """How a value is supposed to come out."""


class Single(_Supposed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="single"):
    """One value."""

    value: Measure


class Range(_Supposed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="range"):
    """Values at the same distance from each other, both ends among them."""

    lower: Measure = msgspec.field(name="from")
    to: Measure
    points: Annotated[int, Meta(ge=2, le=201)]


class Uniform(_Supposed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="uniform"):
    """Any value between two, each as likely as the other."""

    low: Measure
    high: Measure
    places: Places = 2


class Triangular(
    _Supposed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="triangular"
):
    """A value between two, the likelier the nearer to a third."""

    low: Measure
    mode: Measure
    high: Measure
    places: Places = 2


class Normal(_Supposed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="normal"):
    """A value around a mean, brought back to the nearest bound where it lies outside."""

    mean: Measure
    deviation: Measure
    """Standard deviation; above 0."""
    least: Measure | None = None
    most: Measure | None = None
    places: Places = 2


class Option(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value, and how likely it is."""

    value: Measure
    probability: Ratio


class Chosen(_Supposed, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="chosen"):
    """One of several values. Their probabilities add to 1."""

    options: Annotated[tuple[Option, ...], Meta(min_length=1, max_length=20)]


Supposition = Single | Range | Uniform | Triangular | Normal | Chosen


class SupposedValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a metric is supposed to be in some periods; drawn for each anew."""

    metric: Code
    periods: Annotated[tuple[Period, ...], Meta(min_length=1, max_length=120)]
    value: Supposition
    """A range stands for the same value in all its periods."""
    sample_size: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    margin: Measure | None = None
    """Of a survey: how far its interval reaches to either side of the value; None where a rule
    that reads the interval reads the value itself."""


class SupposedMilestone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A milestone that is supposed to be accepted."""

    milestone: Code
    due_at: Instant
    delivered_at: Instant


class Suppositions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is supposed to be proved."""

    milestones: Annotated[tuple[SupposedMilestone, ...], Meta(max_length=200)] = ()
    values: Annotated[tuple[SupposedValue, ...], Meta(max_length=60)] = ()
    days: Annotated[tuple[date, ...], Meta(max_length=60)] = ()
    """Days that are supposed to have begun, on which something held back is released."""
    draws: Annotated[int, Meta(ge=1, le=10_000)] = 1
    """How often distributions are drawn from."""
    seed: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 1
    """Another one draws others."""


class FormAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A standard-form contract, whose payment rules are meant."""

    id: Code
    version: Version
    variables: Annotated[dict[str, Annotated[str, Meta(max_length=60)]], Meta(max_length=100)] = (
        msgspec.field(default_factory=dict[str, str])
    )
    """By name; what is not given is at its default."""


class SimulationDraft(Suppositions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules that nobody has signed yet, or those of a form, and what is supposed."""

    contract_value: Money
    rules: Annotated[tuple[PaymentRule, ...], Meta(max_length=60)] = ()
    form: FormAsked | None = None
    """Either this or `rules` is given."""
    jurisdiction: JurisdictionCode | None = None
    """Whose profile says the taxes; null stands for that of the caller's organisation."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is simulated from: rules, limits, taxes, and what is proved already, step by step."""

    rules: tuple[PaymentRule, ...]
    currency: Currency
    contract_value: Amount
    steps: "tuple[KnownStep, ...]" = ()
    taxes: tuple[TaxRule, ...] = ()
    """Of the profile: a step is taxed at the rates of its day."""
    today: date = date.min
    """Nothing new is calculated before it."""
    term: Period | None = None
    """Outside it nothing is observed under the contract; None where there is no contract yet."""


class KnownStep(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of the contract was calculated from."""

    rules: tuple[PaymentRule, ...]
    taxes: tuple[Tax, ...] = ()
    milestones: tuple[AcceptedMilestone, ...]
    observations: tuple[VerifiedObservation, ...]
    reliefs: tuple[Relief, ...] = ()
    days: tuple[date, ...] = ()


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How an amount comes out over all draws; percentiles by the nearest rank."""

    mean: Signed
    least: Signed
    p05: Signed
    p25: Signed
    p50: Signed
    p75: Signed
    p95: Signed
    most: Signed


class SimulatedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the contract: what is calculated at once."""

    ordinal: int
    on: date
    """The day after the last day of its periods, or of delivery: steps stand in this order."""
    is_known: bool
    """Whether it has been calculated already."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of one rule in each step, to be drawn; below 0 where it deducts."""

    rule: str
    """Code of the rule; `total` for what is payable, `earned` for the sum of all up to there."""
    steps: tuple[Spread, ...]
    """In the order of `steps`."""


class At(msgspec.Struct, frozen=True, kw_only=True):
    """Where a range stands."""

    metric: Code
    value: Measure


class GridPoint(msgspec.Struct, frozen=True, kw_only=True):
    """What is earned in all where the ranges stand at these values."""

    at: tuple[At, ...]
    earned: Spread


class RightArisen(msgspec.Struct, frozen=True, kw_only=True):
    """How likely a right to end the contract is."""

    rule: Code
    share: Ratio
    """Of all draws."""


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules would pay."""

    engine_version: str
    currency: Currency
    runs: int
    """Points of the grid times draws."""
    steps: tuple[SimulatedStep, ...]
    earned: Spread
    """Over all runs, under the whole contract."""
    series: tuple[Series, ...]
    """Empty where there is a range: then `grid` is given."""
    grid: tuple[GridPoint, ...]
    rights: tuple[RightArisen, ...]
    cliffs: tuple[Cliff, ...]
    calculations: tuple[Calculation, ...]
    """Where there is one run: each step as it would be published, to be computed again."""
    arisen: tuple[Right, ...]
    """Where there is one run: the rights that arise."""
