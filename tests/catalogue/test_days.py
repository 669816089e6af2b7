"""Working days and the ends of periods, on the calendars that are shipped."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.catalogue.profiles import days
from ecosystem.catalogue.profiles.days import WorkingDays
from ecosystem.catalogue.profiles.model import Calendar, Counting, Span, Weekday
from ecosystem.catalogue.profiles.reading import read_calendar

_FOLDER = files("ecosystem.catalogue") / "files" / "calendars"
CHINA = read_calendar((_FOLDER / "cn.yaml").read_bytes())
BELGIUM = read_calendar((_FOLDER / "be.yaml").read_bytes())
IN_CHINA = WorkingDays.of(CHINA)
MOMENTS = st.integers(0, 1_400_000).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
DATES = st.dates(date(2025, 1, 1), date(2027, 12, 31))


def span(count: int, counted: Counting) -> Span:
    return Span(days=count, counted=counted, law="platform")


@pytest.mark.parametrize(("year", "worked"), [(2025, 248), (2026, 248)])
def test_a_chinese_year_has_as_many_working_days_as_its_notice_leaves(
    year: int, worked: int
) -> None:
    assert IN_CHINA.between(date(year - 1, 12, 31), date(year, 12, 31)) == worked


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 2, 14), True),
        (date(2026, 2, 15), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),
        (date(2026, 3, 1), False),
        (date(2026, 10, 10), True),
    ],
)
def test_a_day_worked_to_make_up_counts_and_a_holiday_does_not(
    day: date, *, is_worked: bool
) -> None:
    assert IN_CHINA.holds(day) is is_worked


@pytest.mark.parametrize(
    ("first", "count", "last"),
    [
        # Before the Spring Festival of 2026: Saturday the 14th is worked, the holidays are not.
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 2, 13), 7, date(2026, 3, 2)),
        (date(2026, 4, 30), 1, date(2026, 5, 6)),
        (date(2026, 5, 8), 1, date(2026, 5, 9)),
        (date(2026, 5, 10), 0, date(2026, 5, 10)),
    ],
)
def test_working_days_are_counted_over_holidays(first: date, count: int, last: date) -> None:
    assert IN_CHINA.after(first, count=count) == last


@pytest.mark.parametrize(
    ("calendar", "after", "asked", "ends"),
    [
        # Ten days from Monday the 2nd end with Thursday the 12th, at midnight in Brussels.
        (
            BELGIUM,
            datetime(2026, 3, 2, 15, tzinfo=UTC),
            span(10, Counting.CALENDAR),
            datetime(2026, 3, 12, 23, tzinfo=UTC),
        ),
        # They would end on Easter Monday, so they end with Tuesday; summer time has begun.
        (
            BELGIUM,
            datetime(2026, 3, 27, 15, tzinfo=UTC),
            span(10, Counting.CALENDAR),
            datetime(2026, 4, 7, 22, tzinfo=UTC),
        ),
        # In Shanghai it is the 14th already, so the 14th is the day that is not counted.
        (
            CHINA,
            datetime(2026, 2, 13, 16, tzinfo=UTC),
            span(1, Counting.WORKING),
            datetime(2026, 2, 24, 16, tzinfo=UTC),
        ),
        (
            CHINA,
            datetime(2026, 2, 13, 15, 59, tzinfo=UTC),
            span(1, Counting.WORKING),
            datetime(2026, 2, 14, 16, tzinfo=UTC),
        ),
        (
            CHINA,
            datetime(2026, 2, 13, 9, tzinfo=UTC),
            span(10, Counting.ELAPSED),
            datetime(2026, 2, 23, 9, tzinfo=UTC),
        ),
        (CHINA, datetime(2026, 2, 13, 9, tzinfo=UTC), None, datetime(2026, 2, 13, 9, tzinfo=UTC)),
    ],
)
def test_a_period_ends_with_its_last_day(
    calendar: Calendar, after: datetime, asked: Span | None, ends: datetime
) -> None:
    assert days.end_of(asked, after=after, calendar=calendar) == ends


def test_a_year_that_is_not_listed_has_its_weekends_alone() -> None:
    assert days.lists(CHINA, 2027)
    assert not days.lists(CHINA, 2031)
    assert IN_CHINA.holds(date(2031, 10, 1))
    assert not IN_CHINA.holds(date(2031, 10, 4))


@given(DATES, st.integers(1, 60))
def test_as_many_working_days_lie_up_to_a_day_as_were_added(first: date, count: int) -> None:
    last = IN_CHINA.after(first, count=count)

    assert IN_CHINA.holds(last)
    assert IN_CHINA.between(first, last) == count


@given(DATES, st.integers(0, 30), st.integers(0, 30))
def test_working_days_are_added_in_any_portions(first: date, one: int, other: int) -> None:
    step = IN_CHINA.after(first, count=one)

    assert IN_CHINA.after(step, count=other) == IN_CHINA.after(first, count=one + other)


@given(
    MOMENTS,
    MOMENTS,
    st.integers(1, 40),
    st.sampled_from(Counting),
)
def test_who_begins_later_never_ends_earlier(
    one: datetime, other: datetime, count: int, counted: Counting
) -> None:
    asked = span(count, counted)
    first, second = sorted((one, other))

    ended = days.end_of(asked, after=first, calendar=CHINA)

    assert ended - first >= timedelta(days=count)
    assert ended <= days.end_of(asked, after=second, calendar=CHINA)


def test_the_days_of_the_week_have_their_names() -> None:
    assert days.weekday(date(2026, 11, 27)) is Weekday.FRIDAY


def test_a_calendar_is_cut_to_the_years_around() -> None:
    kept = days.within(CHINA, first=2027, last=2027)

    assert [one.year for one in kept.years] == [2026, 2027]
