"""Contracts that nobody signed: any rules, any facts, and whatever order they become known in."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

import msgspec
from hypothesis import strategies as st

from ecosystem.catalogue.profiles.model import TaxKind
from ecosystem.contracts.form_shapes import MemberShare
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.payments import rules, stepping
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    Relief,
    Tax,
    VerifiedObservation,
)
from ecosystem.payments.model import Relieved, Step, StepFacts
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import compose
from ecosystem.values.period import Period
from tests.payments.builders import milestone, observation
from tests.payments.imagined_rules import BETTER, DAYS, any_rules, cents, ratios, values

AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
BY = Actor(
    organisation_id="org_city", organisation_number=9, kind=OrganisationKind.GOVERNMENT,
    verified=True, jurisdiction="440300", client_id="client_city",
)  # fmt: skip
PERIODS = tuple(Period(date(2026, at, 1), date(2026, at + 1, 1)) for at in range(1, 5))
MILESTONES = ("start", "work", "end")
TAXES = (
    (),
    (Tax(code="vat", kind=TaxKind.INCLUDED, rate="0.06"),),
    (Tax(code="vat", kind=TaxKind.ADDED, rate="0.21"),),
    (
        Tax(code="income", kind=TaxKind.WITHHELD, rate="0.1"),
        Tax(code="vat", kind=TaxKind.ADDED, rate="0.13"),
    ),
)
SHARES = tuple(
    tuple(
        MemberShare(
            organisation_id=compose("org", milliseconds=1, authority=1, entropy=at), share=share
        )
        for at, share in enumerate(members)
    )
    for members in ((), ("70", "30"), ("33.34", "33.33", "33.33"), ("98.9999", "1", "0.0001"))
)


@dataclass(frozen=True)
class Excused:
    """So much of what a step deducts is dropped, once the step of this fact is calculated."""

    fact: AcceptedMilestone | VerifiedObservation
    amount: str


Fact: TypeAlias = AcceptedMilestone | VerifiedObservation | date
Happening: TypeAlias = Fact | Excused
"""A fact as it becomes known, or anew as it is corrected; or what is excused of its step."""
History: TypeAlias = list[list[Happening]]
"""What happens to each fact of a contract, from first to last."""


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
    size = draw(st.sampled_from((None, 10, 60)))
    return [
        msgspec.structs.replace(
            observation(value, metric=metric, period=period, sample_size=size),
            version=at,
            id=f"{metric}-{at}",
        )
        for at, value in enumerate(said, start=1)
    ]


@st.composite
def some_history(draw: st.DrawFn) -> History:
    """Return what happens under a contract, some of it excused."""
    told = [
        draw(some_milestone(code)) for code in sorted(draw(st.sets(st.sampled_from(MILESTONES))))
    ]
    places = st.tuples(st.sampled_from(sorted(BETTER)), st.sampled_from(PERIODS))
    told += [draw(some_reading(*at)) for at in draw(st.lists(places, max_size=8, unique=True))]
    for one in told:
        fact = one[-1]
        if draw(st.integers(0, 3)) == 0 and not isinstance(fact, Excused | date):
            one.append(Excused(fact, draw(cents)))
    days: History = [[day] for day in sorted(draw(st.sets(st.sampled_from(DAYS))))]
    return [*told, *days]


@dataclass(frozen=True)
class Case:
    """A contract, and what happens under it."""

    rules: tuple[PaymentRule, ...]
    history: History
    value: str
    taxes: tuple[Tax, ...]
    shares: tuple[MemberShare, ...]
    told: tuple[list[Happening], list[Happening]]
    """In two orders; what is of one fact keeps its own."""

    def contract(self) -> "Contract":
        """Return the contract before anything happens."""
        return Contract(self)

    def with_rules(self, *chosen: PaymentRule) -> "Case":
        """Return the same under other rules."""
        return replace(self, rules=chosen)

    def last(self) -> list[Fact]:
        """Return the facts as they are in the end."""
        return [
            next(one for one in reversed(told) if not isinstance(one, Excused))
            for told in self.history
        ]

    def excused(self) -> list[Excused]:
        """Return all that is excused."""
        return [one for told in self.history for one in told if isinstance(one, Excused)]


@st.composite
def cases(draw: st.DrawFn, among: st.SearchStrategy[tuple[PaymentRule, ...]] | None = None) -> Case:
    """Return a contract with any rules, or some of those among which it chooses."""
    history = draw(some_history())
    return Case(
        rules=draw(any_rules() if among is None else among),
        history=history,
        value=draw(cents),
        taxes=draw(st.sampled_from(TAXES)),
        shares=draw(st.sampled_from(SHARES)),
        told=(draw(_ordered(history)), draw(_ordered(history))),
    )


@st.composite
def _ordered(draw: st.DrawFn, history: History) -> list[Happening]:
    told = [iter(one) for one in history]
    turns = [at for at, one in enumerate(history) for _ in one]
    return [next(told[at]) for at in draw(st.permutations(turns))]


class Contract:
    """A contract as it is calculated, fact by fact."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.known: dict[str, Fact] = {}
        self.steps: dict[int, Step] = {}
        self.made: dict[int, Calculation] = {}
        self.reliefs: list[Relieved] = []
        self.paid = Decimal(0)

    def learn(self, happened: Iterable[Happening], *, at_once: bool = False) -> "Contract":
        """Prove facts, correct or excuse them, and pay or set off the difference each time."""
        for one in happened:
            if isinstance(one, Excused):
                self._excuse(one)
            else:
                self.known[_name(one)] = one
            if not at_once:
                self._calculate()
        self._calculate()
        return self

    def _calculate(self) -> None:
        for made in rules.calculate(self._facts(), by=BY, at=AT):
            before = self.made.get(made.ordinal)
            self.paid += Decimal(made.calculation.total) - Decimal(before.total if before else 0)
            self.made[made.ordinal] = made.calculation
            self.steps[made.ordinal] = stepping.step_of(
                made.calculation, calculation_id=f"c{made.ordinal}", ordinal=made.ordinal
            )

    def _excuse(self, one: Excused) -> None:
        """Drop what is excused of the step in which the fact stands."""
        [ordinal] = [
            step.ordinal
            for step in self.steps.values()
            if one.fact in (*step.milestones, *step.observations)
        ]
        relief = Relief(id=f"relief-{_name(one.fact)}", version=1, amount=one.amount)
        self.reliefs.append(Relieved(ordinal=ordinal, relief=relief))

    def _facts(self) -> StepFacts:
        known = self.known.values()
        return StepFacts(
            rules=self.case.rules,
            currency="CNY",
            contract_value=self.case.value,
            steps=tuple(self.steps[ordinal] for ordinal in sorted(self.steps)),
            milestones=tuple(one for one in known if isinstance(one, AcceptedMilestone)),
            observations=tuple(one for one in known if isinstance(one, VerifiedObservation)),
            days=tuple(one for one in known if isinstance(one, date)),
            reliefs=tuple(self.reliefs),
            taxes=self.case.taxes,
            shares=self.case.shares,
        )

    def totals(self) -> dict[str, Decimal]:
        """Return what the lines of each rule add up to."""
        found = defaultdict[str, Decimal](Decimal)
        for one in self.made.values():
            for line in one.lines:
                found[line.rule] += Decimal(line.amount)
        return found

    def certified(self) -> Decimal:
        """Return what is earned, before advance and retention."""
        return sum((Decimal(one.certified) for one in self.made.values()), Decimal(0))

    def earned(self) -> Decimal:
        """Return what is paid, with what is kept for the tax office."""
        return sum(
            (Decimal(one.total) + Decimal(one.withheld) for one in self.made.values()), Decimal(0)
        )

    def by_member(self) -> dict[str, Decimal]:
        """Return what each member is paid."""
        found = defaultdict[str, Decimal](Decimal)
        for one in self.made.values():
            for part in one.members():
                found[part.organisation_id] += Decimal(part.amount)
        return found

    def documents(self) -> list[str]:
        """Return the digests of all that is calculated, whenever it first was."""
        return sorted(one.digest for one in self.made.values())


def _name(fact: Fact) -> str:
    """Return what a fact is told apart by, whichever version or correction of it is known."""
    match fact:
        case AcceptedMilestone(milestone=code):
            return code
        case VerifiedObservation(metric=metric, period=period):
            return f"{metric}-{period}"
        case day:
            return day.isoformat()
