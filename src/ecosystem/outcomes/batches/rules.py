"""Which rows of a batch become observations, and what refuses the others or all."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.contracts.form_shapes import Observed
from ecosystem.outcomes import rules, sampling
from ecosystem.outcomes.batches.model import BatchFacts, BatchReported, Row
from ecosystem.outcomes.rules import ObservationDiffers
from ecosystem.values.actor import Actor
from ecosystem.values.period import Period
from ecosystem.values.refusal import Fault, Kind, Refusal

FAULTS_TOLD: Final = 100
"""How many faults one answer names; the others are counted."""
_IN_BATCH: Final = "row "
_TWICE: Final = "Leave one of the two rows out."
_BY_ITSELF: Final = (
    "A batch corrects nothing: report the new value by itself, and name the observation in "
    "`supersedes`."
)
Place = tuple[object, ...]
_Before = tuple[str, Decimal, int | None]
"""What stands in a place: which observation, its value, and the size of its sample."""


class BatchMissing(Refusal):
    """There is no such batch, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that POST /v1/metrics/{id}/batches has answered."


class BatchUnsound(Refusal):
    """Rows of the batch cannot be taken, so nothing was."""

    kind = Kind.UNMET
    remedy = (
        "Mend the rows that `errors` names by their number; or send the batch with "
        "`partial=true`, which reports the others."
    )


def report(facts: BatchFacts, *, by: Actor, at: datetime) -> BatchReported:
    """Report the rows that are new and sound.

    Refuses with NotReporter, ProgramUnfit or BatchUnsound, in that order. The last says why:
    the row itself is malformed (`invalid`), or PeriodUnfit, PartsUnfit, SampleUnfit or
    ObservationDiffers refuses it.
    """
    channel = rules.reports_by(by, role=facts.role, client_profile=facts.client_profile)
    standing: dict[Place, _Before] = {
        place(facts.rows[one.row]): (one.id, Decimal(one.value), one.sample_size)
        for one in facts.before
    }
    unchanged, refused, faults = list[int](), list[int](), list(facts.unreadable)
    term = Period(facts.starts_on, facts.ends_on)
    for index, row in enumerate(facts.rows):
        here = place(row)
        before = standing.get(here)
        if before is not None and _is_same(row, before, facts.observed):
            unchanged.append(index)
            continue
        try:
            _take(row, before, facts.observed, term=term, at=at)
        except Refusal as refusal:
            refused.append(index)
            faults.append(_of_row(number_of(facts, index), refusal))
        else:
            named = str(number_of(facts, index))
            standing[here] = (named, Decimal(row.value), row.sample_size)
    reported = len(facts.rows) - len(unchanged) - len(refused)
    if faults and not (facts.partial and reported + len(unchanged)):
        raise _unsound(facts, faults)
    return BatchReported(
        channel=channel,
        reported=reported,
        unchanged=tuple(unchanged),
        refused=tuple(refused),
        faults=tuple(faults),
    )


def place(row: Row) -> Place:
    """Return the place that one value stands for, within a metric: period and source."""
    return (row.starts_on, row.ends_on, row.hour, row.source)


def number_of(facts: BatchFacts, index: int) -> int:
    """Return which of all rows of the batch the one is that was read at `index`."""
    return facts.numbers[index] if facts.numbers else index


def _is_same(row: Row, before: _Before, observed: Observed | None) -> bool:
    same = sampling.is_same(observed, before[2], row.sample_size)
    return same and before[1] == Decimal(row.value)


def _take(
    row: Row, before: _Before | None, observed: Observed | None, *, term: Period, at: datetime
) -> None:
    rules.fit(row.measured(), observed, term=term, at=at, pointer="/ends_on")
    if before is not None:
        said = sampling.told(f"{before[1]:f}", before[2])
        raise ObservationDiffers(
            f"row {before[0]} of the batch says {said}."
            if before[0].isdigit()
            else f"{before[0]} says {said}.",
            pointer="/value",
        )


def _of_row(number: int, refusal: Refusal) -> Fault:
    fault, remedy = refusal.faults[0], refusal.remedy
    if isinstance(refusal, ObservationDiffers):
        remedy = _TWICE if fault.detail.startswith(_IN_BATCH) else _BY_ITSELF
    detail = f"{fault.detail} {remedy}"
    return Fault(f"/{number}{fault.pointer}", fault.code, detail)


def _unsound(facts: BatchFacts, faults: list[Fault]) -> BatchUnsound:
    rows = len(facts.rows) + len(facts.unreadable)
    named = f", of which `errors` names {FAULTS_TOLD}" if len(faults) > FAULTS_TOLD else ""
    return BatchUnsound(
        f"{len(faults)} of {rows} rows cannot be taken{named}.", faults=told(faults)
    )


def told(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults of the first rows, no more than one answer names."""
    return tuple(sorted(faults, key=_number)[:FAULTS_TOLD])


def _number(fault: Fault) -> int:
    return int(fault.pointer.split("/")[1])
