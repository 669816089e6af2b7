"""The payment engine: one pipeline, its limits, and the laws of money."""

from decimal import Decimal
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.contracts.canonical import canonical
from ecosystem.contracts.payment_rules import Linear, PaymentRule, Slab
from ecosystem.payments.calculation import Facts, RuleTotal
from ecosystem.payments.engine import (
    CalculationUnreadable,
    EngineUnknown,
    FactsDoubled,
    RulesUnsound,
    recompute,
    sealed,
)
from tests.payments.builders import (
    FEBRUARY,
    JANUARY,
    amounts,
    milestone,
    observation,
    one_amount,
    pay,
    rule,
)


def test_a_fixed_amount_is_paid_only_for_its_accepted_milestone() -> None:
    handover = rule("fixed", milestone="handover", amount="100.00")

    assert pay(handover, facts=Facts()).total == "0.00"
    assert pay(handover, facts=Facts(milestones=(milestone("handover"),))).total == "100.00"


def test_a_late_milestone_costs_each_day_begun_beyond_those_allowed() -> None:
    handover = rule("fixed", milestone="handover", amount="1000.00")
    delay = rule("excess_days", milestone="handover", allowed_days=1, per_day="10.00")
    late = milestone("handover", late="2026-02-03T16:00:01Z")

    calculation = pay(handover, delay, facts=Facts(milestones=(late,)))

    assert amounts(calculation, "excess_days") == ["-30.00"]
    assert calculation.total == "970.00"


def test_each_verified_period_has_its_own_line_with_observation_and_version() -> None:
    fee = rule("unit_price", metric="metric", price="0.5", maximum="150.00")
    seen = (observation("200"), observation("200", period=FEBRUARY))

    calculation = pay(fee, facts=Facts(observations=seen))

    assert amounts(calculation, "unit_price") == ["100.00", "50.00"]
    named = [(line.inputs[0].id, line.inputs[0].version) for line in calculation.lines]
    assert named == [("observation-metric-2026-01-01", 1), ("observation-metric-2026-02-01", 1)]
    assert "200 x 0.5" in str(calculation.lines[0].formula.en)


def test_retention_is_held_to_its_limit_and_released_in_full() -> None:
    work = rule("fixed", milestone="work", amount="1000.00")
    held = rule(
        "retention",
        rate="0.05",
        limit="30.00",
        releases=[
            {"milestone": "handover", "share": "0.5"},
            {"milestone": "end", "share": "1"},
        ],
    )
    first = pay(work, held, facts=Facts(milestones=(milestone("work"),)))
    before = (RuleTotal(rule="retention", amount="-30.00"),)
    later = Facts(
        milestones=(milestone("handover"), milestone("end")),
        before=before,
        certified_before=first.certified,
    )

    assert first.total == "970.00"
    assert amounts(pay(work, held, facts=later), "retention") == ["15.00", "15.00"]


def test_a_contract_with_advance_and_retention_pays_its_value_exactly() -> None:
    advance = rule(
        "advance",
        milestone="start",
        amount="100.00",
        rate="0.25",
        starts_after="0",
        base="gross",
        first="this",
    )
    held = rule(
        "retention",
        rate="0.05",
        limit="50.00",
        releases=[{"milestone": "end", "share": "1"}],
    )
    work = [rule("fixed", milestone=f"work-{n}", amount="250.00") for n in range(4)]
    works = [msgspec.structs.replace(one, code=f"work-{n}") for n, one in enumerate(work)]
    paid, certified, totals = Decimal(0), Decimal(0), dict[str, Decimal]()

    for code in ["start", "work-0", "work-1", "work-2", "work-3", "end"]:
        before = tuple(RuleTotal(rule=name, amount=str(sum_)) for name, sum_ in totals.items())
        facts = Facts(milestones=(milestone(code),), before=before, certified_before=str(certified))
        calculation = pay(advance, held, *works, facts=facts, value="1000", paid=str(paid))
        paid += Decimal(calculation.total)
        certified += Decimal(calculation.certified)
        for line in calculation.lines:
            totals[line.rule] = totals.get(line.rule, Decimal(0)) + Decimal(line.amount)

    assert paid == certified == 1000
    assert totals["advance"] == totals["retention"] == 0


def test_deductions_beyond_what_was_earned_are_a_claim_and_no_negative_payment() -> None:
    work = rule("fixed", milestone="work", amount="100.00")
    delay = rule("excess_days", metric="metric", allowed_days=0, per_day="70.00")
    facts = Facts(milestones=(milestone("work"),), observations=(observation("2"),))

    calculation = pay(work, delay, facts=facts)

    assert calculation.total == "0.00"
    assert calculation.waived == "40.00"
    assert amounts(calculation, "floor") == ["40.00"]


def test_what_exceeds_the_rest_of_the_contract_is_cut_in_a_line_of_its_own() -> None:
    work = rule("fixed", milestone="work", amount="100.00")
    facts = Facts(milestones=(milestone("work"),), certified_before="950")

    calculation = pay(work, facts=facts, value="1000", paid="950")

    assert calculation.total == "50.00"
    assert amounts(calculation, "cap") == ["-50.00"]


def test_one_cent_above_the_rest_of_the_contract_is_cut() -> None:
    work = rule("fixed", milestone="work", amount="50.01")

    calculation = pay(work, facts=Facts(milestones=(milestone("work"),)), value="1000", paid="950")

    assert calculation.certified == "50.01"
    assert calculation.total == "50.00"


def test_recovery_takes_no_more_than_retention_leaves_and_the_rest_stays_outstanding() -> None:
    work = rule("fixed", milestone="work", amount="100.00")
    held = rule(
        "retention", rate="0.05", limit="50.00", releases=[{"milestone": "end", "share": "1"}]
    )
    advance = rule(
        "advance",
        milestone="start",
        amount="300.00",
        rate="1",
        starts_after="0",
        base="gross",
        first="this",
    )
    facts = Facts(
        milestones=(milestone("work"),), before=(RuleTotal(rule="advance", amount="300.00"),)
    )

    calculation = pay(work, held, advance, facts=facts)

    assert amounts(calculation, "advance") == ["-95.00"]
    assert amounts(calculation, "floor") == []
    assert calculation.total == "0.00"


def test_unsound_rules_and_doubled_facts_are_refused_by_place() -> None:
    mixed = msgspec.structs.replace(rule("fixed", milestone="work", amount="1.00"), currency="EUR")
    twice = Facts(observations=(observation("1"), observation("2")))
    price = rule("unit_price", metric="metric", price="1.00", maximum="10.00")

    with pytest.raises(RulesUnsound) as unsound:
        pay(mixed, facts=Facts())
    with pytest.raises(FactsDoubled):
        pay(price, facts=twice)
    with pytest.raises(RulesUnsound) as doubled:
        pay(price, price, facts=Facts())

    assert [(f.pointer, f.code) for f in unsound.value.faults] == [
        ("/rules/0/currency", "currency_mixed")
    ]
    assert [f.code for f in doubled.value.faults] == ["code_doubled"]


RULES = (
    rule("fixed", milestone="work", amount="333.33"),
    rule("unit_price", metric="metric", price="0.37", maximum="500000.00"),
    rule(
        "linear",
        metric="metric",
        **{"from": {"value": "0", "pays": "0"}, "to": {"value": "97", "pays": "500.00"}},
    ),
    rule(
        "points",
        metric="other",
        free_points=3,
        value_per_point="1.11",
        bands=[{"upto": 50, "multiplier": "1.3"}, {"upto": None, "multiplier": "2"}],
    ),
    rule(
        "gain_pain",
        metric="cost",
        target="500.00",
        ranges=[
            {"from_percent": "0", "to_percent": "100", "share": "0.5"},
            {"from_percent": "100", "to_percent": None, "share": "0.333"},
        ],
    ),
    rule("retention", rate="0.05", limit="20.00", releases=[{"milestone": "end", "share": "1"}]),
)
measures = st.decimals(0, 1000, places=3).map(lambda number: f"{number:f}")
money_texts = st.decimals(0, 2000, places=2).map(lambda number: f"{number:f}")


@st.composite
def some_facts(draw: st.DrawFn) -> Facts:
    metrics = draw(st.sets(st.sampled_from(["metric", "other", "cost"])))
    codes = draw(st.sets(st.sampled_from(["work", "end"])))
    periods = draw(st.sets(st.sampled_from(["january", "february"]), min_size=1))
    when = {"january": JANUARY, "february": FEBRUARY}
    return Facts(
        milestones=tuple(milestone(code) for code in sorted(codes)),
        observations=tuple(
            observation(draw(measures), metric=metric, period=when[name])
            for metric in sorted(metrics)
            for name in sorted(periods)
        ),
        certified_before=draw(money_texts),
    )


@given(facts=some_facts(), value=money_texts, paid=money_texts)
def test_the_total_is_never_negative_never_above_the_rest_and_the_sum_of_its_lines(
    facts: Facts, value: str, paid: str
) -> None:
    calculation = pay(*RULES, facts=facts, value=value, paid=paid)

    total = Decimal(calculation.total)
    assert 0 <= total <= max(Decimal(value) - Decimal(paid), Decimal(0))
    assert total == sum(Decimal(line.amount) for line in calculation.lines)
    for line in calculation.lines:
        assert abs(Decimal(line.amount) - Decimal(line.unrounded)) <= Decimal("0.005")


@given(facts=some_facts(), order=st.permutations(RULES), seed=st.randoms(use_true_random=False))
def test_the_order_of_rules_and_facts_changes_not_one_byte(
    facts: Facts,
    order: list[PaymentRule],
    seed: Random,
) -> None:
    mixed = [*facts.observations]
    seed.shuffle(mixed)
    shuffled = msgspec.structs.replace(facts, observations=tuple(mixed))

    one, other = pay(*RULES, facts=facts), pay(*order, facts=shuffled)

    assert canonical(one) == canonical(other)


@given(low=measures, high=measures)
def test_a_better_value_never_pays_less_under_a_rising_rule(low: str, high: str) -> None:
    worse, better = sorted((low, high), key=Decimal)
    rising: list[PaymentRule] = [
        one for one in RULES if isinstance(one, Linear) or one.code == "unit-price"
    ]
    rising.append(
        rule(
            "slab", metric="metric", bands=[{"from": "5", "pays": "1"}, {"from": "9", "pays": "3"}]
        )
    )

    assert any(isinstance(one, Slab) for one in rising)
    for one in rising:
        assert one_amount(one, worse) <= one_amount(one, better)


@given(facts=some_facts(), value=money_texts)
def test_a_published_document_recomputes_to_the_same_bytes(facts: Facts, value: str) -> None:
    document = canonical(pay(*RULES, facts=facts, value=value))

    again = recompute(document)

    assert again.is_identical()
    assert canonical(again.calculation) == document


def test_a_document_that_was_altered_says_where_it_differs() -> None:
    honest = pay(RULES[0], facts=Facts(milestones=(milestone("work"),)))
    line = msgspec.structs.replace(honest.lines[0], amount="999.00")
    forged = sealed(msgspec.structs.replace(honest, total="999.00", lines=(line,)))

    again = recompute(msgspec.json.encode(forged))

    found = {(item.pointer, item.stated, item.computed) for item in again.differences}
    assert ("/total", "999.00", "333.33") in found
    assert ("/lines/0/amount", "999.00", "333.33") in found
    assert {pointer for pointer, _, _ in found} == {"/total", "/lines/0/amount", "/digest"}


def test_what_is_no_calculation_or_of_another_engine_is_refused() -> None:
    honest = pay(RULES[0], facts=Facts())
    other = msgspec.json.encode(msgspec.structs.replace(honest, engine_version="0"))

    with pytest.raises(CalculationUnreadable):
        recompute(b"[]")
    with pytest.raises(EngineUnknown):
        recompute(other)
