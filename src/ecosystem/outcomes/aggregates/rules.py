"""For which days aggregates can be asked."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ecosystem.contracts.form_shapes import Window
from ecosystem.outcomes.aggregates.model import Definition
from ecosystem.values.period import Period
from ecosystem.values.refusal import Kind, Refusal

_DAYS_MAX: Final[dict[Window, int]] = {"hour": 366, "day": 3_660}
"""So that one answer is computed from ten thousand windows at most."""
_OTHERWISE: Final = 36_600


class RangeUnfit(Refusal):
    """The days asked for hold no period of the contract that has begun, or too many windows."""

    kind = Kind.UNMET
    remedy = (
        "Ask for days of the contract's term that have begun: of a metric observed by hour for a "
        "year at most, of one observed by day for ten."
    )


def within(asked: Period, definition: Definition, *, term: Period, at: datetime) -> Period:
    """Return the days of `asked` that lie in the term and have begun. Refuses with RangeUnfit."""
    today = at.astimezone(ZoneInfo(definition.observed.time_zone)).date()
    found = Period(
        max(asked.starts_on, term.starts_on),
        min(asked.ends_on, term.ends_on, today + timedelta(days=1)),
    )
    if found.is_empty():
        message = f"The contract holds from {term.starts_on} until before {term.ends_on}."
        raise RangeUnfit(message)
    days = _DAYS_MAX.get(definition.observed.window, _OTHERWISE)
    if (found.ends_on - found.starts_on).days > days:
        raise RangeUnfit(f"These are more than {days} days.")
    return found
