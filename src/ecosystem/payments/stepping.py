"""Which facts belong to which step of a contract."""

from collections.abc import Iterator

import msgspec

from ecosystem.payments.calculation import AcceptedMilestone, Relief, VerifiedObservation
from ecosystem.payments.model import Step, StepFacts


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
