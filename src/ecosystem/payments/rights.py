"""Which rights to end a contract have arisen from what was verified; they move no money."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from ecosystem.contracts.payment_rules import PaymentRule, TerminationRight
from ecosystem.contracts.rule_parts import Code
from ecosystem.payments.calculation import VerifiedObservation
from ecosystem.values.period import Period


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """A right to end the contract that has arisen."""

    rule: Code
    period: Period
    """The period with whose observation it arose first."""
    observations: tuple[str, ...]
    """Those that were worse, the earliest first."""


def rights(
    rules: Iterable[PaymentRule], observations: Iterable[VerifiedObservation]
) -> tuple[Right, ...]:
    """Return the rights that have arisen, each once, by the code of its rule."""
    known = sorted(observations, key=lambda one: (one.period.starts_on, one.period.ends_on))
    termination = [rule for rule in rules if isinstance(rule, TerminationRight)]
    found = (_first(rule, known) for rule in sorted(termination, key=lambda rule: rule.code))
    return tuple(right for right in found if right is not None)


def _first(rule: TerminationRight, known: list[VerifiedObservation]) -> Right | None:
    seen = [one for one in known if one.metric == rule.metric]
    for at in range(len(seen)):
        window = seen[max(at + 1 - rule.of_periods, 0) : at + 1]
        worse = [one.id for one in window if _is_worse(rule, Decimal(one.value))]
        if len(worse) >= rule.times:
            return Right(rule=rule.code, period=seen[at].period, observations=tuple(worse))
    return None


def _is_worse(rule: TerminationRight, value: Decimal) -> bool:
    edge = Decimal(rule.worse_than)
    if value == edge:
        return rule.inclusive
    return value < edge if rule.direction == "higher" else value > edge
