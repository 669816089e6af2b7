"""Read metrics and observations: facts for the rules; views for people, made by PostgreSQL."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Integer,
    SmallInteger,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.form_shapes import Observed
from ecosystem.contracts.tables import contract, contract_party
from ecosystem.identity.clients.tables import client
from ecosystem.outcomes.model import (
    JudgeFacts,
    Metric,
    Observation,
    Other,
    Report,
    ReportFacts,
    Standing,
    State,
)
from ecosystem.outcomes.rules import MetricMissing, ObservationMissing
from ecosystem.outcomes.tables import VERIFIED, metric, observation
from ecosystem.outcomes.windows import NO_HOUR
from ecosystem.runtime.columns import json_of, json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.text import Text as Words

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_METRIC: Final = bindparam("metric_id", type_=Text)
_HOUR: Final = bindparam("hour", type_=SmallInteger)

_METRIC_VIEW: Final[list[ColumnElement[Any]]] = [
    metric.c.id,
    metric.c.version,
    metric.c.contract_id,
    metric.c.code,
    metric.c.title,
    metric.c.definition,
    metric.c.unit,
    metric.c.direction,
    metric.c.frequency,
    metric.c.observed,
    metric.c.source,
    metric.c.method,
    metric.c.verification,
    metric.c.baseline.cast(Text).label("baseline"),
    metric.c.target.cast(Text).label("target"),
]
OBSERVATION_VIEW: Final[list[ColumnElement[Any]]] = [
    observation.c.id,
    observation.c.version,
    observation.c.metric_id,
    observation.c.contract_id,
    observation.c.state,
    json_of(starts_on=observation.c.starts_on, ends_on=observation.c.ends_on).label("period"),
    func.nullif(observation.c.hour, literal_column(str(NO_HOUR))).label("hour"),
    observation.c.value.cast(Text).label("value"),
    observation.c.numerator.cast(Text).label("numerator"),
    observation.c.denominator.cast(Text).label("denominator"),
    observation.c.source,
    observation.c.method,
    observation.c.sample_size,
    observation.c.squares.cast(Text).label("squares"),
    observation.c.invited,
    observation.c.interval,
    observation.c.channel,
    observation.c.batch_id,
    observation.c.reported_by,
    observation.c.reported_at,
    observation.c.supersedes,
    observation.c.superseded_by,
    observation.c.verified_by,
    observation.c.verified_at,
    observation.c.disputed_by,
    observation.c.disputed_at,
    observation.c.annulled_by,
    observation.c.annulled_at,
    observation.c.reason,
]


def is_seen(authority: ColumnElement[int], contract_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether the reader reads the observations of a contract, as they were reported.

    Takes the parameters that `contracts.reads_as` gives.
    """
    return contracts.is_concerned(authority, contract_id)


METRIC_SEEN: Final = is_seen(metric.c.authority_id, metric.c.contract_id)
SEEN: Final = is_seen(observation.c.authority_id, observation.c.contract_id)


def _view(rows: Any) -> Statement:
    one = rows.subquery("one")
    return Statement(select(json_row(one).label("body"), one.c.version))


_ONE_METRIC: Final = _view(
    select(*_METRIC_VIEW).where(
        metric.c.authority_id == _AUTHORITY, metric.c.id == _ID, METRIC_SEEN
    )
)
_ONE: Final = _view(
    select(*OBSERVATION_VIEW).where(
        observation.c.authority_id == _AUTHORITY, observation.c.id == _ID, SEEN
    )
)
_METRIC_AFTER: Final = _view(
    select(*_METRIC_VIEW).where(metric.c.authority_id == _AUTHORITY, metric.c.id == _ID)
)
_AFTER: Final = _view(
    select(*OBSERVATION_VIEW).where(
        observation.c.authority_id == _AUTHORITY, observation.c.id == _ID
    )
)
METRICS: Final = page_of(
    select(*_METRIC_VIEW).where(
        metric.c.authority_id == _AUTHORITY, metric.c.contract_id == _CONTRACT, METRIC_SEEN
    )
)
"""A page of the metrics of a contract that the reader is concerned with."""
OBSERVATIONS: Final = page_of(
    select(*OBSERVATION_VIEW).where(
        observation.c.authority_id == _AUTHORITY, observation.c.metric_id == _METRIC, SEEN
    )
)
"""A page of the observations of a metric that the reader is concerned with."""


PROFILE: Final = (
    select(client.c.profile)
    .where(client.c.id == bindparam("program", type_=Text))
    .scalar_subquery()
)
"""The profile of a program that acts by itself, as `program_of` names it, or null."""


def program_of(by: Actor) -> str | None:
    """Return the client of a program that acts by itself, or None for a person."""
    return by.client_id if by.person_id is None else None


def parties_of(contract_id: Column[str]) -> Any:
    """Return the organisations that are parties to a contract, as an array."""
    return (
        select(func.array_agg(contract_party.c.organisation_id))
        .where(contract_party.c.authority_id == _AUTHORITY)
        .where(contract_party.c.contract_id == contract_id)
        .scalar_subquery()
    )


_REPORT: Final = Statement(
    select(
        metric.c.contract_id,
        metric.c.observed,
        contract.c.starts_on,
        contract.c.ends_on,
        contracts.role_of(metric.c.authority_id, metric.c.contract_id).label("role"),
        parties_of(metric.c.contract_id).label("parties"),
        PROFILE.label("client_profile"),
        observation.c.id.label("standing_id"),
        observation.c.value.label("standing_value"),
        observation.c.sample_size.label("standing_sample_size"),
        observation.c.reported_by.label("standing_reported_by"),
        observation.c.version.label("standing_version"),
        observation.c.state.label("standing_state"),
    )
    .join(
        contract,
        and_(
            contract.c.authority_id == metric.c.authority_id, contract.c.id == metric.c.contract_id
        ),
    )
    .outerjoin(
        observation,
        and_(
            observation.c.authority_id == metric.c.authority_id,
            observation.c.metric_id == metric.c.id,
            observation.c.starts_on == bindparam("starts_on", type_=Date),
            observation.c.ends_on == bindparam("ends_on", type_=Date),
            observation.c.hour == _HOUR,
            observation.c.source == bindparam("source", type_=Text),
            observation.c.superseded_by.is_(None),
            observation.c.state != State.VOID.value,
        ),
    )
    .where(metric.c.authority_id == _AUTHORITY, metric.c.id == _METRIC, METRIC_SEEN)
)
"""Everything that a report is checked against, in one statement: it is the hot path."""
_LOCKED: Final = Statement(
    select(
        observation,
        contracts.role_of(observation.c.authority_id, observation.c.contract_id).label("role"),
    )
    .where(observation.c.authority_id == _AUTHORITY, observation.c.id == _ID, SEEN)
    .with_for_update()
)
_LOCK_METRIC: Final = Statement(
    select(metric.c.id)
    .where(metric.c.authority_id == _AUTHORITY, metric.c.id == _METRIC)
    .with_for_update(key_share=True)
)
_OTHERS: Final = Statement(
    select(
        observation.c.id,
        and_(
            observation.c.starts_on == bindparam("starts_on", type_=Date),
            observation.c.ends_on == bindparam("ends_on", type_=Date),
            observation.c.hour == _HOUR,
            observation.c.source == bindparam("source", type_=Text),
        ).label("is_corrected"),
    )
    .where(observation.c.authority_id == _AUTHORITY, observation.c.metric_id == _METRIC)
    .where(observation.c.state == VERIFIED, observation.c.id != _ID)
    .where(observation.c.starts_on < bindparam("ends_on", type_=Date))
    .where(observation.c.ends_on > bindparam("starts_on", type_=Date))
    .where(
        or_(
            observation.c.hour == _HOUR,
            observation.c.hour == literal_column(str(NO_HOUR)),
            literal_column(str(NO_HOUR)) == _HOUR,
        )
    )
    .order_by(observation.c.id)
)


async def metric_view(tx: Tx, metric_id: str, *, seen_by: Actor) -> Record:
    """Return a metric's JSON as `body`, and its version. Refuses with MetricMissing."""
    reader = contracts.reads_as(seen_by)
    row = await tx.row(_ONE_METRIC, authority_id=_metric_owner(metric_id), id=metric_id, **reader)
    return _found_metric(row)


async def observation_view(tx: Tx, observation_id: str, *, seen_by: Actor) -> Record:
    """Return an observation's JSON as `body`, and its version. Refuses with ObservationMissing."""
    authority = owner(observation_id, "observation", otherwise=ObservationMissing)
    reader = contracts.reads_as(seen_by)
    return _found(await tx.row(_ONE, authority_id=authority, id=observation_id, **reader))


async def metric_after(tx: Tx, metric_id: str) -> Metric:
    """Return a metric as it now is."""
    body = await tx.value(_METRIC_AFTER, authority_id=authority_of(metric_id), id=metric_id)
    return msgspec.json.decode(body, type=Metric)


async def after(tx: Tx, observation_id: str) -> Observation:
    """Return an observation as it now is."""
    body = await tx.value(_AFTER, authority_id=authority_of(observation_id), id=observation_id)
    return msgspec.json.decode(body, type=Observation)


async def report_facts(
    tx: Tx, metric_id: str, asked: Report, *, by: Actor
) -> tuple[ReportFacts, Record]:
    """Return what a report is checked against, and the row with what it is written beside.

    Locks nothing: the table allows one report for a place. Refuses with MetricMissing.
    """
    row = _found_metric(
        await tx.row(
            _REPORT,
            authority_id=_metric_owner(metric_id), metric_id=metric_id,
            starts_on=asked.period.starts_on, ends_on=asked.period.ends_on, source=asked.source,
            hour=NO_HOUR if asked.hour is None else asked.hour,
            program=program_of(by), **contracts.reads_as(by),
        )
    )  # fmt: skip
    standing = None
    if row["standing_id"] is not None:
        standing = Standing(
            id=row["standing_id"],
            value=f"{row['standing_value']:f}",
            reported_by=row["standing_reported_by"],
            sample_size=row["standing_sample_size"],
        )
    facts = ReportFacts(
        role=row["role"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        asked=asked,
        standing=standing,
        observed=observed_of(row),
        client_profile=row["client_profile"],
    )
    return facts, row


async def locked(
    tx: Tx, observation_id: str, *, seen_by: Actor, expected: int | None = None
) -> Record:
    """Lock an observation for change and return its row, with the caller's `role`.

    Refuses with ObservationMissing, or RevisionStale where `expected` is another version.
    """
    authority = owner(observation_id, "observation", otherwise=ObservationMissing)
    reader = contracts.reads_as(seen_by)
    row = _found(await tx.row(_LOCKED, authority_id=authority, id=observation_id, **reader))
    revision.check(expected, actual=row["version"])
    return row


async def judge_facts(tx: Tx, row: Record, *, reason: Words, verifies: bool) -> JudgeFacts:
    """Return what a judgement of a locked observation is checked against.

    Where it `verifies`, locks the metric, so that two verifications see one another.
    """
    place = {"authority_id": row["authority_id"], "metric_id": row["metric_id"]}
    others: list[Record] = []
    if verifies:
        await tx.run(_LOCK_METRIC, **place)
        others = await tx.rows(
            _OTHERS, **place, id=row["id"], starts_on=row["starts_on"], ends_on=row["ends_on"],
            hour=row["hour"], source=row["source"],
        )  # fmt: skip
    return JudgeFacts(
        role=row["role"],
        state=State(row["state"]),
        reported_by=row["reported_by"],
        reported_hand=row["reported_hand"],
        disputed_by=row["disputed_by"],
        disputed_hand=row["disputed_hand"],
        is_superseded=row["superseded_by"] is not None,
        others=tuple(Other(id=one["id"], is_corrected=one["is_corrected"]) for one in others),
        reason=reason,
    )


def observed_of(row: Record) -> Observed | None:
    """Return how the metric of a row is observed, where its terms say so."""
    given: bytes | None = row["observed"]
    return None if given is None else msgspec.json.decode(given, type=Observed)


def measure(value: Decimal) -> str:
    """Return a measured value as the wire writes it."""
    return f"{value:f}"


def _metric_owner(metric_id: str) -> int:
    return owner(metric_id, "metric", otherwise=MetricMissing)


def _found_metric(row: Record | None) -> Record:
    if row is None:
        raise MetricMissing("There is no such metric in a contract of the caller's.")
    return row


def _found(row: Record | None) -> Record:
    if row is None:
        raise ObservationMissing("There is no such observation in a contract of the caller's.")
    return row
