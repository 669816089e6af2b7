"""Which rights to end a contract have arisen from what was verified; they move no money."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

import msgspec

from ecosystem.contracts.payment_rules import PaymentRule, TerminationRight
from ecosystem.contracts.rule_parts import Code
from ecosystem.values.period import Period


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """A right to end the contract that has arisen."""

    rule: Code
    period: Period
    """The period with whose observation it arose first."""
    observations: tuple[str, ...]
    """Those that were worse, the earliest first."""


class _Bound(Protocol):
    """How often which metric must be worse than which value."""

    @property
    def metric(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def worse_than(self) -> str: ...
    @property
    def inclusive(self) -> bool: ...
    @property
    def times(self) -> int: ...
    @property
    def of_periods(self) -> int: ...


class _Observed(Protocol):
    """What was verified of a metric for a period."""

    @property
    def id(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def period(self) -> Period: ...
    @property
    def value(self) -> str: ...


One = TypeVar("One", bound=_Observed)


def rights(rules: Iterable[PaymentRule], observations: Iterable[_Observed]) -> tuple[Right, ...]:
    """Return the rights that have arisen, each once, by the code of its rule."""
    known = tuple(observations)
    termination = [rule for rule in rules if isinstance(rule, TerminationRight)]
    found = (
        (rule.code, first(rule, known)) for rule in sorted(termination, key=lambda one: one.code)
    )
    return tuple(
        Right(rule=code, period=worse[-1].period, observations=tuple(one.id for one in worse))
        for code, worse in found
        if worse
    )


def first(bound: _Bound, observations: Iterable[One]) -> Sequence[One]:
    """Return what was worse when it first was so too often, the earliest first; else nothing.

    The last of them is the one with which it was too often.
    """
    known = sorted(observations, key=lambda one: (one.period.starts_on, one.period.ends_on))
    seen = [one for one in known if one.metric == bound.metric]
    for at in range(len(seen)):
        window = seen[max(at + 1 - bound.of_periods, 0) : at + 1]
        worse = [one for one in window if _is_worse(bound, Decimal(one.value))]
        if len(worse) >= bound.times:
            return worse
    return ()


def _is_worse(bound: _Bound, value: Decimal) -> bool:
    edge = Decimal(bound.worse_than)
    if value == edge:
        return bound.inclusive
    return value < edge if bound.direction == "higher" else value > edge
