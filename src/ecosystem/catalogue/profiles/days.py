"""Working days, and when a period ends: pure arithmetic on a calendar.

Sources: Regulation (EEC, Euratom) No 1182/71, articles 2 and 3, and Civil Code of China,
articles 200 to 203: the day of the event is not counted, and what would end on no working
day ends with the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

import msgspec

from ecosystem.catalogue.profiles.model import Calendar, Counting, Span, Weekday

_DAY: Final = timedelta(days=1)
_WEEK: Final = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The days of a calendar, ready to be asked many times."""

    weekend: frozenset[Weekday]
    holidays: frozenset[date]
    worked: frozenset[date]

    @classmethod
    def of(cls, calendar: Calendar) -> Self:
        """Return the working days of a calendar."""
        return cls(
            weekend=frozenset(calendar.weekend),
            holidays=frozenset(_holidays(calendar)),
            worked=frozenset(day for year in calendar.years for day in year.worked),
        )

    def holds(self, day: date) -> bool:
        """Tell whether a day is worked."""
        if day in self.worked:
            return True
        return day not in self.holidays and weekday(day) not in self.weekend

    def after(self, day: date, *, count: int) -> date:
        """Return the `count`-th working day after a day, which itself is not counted.

        For 0 that is the day itself, worked or not. Requires a count of 0 or more.
        """
        for _ in range(count):
            day = self.at_or_after(day + _DAY)
        return day

    def at_or_after(self, day: date) -> date:
        """Return the day, or the first working day after it where it is none itself."""
        while not self.holds(day):
            day += _DAY
        return day

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first`, up to and with `last`."""
        return sum(self.holds(first + _DAY * ahead) for ahead in range(1, (last - first).days + 1))


def weekday(day: date) -> Weekday:
    """Return the day of the week."""
    return _WEEK[day.weekday()]


def lists(calendar: Calendar, year: int) -> bool:
    """Tell whether a calendar knows the holidays of a year, and not its weekends alone."""
    return any(one.year == year for one in calendar.years)


def within(calendar: Calendar, *, first: int, last: int) -> Calendar:
    """Return a calendar with the years from the one before `first` to the one after `last`."""
    years = tuple(one for one in calendar.years if first - 1 <= one.year <= last + 1)
    return msgspec.structs.replace(calendar, years=years)


def day_of(at: datetime, *, calendar: Calendar) -> date:
    """Return the day that an instant belongs to, where the calendar holds."""
    return at.astimezone(ZoneInfo(calendar.time_zone)).date()


def end_of(span: Span | None, *, after: datetime, calendar: Calendar) -> datetime:
    """Return the first instant, in UTC, at which a period that begins at `after` has passed.

    Counted in days it lasts to the end of its last day: the midnight that follows it. A
    period of 0 days, and none at all, has passed at once.
    """
    if span is None or span.days == 0:
        return after
    if span.counted is Counting.ELAPSED:
        return after + _DAY * span.days
    first, working = day_of(after, calendar=calendar), WorkingDays.of(calendar)
    if span.counted is Counting.WORKING:
        last = working.after(first, count=span.days)
    else:
        last = working.at_or_after(first + _DAY * span.days)
    midnight = datetime.combine(last + _DAY, time(), ZoneInfo(calendar.time_zone))
    return midnight.astimezone(UTC)


def _holidays(calendar: Calendar) -> Iterator[date]:
    for year in calendar.years:
        for one in year.holidays:
            for ahead in range((one.last_on - one.first_on).days + 1):
                yield one.first_on + _DAY * ahead
