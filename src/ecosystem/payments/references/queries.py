"""Hold the references of a bank, and read what they settle or gave back."""

from collections.abc import Iterable
from typing import Final
from zlib import crc32

from sqlalchemy import ARRAY, Integer, Text, bindparam, func, select

from ecosystem.payments.returning.model import TakenReturn
from ecosystem.payments.returning.tables import payment_return, payment_settlement
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values import money

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_REFERENCE: Final = bindparam("bank_reference", type_=Text)
_SETTLED_BY: Final = Statement(
    select(payment_settlement.c.payment_id).where(
        payment_settlement.c.authority_id == _AUTHORITY,
        payment_settlement.c.bank_reference == _REFERENCE,
    )
)
_RETURNED_BY: Final = Statement(
    select(payment_return.c.payment_id, payment_return.c.amount, payment_return.c.currency).where(
        payment_return.c.authority_id == _AUTHORITY,
        payment_return.c.returned_reference == _REFERENCE,
    )
)

_LANES: Final = 64
"""In how many lanes the references of a bank go; each has room in the table of locks."""
_lane = func.unnest(bindparam("lanes", type_=ARRAY(Integer))).column_valued("lane")
_HOLD: Final = Statement(
    select(
        func.pg_advisory_xact_lock(
            func.hashtextextended(func.concat("bank reference ", _AUTHORITY, " ", _lane), 0)
        )
    )
)


async def hold(tx: Tx, names: Iterable[str | None], *, authority: int) -> None:
    """Wait for whoever writes references of a bank that may be these, and let others wait.

    Whoever settles or gives back does this before it locks a payment: a reference is unique, so
    that to write it is to wait for whoever has written it. Effects: advisory locks until the
    transaction ends, in one order.
    """
    lanes = sorted({crc32(one.encode()) % _LANES for one in names if one is not None})
    if lanes:
        await tx.rows(_HOLD, authority_id=authority, lanes=lanes)


async def settled_by(tx: Tx, bank_reference: str, *, authority: int) -> str | None:
    """Return the payment of an authority that a bank's reference settles now, or once did."""
    found: str | None = await tx.value(
        _SETTLED_BY, authority_id=authority, bank_reference=bank_reference
    )
    return found


async def returned_by(tx: Tx, bank_reference: str, *, authority: int) -> TakenReturn | None:
    """Return what a bank's reference gave back of a payment of an authority already."""
    row = await tx.row(_RETURNED_BY, authority_id=authority, bank_reference=bank_reference)
    if row is None:
        return None
    return TakenReturn(
        payment_id=row["payment_id"], amount=money.of(row["amount"], row["currency"])
    )
