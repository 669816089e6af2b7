"""Read what the return of a repayment is checked against."""

from decimal import Decimal
from typing import Final

import msgspec
from sqlalchemy import Integer, Text, and_, bindparam, func, select

from ecosystem.finance import queries as facilities
from ecosystem.finance.model import State
from ecosystem.finance.servicing.tables import repayment
from ecosystem.finance.tables import facility
from ecosystem.finance.undoing import rules
from ecosystem.finance.undoing.model import UndoFacts
from ecosystem.finance.undoing.tables import repayment_return
from ecosystem.finance.waterfall import Application
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money

UNDONE: Final = (
    select(func.coalesce(func.sum(repayment_return.c.amount), 0))
    .where(
        repayment_return.c.authority_id == repayment.c.authority_id,
        repayment_return.c.repayment_id == repayment.c.id,
    )
    .correlate(repayment)
    .scalar_subquery()
)
"""What of a repayment went back."""
_REPAID: Final = Statement(
    select(
        repayment.c.id,
        repayment.c.facility_id,
        repayment.c.document,
        UNDONE.label("undone"),
        facility.c.state,
    )
    .join(
        facility,
        and_(
            facility.c.authority_id == repayment.c.authority_id,
            facility.c.id == repayment.c.facility_id,
        ),
    )
    .where(
        repayment.c.authority_id == bindparam("authority_id", type_=Integer),
        repayment.c.payment_id == bindparam("payment_id", type_=Text),
        repayment.c.payment_version == bindparam("version", type_=Integer),
    )
)


async def undoable(tx: Tx, payment_id: str, *, version: int) -> Decimal:
    """Return how much can go back of what a settlement has paid to a lender."""
    row = await _repaid(tx, payment_id, version=version)
    return rules.undoable(
        _application(row), undone_before=row["undone"], is_agreed=row["state"] == State.AGREED
    )


async def undo_facts(
    tx: Tx, payment_id: str, amount: Money, *, version: int
) -> tuple[UndoFacts, str]:
    """Lock the facility; return what the return of a repayment is checked against, and its name."""
    found = await _repaid(tx, payment_id, version=version)
    locked, _ = await facilities.locked(tx, found["facility_id"])
    row = await _repaid(tx, payment_id, version=version)
    facts = UndoFacts(
        facility=locked,
        payment_id=payment_id,
        application=_application(row),
        undone_before=f"{row['undone']:f}",
        amount=amount,
    )
    return facts, row["id"]


async def _repaid(tx: Tx, payment_id: str, *, version: int) -> Record:
    row = await tx.row(
        _REPAID, authority_id=authority_of(payment_id), payment_id=payment_id, version=version
    )
    if row is None:
        message = "a lender that was paid without a repayment"
        raise LookupError(message)
    return row


def _application(row: Record) -> Application:
    return msgspec.json.decode(row["document"], type=Application)
