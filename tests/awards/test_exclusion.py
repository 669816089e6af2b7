"""Who is not ranked, whose price is flagged, and why."""

import msgspec
import pytest

from ecosystem.awards.criteria import (
    AbnormallyLow,
    QualityCriterion,
    RequirementCriterion,
)
from ecosystem.awards.formulas import Formula
from ecosystem.awards.scoring import score
from tests.awards.contests import contest, name_of, offer_id, order, points

replace = msgspec.structs.replace


def test_an_offer_that_misses_a_requirement_is_excluded_and_needs_no_scores() -> None:
    inputs = contest({"A": ("100", "40"), "B": ("90", "50")})
    met = tuple(
        replace(one, requirements_met=("secure",) if one.offer_id == offer_id("A") else ())
        for one in inputs.offers
    )
    ranking = score(
        replace(
            inputs,
            criteria=(*inputs.criteria, RequirementCriterion(code="secure")),
            offers=met,
            raw_scores=inputs.raw_scores[:1],
        )
    )

    assert order(ranking) == "A"
    assert [(one.offer_id, one.reasons[0].code) for one in ranking.excluded] == [
        (offer_id("B"), "requirement_unmet")
    ]


def test_offers_above_the_ceiling_or_without_a_price_are_excluded() -> None:
    inputs = contest({"A": ("200", "40"), "B": ("200.01", "50"), "C": ("1", "1")})
    offers = (*inputs.offers[:2], replace(inputs.offers[2], price=None))
    ranking = score(replace(inputs, offers=offers))

    assert order(ranking) == "A"
    assert [one.reasons[0].code for one in ranking.excluded] == [
        "price_above_ceiling",
        "price_missing",
    ]


def test_quality_below_the_minimum_excludes_and_does_not_move_relative_prices() -> None:
    inputs = contest({"A": ("100", "40"), "B": ("10", "29")}, formula=Formula.LOWEST_RATIO)
    price, quality = inputs.criteria
    assert isinstance(quality, QualityCriterion)
    ranking = score(replace(inputs, criteria=(price, replace(quality, raw_min="30"))))

    assert points(ranking) == {"A": "80.0000"}
    assert ranking.excluded[0].reasons[0].code == "quality_too_low"


def test_a_contest_without_an_offer_to_rank_has_an_empty_ranking() -> None:
    assert score(contest({})).ranked == ()
    assert score(contest({"A": ("201", "1")})).ranked == ()


def test_abnormally_low_prices_are_flagged_and_stay_where_they_are() -> None:
    three = {"A": ("79", "40"), "B": ("100", "40"), "C": ("100", "40")}
    ranking = score(contest(three, ceiling="150"))

    flags = {name_of(one.offer_id): one.abnormally_low for one in ranking.ranked}
    assert flags == {"A": ("below 0.8 of the mean of the other prices",), "B": (), "C": ()}
    assert order(ranking)[0] == "A"


@pytest.mark.parametrize(("price", "flagged"), [("80", 0), ("79.99", 1), ("50", 1), ("49.99", 2)])
def test_a_price_is_abnormally_low_below_the_limits_and_not_at_them(
    price: str, flagged: int
) -> None:
    ranking = score(contest({"A": (price, "1"), "B": ("100", "1")}, ceiling="100"))

    assert len(ranking.ranked[0].abnormally_low) == flagged


def test_nothing_is_flagged_where_nothing_is_declared_or_too_few_others_offer() -> None:
    inputs = contest({"A": ("1", "1"), "B": ("100", "1")})
    limits = AbnormallyLow(others_min=2, below_ceiling=None)

    for declared in (None, limits):
        ranking = score(replace(inputs, abnormally_low=declared))
        assert [one.abnormally_low for one in ranking.ranked] == [(), ()]
