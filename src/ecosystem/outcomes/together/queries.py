"""Read what a verification of many observations is checked against, locked."""

from typing import Final

from sqlalchemy import ARRAY, Date, Integer, Text, any_, bindparam, func, select

from ecosystem.contracts import queries as contracts
from ecosystem.outcomes.model import State
from ecosystem.outcomes.rules import MetricMissing
from ecosystem.outcomes.tables import VERIFIED, metric, observation
from ecosystem.outcomes.together.model import MOST, Chosen, Together, TogetherFacts
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_METRIC: Final = bindparam("metric_id", type_=Text)
_SOURCE: Final = bindparam("source", type_=Text)
_HELD: Final = Statement(
    select(
        metric.c.granularity,
        metric.c.frequency,
        contracts.role_of(metric.c.authority_id, metric.c.contract_id).label("role"),
    )
    .where(metric.c.authority_id == _AUTHORITY, metric.c.id == _METRIC)
    .where(contracts.is_concerned(metric.c.authority_id, metric.c.contract_id))
    .with_for_update(of=metric, key_share=True)
)
_CHOSEN: Final = Statement(
    select(*(observation.c[name] for name in Chosen._fields))
    .where(observation.c.authority_id == _AUTHORITY, observation.c.metric_id == _METRIC)
    .where(observation.c.state == State.REPORTED.value)
    .where(observation.c.superseded_by.is_(None), observation.c.supersedes.is_(None))
    .where(observation.c.starts_on >= bindparam("starts_on", type_=Date))
    .where(observation.c.ends_on <= bindparam("ends_on", type_=Date))
    .where(observation.c.source == func.coalesce(_SOURCE, observation.c.source))
    .order_by(observation.c.id)
    .limit(MOST + 1)
    .with_for_update()
)
_other = observation.alias("other")
_RIVALS: Final = Statement(
    select(_other.c.id)
    .join_from(
        observation,
        _other,
        (_other.c.authority_id == observation.c.authority_id)
        & (_other.c.metric_id == observation.c.metric_id)
        & (_other.c.starts_on == observation.c.starts_on)
        & (_other.c.ends_on == observation.c.ends_on)
        & (_other.c.hour == observation.c.hour),
    )
    .where(observation.c.authority_id == _AUTHORITY)
    .where(observation.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
    .where(_other.c.state == VERIFIED)
    .order_by(_other.c.id)
    .limit(10)
)


async def facts(tx: Tx, metric_id: str, asked: Together, *, by: Actor) -> TogetherFacts:
    """Hold a metric and what is reported of it; return what is checked. Refuses MetricMissing."""
    authority = owner(metric_id, "metric", otherwise=MetricMissing)
    named = {"authority_id": authority, "metric_id": metric_id}
    row = await tx.row(_HELD, **named, **contracts.reads_as(by))
    if row is None:
        raise MetricMissing("There is no such metric in a contract of the caller's.")
    found = await tx.rows(
        _CHOSEN, **named, starts_on=asked.period.starts_on, ends_on=asked.period.ends_on,
        source=asked.source,
    )  # fmt: skip
    chosen = tuple(Chosen(*one) for one in found)
    rivals = await tx.rows(_RIVALS, authority_id=authority, ids=[one.id for one in chosen])
    return TogetherFacts(
        metric_id=metric_id,
        role=row["role"],
        granularity=row["granularity"],
        frequency=row["frequency"],
        asked=asked,
        chosen=chosen,
        rivals=tuple(one["id"] for one in rivals),
    )
