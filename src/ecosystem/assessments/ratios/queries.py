"""Spread the contracts of an authority over their lives, in PostgreSQL, exactly."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import gcd
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from ecosystem.assessments.evidence import queries as evidence
from ecosystem.assessments.ratios.model import OperationRatio, SectorRatio
from ecosystem.budgets.shifting.rules import period_of
from ecosystem.budgets.tables import programme
from ecosystem.catalogue.model import Phase, Sector
from ecosystem.contracts.tables import contract
from ecosystem.identity.queries import OrganisationUnknown
from ecosystem.identity.tables import organisation
from ecosystem.ledger.tables import transfer
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money
from ecosystem.values.period import Period

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_FIRST: Final = bindparam("starts_on", type_=Date)
_LAST: Final = bindparam("ends_on", type_=Date)
_NINE: Final = Decimal("0.000000001")
_WHOLE: Final = Period(date(1900, 1, 1), date(2999, 1, 1))
"""Holds every day of every contract."""
_AUTHORITY_OF: Final = Statement(
    select(organisation.c.number).where(organisation.c.id == bindparam("id", type_=Text))
)


def _word(text: str) -> ColumnElement[str]:
    return literal(text, literal_execute=True)


_returned = (
    select(func.coalesce(func.sum(transfer.c.amount), 0))
    .where(
        transfer.c.authority_id == contract.c.authority_id,
        transfer.c.reference == contract.c.id,
        transfer.c.act == _word("lower"),
        transfer.c.recorded_at >= contract.c.ended_at,
    )
    .scalar_subquery()
)
_ended_on = func.cast(func.timezone(bindparam("time_zone", type_=Text), contract.c.ended_at), Date)
_lives = (
    select(
        contract.c.id,
        contract.c.terms["title"].label("title"),
        contract.c.programme_id,
        contract.c.currency,
        programme.c.sector,
        programme.c.operation,
        programme.c.phase,
        contract.c.starts_on,
        func.least(
            contract.c.ends_on,
            func.greatest(func.coalesce(_ended_on, contract.c.ends_on), contract.c.starts_on + 1),
        ).label("ends_on"),
        case(
            (contract.c.ended_at.is_not(None), contract.c.price - _returned),
            else_=contract.c.price,
        ).label("value"),
    )
    .join(
        programme,
        and_(
            programme.c.authority_id == contract.c.authority_id,
            programme.c.id == contract.c.programme_id,
        ),
    )
    .where(contract.c.authority_id == _AUTHORITY, contract.c.activated_at.is_not(None))
    .subquery("lives")
)


def _accrued(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return what of a contract's value has accrued before a day, in its smallest coins."""
    life = _lives.c.ends_on - _lives.c.starts_on
    passed = func.greatest(func.least(day - _lives.c.starts_on, life), 0)
    return func.div(_lives.c.value * _coins * passed, life)


_coins = func.power(
    cast(literal(10, literal_execute=True), Numeric), func.currency_places(_lives.c.currency)
)
_shares = (
    select(*_lives.c, ((_accrued(_LAST) - _accrued(_FIRST)) / _coins).label("share"))
    .where(_lives.c.starts_on < _LAST, _lives.c.ends_on > _FIRST)
    .subquery("shares")
)


def _in_phase(phase: Phase) -> ColumnElement[Any]:
    return func.coalesce(func.sum(_shares.c.share).filter(_shares.c.phase == _word(phase)), 0)


_SUMS: Final = Statement(
    select(
        _shares.c.sector,
        _shares.c.currency,
        _in_phase(Phase.CONSTRUCTION).label("construction"),
        _in_phase(Phase.OPERATION).label("operation"),
        func.count().label("contracts"),
    )
    .group_by(_shares.c.currency, func.rollup(_shares.c.sector))
    .order_by(_shares.c.sector.nulls_first(), _shares.c.currency)
)


def _listed() -> Select[Any]:
    kept = ("id", "title", "programme_id", "sector", "operation", "phase", "starts_on", "ends_on")
    sector, phase = (bindparam(name, type_=Text) for name in ("sector", "phase"))
    return select(
        *(_shares.c[name] for name in kept),
        money_json(_shares.c.value, _shares.c.currency).label("value"),
        money_json(_shares.c.share, _shares.c.currency).label("share"),
    ).where(
        or_(sector == _word(""), _shares.c.sector == sector),
        or_(phase == _word(""), _shares.c.phase == phase),
    )


CONTRACTS: Final = page_of(_listed())


async def bounds(tx: Tx, organisation_id: str, fiscal_year: int | None) -> dict[str, Any]:
    """Return what the statements here are told of an authority and a year.

    Refuses with OrganisationUnknown.
    """
    authority: int | None = await tx.value(_AUTHORITY_OF, id=organisation_id)
    if authority is None:
        raise OrganisationUnknown("There is no such organisation.")
    place = await evidence.place(tx, authority, fiscal_year=fiscal_year or date.max.year)
    period = period_of(fiscal_year, place.rules.fiscal_year) if fiscal_year else _WHOLE
    return {
        "authority_id": authority,
        "time_zone": place.calendar.time_zone,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
    }


async def ratio(tx: Tx, organisation_id: str, fiscal_year: int | None) -> OperationRatio:
    """Return the ratio of an authority in a year, or over whole lives.

    Refuses with OrganisationUnknown.
    """
    asked = await bounds(tx, organisation_id, fiscal_year)
    rows = await tx.rows(_SUMS, **asked)
    return OperationRatio(
        organisation_id=organisation_id,
        fiscal_year=fiscal_year,
        period=Period(asked["starts_on"], asked["ends_on"]) if fiscal_year else None,
        data=tuple(_ratios(rows)),
    )


def _ratios(rows: Iterable[Record]) -> Iterator[SectorRatio]:
    for row in rows:
        built, run, currency = row["construction"], row["operation"], row["currency"]
        both = built + run
        share = (run / both).quantize(_NINE, ROUND_HALF_UP) if both else None
        yield SectorRatio(
            sector=None if row["sector"] is None else Sector(row["sector"]),
            currency=currency,
            construction=money.of(built, currency),
            operation=money.of(run, currency),
            ratio=_lowest(built, run, currency) if both else None,
            operation_share=None if share is None else f"{share.normalize():f}",
            contracts=row["contracts"],
        )


def _lowest(built: Decimal, run: Decimal, currency: str) -> str:
    """Return two amounts of a currency, of which one is more than nothing, in lowest terms."""
    coins = 10 ** money.places(currency)
    left, right = int(built * coins), int(run * coins)
    common = gcd(left, right)
    return f"{left // common}:{right // common}"
