"""Read what a batch is checked against, and batches as they were reported."""

from typing import Any, Final

from sqlalchemy import ARRAY, Date, Integer, SmallInteger, Text, and_, bindparam, func, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.tables import contract
from ecosystem.outcomes.batches.model import Batch, BatchFacts, Before, Form, Row
from ecosystem.outcomes.batches.rules import BatchMissing
from ecosystem.outcomes.batches.tables import batch
from ecosystem.outcomes.model import State
from ecosystem.outcomes.queries import PROFILE, measure, observed_of, parties_of, program_of
from ecosystem.outcomes.rules import MetricMissing
from ecosystem.outcomes.tables import metric, observation
from ecosystem.outcomes.windows import NO_HOUR
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.rows import Rows

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_METRIC: Final = bindparam("metric_id", type_=Text)
_ID: Final = bindparam("id", type_=Text)
_HELD: Final = Statement(
    select(
        metric.c.contract_id,
        metric.c.observed,
        contract.c.starts_on,
        contract.c.ends_on,
        contracts.role_of(metric.c.authority_id, metric.c.contract_id).label("role"),
        parties_of(metric.c.contract_id).label("parties"),
        PROFILE.label("client_profile"),
    )
    .join(
        contract,
        and_(
            contract.c.authority_id == metric.c.authority_id, contract.c.id == metric.c.contract_id
        ),
    )
    .where(metric.c.authority_id == _AUTHORITY, metric.c.id == _METRIC)
    .where(contracts.is_concerned(metric.c.authority_id, metric.c.contract_id))
    .with_for_update(of=metric, key_share=True)
)
_rows = (
    func.unnest(
        bindparam("starts_on", type_=ARRAY(Date)),
        bindparam("ends_on", type_=ARRAY(Date)),
        bindparam("hours", type_=ARRAY(SmallInteger)),
        bindparam("sources", type_=ARRAY(Text)),
    )
    .table_valued("starts_on", "ends_on", "hour", "source", with_ordinality="place")
    .render_derived(name="given")
)
_BEFORE: Final = Statement(
    select(
        (_rows.c.place - 1).label("row"),
        observation.c.id,
        observation.c.value,
        observation.c.sample_size,
    )
    .join_from(
        _rows,
        observation,
        and_(
            observation.c.authority_id == _AUTHORITY,
            observation.c.metric_id == _METRIC,
            observation.c.starts_on == _rows.c.starts_on,
            observation.c.ends_on == _rows.c.ends_on,
            observation.c.hour == _rows.c.hour,
            observation.c.source == _rows.c.source,
            observation.c.superseded_by.is_(None),
            observation.c.state != State.VOID.value,
        ),
    )
    .order_by(_rows.c.place)
)
_VIEW: Final = [batch.c[name] for name in Batch.__struct_fields__]
_SEEN: Final = contracts.is_concerned(batch.c.authority_id, batch.c.contract_id)
_one = (
    select(*_VIEW).where(batch.c.authority_id == _AUTHORITY, batch.c.id == _ID, _SEEN)
).subquery("one")
_ONE: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
BATCHES: Final = page_of(
    select(*_VIEW).where(batch.c.authority_id == _AUTHORITY, batch.c.metric_id == _METRIC, _SEEN)
)
"""A page of the batches of a metric that the reader is concerned with."""


async def held(tx: Tx, metric_id: str, *, by: Actor) -> Record:
    """Hold a metric, so that one batch of it goes on at a time; return what reporting asks for.

    The row has its contract's term and `parties`, the caller's `role` and `client_profile`.
    Refuses with MetricMissing.
    """
    row = await tx.row(
        _HELD, authority_id=owner(metric_id, "metric", otherwise=MetricMissing),
        metric_id=metric_id, program=program_of(by), **contracts.reads_as(by),
    )  # fmt: skip
    if row is None:
        raise MetricMissing("There is no such metric in a contract of the caller's.")
    return row


async def facts(
    tx: Tx, metric_id: str, row: Record, given: Rows[Row], *, form: Form, partial: bool,
    first_id: str,
) -> BatchFacts:  # fmt: skip
    """Return what a batch is checked against; `row` is that of the metric, which is held."""
    return BatchFacts(
        metric_id=metric_id,
        role=row["role"],
        client_profile=row["client_profile"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        observed=observed_of(row),
        form=form,
        partial=partial,
        first_id=first_id,
        rows=given.rows,
        numbers=given.numbers if given.faults else (),
        unreadable=given.faults,
        before=await _before(tx, metric_id, given.rows),
    )


async def batch_view(tx: Tx, batch_id: str, *, seen_by: Actor) -> Record:
    """Return a batch's JSON as `body`, and its version. Refuses with BatchMissing."""
    authority = owner(batch_id, "batch", otherwise=BatchMissing)
    row = await tx.row(_ONE, authority_id=authority, id=batch_id, **contracts.reads_as(seen_by))
    if row is None:
        raise BatchMissing("There is no such batch in a contract of the caller's.")
    return row


def columns(rows: tuple[Row, ...]) -> dict[str, list[Any]]:
    """Return the place of each row as statements take them: columns."""
    return {
        "starts_on": [one.starts_on for one in rows],
        "ends_on": [one.ends_on for one in rows],
        "hours": [NO_HOUR if one.hour is None else one.hour for one in rows],
        "sources": [one.source for one in rows],
    }


async def _before(tx: Tx, metric_id: str, rows: tuple[Row, ...]) -> tuple[Before, ...]:
    found = await tx.rows(
        _BEFORE, authority_id=authority_of(metric_id), metric_id=metric_id, **columns(rows)
    )
    return tuple(
        Before(one["row"], one["id"], measure(one["value"]), one["sample_size"]) for one in found
    )
