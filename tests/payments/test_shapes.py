"""Each shape of payment rule is worth what published examples and its own words say."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ecosystem.payments.calculation import Facts, RuleTotal, Signed
from tests.payments.builders import amounts, milestone, observation, one_amount, pay, rule
from tests.shared import shared_file

Example = dict[str, Any]


def example_points(example: Example) -> None:
    given_, count = example["parameters"], example["facts"]["points"]
    made = rule("points", metric="metric", **given_)
    assert one_amount(made, str(count)) == -Decimal(example["deduction"])


def example_excess_days(example: Example) -> None:
    made = rule("excess_days", metric="metric", **example["parameters"])
    days = str(example["facts"]["days"])
    assert one_amount(made, days) == -Decimal(example["deduction"])


def example_slab(example: Example) -> None:
    made = rule("slab", metric="metric", **example["parameters"])
    assert len(example["cases"]) == 3
    for case in example["cases"]:
        assert one_amount(made, case["value"]) == Decimal(case["pays"])


def example_gain_pain(example: Example) -> None:
    made = rule("gain_pain", metric="metric", **example["parameters"])
    assert one_amount(made, example["facts"]["cost"]) == Decimal(example["pays"])


def example_service_credit(example: Example) -> None:
    steps = [{"worse_than": "99.9", "rate": example["parameters"]["credit_rate"]}]
    charge = example["facts"]["charge"]
    made = rule("service_credit", metric="metric", direction="higher", charge=charge, steps=steps)
    assert one_amount(made, "99.8") == -Decimal(example["deduction"])


def recovery(parameters: dict[str, str], facts: dict[str, str], *, base: str) -> list[Signed]:
    parts = {key: parameters[key] for key in ("rate", "starts_after")}
    advance = rule(
        "advance",
        milestone="start",
        amount=parameters["advance"],
        base=base,
        first="this",
        **parts,
    )
    held = rule(
        "retention",
        rate="0.1",
        limit="500000",
        releases=[{"milestone": "end", "share": "1"}],
    )
    work = rule("fixed", milestone="work", amount=facts["certificate"])
    outstanding = Decimal(parameters["advance"]) - Decimal(facts["recovered"])
    known = Facts(
        milestones=(milestone("work"),),
        before=(RuleTotal(rule="advance", amount=str(outstanding)),),
        certified_before=facts["certified_before"],
    )
    calculation = pay(advance, held, work, facts=known, value=parameters["contract"])
    return amounts(calculation, "advance")


def example_advance(example: Example) -> None:
    parameters, facts = example["parameters"], example["facts"]
    expected = Decimal(example["recovery"])
    assert recovery(parameters, facts, base="gross") == [f"{-expected:.2f}"]
    assert recovery(parameters, facts, base="net") == ["-22500.00"]


def example_linear(example: Example) -> None:
    made = rule("linear", metric="metric", **example["parameters"])
    assert one_amount(made, example["facts"]["value"]) == Decimal(example["pays"])


def example_savings_share(example: Example) -> None:
    made = rule("savings_share", metric="metric", **example["parameters"])
    facts = example["facts"]
    paid = one_amount(made, facts["savings"], before=facts["paid_before"])
    assert paid == Decimal(example["pays"])


CHECKS: dict[str, Callable[[Example], None]] = {
    "points": example_points,
    "excess_days": example_excess_days,
    "slab": example_slab,
    "gain_pain": example_gain_pain,
    "service_credit": example_service_credit,
    "advance": example_advance,
    "linear": example_linear,
    "savings_share": example_savings_share,
}
ELSEWHERE = {"waterfall", "indicator", "grade"}
"""Shapes of the lenders' waterfall and of the yearly assessment, which other rooms compute."""


@pytest.mark.parametrize("shape", sorted(CHECKS))
def test_published_examples_give_their_numbers(shape: str) -> None:
    published = shared_file("data/payments/examples.json")
    examples = json.loads(published.read_text(encoding="utf-8"))["examples"]
    assert {example["shape"] for example in examples} == CHECKS.keys() | ELSEWHERE

    chosen = [example for example in examples if example["shape"] == shape]

    assert chosen
    for example in chosen:
        CHECKS[shape](example)


def test_the_edge_belongs_to_the_band_that_says_so() -> None:
    bands = [
        {"from": "0", "to": "80", "to_inclusive": True, "pays": "1"},
        {"from": "80", "from_inclusive": False, "pays": "2"},
    ]
    made = rule("slab", metric="metric", bands=bands)

    assert one_amount(made, "80") == 1
    assert one_amount(made, "80.000000001") == 2
    assert one_amount(made, "-1") == 0


def test_a_marginal_price_counts_each_unit_in_its_own_band() -> None:
    made = rule(
        "marginal",
        metric="metric",
        bands=[{"upto": "10", "price": "3"}, {"upto": None, "price": "1"}],
    )

    assert one_amount(made, "4") == 12
    assert one_amount(made, "14") == 34


def test_a_threshold_asks_for_all_or_any_of_its_conditions() -> None:
    conditions = [
        {"metric": "metric", "target": "10", "direction": "higher"},
        {"metric": "other", "target": "7.5", "direction": "higher"},
    ]
    facts = Facts(observations=(observation("10"), observation("7.4", metric="other")))

    both = rule("threshold", conditions=conditions, pays="500.00")
    either = rule("threshold", conditions=conditions, pays="500.00", match="any")

    assert pay(both, facts=facts).total == "0.00"
    assert pay(either, facts=facts).total == "500.00"


def test_a_survey_with_too_small_a_sample_pays_nothing() -> None:
    made = rule(
        "satisfaction", metric="metric", sample_min=400, bands=[{"from": "90", "pays": "100.00"}]
    )

    small = Facts(observations=(observation("95", sample_size=399),))
    large = Facts(observations=(observation("95", sample_size=400),))

    assert pay(made, facts=small).total == "0.00"
    assert pay(made, facts=large).total == "100.00"


def test_availability_pays_the_charge_less_the_weighted_failures() -> None:
    areas = [
        {"metric": "metric", "weight": "0.6", "sessions": 30},
        {"metric": "other", "weight": "0.4", "sessions": 30},
    ]
    made = rule("availability", charge="1000.00", areas=areas)
    whole = Facts(observations=(observation("3"), observation("0", metric="other")))

    assert pay(made, facts=whole).total == "940.00"
    assert pay(made, facts=Facts(observations=(observation("3"),))).total == "0.00"


def test_a_composite_pays_its_weighted_score_unless_a_gate_is_shut() -> None:
    parts = [
        {"metric": "metric", "weight": "0.5", "worst": "0", "best": "100"},
        {"metric": "other", "weight": "0.5", "worst": "10", "best": "0"},
    ]
    gates = [{"metric": "incidents", "target": "0", "direction": "lower"}]
    made = rule("composite", amount="1000.00", parts=parts, gates=gates)
    seen = (observation("80"), observation("5", metric="other"))

    safe = Facts(observations=(*seen, observation("0", metric="incidents")))
    unsafe = Facts(observations=(*seen, observation("1", metric="incidents")))

    assert pay(made, facts=safe).total == "650.00"
    assert pay(made, facts=unsafe).total == "0.00"
