"""What is simulated, in which steps; and what refuses a simulation before it begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from math import prod
from typing import Final

from ecosystem.contracts.payment_rules import PaymentRule, metrics_of, milestones_of
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Facts,
    Relief,
    Tax,
    VerifiedObservation,
)
from ecosystem.payments.simulating.draws import chance, drawn, points
from ecosystem.payments.simulating.model import (
    Chosen,
    Known,
    Normal,
    Range,
    SupposedMilestone,
    Suppositions,
    Triangular,
    Uniform,
)
from ecosystem.payments.taxing.rules import in_force
from ecosystem.values.period import Period, is_within_reach, wire
from ecosystem.values.refusal import Fault, Kind, Refusal

WORK_MAX: Final = 100_000
"""Runs times steps times rules."""
RUNS_MAX: Final = 10_000
_NOTHING: Final = Decimal(0)


class SimulationTooLarge(Refusal):
    """The simulation would take too long."""

    kind = Kind.UNMET
    remedy = "Ask for fewer draws, points of ranges, periods or rules."


class SuppositionsUnsound(Refusal):
    """What is supposed cannot be."""

    kind = Kind.UNMET
    remedy = "Correct what `errors` names."


class RulesNotChosen(Refusal):
    """It is not said which rules are meant."""

    kind = Kind.UNMET
    remedy = "Give either `rules` or `form`."


class FormNotListed(Refusal):
    """There is no such standard-form contract."""

    kind = Kind.UNMET
    remedy = "Name a form and its version as GET /v1/contract-forms lists them."


@dataclass(frozen=True, slots=True)
class Group:
    """What is calculated at once: a step of the contract."""

    on: date
    is_known: bool
    rules: tuple[PaymentRule, ...]
    """Those of the step where it is known: its contract may have others by now."""
    taxes: tuple[Tax, ...]
    milestones: tuple[AcceptedMilestone, ...]
    observations: tuple[VerifiedObservation, ...]
    supposed: tuple[tuple[str, Period, int], ...]
    """Metric, period, and which of the suppositions says its value."""
    days: tuple[date, ...]
    reliefs: tuple[Relief, ...] = ()


def refuse_unsound(known: Known, asked: Suppositions) -> None:
    """Refuse with SuppositionsUnsound what cannot be, or what no rule would read."""
    rules = [*known.rules, *(rule for step in known.steps for rule in step.rules)]
    metrics = {code for rule in rules for code in metrics_of(rule)}
    milestones = {code for rule in rules for code in milestones_of(rule)}
    faults = list[Fault]()
    for at, one in enumerate(asked.values):
        if one.metric not in metrics:
            detail = f"No rule reads a metric {one.metric}."
            faults.append(Fault(f"/values/{at}/metric", "metric_unknown", detail))
        faults += _unlikely(one.value, f"/values/{at}/value")
        for number, period in enumerate(one.periods):
            if period.is_empty():
                pointer = f"/values/{at}/periods/{number}/ends_on"
                faults.append(Fault(pointer, "empty", "The period holds no day."))
    for at, milestone in enumerate(asked.milestones):
        if milestone.milestone not in milestones:
            detail = f"No rule reads a milestone {milestone.milestone}."
            faults.append(Fault(f"/milestones/{at}/milestone", "milestone_unknown", detail))
        for name in ("due_at", "delivered_at"):
            if not is_within_reach(getattr(milestone, name)):
                detail = "Suppose instants of the years 1900 to 2199."
                faults.append(Fault(f"/milestones/{at}/{name}", "out_of_reach", detail))
    if faults:
        raise SuppositionsUnsound("Some suppositions cannot be.", faults=tuple(faults))


def _unlikely(of: object, pointer: str) -> Iterator[Fault]:
    """Yield faults of one supposition. Codes: `order`, `weights`, `flat`."""
    rising: tuple[str, ...] = ()
    match of:
        case Range(lower=low, to=high) | Uniform(low=low, high=high):
            rising = (low, high)
        case Triangular(low=low, mode=mode, high=high):
            rising = (low, mode, high)
        case Normal(deviation=deviation) if Decimal(deviation) <= 0:
            yield Fault(f"{pointer}/deviation", "flat", "The deviation is above 0.")
        case Normal(least=str(least), most=str(most)):
            rising = (least, most)
        case Chosen(options=options):
            total = sum((Decimal(one.probability) for one in options), _NOTHING)
            if total != 1:
                detail = f"Probabilities add to 1; these add to {total}."
                yield Fault(f"{pointer}/options", "weights", detail)
        case _:
            return
    numbers = [Decimal(one) for one in rising]
    if numbers != sorted(numbers) or (numbers and numbers[0] == numbers[-1]):
        yield Fault(pointer, "order", f"{' < '.join(rising)} does not rise.")


def refuse_large(
    known: Known, asked: Suppositions, planned: tuple[Group, ...], *, runs: int
) -> None:
    """Refuse with SimulationTooLarge what would take too long."""
    rules = max(len(known.rules), *(len(one.rules) for one in planned), 1)
    work = runs * max(len(planned), 1) * rules
    if runs > RUNS_MAX or work > WORK_MAX:
        raise SimulationTooLarge(
            f"{runs} runs of {len(planned)} steps under {rules} rules are {work} parts; "
            f"{WORK_MAX} are the most, and {RUNS_MAX} runs.",
            pointer="/draws" if asked.draws > 1 else "/values",
        )


def grid(asked: Suppositions) -> tuple[tuple[str, ...], ...]:
    """Return every combination of the points of ranges; one of nothing where there is none."""
    ranges = [points(one.value) for one in asked.values if isinstance(one.value, Range)]
    count = prod(len(one) for one in ranges)
    if count > RUNS_MAX:
        raise SimulationTooLarge(f"The ranges have {count} points together.", pointer="/values")
    return tuple(product(*ranges))


def groups(known: Known, asked: Suppositions) -> Iterator[Group]:
    """Yield the steps: those that are known, then what is supposed beyond them, by date."""
    supposed = [
        (one.metric, period, at) for at, one in enumerate(asked.values) for period in one.periods
    ]
    days = [*asked.days]
    for step in known.steps:
        periods = {one.period for one in step.observations}
        yield Group(
            on=_last(step.milestones, [*periods]),
            is_known=True,
            rules=step.rules,
            taxes=step.taxes,
            milestones=step.milestones,
            observations=step.observations,
            supposed=tuple(one for one in supposed if one[1] in periods),
            days=step.days,
            reliefs=step.reliefs,
        )
        supposed = [one for one in supposed if one[1] not in periods]
        days = [day for day in days if day not in step.days]
    milestones = [_accepted(one) for one in asked.milestones]
    for on in sorted(
        {*days, *map(_delivered_on, milestones), *(one[1].ends_on for one in supposed)}
    ):
        yield Group(
            on=on,
            is_known=False,
            rules=known.rules,
            taxes=in_force(known.taxes, on=max(on, known.today)),
            milestones=tuple(one for one in milestones if _delivered_on(one) == on),
            observations=(),
            supposed=tuple(one for one in supposed if one[1].ends_on == on),
            days=(on,) if on in days else (),
        )


def _last(milestones: tuple[AcceptedMilestone, ...], periods: list[Period]) -> date:
    found = [*map(_delivered_on, milestones), *(one.ends_on for one in periods)]
    return max(found, default=date.min + timedelta(days=1))


def _delivered_on(one: AcceptedMilestone) -> date:
    return datetime.fromisoformat(one.delivered_at).date()


def _accepted(one: SupposedMilestone) -> AcceptedMilestone:
    return AcceptedMilestone(
        id=f"supposed-{one.milestone}",
        version=1,
        milestone=one.milestone,
        due_at=wire(one.due_at),
        delivered_at=wire(one.delivered_at),
    )


def facts_of(group: Group, asked: Suppositions, *, at: tuple[str, ...], draw: int) -> Facts:
    """Return what is proved in a step in one run, where ranges stand `at` these values."""
    standing = iter(at)
    fixed = [next(standing) if isinstance(one.value, Range) else None for one in asked.values]
    seen = [
        VerifiedObservation(
            id=f"supposed-{metric}-{period.starts_on}",
            version=1,
            metric=metric,
            period=period,
            value=fixed[number]
            or drawn(
                asked.values[number].value,
                chance(asked.seed, draw, f"{number}/{period.starts_on}"),
            ),
            sample_size=asked.values[number].sample_size,
        )
        for metric, period, number in group.supposed
    ]
    return Facts(
        milestones=group.milestones,
        observations=(*group.observations, *seen),
        days=group.days,
        reliefs=group.reliefs,
    )
