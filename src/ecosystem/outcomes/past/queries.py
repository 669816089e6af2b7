"""Read metrics and observations as they were."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from ecosystem.contracts import queries as contracts
from ecosystem.history.past.model import Asked, Comparison, Moment
from ecosystem.history.past.queries import Past
from ecosystem.history.queries import Events, page_of_events
from ecosystem.history.tables import event
from ecosystem.outcomes.model import State
from ecosystem.outcomes.queries import METRIC_SEEN, OBSERVATION_VIEW, SEEN
from ecosystem.outcomes.rules import MetricMissing, ObservationMissing
from ecosystem.outcomes.tables import VERIFIED, metric, observation
from ecosystem.runtime.columns import json_of, json_row
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner


def _shown(table: Table, seen: ColumnElement[bool]) -> Any:
    return select(table.c.id).where(
        table.c.authority_id == bindparam("authority_id", type_=Integer),
        table.c.id == bindparam("id", type_=Text),
        seen,
    )


_REPORTED: Final = literal(State.REPORTED.value, literal_execute=True)
_COLUMNS: Final = tuple(one.name for one in event.c if one.name != "body")
_SINCE: Final = (
    "superseded_by", "verified_by", "verified_at", "disputed_by", "disputed_at", "annulled_by",
    "annulled_at", "reason",
)  # fmt: skip
"""What an observation had nothing of when it was reported."""


def _shared(
    stream: ColumnElement[str | None],
    *,
    place: ColumnElement[int],
    facts: ColumnElement[Any],
    decision: ColumnElement[Any],
    **then: ColumnElement[Any],
) -> Select[*tuple[Any, ...]]:
    """Select the first event of `stream`, which many observations share, as of each of them.

    Of its body is told what concerns that one; by it the observation had what it has now, but
    for what `then` says.
    """
    was: dict[str, ColumnElement[Any]] = {
        "version": place,
        **{name: null() for name in _SINCE},
        **then,
    }
    columns = [was.get(str(one.key), one).label(one.key) for one in OBSERVATION_VIEW]
    after = select(*columns).correlate(observation).lateral("was")
    body = json_of(by=event.c.body["by"], facts=facts, decision=decision, after=json_row(after))
    return select(
        observation.c.id.label("thing"), place.label("place"),
        *(event.c[name] for name in _COLUMNS), body.label("body"),
    ).select_from(
        observation.join(
            event,
            (event.c.authority_id == observation.c.authority_id)
            & (event.c.stream == stream)
            & (event.c.version == 1),
        ).join(after, true())
    )  # fmt: skip


_own: Final = event.alias("own")
_UP_TO_VERIFIED: Final = (
    select(func.count())
    .where(_own.c.authority_id == observation.c.authority_id, _own.c.stream == observation.c.id)
    .where(_own.c.body["after"]["verified_at"].as_string().is_(None))
    .correlate(observation)
    .scalar_subquery()
)
_EVENTS: Final = Events(
    union_all(
        select(
            event.c.stream.label("thing"),
            event.c.body["after"]["version"].as_string().cast(Integer).label("place"),
            *(event.c[name] for name in _COLUMNS),
            event.c.body,
        ),
        _shared(
            observation.c.batch_id,
            place=literal_column("1"),
            facts=json_of(batch_id=observation.c.batch_id),
            decision=json_of(state=_REPORTED, channel=observation.c.channel),
            state=_REPORTED,
        ),
        _shared(
            observation.c.verification_id,
            place=_UP_TO_VERIFIED + case((observation.c.batch_id.is_(None), 1), else_=2),
            facts=json_of(verification_id=observation.c.verification_id),
            decision=json_of(
                state=VERIFIED,
                verified_by=observation.c.verified_by,
                reason=observation.c.reason,
            ),
            state=VERIFIED,
            verified_by=observation.c.verified_by,
            verified_at=observation.c.verified_at,
            reason=observation.c.reason,
        ),
    ).subquery("happened"),
    thing="thing",
    place="place",
)
"""What happened to an observation alone, and with others: reported in a batch, verified at once."""
HISTORY: Final = page_of_events(_EVENTS)
"""A page of what happened to an observation, newest first."""
_METRIC: Final = Past(_shown(metric, METRIC_SEEN))
_OBSERVATION: Final = Past(_shown(observation, SEEN), events=_EVENTS)


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
