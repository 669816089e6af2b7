"""Read what the tax of a calculation is made from, and what another one has withheld."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Integer, Numeric, Text, bindparam, cast, select

from ecosystem.catalogue.profiles.days import day_of
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.queries import rules_of
from ecosystem.payments.calculation import Tax
from ecosystem.payments.tables import calculation
from ecosystem.payments.taxing.rules import in_force
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.identifiers import authority_of

_WITHHELD: Final = Statement(
    select(cast(calculation.c.document["withheld"].as_string(), Numeric)).where(
        calculation.c.authority_id == bindparam("authority_id", type_=Integer),
        calculation.c.id == bindparam("id", type_=Text),
    )
)


async def taxes(tx: Tx, row: Record, *, at: datetime) -> tuple[Tax, ...]:
    """Return the taxes on what a contract pays at a time; `row` is that of the contract."""
    law = await rules_of(tx, row)
    return in_force(law.rules.taxes, on=day_of(at, calendar=law.calendar))


async def withheld_of(tx: Tx, calculation_id: str | None) -> Decimal:
    """Return what a calculation withholds; nothing for none."""
    if calculation_id is None:
        return Decimal(0)
    found: Decimal = await tx.value(
        _WITHHELD, authority_id=authority_of(calculation_id), id=calculation_id
    )
    return found


async def contract_row(tx: Tx, contract_id: str) -> Record:
    """Return the row of a contract that is held."""
    _, row = await contracts.terms(tx, contract_id)
    return row
