"""Laws of money that hold for any rules and any facts; plain values, no database.

Which rules are monotone in which fact, docs/formats/payment-calculation.md says under "Better
facts": each rule in its own facts, over all calculations; what is certified and what is paid
together, where no rule remembers what it has paid while another deducts, and no advance is
recovered. Both exceptions are shown to be some.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import get_args

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecosystem.contracts.payment_rules import (
    Advance,
    PaymentRule,
    Retention,
    TerminationRight,
    Waterfall,
)
from ecosystem.payments import engine
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    Facts,
    RuleTotal,
    Stage,
    VerifiedObservation,
)
from ecosystem.values import money
from tests.payments.builders import FEBRUARY, milestone, observation, pay, rule
from tests.payments.imagined import Case, Contract, Fact, History, cases
from tests.payments.imagined_rules import (
    BETTER,
    advances,
    rules_of_metrics,
    rules_of_the_rest,
    rules_that_deduct,
    some_of,
    values,
)

NOT_EARNING = Advance | Retention | Waterfall | TerminationRight
"""They move what others have earned, or nothing."""


def _shape(one: PaymentRule) -> object:
    return one.__struct_config__.tag


def test_every_shape_is_among_the_rules() -> None:
    shapes = {
        _shape(one)
        for kind in (rules_of_metrics(), rules_that_deduct(), rules_of_the_rest(), advances())
        for one in _example(kind)
    }

    assert shapes == {one.__struct_config__.tag for one in get_args(PaymentRule)}


def _example(kind: st.SearchStrategy[list[PaymentRule]]) -> list[PaymentRule]:
    found = list[list[PaymentRule]]()

    @settings(max_examples=1, database=None)
    @given(kind)
    def look(some: list[PaymentRule]) -> None:
        found.append(some)

    look()
    return found[-1]


@settings(max_examples=80, deadline=None)
@given(cases())
def test_nothing_exceeds_its_cap_however_facts_arrive(case: Case) -> None:
    contract = case.contract()
    for one in case.told[0]:
        contract.learn([one])

        made, totals = contract.made.values(), contract.totals()
        assert all(Decimal(each.total) >= 0 for each in made)
        assert contract.earned() <= Decimal(case.value)
        assert contract.certified() <= Decimal(case.value)
        for each in case.rules:
            most = getattr(each, "maximum", None)
            assert most is None or abs(totals[each.code]) <= Decimal(most)
            if isinstance(each, Retention):
                assert 0 <= -totals[each.code] <= Decimal(each.limit)
            if isinstance(each, Advance):
                assert 0 <= totals[each.code] <= Decimal(each.amount)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_the_same_facts_pay_the_same_in_any_order_of_arrival(case: Case) -> None:
    one, other = (case.contract().learn(told) for told in case.told)

    assert one.paid == other.paid
    assert one.documents() == other.documents()
    for made in one.made.values():
        assert engine.recompute(msgspec.json.encode(made)).is_identical()


@settings(max_examples=100, deadline=None)
@given(cases())
def test_superseding_by_difference_pays_what_calculating_from_nothing_pays(case: Case) -> None:
    contract = case.contract().learn(case.told[0])

    fresh = case.contract().learn(case.last(), at_once=True).learn(case.excused(), at_once=True)

    assert fresh.paid == contract.paid
    assert fresh.documents() == contract.documents()


@settings(max_examples=80, deadline=None)
@given(cases())
def test_whatever_is_split_adds_up_exactly(case: Case) -> None:
    contract = case.contract().learn(case.told[0])

    for made in contract.made.values():
        taxes = {tax.code: tax for tax in made.taxes}
        shared = [Decimal(one.amount) for one in made.assigned]
        assert sum(shared) == (Decimal(made.total) if shared else 0)
        assert sum(Decimal(one.amount) for one in made.lines) == Decimal(made.total)
        for line in made.lines:
            if line.stage is Stage.TAX:
                assert abs(Decimal(line.amount)) == Decimal(taxes[line.rule].amount)
        for at, line in enumerate(made.lines if case.shares else ()):
            parts = [Decimal(one.lines[at]) for one in made.members()]
            assert sum(parts) == Decimal(line.amount)
    assert sum(contract.by_member().values()) == (contract.paid if case.shares else 0)


def _improved(case: Case, data: st.DataObject) -> Case:
    """Return the same contract with one fact of it better, or no worse."""
    facts = case.last()
    able = [
        at
        for at, one in enumerate(facts)
        if isinstance(one, VerifiedObservation | AcceptedMilestone)
    ]
    assume(able)
    at = data.draw(st.sampled_from(able))
    before, history = facts[at], list(case.history)
    history[at] = [*_better(before, data)]
    return replace(case, history=history)


def _better(fact: Fact, data: st.DataObject) -> Iterator[Fact]:
    if isinstance(fact, VerifiedObservation):
        two = sorted((fact.value, data.draw(values)), key=Decimal)
        value = two[-1] if BETTER[fact.metric] > 0 else two[0]
        size = max(fact.sample_size or 0, data.draw(st.integers(0, 80)))
        yield msgspec.structs.replace(fact, value=value, sample_size=size)
    elif isinstance(fact, AcceptedMilestone):
        share = data.draw(st.integers(1, 100).map(lambda part: Decimal(part) / 100))
        yield msgspec.structs.replace(fact, share=f"{max(share, Decimal(fact.share)):f}")


def _begun(case: Case, data: st.DataObject) -> Case:
    """Return a contract in which milestones are accepted in part, and nothing is excused."""
    history: History = []
    for fact in case.last():
        if isinstance(fact, AcceptedMilestone):
            share = data.draw(st.integers(1, 100).map(lambda part: Decimal(part) / 100))
            history.append([msgspec.structs.replace(fact, share=f"{share:f}")])
        else:
            history.append([fact])
    return replace(case, history=history)


def _whole(case: Case) -> Contract:
    return case.contract().learn(case.last(), at_once=True)


@settings(max_examples=150, deadline=None)
@given(
    case=cases(some_of(rules_of_metrics(), rules_that_deduct(), rules_of_the_rest())),
    data=st.data(),
)
def test_by_a_better_fact_no_rule_earns_less_over_the_contract(
    case: Case, data: st.DataObject
) -> None:
    worse = _begun(case, data)
    better = _improved(worse, data)

    before, after = _whole(worse).totals(), _whole(better).totals()

    for one in case.rules:
        if one.code == "unit-price" and "index" in {each.code for each in case.rules}:
            pair = ("unit-price", "index")
            assert sum(before[each] for each in pair) <= sum(after[each] for each in pair)
        elif one.code != "index" and not isinstance(one, NOT_EARNING):
            assert before[one.code] <= after[one.code]


EARNING = some_of(rules_of_metrics(), rules_of_the_rest())
NOT_ENDING = some_of(
    rules_of_metrics(ending=False), rules_that_deduct(ending=False), rules_of_the_rest()
)


@settings(max_examples=80, deadline=None)
@given(case=cases(st.one_of(EARNING, NOT_ENDING)), data=st.data())
def test_a_better_fact_never_pays_less_where_no_rule_remembers_what_others_deduct(
    case: Case, data: st.DataObject
) -> None:
    worse = _begun(case, data)

    before, after = _whole(worse), _whole(_improved(worse, data))

    assert before.certified() <= after.certified()
    assert before.earned() <= after.earned()


@given(low=values, high=values, first=values, second=values)
def test_no_claim_of_a_waterfall_gets_less_of_a_larger_total(
    low: str, high: str, first: str, second: str
) -> None:
    claims = [{"code": "bank", "amount": first}, {"code": "fund", "amount": second}]
    rules = (
        rule("unit_price", metric="metric", price="1.00", maximum="900.00"),
        rule("waterfall", claims=claims),
    )

    less, more = (
        pay(*rules, facts=Facts(observations=(observation(said),))).assigned
        for said in sorted((low, high), key=Decimal)
    )

    assert all(
        Decimal(one.amount) <= Decimal(two.amount) for one, two in zip(less, more, strict=True)
    )


def test_a_recovered_advance_may_pay_less_for_a_better_fact_and_certifies_no_less() -> None:
    rules = (
        rule("unit_price", metric="metric", price="1.00", maximum="900.00"),
        rule(
            "advance", milestone="start", amount="400.00", rate="1", starts_after="0.5",
            base="gross", first="this",
        ),
    )  # fmt: skip
    start = pay(*rules, facts=Facts(milestones=(milestone("start"),)), value="1000")

    worse, better = (
        pay(
            *rules,
            facts=Facts(observations=(observation(said),), before=(_total(start, "advance"),)),
            value="1000",
            paid=start.total,
        )
        for said in ("500", "501")
    )

    assert (start.total, worse.certified, better.certified) == ("400.00", "500.00", "501.00")
    assert (worse.total, better.total) == ("500.00", "101.00")


def test_a_maximum_that_is_used_up_where_others_deduct_may_pay_less_for_a_better_fact() -> None:
    rules = (
        rule("unit_price", metric="metric", price="1.00", maximum="100.00"),
        rule("excess_days", metric="late", allowed_days=0, per_day="100.00"),
    )
    late = observation("1", metric="late")

    paid = list[Decimal]()
    for said in ("0", "100"):
        first = pay(*rules, facts=Facts(observations=(observation(said), late)))
        used = RuleTotal(rule="unit-price", amount=f"{Decimal(said):.2f}")
        second = pay(
            *rules,
            facts=Facts(
                observations=(observation("100", period=FEBRUARY),),
                before=(used,),
                certified_before=first.certified,
            ),
            paid=first.total,
        )
        paid.append(Decimal(first.total) + Decimal(second.total))

    assert paid == [100, 0]


def _total(made: Calculation, code: str) -> RuleTotal:
    lines = (Decimal(line.amount) for line in made.lines if line.rule == code)
    return RuleTotal(rule=code, amount=f"{sum(lines):f}")


@given(
    total=st.integers(0, 10**12),
    shares=st.lists(st.integers(0, 100), min_size=1, max_size=8).filter(any),
    currency=st.sampled_from(("CNY", "JPY", "KWD")),
)
def test_a_split_adds_up_and_gives_nobody_a_coin_too_much(
    total: int, shares: list[int], currency: str
) -> None:
    step = Decimal(1).scaleb(-money.places(currency))
    whole, weights = total * step, tuple(map(Decimal, shares))

    parts = money.split(whole, weights, currency=currency)

    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - whole * weight / sum(weights)) < step
