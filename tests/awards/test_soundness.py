"""What the authority left out or got wrong is refused at its place, before anything is scored."""

from typing import Any

import msgspec
import pytest

from ecosystem.awards.criteria import (
    Inputs,
    MetricCriterion,
    PriceBasis,
    PriceCriterion,
    QualityCriterion,
    TieBreak,
)
from ecosystem.awards.formulas import Formula
from ecosystem.awards.scoring import score
from ecosystem.awards.soundness import (
    CriteriaUnsound,
    RelativeFormulaNotAllowed,
    ScoresMissing,
    ScoresUnsound,
)
from ecosystem.values.refusal import Refusal
from tests.awards.contests import ANOTHER, EVALUATOR, contest, offer_id, raw

replace = msgspec.structs.replace

PRICE = PriceCriterion(code="price", weight="40")
QUALITY = QualityCriterion(code="quality", weight="60", raw_max="60")


def inputs(**changes: Any) -> Inputs:
    return replace(contest({"A": ("100", "40"), "B": ("90", "50")}), **changes)


def codes(refusal: Refusal) -> list[str]:
    return [fault.code for fault in refusal.faults]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"criteria": (PRICE, replace(QUALITY, weight="59.99"))}, "weights_do_not_add_up"),
        ({"criteria": (PRICE, replace(QUALITY, code="price"))}, "code_twice"),
        (
            {"criteria": (PRICE, replace(PRICE, code="other", weight="60"))},
            "price_twice",
        ),
        (
            {"criteria": (replace(PRICE, weight="0"), replace(QUALITY, weight="100"))},
            "weighs_nothing",
        ),
        ({"criteria": (replace(PRICE, point_value="3"), QUALITY)}, "point_value"),
        ({"criteria": (replace(PRICE, formula=Formula.QUALITY_TO_PRICE), QUALITY)}, "point_value"),
        (
            {
                "criteria": (
                    replace(PRICE, formula=Formula.QUALITY_TO_PRICE, point_value="3"),
                    QUALITY,
                ),
                "price_basis": PriceBasis.EFFECTIVE_ANNUAL_COST,
            },
            "not_for_financing",
        ),
        ({"ceiling": None}, "ceiling_missing"),
        ({"ceiling": "0"}, "ceiling_missing"),
        ({"criteria": (PRICE, replace(QUALITY, step="0"))}, "no_scale"),
        ({"criteria": (PRICE, replace(QUALITY, raw_max="0"))}, "no_scale"),
        (
            {
                "criteria": (
                    PRICE,
                    MetricCriterion(code="m", weight="60", baseline="1", target="1.0"),
                )
            },
            "no_scale",
        ),
        ({"tie_break": ()}, "tie_break_incomplete"),
        ({"tie_break": (TieBreak.PRICE,)}, "tie_break_incomplete"),
        ({"tie_break": (TieBreak.OFFER_DIGEST,) * 2}, "tie_break_incomplete"),
        ({"evaluators": (EVALUATOR, EVALUATOR)}, "evaluator_twice"),
        ({"offers": (*inputs().offers, inputs().offers[0])}, "offer_twice"),
    ],
)
def test_criteria_that_do_not_say_how_to_score_are_refused(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(CriteriaUnsound) as refusal:
        score(inputs(**changes))

    assert codes(refusal.value) == [code]


def test_a_relative_formula_is_refused_unless_a_profile_asks_for_it() -> None:
    relative = contest({"A": ("100", "40")}, formula=Formula.SPREAD)

    with pytest.raises(RelativeFormulaNotAllowed) as refusal:
        score(replace(relative, relative_allowed_by=None))

    assert [fault.pointer for fault in refusal.value.faults] == ["/criteria/0/formula"]
    assert score(relative).ranked


@pytest.mark.parametrize(
    ("score_given", "code"),
    [
        (raw("A", "1", by=ANOTHER), "stranger"),
        (raw("Z", "1"), "no_offer"),
        (replace(raw("A", "1"), code="price"), "no_criterion"),
        (raw("A", "40"), "scored_twice"),
    ],
)
def test_a_score_that_nobody_could_give_is_refused(score_given: Any, code: str) -> None:
    with pytest.raises(ScoresUnsound) as refusal:
        score(inputs(raw_scores=(*inputs().raw_scores, score_given)))

    assert codes(refusal.value) == [code]


def test_a_score_above_the_maximum_is_refused() -> None:
    with pytest.raises(ScoresUnsound) as refusal:
        score(inputs(raw_scores=(raw("A", "60"), raw("B", "60.01"))))

    assert [(one.pointer, one.code) for one in refusal.value.faults] == [
        ("/raw_scores/1/score", "above_maximum")
    ]


def test_nothing_is_scored_until_all_evaluators_have() -> None:
    with pytest.raises(ScoresMissing) as refusal:
        score(inputs(evaluators=(EVALUATOR, ANOTHER)))

    assert [fault.detail for fault in refusal.value.faults] == [
        f"{ANOTHER} has not scored {offer_id(name)} under quality." for name in "AB"
    ]


def test_quality_is_not_scored_by_nobody() -> None:
    with pytest.raises(ScoresMissing) as refusal:
        score(inputs(evaluators=(), raw_scores=()))

    assert codes(refusal.value) == ["no_evaluators"]
