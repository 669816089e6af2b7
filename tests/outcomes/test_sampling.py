"""What is reported of a survey is a sample; samples of many windows are one sample."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.contracts.form_shapes import Observed
from ecosystem.outcomes import rules, sampling
from ecosystem.outcomes.aggregates import computing
from ecosystem.outcomes.aggregates.model import Aggregate, Definition, Seen
from ecosystem.outcomes.intervals import Sample, interval
from ecosystem.outcomes.model import Measured, State
from ecosystem.outcomes.windows import NO_HOUR, Window, place_of
from ecosystem.values.period import Period

FIRST = date(2026, 5, 1)
MAY = Period(FIRST, date(2026, 6, 1))
LATER = datetime(2026, 12, 1, tzinfo=UTC)
IN_TIME = datetime(2026, 6, 2, tzinfo=UTC)
MEAN = {
    "statistic": "mean", "mode": "telephone", "sampling": "stratified", "sample_min": 60,
    "scale": {"lower": "1", "upper": "5"},
}  # fmt: skip
SHARE = {
    "statistic": "proportion", "mode": "online", "sampling": "simple_random", "sample_min": 100,
    "response_min": "0.25",
}  # fmt: skip


def observed(survey: dict[str, Any], **changed: Any) -> Observed:
    said = {
        "window": "day", "aggregation": "ratio_of_sums", "completeness": "0.01", "survey": survey,
        "factor": "1" if survey["statistic"] == "mean" else "100",
    }  # fmt: skip
    return msgspec.convert(said | changed, Observed)


def measured(**changed: Any) -> Measured:
    """Return forty ratings from 1 to 5: twenty of 4 and twenty of 5."""
    said: dict[str, Any] = {
        "period": Period(FIRST, FIRST + timedelta(days=1)), "hour": None, "value": "4.5",
        "numerator": "180", "denominator": "40", "sample_size": 40, "squares": "820",
        "invited": None,
    }  # fmt: skip
    return Measured(**(said | changed))


def share(**changed: Any) -> Measured:
    """Return eighty of a hundred who say yes, four hundred having been asked."""
    said: dict[str, Any] = {
        "value": "80", "numerator": "80", "denominator": "100", "sample_size": 100,
        "squares": None, "invited": 400,
    }  # fmt: skip
    return measured(**(said | changed))


def test_a_sample_of_ratings_is_fit_and_has_an_interval() -> None:
    sampling.fit(measured(), observed(MEAN))

    found = sampling.interval_of(measured(), observed(MEAN))
    assert found is not None
    assert (found.method, found.lower[:5], found.upper[:5]) == ("t-1", "4.338", "4.661")


def test_a_sample_of_answers_is_fit_and_has_an_interval() -> None:
    sampling.fit(share(), observed(SHARE))

    found = sampling.interval_of(share(), observed(SHARE))
    assert found is not None
    assert (found.method, found.lower[:5], found.upper[:5]) == ("wilson-1", "71.11", "86.66")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"sample_size": None}, "/sample_size"),
        ({"sample_size": 41}, "/denominator"),
        ({"invited": 39}, "/invited"),
        ({"numerator": "201"}, "/numerator"),
        ({"numerator": "39"}, "/numerator"),
        ({"squares": None}, "/squares"),
        ({"squares": "809.9"}, "/squares"),
        ({"squares": "881"}, "/squares"),
    ],
)
def test_ratings_that_cannot_be_are_refused_at_their_place(
    changed: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(sampling.SampleUnfit) as refused:
        sampling.fit(measured(**changed), observed(MEAN))

    assert [one.pointer for one in refused.value.faults] == [pointer]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"numerator": "101"}, "/numerator"),
        ({"numerator": "80.5"}, "/numerator"),
        ({"numerator": "-1"}, "/numerator"),
        ({"squares": "80"}, "/squares"),
        ({"invited": None}, "/invited"),
    ],
)
def test_answers_that_cannot_be_are_refused_at_their_place(
    changed: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(sampling.SampleUnfit) as refused:
        sampling.fit(share(**changed), observed(SHARE))

    assert [one.pointer for one in refused.value.faults] == [pointer]


@pytest.mark.parametrize("name", ["squares", "invited"])
@pytest.mark.parametrize("how", [None, Observed(window="day", aggregation="sum")])
def test_what_is_no_survey_has_nothing_of_one(name: str, how: Observed | None) -> None:
    given = {"squares": None, "invited": None, name: 4}

    with pytest.raises(sampling.SampleUnfit) as refused:
        sampling.fit(measured(**given), how)

    assert refused.value.faults[0].pointer == f"/{name}"


def test_a_report_of_a_survey_is_refused_by_the_rule_of_all_observations() -> None:
    term = Period(date(2026, 1, 1), date(2027, 1, 1))

    with pytest.raises(sampling.SampleUnfit):
        rules.fit(measured(squares=None), observed(MEAN), term=term, at=LATER, pointer="/period")


def _seen(day: int, ratings: list[int], invited: int | None = None) -> Seen:
    starts_on = FIRST + timedelta(days=day)
    place = place_of(Window(starts_on, starts_on + timedelta(days=1), NO_HOUR))
    total = sum(ratings)
    return Seen(
        State.VERIFIED, place, IN_TIME, f"{Decimal(total) / len(ratings):.2f}", str(total),
        str(len(ratings)), f"observation_{day:012x}70008000000000000001", 1,
        str(sum(one * one for one in ratings)), invited,
    )  # fmt: skip


def _aggregate(how: Observed, seen: list[Seen]) -> Aggregate:
    definition = Definition(
        frequency="month", direction="higher", baseline=None, target="4", observed=how
    )
    return computing.aggregate(definition, MAY, computing.standing(seen), at=LATER)


@given(
    st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=60), min_size=1, max_size=31).filter(
        lambda days: sum(map(len, days)) >= 60
    )
)
def test_samples_of_many_days_are_one_sample(days: list[list[int]]) -> None:
    how = observed(MEAN)
    survey = how.asks()
    assert survey is not None

    found = _aggregate(how, [_seen(at, ratings) for at, ratings in enumerate(days)])

    together = [one for ratings in days for one in ratings]
    squares = Decimal(sum(one * one for one in together))
    one = Sample(len(together), Decimal(sum(together)), squares)
    assert found.sample is not None
    assert found.state == "demonstrated"
    assert found.sample.size == len(together)
    assert found.sample.interval == interval(survey, one)
    assert found.value is not None
    assert found.sample.interval is not None
    bounds = Decimal(found.sample.interval.lower), Decimal(found.sample.interval.upper)
    assert bounds[0] <= Decimal(found.value) + Decimal("1e-9")
    assert Decimal(found.value) <= bounds[1] + Decimal("1e-9")


def test_too_small_a_sample_demonstrates_nothing_and_says_so() -> None:
    found = _aggregate(observed(MEAN), [_seen(0, [4] * 30), _seen(1, [5] * 29)])

    assert (found.state, found.value, found.meets_target) == ("not_demonstrated", None, None)
    assert found.sample is not None
    assert (found.sample.size, found.sample.sample_min) == (59, 60)
    assert found.sample.interval is None
    assert found.reason.en == "sample of 59, and the contract asks for 60"
    assert found.reason.zh == "样本量 59 少于合同要求的 60"
    assert found.windows.verified == 2


def test_what_is_counted_in_no_whole_people_is_nobodys_answer_and_has_no_interval() -> None:
    before = [msgspec.structs.replace(_seen(at, [4] * 40), denominator="40.5") for at in (0, 1)]
    since = _seen(2, [5] * 60)

    alone = _aggregate(observed(MEAN), before)
    together = _aggregate(observed(MEAN), [*before, since])

    assert alone.sample is not None
    assert together.sample is not None
    assert (alone.sample.size, alone.sample.interval, alone.state) == (0, None, "not_demonstrated")
    assert (together.sample.size, together.sample.interval) == (60, None)
    assert (together.state, together.value) == ("demonstrated", "4.397163121")


@pytest.mark.parametrize(
    ("invited", "state", "rate"),
    [
        ([120, 120], "demonstrated", "0.25"),
        ([120, 121], "not_demonstrated", "0.248962655"),
        ([120, None], "not_demonstrated", None),
    ],
)
def test_too_few_of_those_asked_demonstrate_nothing(
    invited: list[int | None], state: str, rate: str | None
) -> None:
    how = observed({**MEAN, "response_min": "0.25"})

    found = _aggregate(how, [_seen(at, [4, 5] * 15, asked) for at, asked in enumerate(invited)])

    assert found.state == state
    assert found.sample is not None
    assert found.sample.response_rate == rate


def test_a_metric_that_is_no_survey_has_no_sample() -> None:
    how = Observed(window="day", aggregation="ratio_of_sums", completeness="0.01")

    assert _aggregate(how, [_seen(0, [4] * 10)]).sample is None


def test_the_same_value_of_another_sample_is_another_report() -> None:
    assert not sampling.is_same(observed(MEAN), 40, 80)
    assert sampling.is_same(observed(MEAN), 40, 40)
    assert sampling.is_same(Observed(window="day", aggregation="sum"), 40, None)
