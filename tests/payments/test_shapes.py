"""Each shape of payment rule is worth what published examples and its own words say."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ecosystem.catalogue.profiles.model import TaxKind
from ecosystem.cli.main import main
from ecosystem.contracts.canonical import canonical
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.rights.arising import rights
from ecosystem.payments.calculation import CountedDeduction, Facts, RuleTotal, Tax
from ecosystem.payments.engine import RulesUnsound, calculate, recompute
from ecosystem.values.period import Period
from tests.payments.builders import (
    FEBRUARY,
    amounts,
    milestone,
    observation,
    one_amount,
    pay,
    rule,
)
from tests.payments.published import MADE, cases, examples


def test_every_published_example_gives_its_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {example["shape"] for example in examples()} == MADE.keys()

    for case in cases():
        calculation = pay(*case.rules, facts=case.facts, value=case.value)
        exported = tmp_path / f"{case.id}.json"
        exported.write_bytes(canonical(calculation))

        assert case.said(calculation) == case.expected, case.id
        assert main(["payments", "recompute", str(exported)]) == 0, case.id
        assert "identical" in capsys.readouterr().out


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
        maximum="1000",
    )

    assert one_amount(made, "4") == 12
    assert one_amount(made, "14") == 34
    assert one_amount(made, "14", before="980") == 20


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


@pytest.mark.parametrize(
    ("figure", "paid"), [("value", "80.00"), ("lower", "50.00"), ("upper", "100.00")]
)
def test_a_survey_pays_by_its_value_or_by_an_end_of_its_interval(figure: str, paid: str) -> None:
    bands = [
        {"from": "80", "to": "85", "pays": "50.00"},
        {"from": "85", "to": "90", "pays": "80.00"},
        {"from": "90", "pays": "100.00"},
    ]
    made = rule("satisfaction", metric="metric", sample_min=400, bands=bands, figure=figure)
    seen = observation("87", sample_size=400, between=("84.9", "90"))

    found = pay(made, facts=Facts(observations=(seen,)))

    assert found.total == paid
    assert ("interval" in str(found.lines[0].formula.en)) == (figure != "value")


def test_a_survey_without_an_interval_pays_nothing_by_its_end() -> None:
    bands = [{"from": "80", "pays": "50.00"}]
    made = rule("satisfaction", metric="metric", sample_min=400, bands=bands, figure="lower")

    found = pay(made, facts=Facts(observations=(observation("87", sample_size=400),)))

    assert found.total == "0.00"
    assert found.lines[0].formula.zh == "没有置信区间，不付款"


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


def index(**parts: object) -> PaymentRule:
    wages = {"metric": "wages", "weight": "0.6", "base": "100"}
    given = {"rules": ["unit-price"], "fixed": "0.4", "parts": [wages], "most": "0.05"}
    return rule("index", **{**given, **parts})


def test_an_index_moves_what_was_earned_in_its_own_period_and_no_further_than_agreed() -> None:
    fee = rule("unit_price", metric="metric", price="10.00", maximum="100000.00")
    seen = (
        observation("100"), observation("104", metric="wages"),
        observation("100", period=FEBRUARY), observation("150", metric="wages", period=FEBRUARY),
    )  # fmt: skip

    calculation = pay(fee, index(), facts=Facts(observations=seen))

    assert amounts(calculation, "index") == ["24.00", "50.00"]
    assert [line.stage for line in calculation.lines] == ["base", "base", *["indexation"] * 2]
    assert calculation.total == "2074.00"
    without = Facts(observations=(observation("100"),))
    assert pay(fee, index(), facts=without).total == "1000.00"


def test_an_index_moves_only_rules_of_the_base_that_it_names_and_that_exist() -> None:
    fee = rule("fixed", milestone="work", amount="1.00")

    with pytest.raises(RulesUnsound) as unsound:
        pay(fee, index(rules=["fixed", "gone"]), facts=Facts())

    assert [(fault.pointer, fault.code) for fault in unsound.value.faults] == [
        ("/rules/1/rules/0", "rule_unfit"), ("/rules/1/rules/1", "rule_unknown"),
    ]  # fmt: skip


def test_an_indicator_scores_no_more_than_its_points_and_nothing_is_not_worse_than_nothing() -> (
    None
):
    parts = {"metric": "metric", "points": "8", "target": "100", "per_point": "10"}
    rising = rule("indicator", direction="higher", **parts)
    falling = rule("indicator", direction="lower", **parts)

    assert [one_amount(rising, value) for value in ("0", "-5", "200")] == [0, 0, 80]
    assert [one_amount(falling, value) for value in ("0", "50", "200")] == [80, 80, 40]


def test_retention_is_paid_out_on_the_day_that_the_contract_names() -> None:
    releases = [{"milestone": "end", "share": "0.5"}, {"on": "2026-06-30", "share": "1"}]
    held = rule("retention", rate="0.1", limit="500.00", releases=releases)
    before = (RuleTotal(rule="retention", amount="-80.00"),)

    early = pay(held, facts=Facts(days=(date(2026, 6, 29),), before=before))
    due = pay(held, facts=Facts(days=(date(2026, 6, 30),), before=before))

    assert early.total == "0.00"
    assert due.total == "80.00"
    assert due.lines[0].inputs[0].value == "2026-06-30"


def test_a_noticed_deduction_that_counts_is_a_line_of_its_own() -> None:
    work = rule("fixed", milestone="work", amount="100.00")
    counted = CountedDeduction(id="deduction_1", version=3, amount="30.50")

    calculation = pay(work, facts=Facts(milestones=(milestone("work"),), deductions=(counted,)))

    assert calculation.total == "69.50"
    [line] = [one for one in calculation.lines if one.shape == "deduction"]
    assert (line.inputs[0].id, line.inputs[0].version, line.amount) == ("deduction_1", 3, "-30.50")


def test_taxes_are_said_and_change_no_total() -> None:
    work = rule("fixed", milestone="work", amount="106.00")
    taxes = (Tax(code="vat", kind=TaxKind.INCLUDED, rate="0.06"),)
    facts = Facts(milestones=(milestone("work"),))

    calculation = calculate(
        [work], facts, currency="CNY", contract_value=Decimal(1000), paid_before=Decimal(0),
        taxes=taxes,
    )  # fmt: skip

    assert (calculation.total, calculation.taxes[0].amount) == ("106.00", "6.00")
    assert recompute(canonical(calculation)).is_identical()


def test_a_right_to_terminate_arises_once_it_was_worse_so_often_among_so_many() -> None:
    right = rule(
        "termination_right", metric="metric", direction="higher", worse_than="93", times=2,
        of_periods=3,
    )  # fmt: skip
    months = [Period(date(2026, at, 1), date(2026, at + 1, 1)) for at in range(1, 7)]

    def arisen(*values: str) -> list[Period]:
        seen = [observation(one, period=at) for one, at in zip(values, months, strict=False)]
        assert rights([right], seen) == rights([right], reversed(seen))
        assert pay(right, facts=Facts(observations=tuple(seen))).lines == ()
        return [one.period for one in rights([right], seen)]

    assert arisen("92", "93", "95", "92") == []
    assert arisen("92", "95", "92.9", "99") == [months[2]]
    assert arisen("90", "90", "90") == [months[1]]
