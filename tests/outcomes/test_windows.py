"""A metric is observed in windows of the calendar, in its own time zone, within its contract."""

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.contracts.form_shapes import Observed
from ecosystem.outcomes import windows
from ecosystem.outcomes.windows import Window
from ecosystem.values.period import Period

TERM = Period(date(2025, 3, 1), date(2028, 2, 14))
BRUSSELS = ZoneInfo("Europe/Brussels")


def _by(window: str, zone: str = "Asia/Shanghai") -> Observed:
    return Observed(window=window, aggregation="sum", time_zone=zone)  # type: ignore[arg-type]


def _windows(observed: Observed, period: Period) -> list[Window]:
    spans = windows.spans(observed, period)
    found = [span.window(number) for span in spans for number in range(len(span.places()))]
    places = [place for span in spans for place in span.places()]
    assert places == [windows.place_of(one) for one in found]
    return found


def test_the_first_and_the_last_period_are_cut_to_the_term() -> None:
    found = list(windows.periods("quarter", within=TERM, term=TERM))

    assert found[0] == Period(date(2025, 3, 1), date(2025, 4, 1))
    assert found[1] == Period(date(2025, 4, 1), date(2025, 7, 1))
    assert found[-1] == Period(date(2028, 1, 1), date(2028, 2, 14))


@given(
    st.sampled_from(["month", "quarter", "half_year", "year"]),
    st.dates(date(2025, 3, 1), date(2028, 2, 13)),
    st.dates(date(2025, 3, 1), date(2028, 2, 13)),
)
def test_periods_leave_no_day_out_and_count_none_twice(
    frequency: str, one: date, other: date
) -> None:
    asked = Period(min(one, other), date.fromordinal(max(one, other).toordinal() + 1))

    found = list(windows.periods(frequency, within=asked, term=TERM))  # type: ignore[arg-type]

    assert all(a.ends_on == b.starts_on for a, b in pairwise(found))
    assert found[0].starts_on <= asked.starts_on < found[0].ends_on
    assert found[-1].starts_on < asked.ends_on <= found[-1].ends_on


def test_a_day_on_which_clocks_change_has_one_hour_more_or_less() -> None:
    hours = [windows.hours_of(day, BRUSSELS) for day in (date(2026, 3, 29), date(2026, 10, 25))]

    assert hours == [23, 25]
    day = Period(date(2026, 10, 25), date(2026, 10, 26))
    found = _windows(_by("hour", "Europe/Brussels"), day)
    ends = [windows.instants(one, BRUSSELS)[1] for one in found]
    starts = [windows.instants(one, BRUSSELS)[0] for one in found]
    assert len(found) == 25
    assert ends[:-1] == starts[1:]


@pytest.mark.parametrize(
    ("window", "starts_on", "ends_on", "hour"),
    [
        ("hour", date(2026, 5, 1), date(2026, 5, 2), 0),
        ("hour", date(2026, 5, 1), date(2026, 5, 2), 23),
        ("day", date(2026, 5, 1), date(2026, 5, 2), None),
        ("month", date(2026, 5, 1), date(2026, 6, 1), None),
        ("month", date(2028, 2, 1), date(2028, 2, 14), None),
        ("year", date(2025, 3, 1), date(2026, 1, 1), None),
    ],
)
def test_a_window_fits(window: str, starts_on: date, ends_on: date, hour: int | None) -> None:
    period = Period(starts_on, ends_on)

    assert windows.misfit(_by(window), period, hour, term=TERM) is None
    all_ = _windows(_by(window), period)
    assert Window(starts_on, ends_on, windows.NO_HOUR if hour is None else hour) in all_


@pytest.mark.parametrize(
    ("window", "starts_on", "ends_on", "hour"),
    [
        ("hour", date(2026, 5, 1), date(2026, 5, 2), None),
        ("hour", date(2026, 5, 1), date(2026, 5, 2), 24),
        ("hour", date(2026, 5, 1), date(2026, 5, 3), 0),
        ("day", date(2026, 5, 1), date(2026, 5, 2), 0),
        ("day", date(2026, 5, 1), date(2026, 5, 8), None),
        ("month", date(2026, 5, 2), date(2026, 6, 1), None),
        ("month", date(2026, 5, 1), date(2026, 5, 31), None),
        ("quarter", date(2026, 5, 1), date(2026, 8, 1), None),
    ],
)
def test_what_is_no_window_is_told_why(
    window: str, starts_on: date, ends_on: date, hour: int | None
) -> None:
    assert windows.misfit(_by(window), Period(starts_on, ends_on), hour, term=TERM)
