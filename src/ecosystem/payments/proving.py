"""Whether observations prove the aggregates of a calculation: computed again from nothing else."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Final

import msgspec
from msgspec import UNSET

from ecosystem.outcomes.aggregates.computing import aggregate, digest_of
from ecosystem.outcomes.aggregates.model import Aggregate, Definition, Excused, Seen, Used
from ecosystem.outcomes.model import State
from ecosystem.outcomes.windows import NO_HOUR, Window, place_of
from ecosystem.payments.calculation import (
    Calculation,
    Demonstration,
    Proof,
    VerifiedObservation,
)
from ecosystem.values.differing import Difference

_LAST: Final = datetime.max.replace(tzinfo=UTC)
"""When whatever was awaited is missing: an aggregate that pays waits for nothing."""
Told = Mapping[str, tuple[Used, ...]]


def proofs_of(made: Calculation, told: Told) -> tuple[Proof, ...]:
    """Return the observations behind the aggregates of a calculation; `told` by their digest."""
    named = sorted({one.observations_digest for _, _, one in _aggregates(made)} & told.keys())
    return tuple(Proof(digest=one, observations=told[one]) for one in named)


def unproved(stated: Calculation) -> Iterator[Difference]:
    """Yield where the facts of a calculation say something else than the proofs beside them.

    Nothing where it comes without proofs: then its facts are taken as they stand.
    """
    if stated.proofs is UNSET:
        return
    told = dict[str, tuple[Used, ...]]()
    for at, proof in enumerate(stated.proofs):
        computed = digest_of(proof.observations)
        told[proof.digest] = proof.observations
        if computed != proof.digest:
            yield Difference(pointer=f"/proofs/{at}/digest", stated=proof.digest, computed=computed)
    for at, fact, shown in _aggregates(stated):
        pointer = f"/facts/observations/{at}"
        used = told.get(shown.observations_digest)
        if used is None:
            where = f"{pointer}/aggregate/observations_digest"
            yield Difference(pointer=where, stated=shown.observations_digest, computed="no proof")
            continue
        found = _again(fact, shown, used)
        pairs = _pairs(fact, shown, found)
        for name, (one, other) in pairs.items():
            if one != other:
                yield Difference(pointer=f"{pointer}/{name}", stated=one, computed=other)


def _aggregates(made: Calculation) -> Iterator[tuple[int, VerifiedObservation, Demonstration]]:
    for at, fact in enumerate(made.facts.observations):
        if fact.aggregate is not UNSET:
            yield at, fact, fact.aggregate


def _again(fact: VerifiedObservation, shown: Demonstration, used: tuple[Used, ...]) -> Aggregate:
    """Return what verified observations come to in the period of a fact."""
    definition = Definition(
        frequency="year", direction="higher", baseline=None, target="0", observed=shown.observed
    )
    free = [
        Excused(datetime.fromisoformat(one.starts_at), datetime.fromisoformat(one.ends_at))
        for one in shown.excused
    ]
    seen = {place_of(_window(one)): _seen(one) for one in used}
    return aggregate(definition, fact.period, seen, free, at=_LAST)


def _window(one: Used) -> Window:
    return Window(one.starts_on, one.ends_on, NO_HOUR if one.hour is None else one.hour)


def _seen(one: Used) -> Seen:
    reported_at = datetime.combine(date.min, datetime.min.time(), UTC)
    return Seen(
        State.VERIFIED, place_of(_window(one)), reported_at, one.value, one.numerator,
        one.denominator, one.id, one.version, one.squares, one.invited,
    )  # fmt: skip


def _pairs(
    fact: VerifiedObservation, shown: Demonstration, found: Aggregate
) -> dict[str, tuple[str, str]]:
    """Return by its place what a fact says, and what was computed."""
    sample = found.sample
    interval = None if sample is None else sample.interval
    stated = None if fact.interval is UNSET else fact.interval
    return {
        "value": (fact.value, found.value or found.reason.en or ""),
        "sample_size": (_said(fact.sample_size), _said(None if sample is None else sample.size)),
        "interval": (_said(stated), _said(interval)),
        "aggregate/windows": (_said(shown.windows), _said(found.windows.all)),
        "aggregate/observations": (_said(shown.observations), _said(found.observations_count)),
    }


def _said(value: object) -> str:
    return msgspec.json.encode(value).decode()
