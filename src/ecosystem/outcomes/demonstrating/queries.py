"""Read which periods of a contract's metrics are demonstrated by shorter windows."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Integer, Text, and_, bindparam, or_, select

from ecosystem.contracts.form_shapes import Observed
from ecosystem.contracts.tables import contract
from ecosystem.outcomes.aggregates.computing import proved, standing
from ecosystem.outcomes.aggregates.model import Definition
from ecosystem.outcomes.aggregates.queries import definition_of, excused, seen, term_of
from ecosystem.outcomes.demonstrating import rules
from ecosystem.outcomes.demonstrating.model import Demonstrated
from ecosystem.outcomes.intervals import Interval
from ecosystem.outcomes.model import VerifiedObservation
from ecosystem.outcomes.queries import measure, observed_of
from ecosystem.outcomes.sampling import lacks
from ecosystem.outcomes.tables import VERIFIED, metric, observation
from ecosystem.outcomes.windows import instants_of, periods
from ecosystem.runtime.database import Ahead, Record, Statement, Tx
from ecosystem.values.identifiers import authority_of
from ecosystem.values.period import Period

Held = Mapping[tuple[str, Period], Observed]
"""How a period of a metric is observed, where it was calculated: that stays as it was."""
METRICS: Final = Ahead(
    select(
        metric.c.id, metric.c.version, metric.c.code, metric.c.frequency, metric.c.granularity,
        metric.c.direction, metric.c.baseline, metric.c.target, metric.c.observed,
        contract.c.starts_on, contract.c.ends_on,
    )
    .join(
        contract,
        and_(
            contract.c.authority_id == metric.c.authority_id, contract.c.id == metric.c.contract_id
        ),
    )
    .where(metric.c.authority_id == bindparam("authority_id", type_=Integer))
    .where(
        or_(
            metric.c.contract_id == bindparam("contract_id", type_=Text),
            metric.c.id == bindparam("metric_id", type_=Text),
        )
    )
    .order_by(metric.c.code)
)  # fmt: skip
"""The metrics of a contract, or one of them."""


_WINDOW_OF: Final = Statement(
    select(observation.c.metric_id, observation.c.starts_on, observation.c.ends_on).where(
        observation.c.authority_id == bindparam("authority_id", type_=Integer),
        observation.c.id == bindparam("id", type_=Text),
    )
)


_PROVED: Final = (
    "id", "version", "starts_on", "ends_on", "value", "sample_size", "invited", "interval",
    "verified_at",
)  # fmt: skip
VERIFIED_OF: Final = Ahead(
    select(*(observation.c[name] for name in _PROVED), metric.c.code, metric.c.observed)
    .select_from(observation)
    .join(
        metric,
        and_(
            metric.c.authority_id == observation.c.authority_id,
            metric.c.id == observation.c.metric_id,
        ),
    )
    .where(
        observation.c.authority_id == bindparam("authority_id", type_=Integer),
        observation.c.contract_id == bindparam("contract_id", type_=Text),
    )
    .where(observation.c.state == VERIFIED)
    .where(metric.c.granularity == metric.c.frequency)
    .order_by(metric.c.code, observation.c.starts_on, observation.c.id)
)
"""The verified observations of a contract that are of a whole period each."""


async def window_of(tx: Tx, observation_id: str) -> tuple[str, Period]:
    """Return the metric and the days of an observation."""
    row = await tx.row(_WINDOW_OF, authority_id=authority_of(observation_id), id=observation_id)
    if row is None:
        raise LookupError(observation_id)
    return row["metric_id"], Period(row["starts_on"], row["ends_on"])


async def verified(tx: Tx, contract_id: str) -> tuple[VerifiedObservation, ...]:
    """Return the verified observations of a contract, as payment rules read them.

    What is verified counts until its correction is verified too; a survey's sample that is too
    small proves nothing.
    """
    rows = await tx.rows(
        VERIFIED_OF, authority_id=authority_of(contract_id), contract_id=contract_id
    )
    return tuple(
        VerifiedObservation(
            id=row["id"],
            version=row["version"],
            metric=row["code"],
            period=Period(row["starts_on"], row["ends_on"]),
            value=measure(row["value"]),
            sample_size=row["sample_size"],
            interval=_interval(row),
            verified_at=row["verified_at"],
        )
        for row in rows
        if _proves(row)
    )


def _proves(row: Record) -> bool:
    observed = observed_of(row)
    survey = None if observed is None else observed.asks()
    if survey is None:
        return True
    return lacks(survey, size=row["sample_size"] or 0, invited=row["invited"]) is None


async def demonstrated(
    tx: Tx, contract_id: str, *, codes: Collection[str], held: Held, at: datetime
) -> tuple[Demonstrated, ...]:
    """Return what pays of the metrics with these codes that are observed in shorter windows.

    Each with all the observations that it is computed from.
    """
    authority = authority_of(contract_id)
    rows = await tx.rows(METRICS, authority_id=authority, contract_id=contract_id, metric_id=None)
    found = list[Demonstrated]()
    for row in rows:
        kept = {period: how for (metric_id, period), how in held.items() if metric_id == row["id"]}
        if row["code"] in codes and (kept or row["granularity"] != row["frequency"]):
            found += [one async for one in _of(tx, row, kept, at=at)]
    return tuple(found)


async def is_proved(tx: Tx, metric_id: str, days: Period, *, at: datetime) -> bool:
    """Tell whether a change of a metric's windows in some days can change what is paid.

    It can where they are a whole period each; where a period of theirs pays by its aggregate; and
    where the metric's terms were changed, so that it may have been observed otherwise.
    """
    row = await tx.row(
        METRICS, authority_id=authority_of(metric_id), contract_id=None, metric_id=metric_id
    )
    if row is None or row["granularity"] == row["frequency"] or row["version"] > 1:
        return True
    definition, term = definition_of(row), term_of(row)
    for period in periods(definition.frequency, within=days, term=term):
        if await _one(tx, row, definition, period, at=at) is not None:
            return True
    return False


async def _of(
    tx: Tx, row: Record, kept: Mapping[Period, Observed], *, at: datetime
) -> AsyncIterator[Demonstrated]:
    now = definition_of(row)
    for period in _periods(row, now, kept, at=at):
        how = msgspec.structs.replace(now, observed=kept.get(period, now.observed))
        found = await _one(tx, row, how, period, at=at)
        if found is not None:
            yield found


def _periods(
    row: Record, definition: Definition, kept: Mapping[Period, Observed], *, at: datetime
) -> Iterator[Period]:
    """Yield the periods that were calculated, and those that are over and share no day of them."""
    yield from kept
    if row["granularity"] == row["frequency"]:
        return
    today, term = at.astimezone(ZoneInfo(definition.observed.time_zone)).date(), term_of(row)
    for period in periods(definition.frequency, within=term, term=term):
        if period.ends_on > today:
            return
        if not any(period.overlaps(one) for one in kept):
            yield period


async def _one(
    tx: Tx, row: Record, definition: Definition, period: Period, *, at: datetime
) -> Demonstrated | None:
    """Return what a period came to, or None where it does not pay."""
    observed = definition.observed
    starts_at, ends_at = instants_of(period, ZoneInfo(observed.time_zone))
    times = tuple(
        one
        for one in await excused(tx, row["id"])
        if one.starts_at < ends_at and starts_at < one.ends_at
    )
    stands = standing(await seen(tx, row["id"], period))
    found, used = proved(definition, period, stands, times, at=at)
    if not rules.pays(found, observed, at=at):
        return None
    return Demonstrated(
        metric_id=row["id"],
        version=row["version"],
        metric=row["code"],
        observed=observed,
        excused=times,
        aggregate=found,
        used=used,
    )


def _interval(row: Record) -> Interval | None:
    given: bytes | None = row["interval"]
    return None if given is None else msgspec.json.decode(given, type=Interval)
