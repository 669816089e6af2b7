"""Laws of money that hold for any rules and any facts; plain values, no database."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.catalogue.profiles.model import TaxKind
from ecosystem.contracts.payment_rules import Advance, PaymentRule, Retention
from ecosystem.payments import engine, rules, stepping
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    Relief,
    Tax,
    VerifiedObservation,
)
from ecosystem.payments.model import Relieved, Step, StepFacts
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
PERIODS = tuple(Period(date(2026, at, 1), date(2026, at + 1, 1)) for at in range(1, 5))
MILESTONES = ("start", "work", "end")
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


CREDIT = rule(
    "service_credit", metric="other", direction="higher", charge="80.00",
    steps=[{"worse_than": "200", "rate": "0.3"}, {"worse_than": "50", "rate": "1"}],
)  # fmt: skip
COMPOSITE = rule(
    "composite", amount="70",
    parts=[
        {"metric": "metric", "weight": "0.5", "worst": "20", "best": "300"},
        {"metric": "late", "weight": "0.5", "worst": "90", "best": "0"},
    ],
)  # fmt: skip
GAIN_PAIN = rule(
    "gain_pain", metric="other", target="120.00",
    ranges=[
        {"from_percent": "0", "to_percent": "100", "share": "0.5"},
        {"from_percent": "100", "to_percent": None, "share": "0.7"},
    ],
)  # fmt: skip
TAXES = (
    (),
    (Tax(code="vat", kind=TaxKind.INCLUDED, rate="0.06"),),
    (Tax(code="vat", kind=TaxKind.ADDED, rate="0.21"),),
    (
        Tax(code="income", kind=TaxKind.WITHHELD, rate="0.1"),
        Tax(code="vat", kind=TaxKind.ADDED, rate="0.13"),
    ),
)


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
        CREDIT,
        COMPOSITE,
        GAIN_PAIN,
        rule("excess_days", code="late-work", milestone="work", allowed_days=0, per_day="7.00"),
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


@dataclass(frozen=True)
class Excused:
    """So much of what a step deducts is dropped, once the step of this fact is calculated."""

    fact: Fact
    amount: str


Happening = AcceptedMilestone | VerifiedObservation | Excused
"""A fact as it becomes known, or anew as it is corrected; or what is excused of its step."""


@st.composite
def some_milestone(draw: st.DrawFn, code: str) -> list[Happening]:
    """Return a milestone, in one part or two: the second is delivered later, with both."""
    first, last = sorted(draw(st.lists(st.integers(1, 28), min_size=2, max_size=2)))
    whole = milestone(code, late=f"2026-03-{last:02}T16:00:00Z")
    part = msgspec.structs.replace(
        milestone(code, late=f"2026-03-{first:02}T16:00:00Z"), share=draw(ratios)
    )
    return [*draw(st.sampled_from(([], [part]))), whole]


@st.composite
def some_reading(draw: st.DrawFn, metric: str, period: Period) -> list[Happening]:
    """Return an observation, with none, one or two wrong ones before it that it corrects."""
    said = draw(st.lists(values, min_size=1, max_size=3))
    return [
        msgspec.structs.replace(
            observation(value, metric=metric, period=period), version=at, id=f"{metric}-{at}"
        )
        for at, value in enumerate(said, start=1)
    ]


@st.composite
def some_history(draw: st.DrawFn) -> list[list[Happening]]:
    """Return what happens to each fact of a contract, from first to last, some of it excused."""
    told = [
        draw(some_milestone(code)) for code in sorted(draw(st.sets(st.sampled_from(MILESTONES))))
    ]
    places = st.tuples(st.sampled_from(("metric", "other", "late")), st.sampled_from(PERIODS))
    told += [draw(some_reading(*at)) for at in draw(st.lists(places, max_size=6, unique=True))]
    for one in told:
        fact = one[-1]
        if draw(st.integers(0, 3)) == 0 and not isinstance(fact, Excused):
            one.append(Excused(fact, draw(cents)))
    return told


@st.composite
def ordered(draw: st.DrawFn, history: list[list[Happening]]) -> list[Happening]:
    """Return all that happens in any order; what is of one fact keeps its own."""
    told = [iter(one) for one in history]
    turns = [at for at, one in enumerate(history) for _ in one]
    return [next(told[at]) for at in draw(st.permutations(turns))]


class Contract:
    """A contract as it is calculated, fact by fact."""

    def __init__(
        self, among: tuple[PaymentRule, ...], value: str, taxes: tuple[Tax, ...] = ()
    ) -> None:
        self.rules, self.value, self.taxes = among, value, taxes
        self.known: dict[str, Fact] = {}
        self.steps: dict[int, Step] = {}
        self.made: dict[int, Calculation] = {}
        self.reliefs: list[Relieved] = []
        self.paid = Decimal(0)

    def learn(self, *happened: Happening) -> None:
        """Prove facts, correct or excuse them, and pay or set off the difference."""
        for one in happened:
            if isinstance(one, Excused):
                self.excuse(one)
            else:
                self.known[_name(one)] = one
        for made in rules.calculate(self.facts(), by=BY, at=AT):
            before = self.made.get(made.ordinal)
            self.paid += Decimal(made.calculation.total) - Decimal(before.total if before else 0)
            self.made[made.ordinal] = made.calculation
            self.steps[made.ordinal] = stepping.step_of(
                made.calculation, calculation_id=f"c{made.ordinal}", ordinal=made.ordinal
            )

    def excuse(self, one: Excused) -> None:
        """Drop what is excused of the step in which the fact stands."""
        [ordinal] = [
            step.ordinal
            for step in self.steps.values()
            if one.fact in (*step.milestones, *step.observations)
        ]
        relief = Relief(id=f"relief-{_name(one.fact)}", version=1, amount=one.amount)
        self.reliefs.append(Relieved(ordinal=ordinal, relief=relief))

    def facts(self) -> StepFacts:
        known = self.known.values()
        return StepFacts(
            rules=self.rules,
            currency="CNY",
            contract_value=self.value,
            steps=tuple(self.steps[ordinal] for ordinal in sorted(self.steps)),
            milestones=tuple(one for one in known if isinstance(one, AcceptedMilestone)),
            observations=tuple(one for one in known if isinstance(one, VerifiedObservation)),
            reliefs=tuple(self.reliefs),
            taxes=self.taxes,
        )

    def totals(self) -> dict[str, Decimal]:
        found = defaultdict[str, Decimal](Decimal)
        for one in self.made.values():
            for line in one.lines:
                found[line.rule] += Decimal(line.amount)
        return found

    def documents(self) -> list[str]:
        """Return the digests of all that is calculated, whenever it first was."""
        return sorted(one.digest for one in self.made.values())


def _name(fact: Fact) -> str:
    """Return what a fact is told apart by, whichever version or correction of it is known."""
    if isinstance(fact, AcceptedMilestone):
        return fact.milestone
    return f"{fact.metric}-{fact.period}"


TERMS = {
    "among": some_rules(), "history": some_history(), "taxes": st.sampled_from(TAXES),
    "value": cents, "data": st.data(),
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(**TERMS)
def test_nothing_exceeds_its_cap_however_facts_arrive(
    among: tuple[PaymentRule, ...],
    history: list[list[Happening]],
    taxes: tuple[Tax, ...],
    value: str,
    data: st.DataObject,
) -> None:
    contract = Contract(among, value, taxes)
    for one in data.draw(ordered(history)):
        contract.learn(one)

        made, totals = contract.made.values(), contract.totals()
        assert all(Decimal(each.total) >= 0 for each in made)
        assert sum(Decimal(each.total) + Decimal(each.withheld) for each in made) <= Decimal(value)
        assert sum(Decimal(each.certified) for each in made) <= Decimal(value)
        for each in among:
            most = getattr(each, "maximum", None)
            assert most is None or abs(totals[each.code]) <= Decimal(most)
            if isinstance(each, Retention):
                assert 0 <= -totals[each.code] <= Decimal(each.limit)
            if isinstance(each, Advance):
                assert 0 <= totals[each.code] <= Decimal(each.amount)


@settings(max_examples=150, deadline=None)
@given(**TERMS)
def test_the_same_facts_pay_the_same_in_any_order_of_arrival(
    among: tuple[PaymentRule, ...],
    history: list[list[Happening]],
    taxes: tuple[Tax, ...],
    value: str,
    data: st.DataObject,
) -> None:
    one, other = Contract(among, value, taxes), Contract(among, value, taxes)

    for happened in data.draw(ordered(history)):
        one.learn(happened)
    for happened in data.draw(ordered(history)):
        other.learn(happened)

    assert one.paid == other.paid
    assert one.documents() == other.documents()
    for made in one.made.values():
        assert engine.recompute(msgspec.json.encode(made)).is_identical()


@settings(max_examples=100, deadline=None)
@given(**TERMS)
def test_superseding_by_difference_pays_what_calculating_from_nothing_pays(
    among: tuple[PaymentRule, ...],
    history: list[list[Happening]],
    taxes: tuple[Tax, ...],
    value: str,
    data: st.DataObject,
) -> None:
    contract, fresh = Contract(among, value, taxes), Contract(among, value, taxes)
    for happened in data.draw(ordered(history)):
        contract.learn(happened)

    fresh.learn(*contract.known.values())
    fresh.learn(*(one for told in history for one in told if isinstance(one, Excused)))

    assert fresh.paid == contract.paid
    assert fresh.documents() == contract.documents()


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
