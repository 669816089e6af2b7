"""Read what aggregates are computed from, and compute them."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import chain, repeat
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.tables import contract
from ecosystem.outcomes.aggregates import rules
from ecosystem.outcomes.aggregates.computing import aggregate, standing
from ecosystem.outcomes.aggregates.model import AggregateList, Definition, Excused, Seen
from ecosystem.outcomes.excusals.model import ExcusalState
from ecosystem.outcomes.excusals.tables import excusal
from ecosystem.outcomes.model import State
from ecosystem.outcomes.queries import measure, observed_of
from ecosystem.outcomes.rules import MetricMissing, observed_by
from ecosystem.outcomes.tables import VERIFIED, VOID, metric, observation
from ecosystem.outcomes.windows import DAYS_BITS, HOUR_BITS, periods
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.period import Period

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_METRIC: Final = bindparam("metric_id", type_=Text)
_DEFINED: Final = Statement(
    select(
        metric.c.id,
        metric.c.contract_id,
        metric.c.code,
        metric.c.frequency,
        metric.c.direction,
        metric.c.baseline,
        metric.c.target,
        metric.c.observed,
        contract.c.starts_on,
        contract.c.ends_on,
        contracts.role_of(metric.c.authority_id, metric.c.contract_id).label("role"),
    )
    .join(
        contract,
        and_(
            contract.c.authority_id == metric.c.authority_id, contract.c.id == metric.c.contract_id
        ),
    )
    .where(metric.c.authority_id == _AUTHORITY, metric.c.id == _METRIC)
    .where(contracts.is_concerned(metric.c.authority_id, metric.c.contract_id))
)


_PLACE: Final[ColumnElement[int]] = literal_column(
    "(((starts_on - date '0001-01-01' + 1)::bigint << "
    f"{DAYS_BITS}) + (ends_on - starts_on) << {HOUR_BITS}) + hour + 1"
)
"""Of a window, as `windows.place_of` counts it."""


def _standing(*conditions: Any) -> Select[Any]:
    """Return all of one state in one row: ten thousand rows cost far more to read."""
    columns = (
        _PLACE,
        observation.c.reported_at,
        observation.c.value.cast(Text),
        observation.c.numerator.cast(Text),
        observation.c.denominator.cast(Text),
        observation.c.id,
        observation.c.version,
        observation.c.squares.cast(Text),
        observation.c.invited,
    )
    return (
        select(observation.c.state, *(func.array_agg(one) for one in columns))
        .where(
            observation.c.authority_id == _AUTHORITY,
            observation.c.metric_id == _METRIC,
            observation.c.starts_on >= bindparam("starts_on", type_=Date),
            observation.c.starts_on < bindparam("ends_on", type_=Date),
            *conditions,
        )
        .group_by(observation.c.state)
    )


_SEEN: Final = Statement(
    union_all(
        _standing(observation.c.state == VERIFIED),
        _standing(
            observation.c.superseded_by.is_(None),
            observation.c.state != VOID,
            observation.c.state.in_([State.REPORTED.value, State.DISPUTED.value]),
        ),
    )
)
"""What stands: what is verified, until its correction is; and what is reported and not corrected.
Each half has an index of its own, by the metric and the day."""


_EXCUSED: Final = Statement(
    select(excusal.c.starts_at, excusal.c.ends_at)
    .where(excusal.c.authority_id == _AUTHORITY, excusal.c.metric_id == _METRIC)
    .where(excusal.c.state == ExcusalState.GRANTED.value)
)


async def defined(tx: Tx, metric_id: str, *, seen_by: Actor) -> tuple[Definition, Record]:
    """Return how a metric is aggregated, and its row with the contract's term and `role`.

    Refuses with MetricMissing.
    """
    row = await tx.row(
        _DEFINED, authority_id=owner(metric_id, "metric", otherwise=MetricMissing),
        metric_id=metric_id, **contracts.reads_as(seen_by),
    )  # fmt: skip
    if row is None:
        raise MetricMissing("There is no such metric in a contract of the caller's.")
    return definition_of(row), row


def definition_of(row: Record) -> Definition:
    """Return how the metric of a row is aggregated."""
    return Definition(
        frequency=row["frequency"],
        direction=row["direction"],
        baseline=None if row["baseline"] is None else measure(row["baseline"]),
        target=measure(row["target"]),
        observed=observed_by(observed_of(row), frequency=row["frequency"]),
    )


def term_of(row: Record) -> Period:
    """Return the contract's term, of a row that has it."""
    return Period(row["starts_on"], row["ends_on"])


async def aggregates(
    tx: Tx, metric_id: str, *, starts_on: date, ends_on: date, seen_by: Actor, at: datetime
) -> AggregateList:
    """Return what a metric comes to in each period of which days are asked for.

    Refuses with MetricMissing or RangeUnfit.
    """
    definition, row = await defined(tx, metric_id, seen_by=seen_by)
    term = term_of(row)
    asked = rules.within(Period(starts_on, ends_on), definition, term=term, at=at)
    found = list(periods(definition.frequency, within=asked, term=term))
    whole = Period(found[0].starts_on, found[-1].ends_on)
    stands = standing(await seen(tx, metric_id, whole))
    free = await excused(tx, metric_id)
    return AggregateList(
        metric_id=metric_id,
        at=at,
        definition=definition,
        data=tuple(aggregate(definition, one, stands, free, at=at) for one in found),
    )


async def seen(tx: Tx, metric_id: str, period: Period) -> Iterator[Seen]:
    """Return what stands of a metric in windows that begin in a period."""
    rows = await tx.rows(
        _SEEN, authority_id=authority_of(metric_id), metric_id=metric_id,
        starts_on=period.starts_on, ends_on=period.ends_on,
    )  # fmt: skip
    return chain.from_iterable(map(Seen, repeat(State(row[0])), *row[1:]) for row in rows)


async def excused(tx: Tx, metric_id: str) -> list[Excused]:
    """Return the times for which nothing is asked of a metric."""
    rows = await tx.rows(_EXCUSED, authority_id=authority_of(metric_id), metric_id=metric_id)
    return [Excused(*row) for row in rows]
