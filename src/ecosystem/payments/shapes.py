"""What one payment rule is worth for what was observed in one period, and in which words.

Deductions are negative. Nothing is rounded here. Call inside `exact()`.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import singledispatch
from typing import Final

from msgspec import UNSET

from ecosystem.contracts.payment_rules import (
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
    Satisfaction,
    SavingsShare,
    ServiceCredit,
    Slab,
    Threshold,
    UnitPrice,
)
from ecosystem.contracts.rule_parts import Band, Condition, ShareRange
from ecosystem.payments.calculation import VerifiedObservation
from ecosystem.values.text import Text

PRECISION: Final = 60
"""Significant digits: more than any product of two values and a ratio has."""
_HUNDRED: Final = Decimal(100)
_NOTHING: Final = Decimal(0)
_ALL: Final = Decimal(1)
_ENDS: Final = {
    "lower": ("置信区间下限", "the lower end of the interval,"),
    "upper": ("置信区间上限", "the upper end of the interval,"),
}


@dataclass(frozen=True, slots=True)
class Worth:
    """An exact amount, and the computation of it in words."""

    exact: Decimal
    words: Text


@dataclass(frozen=True, slots=True)
class Sight:
    """What a rule sees of one period."""

    observed: Mapping[str, VerifiedObservation]
    """By metric; a metric that is not verified for the period is not there."""
    before: Decimal
    """What the rule's lines before add up to, in this calculation and in earlier ones."""

    def value(self, metric: str | None) -> Decimal:
        """Return the value of `metric`, which is there."""
        return Decimal(self.observed[metric or ""].value)


def exact() -> AbstractContextManager[Context]:
    """Compute within this context as every engine of this version does, on every machine."""
    return localcontext(Context(prec=PRECISION, rounding=ROUND_HALF_EVEN))


def plain(number: Decimal) -> str:
    """Return `number` without exponent and without zeros at its end."""
    return f"{number.normalize():f}" if number else "0"


@singledispatch
def worth(rule: PaymentRule, sight: Sight) -> Worth:
    """Return what `rule` is worth for the period that `sight` shows.

    Requires a rule that reads metrics, and at least one of them in sight. Fixed,
    advance and retention rules read milestones: the engine computes those.
    """
    message = f"{type(rule).__name__} reads no metric"
    raise TypeError(message, sight)


@worth.register
def _slab(rule: Slab, sight: Sight) -> Worth:
    return _banded(rule.bands, rule.share_of, sight.value(rule.metric))


@worth.register
def _satisfaction(rule: Satisfaction, sight: Sight) -> Worth:
    size = sight.observed[rule.metric].sample_size
    if size is None or size < rule.sample_min:
        shown = "?" if size is None else str(size)
        return _words(
            _NOTHING,
            f"样本量 {shown} 少于 {rule.sample_min}，不付款",
            f"sample {shown} is below {rule.sample_min}: nothing",
        )
    figure, interval = rule.reads(), sight.observed[rule.metric].interval
    if figure == "value":
        return _banded(rule.bands, rule.share_of, sight.value(rule.metric))
    if interval is UNSET:
        return _words(_NOTHING, "没有置信区间，不付款", "there is no interval: nothing")
    end = Decimal(interval.lower if figure == "lower" else interval.upper)
    found = _banded(rule.bands, rule.share_of, end)
    zh, en = _ENDS[figure]
    return _words(found.exact, f"{zh} {found.words.zh}", f"{en} {found.words.en}")


def _banded(bands: tuple[Band, ...], share_of: str | None, value: Decimal) -> Worth:
    held = next((band for band in reversed(bands) if _reaches(band, value)), None)
    if held is None or not _within(held, value):
        return _words(
            _NOTHING, f"{plain(value)} 不在任何档内，不付款", f"{plain(value)} is in no band: 0"
        )
    pays = Decimal(held.pays)
    if share_of is None:
        return _words(
            pays,
            f"{plain(value)} 属于自 {held.lower} 起的一档：{plain(pays)}",
            f"{plain(value)} is in the band from {held.lower}: {plain(pays)}",
        )
    return _words(
        pays * Decimal(share_of),
        f"{plain(value)} 属于自 {held.lower} 起的一档：{share_of} × {plain(pays)}",
        f"{plain(value)} is in the band from {held.lower}: {share_of} x {plain(pays)}",
    )


def _reaches(band: Band, value: Decimal) -> bool:
    edge = Decimal(band.lower)
    return value >= edge if band.from_inclusive else value > edge


def _within(band: Band, value: Decimal) -> bool:
    if band.to is None:
        return True
    edge = Decimal(band.to)
    return value <= edge if band.to_inclusive else value < edge


@worth.register
def _marginal(rule: Marginal, sight: Sight) -> Worth:
    value = sight.value(rule.metric)
    total, low, said = _NOTHING, Decimal(rule.lower), list[str]()
    for band in rule.bands:
        high = value if band.upto is None else min(value, Decimal(band.upto))
        if high > low:
            total += (high - low) * Decimal(band.price)
            said.append(f"{plain(high - low)} x {band.price}")
            low = high
    steps = " + ".join(said) or "0"
    return _at_most(rule.maximum, sight, total, steps)


@worth.register
def _linear(rule: Linear, sight: Sight) -> Worth:
    value = sight.value(rule.metric)
    start, end = Decimal(rule.start.value), Decimal(rule.end.value)
    low, high = sorted((start, end))
    at = min(max(value, low), high)
    first, last = Decimal(rule.start.pays), Decimal(rule.end.pays)
    pays = first + (last - first) * (at - start) / (end - start)
    line = (
        f"{plain(first)} + ({plain(last)} - {plain(first)}) x "
        f"({plain(at)} - {plain(start)}) / ({plain(end)} - {plain(start)})"
    )
    return _words(pays, line.replace(" x ", " × "), line)


@worth.register
def _unit_price(rule: UnitPrice, sight: Sight) -> Worth:
    count = sight.value(rule.metric)
    pays = max(count, _NOTHING) * Decimal(rule.price)
    return _at_most(rule.maximum, sight, pays, f"{plain(count)} x {rule.price}")


def _at_most(maximum: str | None, sight: Sight, pays: Decimal, line: str) -> Worth:
    """Return what is paid, no more than is left of the `maximum` of a rule."""
    zh = line.replace(" x ", " × ")
    if maximum is None:
        return _words(pays, zh, line)
    left = max(Decimal(maximum) - sight.before, _NOTHING)
    return _words(
        min(pays, left),
        f"{zh}，上限余额 {plain(left)}",
        f"{line}, at most the {plain(left)} left of {maximum}",
    )


@worth.register
def _savings_share(rule: SavingsShare, sight: Sight) -> Worth:
    savings = max(sight.value(rule.metric), _NOTHING)
    until, after = Decimal(rule.share_until), Decimal(rule.share_after)
    left = max(Decimal(rule.base_claim) - sight.before, _NOTHING)
    if savings * until <= left:
        pays, rest = savings * until, _NOTHING
    else:
        rest = savings - left / until
        pays = left + rest * after
    line = f"{plain(savings - rest)} x {rule.share_until} + {plain(rest)} x {rule.share_after}"
    return _at_most(rule.maximum, sight, pays, line)


@worth.register
def _indicator(rule: Indicator, sight: Sight) -> Worth:
    value, target, most = sight.value(rule.metric), Decimal(rule.target), Decimal(rule.points)
    if rule.direction == "lower" and value <= 0:
        score, line = most, plain(most)
    else:
        over, under = (value, target) if rule.direction == "higher" else (target, value)
        score = min(max(most * over / under, _NOTHING), most)
        line = f"{rule.points} x {plain(over)} / {plain(under)}, 0..{rule.points}"
    said = f"({line}) x {rule.per_point}"
    return _words(score * Decimal(rule.per_point), said.replace(" x ", " × "), said)


def moved(rule: Index, sight: Sight, *, of: Decimal) -> Worth:
    """Return by how much an index moves an amount `of` the base; never more than its `most`."""
    if any(part.metric not in sight.observed for part in rule.parts):
        return _unverified()
    factor, said = Decimal(rule.fixed), [rule.fixed]
    for part in rule.parts:
        factor += Decimal(part.weight) * sight.value(part.metric) / Decimal(part.base)
        said.append(f"{part.weight} x {plain(sight.value(part.metric))} / {part.base}")
    most = Decimal(rule.most)
    line = f"{plain(of)} x ({' + '.join(said)} - 1), +/- {rule.most}"
    return _words(of * min(max(factor - _ALL, -most), most), line.replace(" x ", " × "), line)


@worth.register
def _threshold(rule: Threshold, sight: Sight) -> Worth:
    met = [_holds(condition, sight) for condition in rule.conditions]
    paid = all(met) if rule.match == "all" else any(met)
    return _words(
        Decimal(rule.pays) if paid else _NOTHING,
        f"{len(met)} 项条件达成 {sum(met)} 项（{'全部' if rule.match == 'all' else '任一'}）",
        f"{sum(met)} of {len(met)} conditions met, {rule.match} needed",
    )


def _holds(condition: Condition, sight: Sight) -> bool:
    """Tell whether a condition holds; what is not verified does not."""
    if condition.metric not in sight.observed:
        return False
    value, target = sight.value(condition.metric), Decimal(condition.target)
    if value == target:
        return condition.inclusive
    return value > target if condition.direction == "higher" else value < target


@worth.register
def _availability(rule: Availability, sight: Sight) -> Worth:
    if any(area.metric not in sight.observed for area in rule.areas):
        return _unverified()
    failed, said = _NOTHING, list[str]()
    for area in rule.areas:
        sessions = Decimal(area.sessions)
        count = min(max(sight.value(area.metric), _NOTHING), sessions)
        failed += Decimal(area.weight) * count / sessions
        said.append(f"{area.weight} x {plain(count)} / {area.sessions}")
    line = f"{rule.charge} x (1 - ({' + '.join(said)}))"
    return _words(Decimal(rule.charge) * (_ALL - failed), line.replace(" x ", " × "), line)


@worth.register
def _composite(rule: Composite, sight: Sight) -> Worth:
    if any(part.metric not in sight.observed for part in rule.parts):
        return _unverified()
    shut = [gate for gate in rule.gates if not _holds(gate, sight)]
    if shut:
        return _words(
            _NOTHING,
            f"门槛指标 {shut[0].metric} 未达 {shut[0].target}，不付款",
            f"gate {shut[0].metric} does not reach {shut[0].target}: nothing",
        )
    score, said = _NOTHING, list[str]()
    for part in rule.parts:
        worst, best = Decimal(part.worst), Decimal(part.best)
        reached = (sight.value(part.metric) - worst) / (best - worst)
        kept = min(max(reached, _NOTHING), _ALL)
        score += Decimal(part.weight) * kept
        said.append(f"{part.weight} x {plain(kept)}")
    line = f"{rule.amount} x ({' + '.join(said)})"
    return _words(Decimal(rule.amount) * score, line.replace(" x ", " × "), line)


@worth.register
def _service_credit(rule: ServiceCredit, sight: Sight) -> Worth:
    value = sight.value(rule.metric)
    sign = -1 if rule.direction == "higher" else 1
    rate = _NOTHING
    for step in rule.steps:
        distance = (value - Decimal(step.worse_than)) * sign
        if distance > 0 or (distance == 0 and step.inclusive):
            rate = max(rate, Decimal(step.rate))
    rate = min(rate, Decimal(rule.cap))
    return _words(
        -Decimal(rule.charge) * rate,
        f"服务值 {plain(value)}，扣减 {rule.charge} × {plain(rate)}",
        f"service at {plain(value)}: deduct {rule.charge} x {plain(rate)}",
    )


@worth.register
def _excess_days(rule: ExcessDays, sight: Sight) -> Worth:
    return excess(rule, days=sight.value(rule.metric), before=sight.before)


def excess(rule: ExcessDays, *, days: Decimal, before: Decimal) -> Worth:
    """Return the deduction for `days`, where `before`, 0 or less, is already deducted."""
    over = max(days - rule.allowed_days, _NOTHING)
    owed = over * Decimal(rule.per_day)
    if rule.maximum is not None:
        owed = min(owed, max(Decimal(rule.maximum) + before, _NOTHING))
    limit = "" if rule.maximum is None else f", <= {rule.maximum}"
    return _words(
        -owed,
        f"（{plain(days)} − {rule.allowed_days}）天 × {rule.per_day}{limit}",
        f"({plain(days)} - {rule.allowed_days}) days x {rule.per_day}{limit}",
    )


@worth.register
def _points(rule: Points, sight: Sight) -> Worth:
    points = sight.value(rule.metric)
    total, low, said = _NOTHING, Decimal(rule.free_points), list[str]()
    for band in rule.bands:
        high = points if band.upto is None else min(points, Decimal(band.upto))
        if high > low:
            total += (high - low) * Decimal(band.multiplier)
            said.append(f"{plain(high - low)} x {band.multiplier}")
            low = high
    line = f"({' + '.join(said) or '0'}) x {rule.value_per_point}"
    return _words(-total * Decimal(rule.value_per_point), line.replace(" x ", " × "), line)


@worth.register
def _gain_pain(rule: GainPain, sight: Sight) -> Worth:
    cost, target = sight.value(rule.metric), Decimal(rule.target)
    shared = sum((_shared(item, cost, target) for item in rule.ranges), _NOTHING)
    return _words(
        shared,
        f"目标 {rule.target}，实际 {plain(cost)}，按区间分担 {plain(shared)}",
        f"target {rule.target}, cost {plain(cost)}: share by ranges {plain(shared)}",
    )


def _shared(item: ShareRange, cost: Decimal, target: Decimal) -> Decimal:
    """Return the share of what lies in one range between `cost` and `target`."""
    start = target * Decimal(item.from_percent) / _HUNDRED
    low, high = sorted((cost, target))
    end = high if item.to_percent is None else target * Decimal(item.to_percent) / _HUNDRED
    inside = max(min(high, end) - max(low, start), _NOTHING)
    return inside * Decimal(item.share) * (1 if cost < target else -1)


def _unverified() -> Worth:
    return _words(_NOTHING, "并非全部指标均已核验，不付款", "not every metric is verified: nothing")


def _words(amount: Decimal, zh: str, en: str) -> Worth:
    return Worth(amount, Text(zh=zh, en=en))
