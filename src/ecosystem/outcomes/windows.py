"""Which windows a metric is observed in, in its own time zone, and which periods they make up.

Periods and windows are those of the calendar, cut to the contract's term: a contract that begins
in March has a first quarter of one month. An hour is counted from the beginning of its day, so
that a day on which clocks change has 23 or 25 of them, and none twice.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from ecosystem.contracts.form_shapes import Observed
from ecosystem.values.period import Period

Frequency = Literal["month", "quarter", "half_year", "year"]
NO_HOUR: Final = -1
"""The hour of a window that is no hour."""
DAYS_BITS: Final = 22
"""Bits that hold any number of days that a calendar has."""
HOUR_BITS: Final = 5
"""Bits that hold any hour of a day, and NO_HOUR."""
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MONTHS: Final = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


class Window(NamedTuple):
    """What one observation is of."""

    starts_on: date
    ends_on: date
    hour: int = NO_HOUR
    """Which hour of its day, from 0; NO_HOUR where the window is whole days."""


class Span(NamedTuple):
    """Whole days, and the windows in them."""

    starts_on: date
    ends_on: date
    hours: int = 0
    """How many windows of an hour they are; 0 where they are one window."""

    def places(self) -> range:
        """Return the places of the windows, in order."""
        first = 0 if self.hours else NO_HOUR
        place = place_of(Window(self.starts_on, self.ends_on, first))
        return range(place, place + (self.hours or 1))

    def window(self, number: int) -> Window:
        """Return one of the windows, counted from 0."""
        return Window(self.starts_on, self.ends_on, number if self.hours else NO_HOUR)


def place_of(window: Window) -> int:
    """Return a window as one whole number, so that ten thousand are told apart quickly."""
    days = (window.ends_on - window.starts_on).days
    return ((window.starts_on.toordinal() << DAYS_BITS) + days << HOUR_BITS) + window.hour + 1


def periods(frequency: Frequency, *, within: Period, term: Period) -> Iterator[Period]:
    """Yield the periods of which days lie in `within`, cut to the contract's term."""
    day = max(within.starts_on, term.starts_on)
    last = min(within.ends_on, term.ends_on)
    while day < last:
        whole = _calendar(_MONTHS[frequency], day)
        yield _cut(whole, term)
        day = whole.ends_on


def spans(observed: Observed, period: Period) -> list[Span]:
    """Return the days that make up a period, in order, with the windows that each of them has."""
    if observed.window == "hour":
        zone = ZoneInfo(observed.time_zone)
        return [Span(day, day + _DAY, hours_of(day, zone)) for day in _days(period)]
    if observed.window == "day":
        return [Span(day, day + _DAY) for day in _days(period)]
    return [
        Span(one.starts_on, one.ends_on)
        for one in periods(observed.window, within=period, term=period)
    ]


def misfit(observed: Observed, period: Period, hour: int | None, *, term: Period) -> str | None:
    """Return why a period is none of the windows of a metric, or None where it is one."""
    if (observed.window == "hour") != (hour is not None):
        said = "and says which hour of its day" if hour is None else "so that there is no `hour`"
        return f"The metric is observed by {observed.window}, {said}."
    if observed.window in {"hour", "day"}:
        whole = Period(period.starts_on, period.starts_on + _DAY)
    else:
        whole = _cut(_calendar(_MONTHS[observed.window], period.starts_on), term)
    if period != whole:
        fits = f"{whole.starts_on} until before {whole.ends_on}"
        return f"The metric is observed by {observed.window}: {fits} is one."
    if hour is not None and hour >= hours_of(period.starts_on, ZoneInfo(observed.time_zone)):
        return f"{period.starts_on} has no hour {hour}."
    return None


def hours_of(day: date, zone: ZoneInfo) -> int:
    """Return how many hours a day has: 24 but where clocks change."""
    return round((midnight(day + _DAY, zone) - midnight(day, zone)) / _HOUR)


def instants(window: Window, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a window begins and ends, in UTC."""
    if window.hour == NO_HOUR:
        return instants_of(Period(window.starts_on, window.ends_on), zone)
    begins = midnight(window.starts_on, zone) + window.hour * _HOUR
    return begins, begins + _HOUR


def instants_of(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when whole days begin and end, in UTC."""
    return midnight(period.starts_on, zone), midnight(period.ends_on, zone)


@lru_cache(maxsize=10_000)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _days(period: Period) -> Iterator[date]:
    day = period.starts_on
    while day < period.ends_on:
        yield day
        day += _DAY


def _calendar(months: int, day: date) -> Period:
    """Return the whole period of the calendar, so many months long, that holds a day."""
    first = (day.month - 1) // months * months
    after = first + months
    year = day.year + after // 12
    ends_on = date.max if year > date.max.year else date(year, after % 12 + 1, 1)
    return Period(date(day.year, first + 1, 1), ends_on)


def _cut(whole: Period, term: Period) -> Period:
    return Period(max(whole.starts_on, term.starts_on), min(whole.ends_on, term.ends_on))
