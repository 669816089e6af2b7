"""What tests of payments are made of: rules, facts, and one calculation."""

from datetime import date
from decimal import Decimal

import msgspec
from msgspec import UNSET

from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.outcomes.intervals import Interval
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    Facts,
    Signed,
    VerifiedObservation,
)
from ecosystem.payments.engine import calculate
from ecosystem.payments.shapes import Sight, exact, worth
from ecosystem.values.period import Period

JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
FEBRUARY = Period(date(2026, 2, 1), date(2026, 3, 1))


def rule(shape: str, **parts: object) -> PaymentRule:
    common = {"code": shape.replace("_", "-"), "title": {"en": shape}, "currency": "CNY"}
    converted: PaymentRule = msgspec.convert({**common, "shape": shape, **parts}, PaymentRule)
    return converted


def observation(
    value: str,
    *,
    metric: str = "metric",
    period: Period = JANUARY,
    sample_size: int | None = None,
    between: tuple[str, str] | None = None,
) -> VerifiedObservation:
    return VerifiedObservation(
        id=f"observation-{metric}-{period.starts_on}",
        version=1,
        metric=metric,
        period=period,
        value=value,
        sample_size=sample_size,
        interval=UNSET
        if between is None
        else Interval(method="t-1", confidence="0.95", lower=between[0], upper=between[1]),
    )


def milestone(code: str, *, late: str = "2026-01-31T16:00:00Z") -> AcceptedMilestone:
    return AcceptedMilestone(
        id=f"milestone-{code}",
        version=1,
        milestone=code,
        due_at="2026-01-31T16:00:00Z",
        delivered_at=late,
    )


def pay(*rules: PaymentRule, facts: Facts, value: str = "10000000", paid: str = "0") -> Calculation:
    return calculate(
        rules,
        facts,
        currency="CNY",
        contract_value=Decimal(value),
        paid_before=Decimal(paid),
    )


def amounts(calculation: Calculation, shape: str) -> list[Signed]:
    return [line.amount for line in calculation.lines if line.shape == shape]


def one_amount(one: PaymentRule, value: str, *, before: str = "0") -> Decimal:
    with exact():
        return worth(one, Sight({"metric": observation(value)}, Decimal(before))).exact
