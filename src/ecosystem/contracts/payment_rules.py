"""Payment rules as data: how a contract turns facts into money, one Struct for each shape.

Amounts are in the rule's `currency`. A ratio is a decimal string from 0 to 1. Every
edge says whether it belongs to its band. `rule_checks` says whether a rule is sound,
`payments.engine` what it pays.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.contracts.rule_parts import (
    Area,
    Band,
    Claim,
    Code,
    Condition,
    Count,
    Direction,
    Part,
    Point,
    Portion,
    Ratchet,
    Ratio,
    Release,
    ShareRange,
    Step,
    Weighted,
)
from ecosystem.values.money import Amount, Currency, Measure
from ecosystem.values.text import Text

Figure = Literal["value", "lower", "upper"]
"""A survey's value, or the lower or upper end of its interval."""


class Rule(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="shape"
):
    """What every payment rule says."""

    code: Code
    title: Text
    currency: Currency


class Fixed(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="fixed"):
    """An amount for an accepted milestone."""

    milestone: Code
    amount: Amount


class UnitPrice(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="unit_price"):
    """A price for every unit that a metric counts."""

    metric: Code
    price: Amount
    maximum: Amount | None = None
    """Most that this rule ever pays, over all calculations. None where the price is 0."""


class Availability(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="availability"):
    """A charge for each period, less the weighted share of sessions that failed."""

    charge: Amount
    areas: Annotated[tuple[Area, ...], Meta(max_length=100)]
    """All are verified for a period, or nothing is paid for it. Weights add to 1."""


class Threshold(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="threshold"):
    """An amount for each period in which conditions are met, and nothing otherwise."""

    conditions: Annotated[tuple[Condition, ...], Meta(max_length=100)]
    match: Literal["all", "any"] = "all"
    pays: Amount


class Slab(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="slab"):
    """The whole amount of the band in which a value lies; nothing below the first."""

    metric: Code
    bands: Annotated[tuple[Band, ...], Meta(max_length=100)]
    share_of: Amount | None = None


class Marginal(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="marginal"):
    """A price for each unit, by the band in which that unit lies, counted from `from`."""

    metric: Code
    lower: Measure = msgspec.field(default="0", name="from")
    bands: Annotated[tuple[Portion, ...], Meta(max_length=100)]
    maximum: Amount | None = None
    """Most that this rule ever pays, over all calculations. None where the last price is 0."""


class Linear(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="linear"):
    """An amount on the straight line between two points, and that of the nearer one outside."""

    metric: Code
    start: Point = msgspec.field(name="from")
    end: Point = msgspec.field(name="to")


class SavingsShare(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="savings_share"
):
    """A share of verified savings until `base_claim` is paid, and another share after."""

    metric: Code
    base_claim: Amount
    share_until: Ratio
    share_after: Ratio
    maximum: Amount | None = None
    """Most that this rule ever pays, over all calculations. None where `share_after` is 0."""


class Satisfaction(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="satisfaction"):
    """The amount of a band of a survey's result, where its sample is large enough."""

    metric: Code
    figure: Figure | UnsetType = UNSET
    """What of the result finds its band: left out, the value itself; else an end of its interval,
    so that nothing is paid for what a sample shows by chance."""
    sample_min: Annotated[int, Meta(ge=1, le=10_000_000)]
    bands: Annotated[tuple[Band, ...], Meta(max_length=100)]
    share_of: Amount | None = None

    def reads(self) -> Figure:
        """Return what of the result finds its band."""
        return "value" if self.figure is UNSET else self.figure


class Composite(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="composite"):
    """An amount times a weighted score for each period; nothing where a gate is not met."""

    amount: Amount
    parts: Annotated[tuple[Part, ...], Meta(max_length=100)]
    """All are verified for a period, or nothing is paid for it. Weights add to 1."""
    gates: Annotated[tuple[Condition, ...], Meta(max_length=100)] = ()


class ServiceCredit(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="service_credit"
):
    """A share of a period's charge, deducted for a service that was worse than agreed."""

    metric: Code
    direction: Direction
    charge: Amount
    steps: Annotated[tuple[Step, ...], Meta(max_length=100)]
    """From the mildest to the worst; the worst that holds counts."""
    cap: Ratio = "1"
    """Most that is deducted of the charge."""


class ExcessDays(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="excess_days"):
    """An amount deducted for each day beyond those allowed.

    Days are those that a metric counts, or those by which a milestone was delivered
    after its due instant; a day begun is a day.
    """

    metric: Code | None = None
    milestone: Code | None = None
    allowed_days: Count
    per_day: Amount
    maximum: Amount | None = None
    """Most that this rule ever deducts, over all calculations."""


class Points(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="points"):
    """An amount deducted for each failure point beyond the free ones, rising by bands."""

    metric: Code
    free_points: Count
    value_per_point: Amount
    bands: Annotated[tuple[Ratchet, ...], Meta(max_length=100)]


class GainPain(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="gain_pain"):
    """The supplier's share of what was saved below, or spent above, a target cost."""

    metric: Code
    target: Amount
    ranges: Annotated[tuple[ShareRange, ...], Meta(max_length=100)]
    """From 0 percent on, in order; one edge lies at 100."""


class Advance(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="advance"):
    """An amount paid early, and recovered from what is certified later."""

    milestone: Code
    """When accepted, the advance is paid."""
    amount: Amount
    rate: Ratio
    starts_after: Ratio
    """Share of the contract's value; recovery starts once more than this is certified."""
    base: Literal["gross", "net"]
    """Whether `rate` applies to what is certified, or to that less retention."""
    first: Literal["this", "cumulative"]
    """Whether the rate applies to each certificate, or to all certified so far."""


class Retention(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="retention"):
    """A share of what is certified, held back until milestones or days release it."""

    rate: Ratio
    limit: Amount
    """Most that is held at a time."""
    releases: Annotated[tuple[Release, ...], Meta(max_length=100)]


class Indicator(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="indicator"):
    """An amount for each point of a score: of a metric over its target, or the reverse."""

    metric: Code
    direction: Direction
    """`higher`: the score is points x value / target; `lower`: points x target / value."""
    points: Measure
    """Most that the score comes to; above 0. It is never below 0."""
    target: Measure
    per_point: Amount


class Index(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="index"):
    """What rules of the base earn for a period, moved as prices have moved.

    By `fixed` + sum of weight x value / base, less 1.
    """

    rules: Annotated[tuple[Code, ...], Meta(max_length=100)]
    """Rules of the base that read metrics: what they earn for the same period is moved."""
    fixed: Ratio
    """The share of a price that never moves; with the weights it adds to 1."""
    parts: Annotated[tuple[Weighted, ...], Meta(max_length=100)]
    """All are verified for a period, or nothing is moved for it."""
    most: Ratio
    """Most by which an amount is moved, either way, as a share of it."""


class Waterfall(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="waterfall"):
    """Who gets what is payable: claims in their order, and the supplier what is left."""

    claims: Annotated[tuple[Claim, ...], Meta(max_length=100)]


class TerminationRight(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="termination_right"
):
    """A right to end the contract once a metric was worse than a value too often. It pays nothing.

    Once among `of_periods` verified periods that follow each other `times` were worse.
    """

    metric: Code
    direction: Direction
    worse_than: Measure
    inclusive: bool = False
    """Whether the edge itself is worse too."""
    times: Annotated[int, Meta(ge=1, le=100)]
    of_periods: Annotated[int, Meta(ge=1, le=100)]


PaymentRule = (
    Fixed
    | UnitPrice
    | Availability
    | Threshold
    | Slab
    | Marginal
    | Linear
    | SavingsShare
    | Satisfaction
    | Composite
    | ServiceCredit
    | ExcessDays
    | Points
    | GainPain
    | Advance
    | Retention
    | Indicator
    | Index
    | Waterfall
    | TerminationRight
)


def metrics_of(rule: PaymentRule) -> tuple[str, ...]:
    """Return the codes of the metrics that `rule` reads, each once, in its own order."""
    match rule:
        case Availability(areas=areas):
            named = [area.metric for area in areas]
        case Threshold(conditions=conditions):
            named = [condition.metric for condition in conditions]
        case Composite(parts=parts, gates=gates):
            named = [*(part.metric for part in parts), *(gate.metric for gate in gates)]
        case Index(parts=weighted):
            named = [part.metric for part in weighted]
        case Fixed() | Advance() | Retention() | Waterfall():
            named = []
        case _:
            named = [] if rule.metric is None else [rule.metric]
    return tuple(dict.fromkeys(named))


def milestones_of(rule: PaymentRule) -> tuple[str, ...]:
    """Return the codes of the milestones that `rule` reads, each once, in its own order."""
    match rule:
        case Fixed(milestone=milestone) | Advance(milestone=milestone):
            return (milestone,)
        case ExcessDays(milestone=str() as milestone):
            return (milestone,)
        case Retention(releases=releases):
            return tuple(dict.fromkeys(one.milestone for one in releases if one.milestone))
        case _:
            return ()


def days_of(rule: PaymentRule) -> tuple[date, ...]:
    """Return the days on which `rule` pays without anybody proving anything, in its own order."""
    match rule:
        case Retention(releases=releases):
            return tuple(dict.fromkeys(one.on for one in releases if one.on))
        case _:
            return ()
