"""Which facts belong to which step of a contract, and what a step comes to after others."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from ecosystem.contracts.payment_rules import PaymentRule
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
from ecosystem.payments.model import Step, StepFacts
from ecosystem.payments.pipeline import CAP, FLOOR
from ecosystem.values import money

_NOTHING: Final = Decimal(0)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the contract with its facts as they are now."""

    ordinal: int
    step: Step | None
    milestones: tuple[AcceptedMilestone, ...]
    observations: tuple[VerifiedObservation, ...]
    reliefs: tuple[Relief, ...] = ()

    def is_unchanged(self) -> bool:
        """Tell whether the step was calculated from these facts."""
        return self.step is not None and _said(self.step) == _said(self)


def batches(facts: StepFacts) -> Iterator[Batch]:
    """Yield each step with its facts as they are now, then one step with those that are new."""
    milestones, observations = list(facts.milestones), list(facts.observations)
    for step in facts.steps:
        named = {one.id for one in step.milestones}
        periods = {one.period for one in step.observations}
        yield Batch(
            ordinal=step.ordinal,
            step=step,
            milestones=tuple(one for one in milestones if one.id in named),
            observations=tuple(one for one in observations if one.period in periods),
            reliefs=tuple(one.relief for one in facts.reliefs if one.ordinal == step.ordinal),
        )
        milestones = [one for one in milestones if one.id not in named]
        observations = [one for one in observations if one.period not in periods]
    if milestones or observations:
        yield Batch(
            ordinal=len(facts.steps) + 1,
            step=None,
            milestones=tuple(milestones),
            observations=tuple(observations),
        )


def _said(one: Step | Batch) -> tuple[frozenset[msgspec.Struct], ...]:
    """Return what the facts say, whatever version says it."""
    return (
        frozenset(msgspec.structs.replace(fact, version=1) for fact in one.milestones),
        frozenset(msgspec.structs.replace(fact, version=1) for fact in one.observations),
        frozenset(one.reliefs),
    )


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
        reliefs=calculation.facts.reliefs,
        by_rule=_written(by_rule),
        taxes=tuple(Tax(code=one.code, kind=one.kind, rate=one.rate) for one in calculation.taxes),
        certified=calculation.certified,
        withheld=calculation.withheld,
        total=calculation.total,
    )


def _is_of_rule(line: Line) -> bool:
    return line.rule not in {CAP, FLOOR} and line.stage is not Stage.TAX


def _add(totals: defaultdict[str, Decimal], more: Iterable[RuleTotal | Line]) -> None:
    for one in more:
        totals[one.rule] += Decimal(one.amount)


def _written(totals: Mapping[str, Decimal]) -> tuple[RuleTotal, ...]:
    return tuple(RuleTotal(rule=rule, amount=f"{totals[rule]:f}") for rule in sorted(totals))
