"""Intervals are what the literature says they are, and what their definitions ask of them."""

import statistics
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.contracts.form_shapes import Confidence, Scale, Survey
from ecosystem.outcomes.intervals import NORMAL, Sample, interval, student

CONFIDENCES: list[Confidence] = ["0.90", "0.95", "0.99"]


def survey(statistic: str = "proportion", **changed: Any) -> Survey:
    said: dict[str, Any] = {
        "statistic": statistic, "mode": "telephone", "sampling": "simple_random", "sample_min": 1,
        "scale": Scale(lower="0", upper="100") if statistic == "mean" else None,
    }  # fmt: skip
    return Survey(**(said | changed))


def sampled(ratings: list[int]) -> Sample:
    squares = Decimal(sum(one * one for one in ratings))
    return Sample(len(ratings), Decimal(sum(ratings)), squares)


@pytest.mark.parametrize(
    ("yes", "size", "lower", "upper"),
    [
        (81, 263, "0.2553", "0.3662"),
        (15, 148, "0.0624", "0.1605"),
        (0, 20, "0.0000", "0.1611"),
        (1, 29, "0.0061", "0.1718"),
    ],
)
def test_a_proportion_has_the_interval_that_newcombe_published_in_1998(
    yes: int, size: int, lower: str, upper: str
) -> None:
    found = interval(survey(), Sample(size, Decimal(yes), None))

    assert found is not None
    assert (found.method, found.confidence) == ("wilson-1", "0.95")
    assert f"{Decimal(found.lower):.4f}" == lower
    assert f"{Decimal(found.upper):.4f}" == upper


@pytest.mark.parametrize(
    ("freedom", "published"),
    [
        (29, ("1.699", "2.045", "2.756")),
        (30, ("1.697", "2.042", "2.750")),
        (40, ("1.684", "2.021", "2.704")),
        (60, ("1.671", "2.000", "2.660")),
        (120, ("1.658", "1.980", "2.617")),
        (1000, ("1.646", "1.962", "2.581")),
    ],
)
def test_quantiles_of_student_are_those_of_the_published_table(
    freedom: int, published: tuple[str, ...]
) -> None:
    found = tuple(f"{student(freedom, NORMAL[one]):.3f}" for one in CONFIDENCES)

    assert found == published


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_normal_quantiles_are_those_of_the_standard_library(confidence: Confidence) -> None:
    expected = statistics.NormalDist().inv_cdf((1 + float(confidence)) / 2)

    assert float(NORMAL[confidence]) == pytest.approx(expected, abs=1e-14)


def test_a_mean_has_the_interval_of_the_nist_handbook() -> None:
    """Heat flow meter, ZARR13: n 195, mean 9.261460, s 0.022789: 9.258242 to 9.264679."""
    size, mean, deviation = 195, Decimal("9.261460"), Decimal("0.022789")
    squares = (size - 1) * deviation**2 + size * mean**2
    asked = survey("mean", scale=Scale(lower="9", upper="10"))

    found = interval(asked, Sample(size, size * mean, squares))

    assert found is not None
    assert found.method == "t-1"
    assert f"{Decimal(found.lower):.5f}" == "9.25824"
    assert f"{Decimal(found.upper):.5f}" == "9.26468"


@given(st.integers(1, 10**6), st.data(), st.sampled_from(CONFIDENCES))
@settings(max_examples=200)
def test_each_end_of_a_proportion_lies_as_far_off_as_the_score_test_allows(
    size: int, data: st.DataObject, confidence: Confidence
) -> None:
    """Wilson's interval holds what the score test does not reject: its ends solve the equation."""
    yes = data.draw(st.integers(0, size))
    found = interval(survey(confidence=confidence), Sample(size, Decimal(yes), None))
    assert found is not None

    with localcontext(prec=60):
        share, z = Decimal(yes) / size, NORMAL[confidence]
        step = Decimal("0.000000002")

        def rejects(true: Decimal) -> bool:
            return (share - true) ** 2 > z * z * true * (1 - true) / size

        lower, upper = Decimal(found.lower), Decimal(found.upper)
        assert 0 <= lower <= share <= upper <= 1
        assert lower == 0 or rejects(lower - step)
        assert upper == 1 or rejects(upper + step)
        if upper - lower > 4 * step:
            assert not rejects(lower + step)
            assert not rejects(upper - step)


@given(st.lists(st.integers(0, 100), min_size=30, max_size=200))
def test_the_interval_of_a_mean_is_that_of_the_ratings_themselves(ratings: list[int]) -> None:
    found = interval(survey("mean"), sampled(ratings))

    assert found is not None
    mean, error = statistics.fmean(ratings), statistics.stdev(ratings) / len(ratings) ** 0.5
    half = float(student(len(ratings) - 1, NORMAL["0.95"])) * error
    assert float(found.lower) == pytest.approx(max(mean - half, 0), abs=1e-6)
    assert float(found.upper) == pytest.approx(min(mean + half, 100), abs=1e-6)


def test_a_percentage_has_its_interval_in_per_cent() -> None:
    share = interval(survey(), Sample(263, Decimal(81), None))
    percentage = interval(survey(), Sample(263, Decimal(81), None), factor="100")

    assert share is not None
    assert percentage is not None
    assert Decimal(percentage.lower) - Decimal(share.lower) * 100 < Decimal("0.0000001")
    assert percentage.upper.startswith("36.62")


def test_fewer_than_thirty_ratings_have_no_interval() -> None:
    ratings = [80, 90] * 15

    assert interval(survey("mean"), sampled(ratings[:29])) is None
    assert interval(survey("mean"), sampled(ratings)) is not None


@pytest.mark.parametrize("total", ["-1", "101"])
def test_what_no_sample_can_say_has_no_interval(total: str) -> None:
    assert interval(survey(), Sample(100, Decimal(total), None)) is None
    mean = Sample(100, Decimal(total) * 100, Decimal(0))
    assert interval(survey("mean"), mean) is None


def test_what_all_rate_alike_has_an_interval_of_one_point() -> None:
    found = interval(survey("mean"), sampled([85] * 40))

    assert found is not None
    assert found.lower == found.upper == "85"
