"""What is simulated, in which steps; and what refuses a simulation before it begins."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import product
from math import prod
from typing import Final, TypeAlias

from msgspec import UNSET

from ecosystem.contracts.payment_rules import PaymentRule, Satisfaction, metrics_of, milestones_of
from ecosystem.outcomes.intervals import Interval, plain
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
    KnownStep,
    Normal,
    Range,
    SupposedMilestone,
    Suppositions,
    Triangular,
    Uniform,
)
from ecosystem.payments.stepping import Turn, turn_of
from ecosystem.payments.taxing.rules import in_force
from ecosystem.values.period import Period, is_within_reach, wire
from ecosystem.values.refusal import Fault, Kind, Refusal

WORK_MAX: Final = 100_000
"""Runs times steps times rules."""
RUNS_MAX: Final = 10_000
_NOTHING: Final = Decimal(0)
Supposed: TypeAlias = tuple[str, Period, int]
"""Metric, period, and which of the suppositions says its value."""


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

    turn: Turn
    is_known: bool
    rules: tuple[PaymentRule, ...]
    """Those of the step where it is known: its contract may have others by now."""
    taxes: tuple[Tax, ...]
    milestones: tuple[AcceptedMilestone, ...]
    observations: tuple[VerifiedObservation, ...]
    supposed: tuple[Supposed, ...]
    days: tuple[date, ...]
    reliefs: tuple[Relief, ...] = ()


def refuse_unsound(known: Known, asked: Suppositions) -> None:
    """Refuse with SuppositionsUnsound what cannot be, or what no rule would read."""
    rules = [*known.rules, *(rule for step in known.steps for rule in step.rules)]
    metrics = {code for rule in rules for code in metrics_of(rule)}
    milestones = {code for rule in rules for code in milestones_of(rule)}
    faults = [*_doubled_milestones(known, asked), *_doubled_days(known, asked)]
    for at, one in enumerate(asked.values):
        if one.metric not in metrics:
            detail = f"No rule reads a metric {one.metric}; they read: {_listed(metrics)}."
            faults.append(Fault(f"/values/{at}/metric", "metric_unknown", detail))
        faults += _unlikely(one.value, f"/values/{at}/value")
        faults += _narrow(one.margin, f"/values/{at}/margin")
        for number, period in enumerate(one.periods):
            if period.is_empty():
                pointer = f"/values/{at}/periods/{number}/ends_on"
                faults.append(Fault(pointer, "empty", "The period holds no day."))
            faults += _outside(known.term, period, f"/values/{at}/periods/{number}")
    for at, milestone in enumerate(asked.milestones):
        if milestone.milestone not in milestones:
            code, read = milestone.milestone, _listed(milestones)
            detail = f"No rule reads a milestone {code}; they read: {read}."
            faults.append(Fault(f"/milestones/{at}/milestone", "milestone_unknown", detail))
        for name in ("due_at", "delivered_at"):
            if not is_within_reach(getattr(milestone, name)):
                detail = "Suppose instants of the years 1900 to 2199."
                faults.append(Fault(f"/milestones/{at}/{name}", "out_of_reach", detail))
    if faults:
        raise SuppositionsUnsound("Some suppositions cannot be.", faults=tuple(faults))


def _outside(term: Period | None, period: Period, pointer: str) -> Iterator[Fault]:
    if term and (period.starts_on < term.starts_on or period.ends_on > term.ends_on):
        detail = f"The contract holds from {term.starts_on} until before {term.ends_on}."
        yield Fault(pointer, "outside", detail)


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes)) or "nothing"


def _doubled_milestones(known: Known, asked: Suppositions) -> Iterator[Fault]:
    """Yield faults of milestones that are supposed and accepted, or supposed twice."""
    seen = {one.milestone for step in known.steps for one in step.milestones}
    for at, one in enumerate(asked.milestones):
        if one.milestone in seen:
            detail = f"The milestone {one.milestone} is accepted already, or supposed twice."
            yield Fault(f"/milestones/{at}/milestone", "doubled", detail)
        seen.add(one.milestone)


@dataclass(frozen=True, slots=True)
class _Days:
    """Days of a metric: where they are supposed, or by which observation they are known."""

    metric: str
    period: Period
    is_known: bool
    place: str


def _doubled_days(known: Known, asked: Suppositions) -> Iterator[Fault]:
    """Yield faults of periods that share days with what is verified, or supposed as well."""
    held = [
        _Days(one.metric, one.period, is_known=True, place=one.id)
        for step in known.steps
        for one in step.observations
    ]
    held += [
        _Days(one.metric, period, is_known=False, place=f"/values/{at}/periods/{number}")
        for at, one in enumerate(asked.values)
        for number, period in enumerate(one.periods)
        if not period.is_empty()
    ]
    last = dict[str, _Days]()
    for one in sorted(held, key=lambda one: (one.period.starts_on, not one.is_known)):
        before = last.get(one.metric)
        if before is not None and before.period.overlaps(one.period):
            yield _shared(before, one) if one.is_known else _shared(one, before)
        if before is None or before.period.ends_on < one.period.ends_on:
            last[one.metric] = one


def _shared(one: _Days, other: _Days) -> Fault:
    """Return the fault of what is supposed, and shares days with another."""
    days = f"{other.period.starts_on}/{other.period.ends_on}"
    detail = f"It shares days with {other.place}, {days}, which is supposed as well."
    if other.is_known:
        detail = f"It shares days with {other.place}, {days}, which is verified."
    return Fault(one.place, "doubled", detail)


def _narrow(margin: str | None, pointer: str) -> Iterator[Fault]:
    if margin is not None and Decimal(margin) < 0:
        yield Fault(pointer, "negative", "A margin is 0 or more.")


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


def refuse_large(known: Known, asked: Suppositions, planned: Sequence[Group], *, runs: int) -> None:
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


def groups(known: Known, asked: Suppositions) -> list[Group]:
    """Return the steps in the order in which they are calculated, whatever becomes known first.

    What is supposed joins the step that is known of its day, or begins one.
    """
    supposed = defaultdict[date, list[Supposed]](list)
    for at, one in enumerate(asked.values):
        for period in one.periods:
            supposed[period.ends_on].append((one.metric, period, at))
    found = [_known(step, supposed) for step in known.steps]
    new = partial(_new, known)
    found += [new(turn_of((one,)), milestones=(one,)) for one in map(_accepted, asked.milestones)]
    found += [new((on, 0, ""), supposed=tuple(values)) for on, values in supposed.items()]
    begun = {day for step in known.steps for day in step.days}
    found += [new(turn_of((day,)), days=(day,)) for day in sorted({*asked.days} - begun)]
    return sorted(found, key=lambda group: group.turn)


def _known(step: KnownStep, supposed: dict[date, list[Supposed]]) -> Group:
    """Return a step that is known, with what is `supposed` of its day, which is taken out."""
    ends = {one.period.ends_on for one in step.observations}
    return Group(
        turn=turn_of((*step.milestones, *step.observations, *step.days)),
        is_known=True,
        rules=step.rules,
        taxes=step.taxes,
        milestones=step.milestones,
        observations=step.observations,
        supposed=tuple(one for on in sorted(ends) for one in supposed.pop(on, ())),
        days=step.days,
        reliefs=step.reliefs,
    )


def _new(
    known: Known,
    turn: Turn,
    *,
    milestones: tuple[AcceptedMilestone, ...] = (),
    supposed: tuple[Supposed, ...] = (),
    days: tuple[date, ...] = (),
) -> Group:
    return Group(
        turn=turn,
        is_known=False,
        rules=known.rules,
        taxes=in_force(known.taxes, on=max(turn[0], known.today)),
        milestones=milestones,
        observations=(),
        supposed=supposed,
        days=days,
    )


def _accepted(one: SupposedMilestone) -> AcceptedMilestone:
    return AcceptedMilestone(
        id=f"supposed-{one.milestone}",
        version=1,
        milestone=one.milestone,
        due_at=wire(one.due_at),
        delivered_at=wire(one.delivered_at),
    )


def _around(value: str, margin: str) -> Interval:
    lower, upper = Decimal(value) - Decimal(margin), Decimal(value) + Decimal(margin)
    return Interval(method="supposed", confidence=None, lower=plain(lower), upper=plain(upper))


def facts_of(group: Group, asked: Suppositions, *, at: tuple[str, ...], draw: int) -> Facts:
    """Return what is proved in a step in one run, where ranges stand `at` these values."""
    standing = iter(at)
    fixed = [next(standing) if isinstance(one.value, Range) else None for one in asked.values]
    ends = {
        one.metric
        for one in group.rules
        if isinstance(one, Satisfaction) and one.reads() != "value"
    }
    seen = list[VerifiedObservation]()
    for metric, period, number in group.supposed:
        said = asked.values[number]
        by = chance(asked.seed, draw, f"{number}/{period.starts_on}")
        value = fixed[number] or drawn(said.value, by)
        margin = said.margin or ("0" if metric in ends else None)
        seen.append(
            VerifiedObservation(
                id=f"supposed-{metric}-{period.starts_on}",
                version=1,
                metric=metric,
                period=period,
                value=value,
                sample_size=said.sample_size,
                interval=UNSET if margin is None else _around(value, margin),
            )
        )
    return Facts(
        milestones=group.milestones,
        observations=(*group.observations, *seen),
        days=group.days,
        reliefs=group.reliefs,
    )
