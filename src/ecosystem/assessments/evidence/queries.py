"""Take the evidence of a year: settled money, judged milestones, verified observations."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from ecosystem.assessments.model import ENGINE, PARTS_MAX, Evidence, Part, Unmeasured
from ecosystem.assessments.rules import AssessmentUnready
from ecosystem.budgets.shifting.rules import period_of
from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.catalogue.profiles.model import AssessmentTable, IndicatorKind, InForce
from ecosystem.contracts.tables import contract
from ecosystem.identity.tables import organisation
from ecosystem.ledger.model import AccountKind
from ecosystem.ledger.tables import ledger_account, transfer
from ecosystem.milestones.model import State as MilestoneState
from ecosystem.milestones.tables import milestone
from ecosystem.outcomes.aggregates import queries as aggregates
from ecosystem.outcomes.aggregates.model import Aggregate, AggregateList
from ecosystem.outcomes.aggregates.rules import RangeUnfit
from ecosystem.outcomes.tables import metric
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.actor import Actor
from ecosystem.values.period import Period

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_PROGRAMME: Final = bindparam("programme_id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_STARTS: Final = bindparam("starts_at", type_=DateTime(timezone=True))
_ENDS: Final = bindparam("ends_at", type_=DateTime(timezone=True))
_PLACE: Final = Statement(
    select(organisation.c.jurisdiction).where(organisation.c.number == _AUTHORITY)
)
_from = ledger_account.alias("source")
_into = ledger_account.alias("target")
_NOT_EARNED: Final = (
    AccountKind.APPROPRIATION, AccountKind.AVAILABLE, AccountKind.COMMITTED,
    AccountKind.ENCUMBERED,
)  # fmt: skip


def _is(account: Any, *kinds: AccountKind) -> ColumnElement[bool]:
    kind: ColumnElement[str] = account.c.kind
    return kind.in_([literal(str(one), literal_execute=True) for one in kinds])


def _net(
    into: ColumnElement[bool], out: ColumnElement[bool], when: ColumnElement[bool]
) -> ColumnElement[Any]:
    moved = transfer.c.amount * (func.cast(into, Integer) - func.cast(out, Integer))
    return func.coalesce(func.sum(moved).filter(when), literal(0, literal_execute=True))


_whole_life = transfer.c.valid_at < _ENDS
_in_year = transfer.c.valid_at >= _STARTS
_before = transfer.c.valid_at < _STARTS
_spent = (_is(_into, AccountKind.DISBURSED), _is(_from, AccountKind.DISBURSED))
_SPENDING: Final = Statement(
    select(
        _net(*_spent, _in_year).label("spent"),
        _net(*_spent, _before).label("spent_before"),
        _net(
            _is(_from, AccountKind.APPROPRIATION), _is(_into, AccountKind.APPROPRIATION),
            _whole_life,
        ).label("appropriated"),
        _net(
            and_(_is(_from, AccountKind.ENCUMBERED), ~_is(_into, *_NOT_EARNED)),
            and_(_is(_into, AccountKind.ENCUMBERED), ~_is(_from, *_NOT_EARNED)),
            _in_year,
        ).label("earned"),
    )
    .select_from(transfer)
    .join(
        _from,
        and_(_from.c.authority_id == transfer.c.authority_id, _from.c.id == transfer.c.debit_id),
    )
    .join(
        _into,
        and_(_into.c.authority_id == transfer.c.authority_id, _into.c.id == transfer.c.credit_id),
    )
    .where(
        _from.c.authority_id == _AUTHORITY,
        _from.c.programme_id == _PROGRAMME,
        _whole_life,
        or_(
            _CONTRACT.is_(None), _from.c.owner_ref == _CONTRACT, _into.c.owner_ref == _CONTRACT
        ),
    )
)  # fmt: skip


def _of_contracts(table: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.authority_id == _AUTHORITY,
        contract.c.programme_id == _PROGRAMME,
        contract.c.activated_at.is_not(None),
        or_(_CONTRACT.is_(None), contract.c.id == _CONTRACT),
    )


def _with_contract(table: Any) -> ColumnElement[bool]:
    return and_(
        contract.c.authority_id == table.c.authority_id, contract.c.id == table.c.contract_id
    )


_MILESTONES: Final = Statement(
    select(
        milestone.c.id,
        milestone.c.state,
        milestone.c.due_at,
        milestone.c.accepted_share,
        func.coalesce(
            milestone.c.accepted_delivery_at, milestone.c.delivered_at, milestone.c.accepted_at
        ).label("delivered_at"),
    )
    .join(contract, _with_contract(milestone))
    .where(
        *_of_contracts(milestone),
        milestone.c.due_at >= _STARTS,
        milestone.c.due_at < _ENDS,
        milestone.c.state != literal("cancelled", literal_execute=True),
    )
    .order_by(milestone.c.id)
)
_METRICS: Final = Statement(
    select(metric.c.id, metric.c.code)
    .join(contract, _with_contract(metric))
    .where(*_of_contracts(metric))
    .order_by(metric.c.id)
)


async def place(tx: Tx, authority: int, *, fiscal_year: int) -> InForce:
    """Return the rules of an authority's place on the first day of a year."""
    code: str = await tx.value(_PLACE, authority_id=authority) or ""
    return await profiles.profile_for(tx, jurisdiction=code, on=date(fiscal_year, 1, 1))


async def take(tx: Tx, row: Record, *, by: Actor, at: datetime) -> tuple[Evidence, date]:
    """Return the evidence of an assessment's year as it is now, and what day it is there.

    Refuses with AssessmentUnready where more was asked for than one assessment holds.
    """
    rules = await place(tx, row["authority_id"], fiscal_year=row["fiscal_year"])
    table, zone = rules.rules.assessment, ZoneInfo(rules.calendar.time_zone)
    period = period_of(row["fiscal_year"], rules.rules.fiscal_year)
    key = {name: row[name] for name in ("authority_id", "programme_id", "contract_id")}
    within = {
        "starts_at": datetime.combine(period.starts_on, time(), zone),
        "ends_at": datetime.combine(period.ends_on, time(), zone),
    }
    parts = [
        *_spent_parts(table, await tx.row(_SPENDING, **key, **within), row),
        *_delivered(table, await tx.rows(_MILESTONES, **key, **within)),
        *[one async for one in _observed(tx, table, key, period=period, by=by, at=at)],
    ]
    if len(parts) > PARTS_MAX:
        raise AssessmentUnready(f"{len(parts)} things were asked for; assess each contract.")
    evidence = Evidence(
        engine=ENGINE, profile_id=rules.profile_id, table=table, programme_id=row["programme_id"],
        contract_id=row["contract_id"], fiscal_year=row["fiscal_year"], period=period,
        taken_at=at, parts=tuple(parts),
    )  # fmt: skip
    return evidence, at.astimezone(zone).date()


def _codes(table: AssessmentTable, kind: IndicatorKind) -> list[str]:
    return [one.code for one in table.indicators if one.kind is kind]


def _spent_parts(table: AssessmentTable, found: Record | None, row: Record) -> Iterator[Part]:
    if found is None:
        return
    is_contract = row["contract_id"] is not None
    there: Decimal = (
        found["earned"] if is_contract else found["appropriated"] - found["spent_before"]
    )
    nothing = Unmeasured.NOTHING_EARNED if is_contract else Unmeasured.NOTHING_APPROPRIATED
    for code in _codes(table, IndicatorKind.BUDGET_EXECUTION):
        yield Part(
            indicator=code, source="spending", source_id=row["contract_id"] or row["programme_id"],
            period=None, actual=None if there <= 0 else _plain(found["spent"]),
            target=_plain(max(there, Decimal(0))), direction="higher",
            unmeasured=nothing if there <= 0 else None,
        )  # fmt: skip


def _delivered(table: AssessmentTable, rows: list[Record]) -> Iterator[Part]:
    for code in _codes(table, IndicatorKind.OUTPUT):
        for row in rows:
            waits = row["state"] == MilestoneState.SUBMITTED
            yield Part(
                indicator=code, source="milestone", source_id=row["id"], period=None,
                actual=None if waits else _done(row, table.late_counts), target="1",
                direction="higher", unmeasured=Unmeasured.NOT_JUDGED if waits else None,
            )  # fmt: skip


def _done(row: Record, late_counts: str) -> str:
    share: Decimal = row["accepted_share"]
    if row["state"] == MilestoneState.ACCEPTED:
        share = Decimal(1)
    if share and row["delivered_at"] is not None and row["delivered_at"] > row["due_at"]:
        share *= Decimal(late_counts)
    return _plain(share)


async def _observed(
    tx: Tx, table: AssessmentTable, key: dict[str, Any], *, period: Period, by: Actor, at: datetime
) -> AsyncIterator[Part]:
    for row in await tx.rows(_METRICS, **key):
        named = [one.code for one in table.indicators if row["code"] in one.metrics]
        try:
            found = await aggregates.aggregates(
                tx, row["id"], starts_on=period.starts_on, ends_on=period.ends_on, seen_by=by, at=at
            )
        except RangeUnfit:
            continue
        lacks = table.needs_baseline and found.definition.baseline is None and not named
        for code in named or _codes(table, IndicatorKind.BENEFIT):
            for one in found.data:
                if period.starts_on <= one.period.starts_on < period.ends_on:
                    yield _measured(code, found, one, lacks=lacks)


def _measured(code: str, found: AggregateList, one: Aggregate, *, lacks: bool) -> Part:
    unmeasured = Unmeasured.NO_BASELINE if lacks else None
    if unmeasured is None and one.value is None:
        lacking = one.state == "not_demonstrated" and one.sample is not None
        unmeasured = (
            Unmeasured.SAMPLE_UNFIT
            if lacking and one.windows.verified
            else (Unmeasured.NOT_VERIFIED)
        )
    return Part(
        indicator=code,
        source="metric",
        source_id=found.metric_id,
        period=one.period,
        actual=one.value if unmeasured is None else None,
        target=found.definition.target,
        direction=found.definition.direction,
        unmeasured=unmeasured,
        observations_digest=one.observations_digest,
    )


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
