"""Report a batch of observations: read its rows, decide on each, write all that are new."""

import hashlib
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ARRAY,
    Date,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.outcomes import sampling
from ecosystem.outcomes.batches import queries, rules
from ecosystem.outcomes.batches.model import BatchAnswer, BatchFacts, BatchReported, Form, Row
from ecosystem.outcomes.batches.tables import batch
from ecosystem.outcomes.model import State
from ecosystem.outcomes.tables import observation
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint, mint_run
from ecosystem.values import control
from ecosystem.values import rows as reading
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, following
from ecosystem.values.refusal import Fault
from ecosystem.values.rows import Rows

_VARYING: Final[dict[str, Any]] = {
    "ids": Text, "starts_on": Date, "ends_on": Date, "hours": SmallInteger, "sources": Text,
    "values": Text, "numerators": Text, "denominators": Text, "methods": Text, "sizes": Integer,
    "squares": Text, "invited": Integer, "intervals": Text,
}  # fmt: skip
_given = (
    func.unnest(*(bindparam(name, type_=ARRAY(type_)) for name, type_ in _VARYING.items()))
    .table_valued(
        "id",
        "starts_on",
        "ends_on",
        "hour",
        "source",
        "value",
        "numerator",
        "denominator",
        "method",
        "sample_size",
        "squares",
        "invited",
        "interval",
    )
    .render_derived(name="given")
)
_NUMBERS: Final = ("value", "numerator", "denominator", "squares")
_FIXED: Final[dict[str, Any]] = {
    "authority_id": Integer, "metric_id": Text, "contract_id": Text, "channel": Text,
    "batch_id": Text, "reported_by": Text, "reported_hand": Text,
}  # fmt: skip
_WRITTEN: Final[dict[str, Any]] = {
    **{name: bindparam(name, type_=type_) for name, type_ in _FIXED.items()},
    "reported_at": bindparam("reported_at", type_=observation.c.reported_at.type),
    "version": bindparam("version", type_=Integer),
    "state": bindparam("state", type_=Text),
    **{
        name: _given.c[name]
        for name in ("id", "starts_on", "ends_on", "hour", "source", "sample_size", "invited")
    },
    **{name: _given.c[name].cast(Numeric) for name in _NUMBERS},
    **{name: _given.c[name].cast(JSON) for name in ("method", "interval")},
}
_WRITE: Final = Statement(insert(observation).from_select([*_WRITTEN], select(*_WRITTEN.values())))
_KEEP: Final = inserting(batch)


async def report(
    tx: Tx, metric_id: str, body: bytes, *, form: Form, partial: bool, rows_max: int, by: Actor,
    at: datetime,
) -> BatchAnswer:  # fmt: skip
    """Report the rows of `body` that are new, all or nothing unless `partial`.

    Refuses with MetricMissing, BatchUnreadable, and as the rule does; raises
    `values.rows.TooMany`. Effects: holds the metric; one batch, its observations, and one
    event of the batch with all its rows; nothing at all where no row is new.
    """
    row = await queries.held(tx, metric_id, by=by)
    given = reading.read(body, form, Row, rows_max=rows_max)
    authority = authority_of(metric_id)
    facts = await queries.facts(
        tx, metric_id, row, given, form=form, partial=partial,
        first_id=mint_run("observation", len(given.rows), authority=authority),
    )  # fmt: skip
    try:
        reported = rules.report(facts, by=by, at=at)
    except rules.BatchUnsound as refusal:
        told = tuple(given.told(one) for one in refusal.faults)
        raise rules.BatchUnsound(refusal.detail, faults=told) from None
    batch_id = None
    if reported.reported:
        batch_id = mint("batch", authority=authority)
        sha256 = hashlib.sha256(body).hexdigest()
        await _keep(tx, batch_id, facts, reported, row, sha256=sha256, by=by, at=at)
        await _write(tx, batch_id, facts, reported, row, by=by, at=at)
        await history.record(
            tx, "batch.reported", batch_id, facts=facts, decision=reported, by=by, at=at,
            audience=Audience(organisations=tuple(row["parties"])),
        )  # fmt: skip
    return _answer(batch_id, facts, reported, given)


async def _keep(
    tx: Tx, batch_id: str, facts: BatchFacts, reported: BatchReported, row: Record, *,
    sha256: str, by: Actor, at: datetime,
) -> None:  # fmt: skip
    refused = len(reported.faults)
    await tx.run(
        _KEEP,
        authority_id=authority_of(batch_id), id=batch_id, version=1, metric_id=facts.metric_id,
        contract_id=row["contract_id"], form=facts.form, sha256=sha256,
        rows=reported.reported + len(reported.unchanged) + refused, reported=reported.reported,
        unchanged=len(reported.unchanged), refused=refused, first_observation_id=facts.first_id,
        channel=reported.channel, reported_by=by.organisation_id, reported_at=at,
    )  # fmt: skip


async def _write(
    tx: Tx, batch_id: str, facts: BatchFacts, reported: BatchReported, row: Record, *,
    by: Actor, at: datetime,
) -> None:  # fmt: skip
    new = _new(facts, reported)
    await tx.run(
        _WRITE,
        authority_id=authority_of(batch_id), metric_id=facts.metric_id,
        contract_id=row["contract_id"], channel=reported.channel, batch_id=batch_id,
        reported_by=by.organisation_id, reported_hand=control.hand(by), reported_at=at,
        version=1, state=State.REPORTED,
        ids=following(facts.first_id, len(new)), values=[one.value for one in new],
        numerators=[one.numerator for one in new],
        denominators=[one.denominator for one in new],
        methods=[_method(one) for one in new], sizes=[one.sample_size for one in new],
        squares=[one.squares for one in new], invited=[one.invited for one in new],
        intervals=_intervals(facts, new),
        **queries.columns(new),
    )  # fmt: skip


def _new(facts: BatchFacts, reported: BatchReported) -> tuple[Row, ...]:
    left_out = {*reported.unchanged, *reported.refused}
    if not left_out:
        return facts.rows
    return tuple(one for index, one in enumerate(facts.rows) if index not in left_out)


def _intervals(facts: BatchFacts, new: tuple[Row, ...]) -> list[str | None]:
    if facts.observed is None or facts.observed.asks() is None:
        return [None] * len(new)
    found = (sampling.interval_of(one.measured(), facts.observed) for one in new)
    return [None if one is None else msgspec.json.encode(one).decode() for one in found]


def _method(row: Row) -> str | None:
    said = {"zh": row.method_zh, "en": row.method_en}
    given = {language: text for language, text in said.items() if text is not None}
    return msgspec.json.encode(given).decode() if given else None


def _answer(
    batch_id: str | None, facts: BatchFacts, reported: BatchReported, given: Rows[Row]
) -> BatchAnswer:
    told: tuple[Fault, ...] = tuple(given.told(one) for one in rules.told(reported.faults))
    return BatchAnswer(
        id=batch_id,
        version=1,
        rows=given.count,
        reported=reported.reported,
        unchanged=len(reported.unchanged),
        refused=len(reported.faults),
        first_observation_id=facts.first_id if batch_id else None,
        errors=told,
    )
