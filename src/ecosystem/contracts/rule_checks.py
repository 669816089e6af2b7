"""Whether a payment rule is sound: its bands, its weights, its names and its currency."""

from collections.abc import Collection, Iterator
from decimal import Decimal
from functools import singledispatch
from typing import Final

import msgspec

from ecosystem.contracts.payment_rules import (
    Advance,
    Availability,
    Composite,
    ExcessDays,
    GainPain,
    Index,
    Indicator,
    Linear,
    Marginal,
    PaymentRule,
    Points,
    Retention,
    Satisfaction,
    SavingsShare,
    ServiceCredit,
    Slab,
    TerminationRight,
    Threshold,
    Waterfall,
    metrics_of,
    milestones_of,
)
from ecosystem.contracts.rule_limits import exposure
from ecosystem.contracts.rule_parts import Band
from ecosystem.values import money
from ecosystem.values.refusal import Fault

_AMOUNTS: Final = frozenset(
    {
        "amount",
        "maximum",
        "charge",
        "per_day",
        "value_per_point",
        "per_point",
        "base_claim",
        "share_of",
        "limit",
    }
)
_HUNDRED: Final = Decimal(100)


def check_rule(
    rule: PaymentRule,
    *,
    metrics: Collection[str],
    milestones: Collection[str],
    currency: str,
) -> tuple[Fault, ...]:
    """Return every fault of `rule` in a contract in `currency` with these metrics and milestones.

    Pointers start at the rule. Prices of units may be finer than the currency.
    Codes: `currency_mixed`, `currency_unknown`, `amount_too_fine`, `metric_unknown`,
    `milestone_unknown`, `empty`, `gap`, `overlap`, `order`, `weights`, `negative`,
    `choice`, `flat`, `unbounded`.
    """
    if rule.currency != currency:
        detail = f"The rule is in {rule.currency}, the contract in {currency}: use one currency."
        return (Fault("/currency", "currency_mixed", detail),)
    named, written = _names(rule, metrics, milestones), _amounts(rule)
    return (*named, *written, *_shape(rule), *exposure(rule))


def _names(
    rule: PaymentRule, metrics: Collection[str], milestones: Collection[str]
) -> Iterator[Fault]:
    for code in metrics_of(rule):
        if code not in metrics:
            yield Fault(
                _where(rule, "metric", code), "metric_unknown", f"No metric has the code {code}."
            )
    for code in milestones_of(rule):
        if code not in milestones:
            pointer = _where(rule, "milestone", code)
            yield Fault(pointer, "milestone_unknown", f"No milestone has the code {code}.")


def _where(rule: PaymentRule, key: str, code: str) -> str:
    """Return the pointer of the first `key` in `rule` that says `code`."""
    found = (pointer for pointer, name, text in _leaves(rule) if name == key and text == code)
    return next(found, "")


def _leaves(rule: PaymentRule) -> Iterator[tuple[str, str, object]]:
    waiting: list[tuple[str, str, object]] = [("", "", msgspec.to_builtins(rule))]
    while waiting:
        pointer, name, value = waiting.pop()
        if isinstance(value, dict):
            pairs = msgspec.convert(value, dict[str, object])
            waiting += [(f"{pointer}/{key}", key, item) for key, item in reversed(pairs.items())]
        elif isinstance(value, list | tuple):
            items = msgspec.convert(value, list[object])
            numbered = [(f"{pointer}/{at}", name, item) for at, item in enumerate(items)]
            waiting += reversed(numbered)
        else:
            yield pointer, name, value


def _amounts(rule: PaymentRule) -> Iterator[Fault]:
    try:
        allowed = money.places(rule.currency)
    except money.CurrencyUnknown as refusal:
        yield Fault("/currency", "currency_unknown", refusal.detail)
        return
    shares = isinstance(rule, Slab | Satisfaction) and rule.share_of is not None
    amounts = _AMOUNTS if shares else _AMOUNTS | {"pays"}
    if isinstance(rule, GainPain):
        amounts = amounts | {"target"}
    for pointer, name, text in _leaves(rule):
        if name in amounts and isinstance(text, str) and _places(text) > allowed:
            detail = f"{rule.currency} has {allowed} decimal places, {text} has more."
            yield Fault(pointer, "amount_too_fine", detail)


def _places(text: str) -> int:
    return len(text.partition(".")[2])


@singledispatch
def _shape(rule: PaymentRule) -> Iterator[Fault]:
    """Yield the faults that only this shape can have; most shapes have none."""
    del rule
    yield from ()


@_shape.register
def _slab(rule: Slab) -> Iterator[Fault]:
    yield from _bands(rule.bands)


@_shape.register
def _satisfaction(rule: Satisfaction) -> Iterator[Fault]:
    yield from _bands(rule.bands)


def _bands(bands: tuple[Band, ...]) -> Iterator[Fault]:
    if not bands:
        yield Fault("/bands", "empty", "Give at least one band.")
    for at, band in enumerate(bands):
        if Decimal(band.pays) < 0:
            yield Fault(f"/bands/{at}/pays", "negative", "A band pays 0 or more.")
        after = bands[at + 1] if at + 1 < len(bands) else None
        yield from _edge(at, band, after)


def _edge(at: int, band: Band, after: Band | None) -> Iterator[Fault]:
    """Yield what is wrong between the band numbered `at` and the one after it."""
    pointer = f"/bands/{at}/to"
    if after is not None and Decimal(after.lower) <= Decimal(band.lower):
        detail = f"Bands rise: {after.lower} does not lie above {band.lower}."
        yield Fault(f"/bands/{at + 1}/from", "order", detail)
        return
    if band.to is None:
        return
    end = Decimal(band.to)
    if end <= Decimal(band.lower):
        yield Fault(pointer, "order", f"The band ends at {band.to}, not above its beginning.")
    elif after is not None:
        start = Decimal(after.lower)
        twice = band.to_inclusive and after.from_inclusive
        never = not band.to_inclusive and not after.from_inclusive
        if end > start or (end == start and twice):
            detail = f"This band and the next both hold {after.lower}: end it there, exclusive."
            yield Fault(pointer, "overlap", detail)
        elif end < start:
            detail = f"No band holds what lies from {band.to} to {after.lower}: end it there."
            yield Fault(pointer, "gap", detail)
        elif never:
            detail = f"No band holds {band.to} itself: make one of the two edges inclusive."
            yield Fault(pointer, "gap", detail)


@_shape.register
def _marginal(rule: Marginal) -> Iterator[Fault]:
    edges = [rule.lower, *(band.upto for band in rule.bands)]
    yield from _rising(edges, "/bands", "upto")


@_shape.register
def _points(rule: Points) -> Iterator[Fault]:
    edges = [str(rule.free_points)]
    edges_after = [None if band.upto is None else str(band.upto) for band in rule.bands]
    yield from _rising([*edges, *edges_after], "/bands", "upto")
    for at, band in enumerate(rule.bands):
        if Decimal(band.multiplier) < 0:
            yield Fault(f"/bands/{at}/multiplier", "negative", "Multiply by 0 or more.")


def _rising(edges: list[str | None], pointer: str, key: str) -> Iterator[Fault]:
    """Yield faults where `edges`, of which the first is given, do not rise to an open end."""
    if len(edges) == 1:
        yield Fault(pointer, "empty", "Give at least one band.")
        return
    for at in range(1, len(edges)):
        low, high = edges[at - 1], edges[at]
        place = f"{pointer}/{at - 1}/{key}"
        last = at == len(edges) - 1
        if high is None and not last:
            yield Fault(place, "overlap", "Only the last band is without end.")
        elif high is not None and last:
            yield Fault(place, "gap", f"No band holds values above {high}; end with null.")
        if high is not None and low is not None and Decimal(high) <= Decimal(low):
            yield Fault(place, "order", f"Edges rise: {high} does not lie above {low}.")


@_shape.register
def _linear(rule: Linear) -> Iterator[Fault]:
    if Decimal(rule.start.value) == Decimal(rule.end.value):
        yield Fault("/to/value", "flat", "The two points lie at two different values.")


@_shape.register
def _threshold(rule: Threshold) -> Iterator[Fault]:
    if not rule.conditions:
        yield Fault("/conditions", "empty", "Give at least one condition.")


@_shape.register
def _availability(rule: Availability) -> Iterator[Fault]:
    yield from _weights([area.weight for area in rule.areas], "/areas")


@_shape.register
def _composite(rule: Composite) -> Iterator[Fault]:
    yield from _weights([part.weight for part in rule.parts], "/parts")
    for at, part in enumerate(rule.parts):
        if Decimal(part.worst) == Decimal(part.best):
            yield Fault(f"/parts/{at}/best", "flat", "The best value differs from the worst.")


def _weights(weights: list[str], pointer: str) -> Iterator[Fault]:
    total = sum(map(Decimal, weights), Decimal(0))
    if total != 1:
        yield Fault(pointer, "weights", f"Weights add to 1; these add to {total}.")


@_shape.register
def _service_credit(rule: ServiceCredit) -> Iterator[Fault]:
    if not rule.steps:
        yield Fault("/steps", "empty", "Give at least one step.")
    sign = -1 if rule.direction == "higher" else 1
    for at in range(1, len(rule.steps)):
        before, step = rule.steps[at - 1], rule.steps[at]
        if (Decimal(step.worse_than) - Decimal(before.worse_than)) * sign <= 0:
            detail = f"Steps go from the mildest to the worst; {step.worse_than} is not worse."
            yield Fault(f"/steps/{at}/worse_than", "order", detail)
        if Decimal(step.rate) < Decimal(before.rate):
            yield Fault(f"/steps/{at}/rate", "order", "A worse service is not credited less.")


@_shape.register
def _excess_days(rule: ExcessDays) -> Iterator[Fault]:
    if (rule.metric is None) == (rule.milestone is None):
        yield Fault("", "choice", "Give either `metric` or `milestone`.")


@_shape.register
def _savings(rule: SavingsShare) -> Iterator[Fault]:
    if Decimal(rule.share_until) == 0:
        yield Fault("/share_until", "flat", "The first share is above 0.")


@_shape.register
def _gain_pain(rule: GainPain) -> Iterator[Fault]:
    if not rule.ranges:
        yield Fault("/ranges", "empty", "Give at least one range.")
        return
    edges = [rule.ranges[0].from_percent, *(item.to_percent for item in rule.ranges)]
    if edges[-1] is not None and Decimal(edges[-1]) < _HUNDRED:
        yield Fault("/ranges", "gap", "Ranges reach at least to 100 percent.")
    if Decimal(rule.ranges[0].from_percent) != 0:
        yield Fault("/ranges/0/from_percent", "gap", "Ranges begin at 0 percent.")
    inside = [edge for edge in edges if edge is not None and Decimal(edge) == _HUNDRED]
    if not inside:
        yield Fault("/ranges", "overlap", "An edge must lie at 100: gain and pain have own shares.")
    for at, item in enumerate(rule.ranges):
        yield from _range_edge(rule, at, Decimal(item.from_percent))


def _range_edge(rule: GainPain, at: int, start: Decimal) -> Iterator[Fault]:
    item = rule.ranges[at]
    if item.to_percent is not None and Decimal(item.to_percent) <= start:
        detail = f"The range ends at {item.to_percent}, not above its beginning."
        yield Fault(f"/ranges/{at}/to_percent", "order", detail)
    if at == 0:
        return
    before = rule.ranges[at - 1].to_percent
    if before is None or Decimal(before) > start:
        yield Fault(f"/ranges/{at}/from_percent", "overlap", "The range before holds this too.")
    elif Decimal(before) < start:
        detail = f"No range begins at {before}: let this one do so."
        yield Fault(f"/ranges/{at}/from_percent", "gap", detail)


@_shape.register
def _advance(rule: Advance) -> Iterator[Fault]:
    if Decimal(rule.rate) == 0:
        yield Fault("/rate", "flat", "An advance is recovered at a rate above 0.")


@_shape.register
def _retention(rule: Retention) -> Iterator[Fault]:
    if not rule.releases or Decimal(rule.releases[-1].share) != 1:
        yield Fault("/releases", "gap", "The last release pays out all that is held: share 1.")
    for at, release in enumerate(rule.releases):
        if (release.milestone is None) == (release.on is None):
            yield Fault(f"/releases/{at}", "choice", "Give either `milestone` or `on`.")


@_shape.register
def _indicator(rule: Indicator) -> Iterator[Fault]:
    for name in ("points", "target"):
        if Decimal(getattr(rule, name)) <= 0:
            yield Fault(f"/{name}", "flat", f"`{name}` is above 0.")


@_shape.register
def _index(rule: Index) -> Iterator[Fault]:
    if not rule.rules:
        yield Fault("/rules", "empty", "Name at least one rule.")
    yield from _weights([rule.fixed, *(part.weight for part in rule.parts)], "/parts")
    for at, part in enumerate(rule.parts):
        if Decimal(part.base) <= 0:
            yield Fault(f"/parts/{at}/base", "flat", "An index has a base above 0.")


@_shape.register
def _waterfall(rule: Waterfall) -> Iterator[Fault]:
    codes = [claim.code for claim in rule.claims]
    if not codes:
        yield Fault("/claims", "empty", "Give at least one claim.")
    for at, code in enumerate(codes):
        if code in codes[:at]:
            yield Fault(f"/claims/{at}/code", "order", f"{code} stands in the line already.")


@_shape.register
def _termination_right(rule: TerminationRight) -> Iterator[Fault]:
    if rule.times > rule.of_periods:
        yield Fault("/times", "order", f"There are no {rule.times} in {rule.of_periods} periods.")
