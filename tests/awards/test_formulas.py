"""Price formulas give the published scores, and the default ones heed no other offer."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ecosystem.awards.formulas import (
    Formula,
    PriceAboveCeiling,
    absolute_ceiling,
    lowest_ratio,
    mean,
    quality_to_price,
    spread,
)

amounts = st.decimals(min_value=0, max_value=1_000_000, places=2)
prices = st.lists(amounts, min_size=1, max_size=8)


def exact(price: Decimal) -> Fraction:
    return Fraction(price)


@pytest.mark.parametrize(
    ("price", "score"), [("0", "100"), ("70", "30"), ("91", "9"), ("100", "0")]
)
def test_absolute_ceiling_falls_in_a_straight_line(price: str, score: str) -> None:
    assert absolute_ceiling(Decimal(price), ceiling=Decimal(100)) == Decimal(score)


def test_a_price_above_the_ceiling_is_refused_and_not_scored_below_nothing() -> None:
    with pytest.raises(PriceAboveCeiling):
        absolute_ceiling(Decimal("100.01"), ceiling=Decimal(100))
    with pytest.raises(PriceAboveCeiling):
        quality_to_price(
            Decimal("100.01"), ceiling=Decimal(100), point_value=Decimal(1), weight=Decimal(40)
        )


@given(amounts, amounts, amounts, amounts, st.decimals(min_value="0.01", max_value=500, places=2))
def test_quality_to_price_gives_the_most_points_to_the_lowest_price_less_quality(
    price: Decimal, other: Decimal, quality: Decimal, others: Decimal, point_value: Decimal
) -> None:
    weight, ceiling = Decimal(40), Decimal(1_000_000)

    def points(price: Decimal, quality: Decimal) -> Decimal:
        score = quality_to_price(price, ceiling=ceiling, point_value=point_value, weight=weight)
        return score * weight / 100 + quality

    def compared(price: Decimal, quality: Decimal) -> Fraction:
        return exact(price) - exact(point_value) * exact(quality)

    difference = points(price, quality) - points(other, others)
    cheaper_by = compared(other, others) - compared(price, quality)
    assume(abs(cheaper_by) > Fraction(1, 10**12))

    assert (difference > 0) == (cheaper_by > 0)


@pytest.mark.parametrize(("price", "score"), [("50", "100"), ("75", "66.6667"), ("100", "50")])
def test_lowest_ratio_is_lowest_over_price(price: str, score: str) -> None:
    three = [Decimal(50), Decimal(75), Decimal(100)]

    assert round(lowest_ratio(Decimal(price), prices=three), 4) == Decimal(score)


@pytest.mark.parametrize(("price", "score"), [("50", "100"), ("75", "50"), ("100", "0")])
def test_spread_runs_from_the_lowest_to_the_highest(price: str, score: str) -> None:
    three = [Decimal(50), Decimal(75), Decimal(100)]

    assert spread(Decimal(price), prices=three) == Decimal(score)


@pytest.mark.parametrize(
    ("price", "score"), [("90", "60"), ("100", "50"), ("110", "40"), ("10", "100"), ("190", "0")]
)
def test_mean_moves_a_point_for_each_per_cent_from_the_average(price: str, score: str) -> None:
    others = [Decimal(price), Decimal(200) - Decimal(price)]

    assert mean(Decimal(price), prices=others) == Decimal(score)


@given(prices)
def test_relative_scores_stay_between_nothing_and_a_hundred(three: list[Decimal]) -> None:
    for price in three:
        for formula in (lowest_ratio, spread, mean):
            assert 0 <= formula(price, prices=three) <= 100


@given(prices)
def test_a_lower_price_never_scores_less(three: list[Decimal]) -> None:
    ordered = sorted(three)
    for formula in (lowest_ratio, spread, mean):
        scores = [formula(price, prices=three) for price in ordered]
        assert scores == sorted(scores, reverse=True)
    scores = [absolute_ceiling(price, ceiling=Decimal(1_000_000)) for price in ordered]
    assert scores == sorted(scores, reverse=True)


@given(prices)
def test_a_free_offer_and_equal_offers_have_scores_too(three: list[Decimal]) -> None:
    free, equal = [Decimal(0), *three], [three[0]] * 3

    assert lowest_ratio(Decimal(0), prices=free) == 100
    assert lowest_ratio(three[0], prices=equal) == spread(three[0], prices=equal) == 100
    assert mean(three[0], prices=equal) == 50


def test_the_defaults_are_absolute_and_the_others_are_flagged() -> None:
    assert [formula for formula in Formula if not formula.is_relative] == [
        Formula.ABSOLUTE_CEILING,
        Formula.QUALITY_TO_PRICE,
    ]
