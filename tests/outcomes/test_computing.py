"""An aggregate is exact: it is what a model in fractions says, for any observations at all."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from math import ceil, floor
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.contracts.form_shapes import Observed
from ecosystem.outcomes.aggregates import computing
from ecosystem.outcomes.aggregates.model import Aggregate, Definition, Excused, Seen
from ecosystem.outcomes.model import State
from ecosystem.outcomes.windows import NO_HOUR, Window, place_of
from ecosystem.values.period import Period

FIRST = date(2026, 5, 1)
MAY = Period(FIRST, date(2026, 6, 1))
LATER = datetime(2026, 12, 1, tzinfo=UTC)
IN_TIME = datetime(2026, 6, 2, tzinfo=UTC)
NINE = 10**9


def _definition(aggregation: str, **changed: Any) -> Definition:
    said: dict[str, Any] = {"window": "day", "aggregation": aggregation, "completeness": "0.5"}
    if aggregation == "percentile":
        said["percentile"] = "0.95"
    return Definition(
        frequency="month",
        direction="higher",
        baseline=None,
        target="50",
        observed=Observed(**(said | changed)),
    )


def _seen(day: int, value: str, state: str = "verified", **changed: Any) -> Seen:
    starts_on = FIRST + timedelta(days=day)
    said: dict[str, Any] = {
        "starts_on": starts_on, "ends_on": starts_on + timedelta(days=1), "hour": NO_HOUR,
        "numerator": value, "denominator": "7", "reported_at": IN_TIME,
    }  # fmt: skip
    said |= changed
    place = place_of(Window(said["starts_on"], said["ends_on"], said["hour"]))
    identifier = f"observation_{day:012x}70008000000000000001"
    parts = (said["numerator"], said["denominator"])
    return Seen(State(state), place, said["reported_at"], value, *parts, identifier, 1)


def aggregate(
    definition: Definition, period: Period, seen: list[Seen], excused: Sequence[Excused] = (), *,
    at: datetime,
) -> Aggregate:  # fmt: skip
    """Compute it from observations in whatever order they come."""
    return computing.aggregate(definition, period, computing.standing(seen), excused, at=at)


_MODEL: dict[str, Callable[[list[Fraction], int], Fraction]] = {
    "sum": lambda values, _: sum(values, Fraction(0)),
    "mean": lambda values, _: sum(values, Fraction(0)) / len(values),
    "minimum": lambda values, _: min(values),
    "maximum": lambda values, _: max(values),
    "last": lambda values, _: values[-1],
    "count": lambda values, _: Fraction(len(values)),
    "ratio_of_sums": lambda values, _: sum(values, Fraction(0)) / (7 * len(values)),
    "percentile": lambda values, _: sorted(values)[ceil(Fraction(95, 100) * len(values)) - 1],
    "availability": lambda values, asked: sum(values, Fraction(0)) / asked,
}
"""The value as a schoolbook computes it from a month of days, by day, and how many were asked."""


def _half_up(value: Fraction) -> Fraction:
    size = Fraction(floor(abs(value) * NINE + Fraction(1, 2)), NINE)
    return size if value >= 0 else -size


_MEASURES = st.decimals(-(10**6), 10**9, places=4, allow_nan=False).map(lambda one: f"{one:f}")
_STATES = st.sampled_from(["verified", "verified", "verified", "reported", "disputed", None])
_DAYS = st.lists(st.tuples(_MEASURES, _STATES), min_size=31, max_size=31)


@pytest.mark.parametrize("aggregation", list(_MODEL))
@given(days=_DAYS, excused=st.sets(st.integers(0, 30), max_size=6))
@settings(max_examples=60, deadline=None)
def test_an_aggregate_is_what_the_model_says(
    aggregation: str, days: list[tuple[str, str | None]], excused: set[int]
) -> None:
    definition = _definition(aggregation)
    seen = [_seen(day, value, state) for day, (value, state) in enumerate(days) if state]
    asked = 31 - len(excused)
    states = {day: state for day, (_, state) in enumerate(days) if day not in excused}
    verified = {day: days[day][0] for day, state in states.items() if state == "verified"}

    found = aggregate(definition, MAY, seen[::-1], [_day_off(day) for day in excused], at=LATER)

    assert found.windows.verified == found.observations_count == len(verified)
    assert found.windows.excused == len(excused)
    assert found.windows.missing == sum(gap.windows for gap in found.gaps)
    for state in ("reported", "disputed"):
        assert getattr(found.windows, state) == list(states.values()).count(state)
    _adds_up(found)
    if 2 * len(verified) < asked or not verified:
        assert found.value is None
        assert found.state == ("incomplete" if verified else "not_demonstrated")
    else:
        values = [Fraction(verified[day]) for day in sorted(verified)]
        expected = _half_up(_MODEL[aggregation](values, asked))
        assert found.state == "demonstrated"
        assert Fraction(found.value or "x") == expected
        assert found.meets_target is (expected >= 50)


def _day_off(day: int) -> Excused:
    starts_at = datetime(2026, 5, 1, tzinfo=UTC) - timedelta(hours=8) + timedelta(days=day)
    return Excused(starts_at, starts_at + timedelta(days=1))


def _adds_up(found: Aggregate) -> None:
    counted = found.windows
    assert counted.all == 31
    assert counted.all == (
        counted.excused + counted.verified + counted.reported + counted.disputed
        + counted.missing + counted.awaited
    )  # fmt: skip


def test_missing_windows_are_told_as_gaps_in_utc() -> None:
    seen = [_seen(day, "1") for day in range(31) if day not in {3, 4, 5, 20}]

    found = aggregate(_definition("sum"), MAY, seen, at=LATER)

    assert [gap.windows for gap in found.gaps] == [3, 1]
    assert found.gaps[0].starts_at == datetime(2026, 5, 3, 16, tzinfo=UTC)
    assert found.gaps[0].ends_at == datetime(2026, 5, 6, 16, tzinfo=UTC)


def test_what_may_still_come_is_awaited_and_not_missing() -> None:
    at = datetime(2026, 6, 5, tzinfo=UTC)

    found = aggregate(_definition("sum", late_after_days=10), MAY, [], at=at)

    assert (found.windows.missing, found.windows.awaited) == (24, 7)
    assert found.state == "not_demonstrated"


def test_what_came_after_its_time_counts_and_is_told_to_be_late() -> None:
    seen = [_seen(day, "1", reported_at=IN_TIME) for day in range(31)]

    found = aggregate(_definition("sum", late_after_days=5), MAY, seen, at=LATER)

    # 2 June in Shanghai: what is of 27 May or before was due by 2 June at the latest.
    assert found.windows.late == 26
    (late,) = found.late
    assert (late.starts_at, late.ends_at, late.windows) == (
        datetime(2026, 4, 30, 16, tzinfo=UTC), datetime(2026, 5, 26, 16, tzinfo=UTC), 26,
    )  # fmt: skip
    assert (found.value, found.state) == ("31", "demonstrated")


def test_which_windows_were_late_is_told_whatever_became_of_them() -> None:
    late = datetime(2026, 7, 1, tzinfo=UTC)
    seen = [_seen(day, "1") for day in range(31) if day not in {3, 4, 5, 9}]
    seen += [_seen(day, "1", "reported", reported_at=late) for day in (3, 4)]
    seen += [_seen(9, "1", "disputed", reported_at=late)]

    found = aggregate(_definition("sum", late_after_days=40), MAY, seen, [_day_off(4)], at=LATER)

    assert [gap.windows for gap in found.late] == [1, 1]
    assert [gap.starts_at.day for gap in found.late] == [3, 9]
    assert sum(gap.windows for gap in found.late) == found.windows.late
    assert [gap.windows for gap in found.gaps] == [1]


def test_of_two_sources_of_a_window_the_verified_one_counts() -> None:
    seen = [_seen(day, "1") for day in range(31)] + [_seen(0, "9", "reported")]

    found = aggregate(_definition("sum", completeness="1"), MAY, seen, at=LATER)

    assert (found.value, found.windows.verified, found.windows.reported) == ("31", 31, 0)


def test_a_share_that_is_missed_by_one_window_is_incomplete() -> None:
    seen = [_seen(day, "1") for day in range(30)]
    whole = _definition("sum", completeness="1")

    incomplete = aggregate(whole, MAY, seen, at=LATER)
    complete = aggregate(whole, MAY, [*seen, _seen(30, "1")], at=LATER)

    assert (incomplete.state, incomplete.completeness) == ("incomplete", "0.967741935")
    assert (complete.state, complete.completeness) == ("demonstrated", "1")


def test_where_all_is_excused_nothing_is_demonstrated() -> None:
    found = aggregate(_definition("sum"), MAY, [], [_day_off(day) for day in range(31)], at=LATER)

    assert (found.state, found.value, found.completeness) == ("not_demonstrated", None, None)
    assert found.reason.en == "all windows are excused"


def test_a_ratio_of_nothing_to_nothing_is_not_demonstrated() -> None:
    seen = [_seen(day, "0", denominator="0") for day in range(31)]

    found = aggregate(_definition("ratio_of_sums"), MAY, seen, at=LATER)

    assert (found.state, found.value) == ("not_demonstrated", None)


def test_hours_of_a_day_on_which_clocks_change_weigh_alike() -> None:
    october = Period(date(2026, 10, 25), date(2026, 10, 26))
    by_hour = {"window": "hour", "time_zone": "Europe/Brussels", "completeness": "0"}
    one = _seen(0, "100", starts_on=october.starts_on, ends_on=october.ends_on, hour=24)

    found = aggregate(_definition("availability", **by_hour), october, [one], at=LATER)

    assert (found.windows.all, found.value) == (25, "4")


def test_the_digest_names_every_observation_although_a_hundred_are_told() -> None:
    whole = Period(FIRST, date(2026, 9, 1))
    seen = [_seen(day, "1") for day in range(120)]
    definition = _definition("sum")

    found = aggregate(definition, whole, seen, at=LATER)
    other = aggregate(definition, whole, [*seen[:119], _seen(119, "2")], at=LATER)

    assert (len(found.observations), found.observations_count) == (100, 120)
    assert found.observations == other.observations
    assert found.observations_digest != other.observations_digest


def test_the_digest_is_of_the_canonical_json_of_what_was_used() -> None:
    seen = [_seen(day, value) for day, value in enumerate(["1", "0.50", "-3", "1000000000.0001"])]
    used: list[Any] = [
        {
            "id": one.id, "version": one.version, "value": one.value, "numerator": one.numerator,
            "denominator": one.denominator, "starts_on": f"2026-05-{1 + day:02}",
            "ends_on": f"2026-05-{2 + day:02}",
        }
        for day, one in enumerate(seen)
    ]  # fmt: skip

    found = aggregate(_definition("sum", completeness="0.1"), MAY, seen[::-1], at=LATER)

    assert found.observations_digest == sha256(rfc8785.dumps(used)).hexdigest()
    assert [msgspec.to_builtins(one) for one in found.observations] == used
