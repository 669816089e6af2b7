"""What rules may come to: exposure without end, rules that lean on others, and cliffs.

A cliff is a value at which the least change of a metric changes much of what is paid. It is no
fault; whoever agrees to the rule should know where it lies.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import singledispatch
from typing import Final

import msgspec

from ecosystem.contracts.payment_rules import (
    Availability,
    Composite,
    Index,
    Marginal,
    PaymentRule,
    Satisfaction,
    SavingsShare,
    ServiceCredit,
    Slab,
    Threshold,
    UnitPrice,
    Waterfall,
)
from ecosystem.contracts.rule_parts import Band
from ecosystem.values import money
from ecosystem.values.money import Amount, Measure
from ecosystem.values.refusal import Fault

STEEP: Final = Decimal("0.1")
"""What share of the most that a rule moves in one period makes a jump a cliff."""
_NOTHING: Final = Decimal(0)


class Cliff(msgspec.Struct, frozen=True, kw_only=True):
    """A value at which the least change of a metric changes much of what is paid."""

    pointer: str
    """Where in the list of the rules it is said."""
    rule: str
    metric: str
    value: Measure
    jump: Amount
    """By how much what is paid or deducted differs on both sides."""
    share: Measure
    """The same as a share of the most that the rule moves in a period."""


def exposure(rule: PaymentRule) -> Iterator[Fault]:
    """Yield `unbounded` where a rule could pay without end, whatever the contract is worth."""
    match rule:
        case UnitPrice(maximum=None, price=price):
            open_end = Decimal(price) > 0
        case Marginal(maximum=None, bands=bands) if bands:
            open_end = bands[-1].upto is None and Decimal(bands[-1].price) > 0
        case SavingsShare(maximum=None, share_after=after):
            open_end = Decimal(after) > 0
        case _:
            open_end = False
    if open_end:
        detail = "The more is measured, the more is paid, without end: give a `maximum`."
        yield Fault("/maximum", "unbounded", detail)


def between(rules: Sequence[PaymentRule | None]) -> Iterator[Fault]:
    """Yield faults between the rules of one contract; pointers start at the list.

    Codes: `rule_unknown`, `rule_unfit`, `rule_doubled`.
    """
    known = {rule.code: rule for rule in rules if rule is not None}
    moved = dict[str, int]()
    for at, rule in enumerate(rules):
        if isinstance(rule, Index):
            for place, code in enumerate(rule.rules):
                pointer = f"/{at}/rules/{place}"
                yield from _movable(known.get(code), code, pointer)
                if moved.setdefault(code, at) != at:
                    yield Fault(pointer, "rule_doubled", f"Another index moves {code} already.")
    waterfalls = [at for at, rule in enumerate(rules) if isinstance(rule, Waterfall)]
    for at in waterfalls[1:]:
        yield Fault(f"/{at}/shape", "rule_doubled", "One waterfall says who gets what.")


def _movable(rule: PaymentRule | None, code: str, pointer: str) -> Iterator[Fault]:
    if rule is None:
        yield Fault(pointer, "rule_unknown", f"No rule has the code {code}.")
    elif not isinstance(rule, UnitPrice | Availability):
        detail = f"{code} is no rule of the base that reads metrics: nothing to move."
        yield Fault(pointer, "rule_unfit", detail)


def cliffs(rules: Sequence[PaymentRule]) -> tuple[Cliff, ...]:
    """Return every cliff of sound rules; pointers start at the list."""
    return tuple(
        msgspec.structs.replace(one, pointer=f"/{at}{one.pointer}")
        for at, rule in enumerate(rules)
        for one in _cliffs(rule)
    )


@singledispatch
def _cliffs(rule: PaymentRule) -> Iterator[Cliff]:
    """Yield the cliffs of one rule; most shapes have none."""
    del rule
    yield from ()


@_cliffs.register
def _banded(rule: Slab | Satisfaction) -> Iterator[Cliff]:
    yield from _edges(rule, rule.metric, rule.bands, Decimal(rule.share_of or "1"))


def _edges(
    rule: PaymentRule, metric: str, bands: tuple[Band, ...], unit: Decimal
) -> Iterator[Cliff]:
    most = max(Decimal(band.pays) for band in bands) * unit
    below = _NOTHING
    for at, band in enumerate(bands):
        pays = Decimal(band.pays) * unit
        pointer = f"/bands/{at}"
        yield from _cliff(rule, (f"{pointer}/from", metric, band.lower), pays - below, most)
        below = pays
        if band.to is not None and at == len(bands) - 1:
            yield from _cliff(rule, (f"{pointer}/to", metric, band.to), pays, most)


@_cliffs.register
def _threshold(rule: Threshold) -> Iterator[Cliff]:
    pays = Decimal(rule.pays)
    for at, one in enumerate(rule.conditions):
        place = (f"/conditions/{at}/target", one.metric, one.target)
        yield from _cliff(rule, place, pays, pays)


@_cliffs.register
def _service_credit(rule: ServiceCredit) -> Iterator[Cliff]:
    charge, cap, before = Decimal(rule.charge), Decimal(rule.cap), _NOTHING
    most = min(Decimal(rule.steps[-1].rate), cap) * charge
    for at, step in enumerate(rule.steps):
        rate = min(Decimal(step.rate), cap)
        place = (f"/steps/{at}/worse_than", rule.metric, step.worse_than)
        yield from _cliff(rule, place, (rate - before) * charge, most)
        before = rate


@_cliffs.register
def _composite(rule: Composite) -> Iterator[Cliff]:
    amount = Decimal(rule.amount)
    for at, gate in enumerate(rule.gates):
        yield from _cliff(rule, (f"/gates/{at}/target", gate.metric, gate.target), amount, amount)


def _cliff(
    rule: PaymentRule, place: tuple[str, str, str], jump: Decimal, most: Decimal
) -> Iterator[Cliff]:
    pointer, metric, value = place
    if most > 0 and abs(jump) >= most * STEEP:
        share = (abs(jump) / most).quantize(Decimal("0.0001"))
        yield Cliff(
            pointer=pointer,
            rule=rule.code,
            metric=metric,
            value=value,
            jump=money.written(abs(jump), rule.currency),
            share=f"{share:f}",
        )
