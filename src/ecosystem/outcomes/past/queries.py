"""Read metrics and observations as they were."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Table, Text, bindparam, select

from ecosystem.contracts import queries as contracts
from ecosystem.history.past.model import Asked, Comparison, Moment
from ecosystem.history.past.queries import Past
from ecosystem.outcomes.queries import METRIC_SEEN, SEEN
from ecosystem.outcomes.rules import MetricMissing, ObservationMissing
from ecosystem.outcomes.tables import metric, observation
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner


def _shown(table: Table, seen: ColumnElement[bool]) -> Any:
    return select(table.c.id).where(
        table.c.authority_id == bindparam("authority_id", type_=Integer),
        table.c.id == bindparam("id", type_=Text),
        seen,
    )


_METRIC: Final = Past(_shown(metric, METRIC_SEEN))
_OBSERVATION: Final = Past(_shown(observation, SEEN))


async def metric_past(tx: Tx, metric_id: str, *, seen_by: Actor, asked: Asked) -> bytes:
    """Return the JSON of a metric as of what is asked.

    Refuses with MetricMissing where today's is not the caller's to see, and as `Past.read`.
    """
    authority = owner(metric_id, "metric", otherwise=MetricMissing)
    memory = await _METRIC.read(
        tx, metric_id, asked=asked, authority_id=authority, id=metric_id,
        **contracts.reads_as(seen_by),
    )  # fmt: skip
    if memory is None:
        raise _no_metric()
    return memory.answer()


async def compare_metric(
    tx: Tx, metric_id: str, *, since: Moment | None, until: Moment, seen_by: Actor
) -> Comparison:
    """Return how a metric was at two moments, and what happened to it in between.

    Refuses with MetricMissing where today's is not the caller's to see, and as `Past.compare`.
    """
    authority = owner(metric_id, "metric", otherwise=MetricMissing)
    found = await _METRIC.compare(
        tx, metric_id, since=since, until=until, authority_id=authority, id=metric_id,
        **contracts.reads_as(seen_by),
    )  # fmt: skip
    if found is None:
        raise _no_metric()
    return found


async def observation_past(tx: Tx, observation_id: str, *, seen_by: Actor, asked: Asked) -> bytes:
    """Return the JSON of an observation as of what is asked.

    Refuses with ObservationMissing where today's is not the caller's to see, and as `Past.read`.
    """
    authority = owner(observation_id, "observation", otherwise=ObservationMissing)
    memory = await _OBSERVATION.read(
        tx, observation_id, asked=asked, authority_id=authority, id=observation_id,
        **contracts.reads_as(seen_by),
    )  # fmt: skip
    if memory is None:
        raise _no_observation()
    return memory.answer()


async def compare_observation(
    tx: Tx, observation_id: str, *, since: Moment | None, until: Moment, seen_by: Actor
) -> Comparison:
    """Return how an observation was at two moments, and what happened to it in between.

    Refuses with ObservationMissing where today's is not the caller's to see, and as
    `Past.compare`.
    """
    authority = owner(observation_id, "observation", otherwise=ObservationMissing)
    found = await _OBSERVATION.compare(
        tx, observation_id, since=since, until=until, authority_id=authority, id=observation_id,
        **contracts.reads_as(seen_by),
    )  # fmt: skip
    if found is None:
        raise _no_observation()
    return found


def _no_metric() -> MetricMissing:
    return MetricMissing("There is no such metric in a contract of the caller's.")


def _no_observation() -> ObservationMissing:
    return ObservationMissing("There is no such observation in a contract of the caller's.")
