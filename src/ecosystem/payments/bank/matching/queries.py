"""Lock what a report is about, in the one order in which this house takes locks."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ARRAY, Integer, Text, bindparam, func, select

from ecosystem.finance import queries as facilities
from ecosystem.finance.assigning.tables import assignment
from ecosystem.payments.bank.tables import bank_order
from ecosystem.payments.model import State
from ecosystem.payments.returning.tables import payment_settlement
from ecosystem.payments.tables import payment
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.identifiers import authority_of

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_NAMED: Final = func.any(bindparam("named", type_=ARRAY(Text)))
_PAYMENTS: Final = Statement(
    select(payment.c.id)
    .where(payment.c.authority_id == _AUTHORITY, payment.c.id == _NAMED)
    .order_by(payment.c.id)
    .with_for_update()
)
_FACILITIES: Final = Statement(
    select(assignment.c.facility_id)
    .join(
        payment,
        (payment.c.authority_id == assignment.c.authority_id)
        & (payment.c.assignment_id == assignment.c.id),
    )
    .where(payment.c.authority_id == _AUTHORITY, payment.c.id == _NAMED)
    .union(
        select(assignment.c.facility_id)
        .join(
            payment_settlement,
            (payment_settlement.c.authority_id == assignment.c.authority_id)
            & (payment_settlement.c.assignment_id == assignment.c.id),
        )
        .where(
            payment_settlement.c.authority_id == _AUTHORITY,
            payment_settlement.c.payment_id == _NAMED,
        )
    )
)
"""Under which lenders are told to be paid, or were, of whom money may come back."""
_ORDERED_IN: Final = Statement(
    select(bank_order.c.file_id)
    .join(
        payment,
        (payment.c.authority_id == bank_order.c.authority_id)
        & (payment.c.id == bank_order.c.payment_id)
        & (payment.c.version == bank_order.c.version),
    )
    .where(payment.c.authority_id == _AUTHORITY, payment.c.id == bindparam("id", type_=Text))
    .where(payment.c.state == State.INSTRUCTED.value)
)
_ORDERED: Final = Statement(
    select(bank_order.c.payment_id)
    .where(
        bank_order.c.authority_id == _AUTHORITY, bank_order.c.file_id == bindparam("id", type_=Text)
    )
    .where(bank_order.c.returned_at.is_(None))
    .order_by(bank_order.c.payment_id)
)


async def hold(tx: Tx, payment_ids: Collection[str], *, authority: int) -> None:
    """Lock payments of an authority, then the facilities whose lenders they pay, or have paid."""
    place = {"authority_id": authority, "named": list(payment_ids)}
    await tx.rows(_PAYMENTS, **place)
    paying = await tx.rows(_FACILITIES, **place)
    await facilities.hold(tx, [row["facility_id"] for row in paying], authority=authority)


async def ordered_in(tx: Tx, payment_id: str) -> str | None:
    """Return the file with the order of the instruction of a payment, where there is one."""
    found: str | None = await tx.value(
        _ORDERED_IN, authority_id=authority_of(payment_id), id=payment_id
    )
    return found


async def ordered(tx: Tx, file_id: str, *, authority: int) -> tuple[str, ...]:
    """Return the payments of a file that the bank has not returned."""
    rows = await tx.rows(_ORDERED, authority_id=authority, id=file_id)
    return tuple(row["payment_id"] for row in rows)
