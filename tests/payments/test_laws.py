"""Laws of money that hold for any rules and any facts; plain values, no database."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.contracts.payment_rules import Advance, PaymentRule, Retention
from ecosystem.payments import engine, rules, stepping
from ecosystem.payments.calculation import AcceptedMilestone, Calculation, VerifiedObservation
from ecosystem.payments.model import Step, StepFacts
from ecosystem.values import money
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.period import Period
from tests.payments.builders import milestone, observation, one_amount, rule
from tests.payments.test_rules import AT

BY = Actor(
    organisation_id="org_payee",
    organisation_number=9,
    kind=OrganisationKind.ENTERPRISE,
    verified=True,
    jurisdiction="440300",
    client_id="client_payee",
    person_id="person_delivery",
    roles=(Role.DELIVERY,),
)
MONTHS = tuple(Period(date(2026, at, 1), date(2026, at + 1, 1)) for at in range(1, 5))
MILESTONES = ("start", "work", "end")
EARNING = frozenset({"fixed", "unit-price", "marginal", "slab"})
Fact = AcceptedMilestone | VerifiedObservation

cents = st.integers(1, 200_000).map(lambda amount: f"{Decimal(amount) / 100:f}")
ratios = st.integers(1, 99).map(lambda share: f"0.{share:02}")
values = st.integers(0, 4_000).map(lambda tenths: f"{Decimal(tenths) / 10:f}")


POINTS = rule(
    "points", metric="late", free_points=3, value_per_point="0.03",
    bands=[{"upto": 50, "multiplier": "1.3"}, {"upto": None, "multiplier": "2"}],
)  # fmt: skip
INDEX = rule(
    "index", rules=["unit-price"], fixed="0.25", most="0.1",
    parts=[{"metric": "other", "weight": "0.75", "base": "150"}],
)  # fmt: skip


@st.composite
def some_rules(draw: st.DrawFn) -> tuple[PaymentRule, ...]:
    """Return some of a contract's rules, each with numbers of its own."""
    edges = sorted(draw(st.sets(st.integers(1, 300), min_size=2, max_size=2)))
    low, high = sorted((Decimal(draw(cents)), Decimal(draw(cents))))
    every = [
        rule("fixed", milestone="work", amount=draw(cents)),
        rule("unit_price", metric="metric", price=draw(cents), maximum=draw(cents)),
        rule(
            "marginal", metric="metric", maximum=draw(cents),
            bands=[{"upto": str(edges[0]), "price": "0.37"}, {"upto": None, "price": "0.11"}],
        ),
        rule(
            "slab", metric="other",
            bands=[
                {"from": str(edges[0]), "pays": f"{low:f}"},
                {"from": str(edges[1]), "pays": f"{high:f}"},
            ],
        ),
        rule(
            "excess_days", metric="late", allowed_days=edges[0], per_day="1.01", maximum=draw(cents)
        ),
        POINTS,
        INDEX,
        rule(
            "retention", rate=draw(ratios), limit=draw(cents),
            releases=[{"milestone": "end", "share": "1"}],
        ),
        rule(
            "advance", milestone="start", amount=draw(cents), rate=draw(ratios),
            starts_after=draw(ratios), base=draw(st.sampled_from(("gross", "net"))),
            first=draw(st.sampled_from(("this", "cumulative"))),
        ),
    ]  # fmt: skip
    chosen = draw(st.sets(st.sampled_from(range(len(every))), min_size=1))
    if 6 in chosen:
        chosen = chosen | {1}
    return tuple(every[at] for at in sorted(chosen))


@st.composite
def some_facts(draw: st.DrawFn) -> list[Fact]:
    """Return facts in some order of arrival."""
    codes = draw(st.sets(st.sampled_from(MILESTONES)))
    seen = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(("metric", "other", "late")), st.sampled_from(MONTHS)), values
        )
    )
    facts: list[Fact] = [milestone(code) for code in sorted(codes)]
    facts += [observation(value, metric=one, period=at) for (one, at), value in seen.items()]
    return draw(st.permutations(facts))


def _facts(
    among: tuple[PaymentRule, ...], known: Sequence[Fact], steps: tuple[Step, ...], value: str
) -> StepFacts:
    return StepFacts(
        rules=among,
        currency="CNY",
        contract_value=value,
        steps=steps,
        milestones=tuple(one for one in known if isinstance(one, AcceptedMilestone)),
        observations=tuple(one for one in known if isinstance(one, VerifiedObservation)),
    )


class Contract:
    """A contract as it is calculated, fact by fact."""

    def __init__(self, among: tuple[PaymentRule, ...], value: str) -> None:
        self.rules, self.value = among, value
        self.known: dict[str, Fact] = {}
        self.steps: dict[int, Step] = {}
        self.made: dict[int, Calculation] = {}
        self.paid = Decimal(0)

    def learn(self, *facts: Fact) -> None:
        """Prove facts, or correct them, and pay or set off the difference."""
        self.known |= {one.id: one for one in facts}
        for one in rules.calculate(self.facts(tuple(self.steps.values())), by=BY, at=AT):
            before = self.made.get(one.ordinal)
            self.paid += Decimal(one.calculation.total) - Decimal(before.total if before else 0)
            self.made[one.ordinal] = one.calculation
            self.steps[one.ordinal] = stepping.step_of(
                one.calculation, calculation_id=f"c{one.ordinal}", ordinal=one.ordinal
            )

    def facts(self, steps: tuple[Step, ...]) -> StepFacts:
        return _facts(self.rules, list(self.known.values()), steps, self.value)

    def totals(self) -> dict[str, Decimal]:
        found = dict[str, Decimal]()
        for one in self.made.values():
            for line in one.lines:
                found[line.rule] = found.get(line.rule, Decimal(0)) + Decimal(line.amount)
        return found


@settings(max_examples=60, deadline=None)
@given(among=some_rules(), facts=some_facts(), value=cents)
def test_nothing_exceeds_its_cap_however_facts_arrive(
    among: tuple[PaymentRule, ...], facts: list[Fact], value: str
) -> None:
    contract = Contract(among, value)
    for fact in facts:
        contract.learn(fact)

        totals = contract.totals()
        assert 0 <= contract.paid <= Decimal(value)
        for one in among:
            most = getattr(one, "maximum", None)
            assert most is None or abs(totals.get(one.code, Decimal(0))) <= Decimal(most)
            if isinstance(one, Retention):
                assert 0 <= -totals.get(one.code, Decimal(0)) <= Decimal(one.limit)
            if isinstance(one, Advance):
                assert 0 <= totals.get(one.code, Decimal(0)) <= Decimal(one.amount)


@settings(max_examples=60, deadline=None)
@given(among=some_rules(), facts=some_facts(), value=cents, data=st.data())
def test_superseding_by_difference_pays_what_calculating_from_nothing_pays(
    among: tuple[PaymentRule, ...], facts: list[Fact], value: str, data: st.DataObject
) -> None:
    contract = Contract(among, value)
    contract.learn(*facts[:1])
    contract.learn(*facts[1:])
    readings = [one for one in facts if isinstance(one, VerifiedObservation)]
    for one in data.draw(st.lists(st.sampled_from(readings), max_size=3)) if readings else []:
        contract.learn(msgspec.structs.replace(one, version=2, value=data.draw(values)))

    fresh = Contract(among, value)
    for ordinal in sorted(contract.steps):
        step = contract.steps[ordinal]
        fresh.learn(*step.milestones, *step.observations)

    assert fresh.paid == contract.paid
    assert [made.digest for made in fresh.made.values()] == [
        contract.made[ordinal].digest for ordinal in sorted(contract.made)
    ]
    for made in contract.made.values():
        assert engine.recompute(msgspec.json.encode(made)).is_identical()


@settings(max_examples=60, deadline=None)
@given(among=some_rules(), facts=some_facts(), value=cents, data=st.data())
def test_the_readings_of_a_contract_earn_the_same_in_any_order_of_arrival(
    among: tuple[PaymentRule, ...], facts: list[Fact], value: str, data: st.DataObject
) -> None:
    """What acts on all that was certified before, as an advance does, is left out.

    So are deductions: no step goes below nothing, and which step an amount with a maximum over
    the contract falls into is a matter of arrival.
    """
    earning = tuple(one for one in among if one.code in EARNING)
    readings = [one for one in facts if isinstance(one, VerifiedObservation)]
    one, other = Contract(earning, value), Contract(earning, value)

    for fact in readings:
        one.learn(fact)
    for fact in data.draw(st.permutations(readings)):
        other.learn(fact)

    assert one.paid == other.paid


RISING = (
    rule("unit_price", metric="metric", price="0.37", maximum="50.00"),
    rule(
        "marginal", metric="metric", maximum="90.00",
        bands=[{"upto": "10", "price": "3"}, {"upto": None, "price": "1"}],
    ),
    rule(
        "savings_share", metric="metric", base_claim="50", share_until="0.9", share_after="0.2",
        maximum="60.00",
    ),
    rule("indicator", metric="metric", direction="higher", points="8", target="90", per_point="3"),
    rule(
        "linear", metric="metric",
        **{"from": {"value": "0", "pays": "0"}, "to": {"value": "97", "pays": "500.00"}},
    ),
    rule(
        "threshold", conditions=[{"metric": "metric", "target": "55", "direction": "higher"}],
        pays="9",
    ),
    rule(
        "composite", amount="70",
        parts=[{"metric": "metric", "weight": "1", "worst": "20", "best": "80"}],
    ),
    rule(
        "service_credit", metric="metric", direction="higher", charge="100",
        steps=[{"worse_than": "90", "rate": "0.1"}, {"worse_than": "50", "rate": "1"}],
    ),
)  # fmt: skip


@given(low=values, high=values, at=st.sampled_from(range(len(RISING))))
def test_a_better_value_never_earns_less(low: str, high: str, at: int) -> None:
    worse, better = sorted((low, high), key=Decimal)

    assert one_amount(RISING[at], worse) <= one_amount(RISING[at], better)


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
