"""Read what new calculations need after the end of a contract, and what waits for money."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Integer, Text, bindparam, select

from ecosystem.budgets import queries as budgets
from ecosystem.identity.tables import organisation
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.model import AccountKind
from ecosystem.payments import rules as paying
from ecosystem.payments.covering.model import CoverFacts, State
from ecosystem.payments.covering.rules import retained
from ecosystem.payments.covering.tables import shortfall
from ecosystem.payments.deducting import queries as deducting
from ecosystem.payments.model import ComputeFacts, Step, StepFacts, StepMade
from ecosystem.payments.stepping import step_of
from ecosystem.runtime.columns import instant
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor

BATCH: Final = 100
_NOTHING: Final = Decimal(0)
_WAITING: Final = Statement(
    select(shortfall.c.id, shortfall.c.amount, shortfall.c.currency).where(
        shortfall.c.authority_id == bindparam("authority_id", type_=Integer),
        shortfall.c.contract_id == bindparam("contract_id", type_=Text),
        shortfall.c.state == State.WAITING.value,
    )
)
_PAYABLE: Final = Statement(
    select(
        shortfall.c.authority_id,
        shortfall.c.contract_id.label("id"),
        organisation.c.id.label("organisation_id"),
        organisation.c.jurisdiction,
    )
    .join(organisation, organisation.c.number == shortfall.c.authority_id)
    .where(
        shortfall.c.state == State.WAITING.value,
        shortfall.c.contract_id > bindparam("after", type_=Text),
        shortfall.c.amount
        <= budgets.left(
            shortfall.c.programme_id,
            authority_id=shortfall.c.authority_id,
            currency=shortfall.c.currency,
        ),
    )
    .order_by(shortfall.c.contract_id)
    .limit(BATCH)
)


_LISTED: Final = (
    shortfall.c.id,
    shortfall.c.version,
    shortfall.c.state,
    shortfall.c.contract_id,
    shortfall.c.programme_id,
    money_json(shortfall.c.amount, shortfall.c.currency).label("amount"),
    instant(shortfall.c.arose_at).label("arose_at"),
    instant(shortfall.c.ended_at).label("ended_at"),
)
_FILTERS: Final[Mapping[str, ColumnElement[bool]]] = {
    "programme_id": shortfall.c.programme_id == bindparam("programme_id", type_=Text),
    "contract_id": shortfall.c.contract_id == bindparam("contract_id", type_=Text),
    "in_state": shortfall.c.state == bindparam("in_state", type_=Text),
}


class AskedFor(msgspec.Struct, frozen=True, kw_only=True):
    """New calculations under a contract, and what is paid once they stand."""

    steps: StepFacts
    made: tuple[StepMade, ...]
    dues: tuple[ComputeFacts, ...]


@cache
def _listing(names: frozenset[str]) -> Statement:
    return page_of(select(*_LISTED).where(*(_FILTERS[name] for name in sorted(names))))


def listing(filters: Mapping[str, object]) -> Statement:
    """Return the statement for a page of shortfalls with these filters, as far as one sees them."""
    return _listing(frozenset(filters))


async def waiting(tx: Tx, contract_id: str, *, authority: int) -> Record | None:
    """Return the shortfall that a contract waits with, with its `amount`; None without one."""
    return await tx.row(_WAITING, authority_id=authority, contract_id=contract_id)


async def payable(tx: Tx, *, at: datetime, after: str) -> list[Record]:
    """Return the next contracts `after` one whose programme has, at a time, what they wait for.

    At most BATCH of them, as `releasing.queries.due` does. In a transaction that sees every
    calculation.
    """
    del at
    return await tx.rows(_PAYABLE, after=after)


async def cover_facts(
    tx: Tx, asked: AskedFor, row: Record, *, waits: Record | None, by: Actor, at: datetime
) -> CoverFacts:
    """Return what is decided on; the programme of the contract and its accounts are held."""
    contract_id, authority, currency = row["id"], row["authority_id"], row["currency"]
    held = await ledger.balances(tx, contract_id, authority=authority, currency=currency)
    left = await budgets.available(tx, row["programme_id"], authority=authority, currency=currency)
    steps = tuple(_standing(asked))
    contested = await deducting.contested_after(tx, contract_id, asked.made, by=by, at=at)
    return CoverFacts(
        contract_id=contract_id,
        currency=currency,
        value=f"{row['price']:f}",
        held=f"{sum(held.values(), _NOTHING):f}",
        bound=f"{held[AccountKind.ENCUMBERED]:f}",
        asked=f"{_paid(asked.dues, by=by, at=at) + _withheld(asked):f}",
        kept=f"{retained(steps) + contested:f}",
        available=f"{left or _NOTHING:f}",
        waiting=None if waits is None else f"{waits['amount']:f}",
    )


def _standing(asked: AskedFor) -> Iterable[Step]:
    """Yield the steps of a contract as they are once the new calculations stand."""
    again = {one.ordinal for one in asked.made}
    yield from (one for one in asked.steps.steps if one.ordinal not in again)
    for one in asked.made:
        yield step_of(one.calculation, calculation_id="", ordinal=one.ordinal)


def _paid(dues: Sequence[ComputeFacts], *, by: Actor, at: datetime) -> Decimal:
    """Return what becomes payable, less what is taken back."""
    found = _NOTHING
    for one in dues:
        computed = paying.compute(one, by=by, at=at)
        found += _NOTHING if computed.amount is None else computed.amount.decimal()
        back = (each for each in one.unsent if each.payment_id in computed.reversed)
        found -= sum((each.amount.decimal() for each in back), _NOTHING)
    return found


def _withheld(asked: AskedFor) -> Decimal:
    """Return what the new calculations withhold, less what those did that they supersede."""
    before = {one.ordinal: Decimal(one.withheld) for one in asked.steps.steps}
    return sum(
        (
            Decimal(one.calculation.withheld) - before.get(one.ordinal, _NOTHING)
            for one in asked.made
        ),
        _NOTHING,
    )
