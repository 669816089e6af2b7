"""What late payments earn: simple interest, a line for each rate that held meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

from ecosystem.payments.calculation import Input, LatePayment, Stage
from ecosystem.payments.pipeline import LATE, Run
from ecosystem.payments.shapes import Worth
from ecosystem.values.text import Text

_DAY: Final = timedelta(days=1)
_YEAR_DAYS: Final = {"actual_365": 365, "actual_360": 360}


def accrue(run: Run) -> None:
    """Add what late payments earn, beyond all limits. Call inside `exact()`."""
    for one in run.facts.late:
        given = Input(kind="payment", id=one.id, version=one.version, code=LATE, value=one.amount)
        for days, per_year in _late_days(one):
            of_year = _YEAR_DAYS[one.day_count]
            exact = Decimal(one.amount) * days * Decimal(per_year) / 100 / of_year
            words = Text(
                zh=f"逾期 {days} 天：{one.amount} × {per_year}% × {days} / {of_year}",
                en=f"{days} days late: {one.amount} x {per_year} % x {days} / {of_year}",
            )
            run.add(Stage.INTEREST, (LATE, LATE), [given], Worth(exact, words))


def _late_days(one: LatePayment) -> Iterator[tuple[int, str]]:
    """Yield the days from the day after the due date to settlement, with the rate of each."""
    ends = [*(rate.starts_on for rate in one.rates[1:]), one.settled_on + _DAY]
    for rate, until in zip(one.rates, ends, strict=True):
        first = max(rate.starts_on, one.due_on + _DAY)
        days = (min(until, one.settled_on + _DAY) - first).days
        if days > 0:
            yield days, rate.per_year
