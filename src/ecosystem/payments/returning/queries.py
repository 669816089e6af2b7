"""Read what the bank has paid of a payment, and what of it stands."""

from decimal import Decimal
from typing import Final

from sqlalchemy import Integer, Text, and_, bindparam, func, select

from ecosystem.finance.undoing import queries as undoing
from ecosystem.payments.bank.tables import bank_order
from ecosystem.payments.returning.model import SettledPart
from ecosystem.payments.returning.tables import payment_return, payment_settlement
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values import money
from ecosystem.values.identifiers import authority_of

_settled = payment_settlement.c
_RETURNED: Final = (
    select(func.coalesce(func.sum(payment_return.c.amount), 0))
    .where(
        payment_return.c.authority_id == _settled.authority_id,
        payment_return.c.payment_id == _settled.payment_id,
        payment_return.c.settled_version == _settled.version,
    )
    .correlate(payment_settlement)
    .scalar_subquery()
)
STANDING: Final = select(
    _settled.authority_id,
    _settled.payment_id,
    _settled.version,
    _settled.settled_on,
    (_settled.amount - _RETURNED).label("amount"),
).subquery("standing")
"""What of each settlement the bank has not given back."""
_PARTS: Final = Statement(
    select(
        payment_settlement, (_settled.amount - _RETURNED).label("standing"), bank_order.c.file_id
    )
    .outerjoin(
        bank_order,
        and_(
            bank_order.c.authority_id == _settled.authority_id,
            bank_order.c.payment_id == _settled.payment_id,
            bank_order.c.version == _settled.version - 1,
        ),
    )
    .where(
        _settled.authority_id == bindparam("authority_id", type_=Integer),
        _settled.payment_id == bindparam("payment_id", type_=Text),
    )
    .order_by(_settled.version)
)
VIEW: Final = (
    select(
        _settled.authority_id,
        _settled.payment_id,
        _settled.version,
        _settled.bank_reference,
        _settled.settled_on,
        _settled.payee_id,
        _settled.paid_to_id,
        money_json(_settled.amount, _settled.currency).label("amount"),
        money_json(_RETURNED, _settled.currency).label("returned"),
    )
).subquery("view")
"""What is shown of each settlement, with its place."""


async def parts(tx: Tx, payment_id: str) -> tuple[SettledPart, ...]:
    """Return what the bank has paid of a payment that is locked, the oldest first."""
    rows = await tx.rows(_PARTS, authority_id=authority_of(payment_id), payment_id=payment_id)
    return tuple([await _part(tx, row) for row in rows])


async def _part(tx: Tx, row: Record) -> SettledPart:
    standing: Decimal = row["standing"]
    undoable = standing
    if row["assignment_id"] is not None:
        undoable = await undoing.undoable(tx, row["payment_id"], version=row["version"])
    return SettledPart(
        version=row["version"],
        bank_reference=row["bank_reference"],
        settled_on=row["settled_on"],
        amount=money.of(row["amount"], row["currency"]),
        standing=money.of(standing, row["currency"]).amount,
        undoable=money.of(undoable, row["currency"]).amount,
        file_id=row["file_id"],
        assignment_id=row["assignment_id"],
    )
