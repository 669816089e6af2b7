"""Which facts belong to which step of a contract, and what a step comes to after others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeAlias

import msgspec
from msgspec import UNSET

from ecosystem.contracts.form_shapes import MemberShare
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.rights.model import Seen, Told
from ecosystem.payments import engine
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    Facts,
    Line,
    Relief,
    RuleTotal,
    Stage,
    Tax,
    VerifiedObservation,
)
from ecosystem.payments.model import Step, StepFacts, StepMade
from ecosystem.payments.pipeline import CAP, FLOOR
from ecosystem.values import money

Fact: TypeAlias = AcceptedMilestone | VerifiedObservation | date
Turn: TypeAlias = tuple[date, int, str]
_NOTHING: Final = Decimal(0)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the contract with its facts as they are now."""

    ordinal: int
    step: Step | None
    milestones: tuple[AcceptedMilestone, ...]
    observations: tuple[VerifiedObservation, ...]
    days: tuple[date, ...] = ()
    reliefs: tuple[Relief, ...] = ()

    def is_unchanged(self) -> bool:
        """Tell whether the step was calculated from these facts."""
        return self.step is not None and _said(self.step) == _said(self)


def batches(facts: StepFacts) -> Iterator[Batch]:
    """Yield the steps of a contract, in the order of their days, with their facts as they are now.

    What they come to is then the same in whatever order the facts became known. Ordinals count
    the steps as they were first calculated. A step that no fact is left of comes first.
    """
    now = defaultdict[str, list[Fact]](list)
    every: Iterable[Fact] = (*facts.milestones, *facts.observations, *facts.days)
    for fact in every:
        now[place_of(fact)].append(fact)
    known = {place_of_step(step): step for step in facts.steps}
    new = sorted(now.keys() - known.keys(), key=lambda place: turn_of(now[place]))
    ordinals = {place: step.ordinal for place, step in known.items()}
    ordinals |= {place: at for at, place in enumerate(new, start=len(facts.steps) + 1)}
    for place in sorted(ordinals, key=lambda place: (turn_of(now[place]), ordinals[place])):
        yield Batch(
            ordinal=ordinals[place],
            step=known.get(place),
            milestones=tuple(one for one in now[place] if isinstance(one, AcceptedMilestone)),
            observations=tuple(one for one in now[place] if isinstance(one, VerifiedObservation)),
            days=tuple(one for one in now[place] if isinstance(one, date)),
            reliefs=tuple(one.relief for one in facts.reliefs if one.ordinal == ordinals[place]),
        )


def place_of(fact: Fact) -> str:
    """Return the step of a fact: its own, but what is observed until the same day has one."""
    match fact:
        case AcceptedMilestone(id=its_own):
            return its_own
        case VerifiedObservation(period=period):
            return until(period.ends_on)
        case day:
            return f"on {day}"


def until(ends_on: date) -> str:
    """Return the step of all that is observed until a day."""
    return f"until {ends_on}"


def place_of_step(step: Step) -> str:
    """Return the step that a calculation was of; where it was of no fact, one of nobody else."""
    facts: Sequence[Fact] = (*step.milestones, *step.observations, *step.days)
    return place_of(facts[0]) if facts else f"empty {step.ordinal}"


def turn_of(facts: Iterable[Fact]) -> Turn:
    """Return when a step has its turn: on the last day of its facts, whenever they became known.

    On the same day what was observed comes first, then milestones by their code, then the day.
    """
    return max((_turn(fact) for fact in facts), default=(date.min, 0, ""))


def _turn(fact: Fact) -> Turn:
    match fact:
        case AcceptedMilestone(milestone=code, delivered_at=at):
            return datetime.fromisoformat(at).date(), 1, code
        case VerifiedObservation(period=period):
            return period.ends_on, 0, ""
        case day:
            return day, 2, ""


def _said(one: Step | Batch) -> tuple[frozenset[msgspec.Struct | date], ...]:
    """Return what the facts say, whatever versions say it."""
    return (
        frozenset(msgspec.structs.replace(fact, version=1) for fact in one.milestones),
        frozenset(map(_meant, one.observations)),
        frozenset(one.days),
        frozenset(one.reliefs),
    )


def _meant(fact: VerifiedObservation) -> VerifiedObservation:
    """Return an observation without its version; of an aggregate, without those that it names."""
    by = fact.aggregate
    if by is not UNSET:
        by = msgspec.structs.replace(by, observations_digest="")
    return msgspec.structs.replace(fact, version=1, aggregate=by)


def told(contract_id: str, facts: StepFacts, made: Sequence[StepMade], ids: Sequence[str]) -> Told:
    """Return what is observed under a contract, and where it stands after `made` have these ids."""
    of = {
        (one.id, one.period): step.calculation_id
        for step in facts.steps
        for one in step.observations
    }
    of |= {
        (one.id, one.period): calculation_id
        for new, calculation_id in zip(made, ids, strict=True)
        for one in new.calculation.facts.observations
    }
    return Told(
        contract_id=contract_id,
        seen=tuple(
            Seen(
                id=one.id, metric=one.metric, period=one.period, value=one.value,
                calculation_id=(stands := of[one.id, one.period]), is_new=stands in ids,
            )
            for one in facts.observations
        ),
        made=tuple(ids),
    )  # fmt: skip


@dataclass(slots=True)
class Earlier:
    """What the steps before one come to, added up step by step."""

    by_rule: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    certified: Decimal = _NOTHING
    paid: Decimal = _NOTHING
    """What is withheld of it included."""

    def calculate(
        self,
        rules: Iterable[PaymentRule],
        facts: Facts,
        *,
        currency: str,
        contract_value: Decimal,
        taxes: Iterable[Tax],
        shares: tuple[MemberShare, ...] = (),
    ) -> Calculation:
        """Return what a step comes to that follows. Refuses as `engine.calculate` does."""
        return engine.calculate(
            rules,
            msgspec.structs.replace(
                facts,
                before=_written(self.by_rule),
                certified_before=money.of(self.certified, currency).amount,
            ),
            currency=currency,
            contract_value=contract_value,
            paid_before=self.paid,
            taxes=taxes,
            shares=shares,
        )

    def are_before(self, step: Step) -> bool:
        """Tell whether a step was calculated after just these: another one can move."""
        return (
            step.before == _written(self.by_rule)
            and Decimal(step.certified_before) == self.certified
            and Decimal(step.paid_before) == self.paid
        )

    def add(self, step: Step) -> None:
        """Count a step among those before."""
        _add(self.by_rule, step.by_rule)
        self.certified += Decimal(step.certified)
        self.paid += Decimal(step.total) + Decimal(step.withheld)


def step_of(calculation: Calculation, *, calculation_id: str, ordinal: int) -> Step:
    """Return what later calculations need to know of one."""
    by_rule = defaultdict[str, Decimal](Decimal)
    _add(by_rule, (line for line in calculation.lines if _is_of_rule(line)))
    return Step(
        calculation_id=calculation_id,
        ordinal=ordinal,
        digest=calculation.digest,
        rules=calculation.rules,
        milestones=calculation.facts.milestones,
        observations=calculation.facts.observations,
        days=calculation.facts.days,
        reliefs=calculation.facts.reliefs,
        before=calculation.facts.before,
        certified_before=calculation.facts.certified_before,
        paid_before=calculation.paid_before,
        by_rule=_written(by_rule),
        taxes=tuple(Tax(code=one.code, kind=one.kind, rate=one.rate) for one in calculation.taxes),
        certified=calculation.certified,
        withheld=calculation.withheld,
        total=calculation.total,
        division=calculation.members(),
    )


def _is_of_rule(line: Line) -> bool:
    return line.rule not in {CAP, FLOOR} and line.stage is not Stage.TAX


def _add(totals: defaultdict[str, Decimal], more: Iterable[RuleTotal | Line]) -> None:
    for one in more:
        totals[one.rule] += Decimal(one.amount)


def _written(totals: Mapping[str, Decimal]) -> tuple[RuleTotal, ...]:
    return tuple(RuleTotal(rule=rule, amount=f"{totals[rule]:f}") for rule in sorted(totals))
