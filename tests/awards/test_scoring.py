"""A ranking follows from published inputs alone, and anyone computes the same."""

import hashlib
import random
from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise, permutations

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.awards.criteria import (
    Commitment,
    Inputs,
    MetricCriterion,
    OfferScored,
    PriceBasis,
    PriceCriterion,
    Ranking,
    TieBreak,
)
from ecosystem.awards.financing import Fee, FinancingTerms, Repayment
from ecosystem.awards.formulas import Formula
from ecosystem.awards.scoring import consensus, digest, score
from tests.awards.contests import (
    ANOTHER,
    EVALUATOR,
    contest,
    name_of,
    offer,
    offer_id,
    order,
    points,
    raw,
)

replace = msgspec.structs.replace

bids = st.dictionaries(
    st.sampled_from("ABCDEFGH"),
    st.tuples(st.integers(1, 200).map(str), st.integers(0, 60).map(str)),
    min_size=1,
)
three_bids = st.tuples(*[st.tuples(st.integers(1, 200).map(str), st.integers(0, 60).map(str))] * 3)
defaults = st.sampled_from([(Formula.ABSOLUTE_CEILING, None), (Formula.QUALITY_TO_PRICE, "0.7")])


def test_lowest_ratio_lets_a_losing_third_offer_choose_between_two() -> None:
    two = {"A": ("70", "40"), "B": ("91", "48")}

    before = score(contest(two, formula=Formula.LOWEST_RATIO))
    after = score(contest(two | {"C": ("53", "12")}, formula=Formula.LOWEST_RATIO))

    assert points(before) == {"A": "80.0000", "B": "78.7692"}
    assert points(after) == {"B": "71.2967", "A": "70.2857", "C": "52.0000"}
    assert (order(before), order(after)) == ("AB", "BAC")
    assert [warning.code for warning in before.warnings] == ["formula_is_relative"]
    assert [(one.code, one.offer_id) for one in after.warnings] == [
        ("formula_is_relative", None),
        ("rank_reversal", offer_id("C")),
    ]


def test_the_defaults_keep_the_two_as_they_were() -> None:
    two = {"A": ("70", "40"), "B": ("91", "48")}
    three = two | {"C": ("53", "12")}

    for formula, point_value in ((Formula.ABSOLUTE_CEILING, None), (Formula.QUALITY_TO_PRICE, "2")):
        before = score(contest(two, formula=formula, point_value=point_value))
        after = score(contest(three, formula=formula, point_value=point_value))
        assert {name: points(after)[name] for name in two} == points(before)
        assert order(after).replace("C", "") == order(before)
        assert before.warnings == after.warnings == ()


def test_goldilocks_loses_against_the_cheap_and_the_dear() -> None:
    three = {"A": ("50", "50"), "B": ("75", "75"), "C": ("100", "100")}

    ranking = score(contest(three, price_weight=50, formula=Formula.LOWEST_RATIO, raw_max="100"))

    assert points(ranking) == {"A": "75.0000", "C": "75.0000", "B": "70.8333"}
    assert order(ranking) == "CAB"
    assert ranking.ranked[1].tie_broken_by is TieBreak.QUALITY


@given(three_bids, defaults)
@settings(deadline=None)
def test_a_third_offer_never_turns_the_order_of_two_under_a_default_formula(
    three: tuple[tuple[str, str], ...], formula: tuple[Formula, str | None]
) -> None:
    named = dict(zip("ABC", three, strict=True))
    inputs = contest(named, formula=formula[0], point_value=formula[1])
    ranking = score(inputs)

    for absent in named:
        rest = {name: bid for name, bid in named.items() if name != absent}
        without = score(contest(rest, formula=formula[0], point_value=formula[1]))
        assert order(without) == order(ranking).replace(absent, "")
        assert points(without).items() <= points(ranking).items()


@given(bids, st.sampled_from(Formula), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_in_which_offers_are_listed_changes_nothing(
    named: dict[str, tuple[str, str]], formula: Formula, shuffle: random.Random
) -> None:
    point_value = "0.7" if formula is Formula.QUALITY_TO_PRICE else None
    inputs = contest(named, formula=formula, point_value=point_value)
    offers, raw_scores = list(inputs.offers), list(inputs.raw_scores)
    shuffle.shuffle(offers)
    shuffle.shuffle(raw_scores)
    shuffled = replace(inputs, offers=tuple(offers), raw_scores=tuple(raw_scores))

    assert score(shuffled) == score(inputs)
    assert digest(shuffled, score(shuffled)) == digest(inputs, score(inputs))


@given(bids, st.integers(1, 99))
@settings(deadline=None)
def test_points_are_what_fractions_give_rounded_half_up(
    named: dict[str, tuple[str, str]], weight: int
) -> None:
    ranking = score(contest(named, price_weight=weight, raw_max="60"))

    for one in ranking.ranked:
        price, quality = (int(value) for value in named[name_of(one.offer_id)])
        exact = [
            Fraction(100 * (200 - price), 200) * weight / 100,
            Fraction(100 * quality, 60) * (100 - weight) / 100,
        ]
        rounded = [Fraction((2 * value * 10**4 + 1) // 2, 10**4) for value in exact]
        assert [Fraction(line.points) for line in one.lines] == rounded
        assert Fraction(one.points) == sum(rounded)
        assert Fraction(one.quality_points) == rounded[1]


@given(bids, st.sampled_from(Formula))
@settings(deadline=None)
def test_ranks_count_from_one_and_points_never_rise(
    named: dict[str, tuple[str, str]], formula: Formula
) -> None:
    point_value = "0.7" if formula is Formula.QUALITY_TO_PRICE else None
    ranking = score(contest(named, formula=formula, point_value=point_value))

    assert [one.rank for one in ranking.ranked] == list(range(1, len(named) + 1))
    for before, this in pairwise(ranking.ranked):
        assert Decimal(before.points) >= Decimal(this.points)
        assert (before.points == this.points) == (this.tie_broken_by is not None)


@given(bids)
@settings(max_examples=20, deadline=None)
def test_the_caller_s_arithmetic_changes_nothing(named: dict[str, tuple[str, str]]) -> None:
    inputs = contest(named)
    with localcontext(Context(prec=3)):
        coarse = score(inputs)

    assert coarse == score(inputs)


def tied(*offers: OfferScored, tie_break: tuple[TieBreak, ...] = tuple(TieBreak)) -> Inputs:
    """Return an evaluation in which a price of 10 makes up for one point of quality."""
    named = {name_of(one.offer_id): (one.price or "", "") for one in offers}
    inputs = contest(named, price_weight=20, raw_max="80")
    qualities = {"90": "31", "100": "32", "110": "33"}
    return replace(
        inputs,
        offers=offers,
        raw_scores=tuple(raw(name, qualities[price]) for name, (price, _) in named.items()),
        tie_break=tie_break,
    )


def test_a_tie_goes_to_the_better_quality_first() -> None:
    ranking = score(tied(offer("A", "100"), offer("B", "110"), offer("C", "90")))

    assert {one.points for one in ranking.ranked} == {"42.0000"}
    assert order(ranking) == "BAC"
    assert [one.tie_broken_by for one in ranking.ranked] == [
        None,
        TieBreak.QUALITY,
        TieBreak.QUALITY,
    ]


def test_a_tie_goes_to_the_lower_price_where_that_is_declared_first() -> None:
    declared = (TieBreak.PRICE, TieBreak.QUALITY, TieBreak.OFFER_DIGEST)
    offers = (offer("A", "100"), offer("B", "110"), offer("C", "90"))
    ranking = score(tied(*offers, tie_break=declared))

    assert order(ranking) == "CAB"
    assert ranking.ranked[1].tie_broken_by is TieBreak.PRICE


def test_a_tie_in_all_but_time_goes_to_the_earlier() -> None:
    first = offer("B", "100", submitted_at="2027-02-28T07:59:59.999999Z")
    ranking = score(tied(offer("A", "100"), first))

    assert order(ranking) == "BA"
    assert ranking.ranked[1].tie_broken_by is TieBreak.SUBMITTED


def test_a_tie_in_everything_goes_to_the_lower_digest_whoever_is_listed_first() -> None:
    offers = [offer(name, "100") for name in "ABCD"]
    orders = {order(score(tied(*listed))) for listed in permutations(offers)}

    assert len(orders) == 1
    assert score(tied(*offers)).ranked[1].tie_broken_by is TieBreak.OFFER_DIGEST


@pytest.mark.parametrize(
    ("scores", "step", "agreed"),
    [
        (["40", "44"], "1", "42"),
        (["40", "41"], "1", "41"),
        (["40", "41", "41"], "0.5", "40.5"),
        (["1", "1", "2"], "0.01", "1.33"),
        (["0.125"], "0.05", "0.15"),
        (["7"], "5", "5"),
    ],
)
def test_a_consensus_is_the_mean_rounded_half_up_to_the_step(
    scores: Sequence[str], step: str, agreed: str
) -> None:
    assert consensus([Decimal(one) for one in scores], step=Decimal(step)) == Decimal(agreed)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9), st.sampled_from(["1", "0.5", "5"]))
def test_a_consensus_is_never_further_from_the_mean_than_half_a_step(
    scores: list[int], step: str
) -> None:
    agreed = Fraction(consensus([Decimal(one) for one in scores], step=Decimal(step)))

    assert abs(agreed - Fraction(sum(scores), len(scores))) <= Fraction(step) / 2
    assert agreed % Fraction(step) == 0


def test_several_evaluators_agree_on_their_mean_and_the_trace_shows_it() -> None:
    inputs = contest({"A": ("100", "40")}, raw_max="100")
    both = replace(
        inputs,
        evaluators=(EVALUATOR, ANOTHER),
        raw_scores=(*inputs.raw_scores, raw("A", "45", by=ANOTHER)),
    )

    line = score(both).ranked[0].lines[1]

    assert (line.basis, line.score, line.points) == ("43", "43.0000", "25.8000")
    assert line.trace == "100 x 43 / 100; (40 + 45) / 2 to a step of 1"


def test_the_price_line_shows_its_sum() -> None:
    ranking = score(contest({"A": ("70", "40")}))

    line = ranking.ranked[0].lines[0]
    assert (line.kind, line.basis, line.score, line.points) == ("price", "70", "65.0000", "26.0000")
    assert line.trace == "absolute_ceiling/1: 100 x (200 - 70) / 200"


def test_quality_to_price_ranks_by_price_less_the_value_of_quality() -> None:
    # 150 - 3 x 50 = 0 is less than 80 - 3 x 20 = 20, and more than 100 - 3 x 34 = -2.
    three = {"A": ("150", "50"), "B": ("80", "20"), "C": ("100", "34")}
    ranking = score(contest(three, formula=Formula.QUALITY_TO_PRICE, point_value="3"))

    assert order(ranking) == "CAB"
    assert points(ranking) == {"C": "67.3333", "A": "66.6667", "B": "60.0000"}


@pytest.mark.parametrize(
    ("value", "scored"),
    [
        ("99.5", "50.0000"),
        ("99", "0.0000"),
        ("90", "0.0000"),
        ("100", "100.0000"),
        ("101", "100.0000"),
    ],
)
def test_a_metric_scores_on_the_line_from_baseline_to_target(value: str, scored: str) -> None:
    assert metric_score(value, baseline="99", target="100") == scored


@pytest.mark.parametrize(
    ("value", "scored"),
    [("30", "50.0000"), ("40", "0.0000"), ("10", "100.0000"), ("-1", "100.0000")],
)
def test_a_metric_that_shall_fall_scores_the_other_way(value: str, scored: str) -> None:
    assert metric_score(value, baseline="40", target="20") == scored


def metric_score(*values: str, baseline: str, target: str) -> str:
    metric = MetricCriterion(code="uptime", weight="60", baseline=baseline, target=target)
    committed = tuple(Commitment("uptime", value) for value in values)
    inputs = contest({"A": ("100", "0")})
    inputs = replace(
        inputs,
        criteria=(inputs.criteria[0], metric),
        offers=(replace(inputs.offers[0], commitments=committed),),
        raw_scores=(),
    )
    return score(inputs).ranked[0].lines[1].score


def test_no_commitment_or_two_of_them_score_nothing() -> None:
    assert metric_score(baseline="99", target="100") == "0.0000"
    assert metric_score("99.5", "100", baseline="99", target="100") == "0.0000"


def test_financing_is_compared_by_what_it_costs_a_year() -> None:
    def lender(name: str, rate: str, fee: str) -> OfferScored:
        terms = FinancingTerms(
            amount="1000",
            annual_rate_percent=rate,
            tenor_months=12,
            repayment=Repayment.EQUAL_INSTALMENT,
            fees=(Fee(0, fee),),
        )
        return replace(offer(name, None), financing=terms)

    inputs = replace(
        contest({}, price_weight=100),
        criteria=(PriceCriterion(code="cost", weight="100"),),
        price_basis=PriceBasis.EFFECTIVE_ANNUAL_COST,
        ceiling="20",
        offers=(lender("A", "11", "20"), lender("B", "12", "0"), lender("C", "1", "1000")),
    )
    ranking = score(inputs)

    assert order(ranking) == "BA"
    assert [one.price for one in ranking.ranked] == ["12.682503", "15.898311"]
    assert ranking.excluded[0].reasons[0].code == "financing_yields_nothing"


def test_the_digest_is_of_canonical_json_and_follows_every_input() -> None:
    inputs = contest({"A": ("100", "40"), "B": ("90", "50")})
    ranking = score(inputs)
    plain = msgspec.json.decode(msgspec.json.encode({"inputs": inputs, "ranking": ranking}))
    changed = replace(inputs, currency="EUR")

    assert digest(inputs, ranking) == hashlib.sha256(rfc8785.dumps(plain)).hexdigest()
    assert digest(changed, ranking) != digest(inputs, ranking)


def test_inputs_and_ranking_survive_the_wire() -> None:
    inputs = contest({"A": ("100", "40"), "B": ("90", "50")}, formula=Formula.MEAN)
    ranking = score(inputs)

    received = msgspec.json.decode(msgspec.json.encode(inputs), type=Inputs)
    published = msgspec.json.decode(msgspec.json.encode(ranking), type=Ranking)

    assert (received, published) == (inputs, ranking)
    assert digest(received, score(received)) == digest(inputs, ranking)
