"""Read what late interest is calculated and paid from."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import Integer, Text, bindparam, func, select

from ecosystem.catalogue.profiles.days import day_of, end_of
from ecosystem.catalogue.profiles.model import InForce
from ecosystem.contracts.changes.queries import rules_of
from ecosystem.contracts.tables import contract
from ecosystem.payments.late.model import PayInterestFacts, SettledLateFacts, SettledOn
from ecosystem.payments.model import PaymentFacts, PaymentKind
from ecosystem.payments.queries import STANDS
from ecosystem.payments.returning.queries import STANDING
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values import money
from ecosystem.values.identifiers import authority_of

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_LATE: Final = bindparam("payment_id", type_=Text)
_PLACE: Final = Statement(
    select(contract, payment.c.calculation_id, payment.c.kind.label("payment_kind"))
    .join(
        payment,
        (contract.c.authority_id == payment.c.authority_id)
        & (contract.c.id == payment.c.contract_id),
    )
    .where(payment.c.authority_id == _AUTHORITY, payment.c.id == _LATE)
)
_ORDINAL: Final = Statement(
    select(calculation.c.ordinal).where(
        calculation.c.authority_id == _AUTHORITY,
        calculation.c.id == bindparam("calculation_id", type_=Text),
    )
)
_ACCRUED: Final = Statement(
    select(calculation.c.id, calculation.c.total, calculation.c.ordinal).where(
        calculation.c.authority_id == _AUTHORITY, calculation.c.late_payment_id == _LATE, STANDS
    )
)
_of_late = calculation.alias("of_late")
_OWED: Final = Statement(
    select(func.coalesce(func.sum(payment.c.amount), 0))
    .join(
        _of_late,
        (_of_late.c.authority_id == payment.c.authority_id)
        & (_of_late.c.id == payment.c.calculation_id),
    )
    .where(
        payment.c.authority_id == _AUTHORITY,
        _of_late.c.late_payment_id == _LATE,
        payment.c.state.not_in(["rejected", "reversed"]),
    )
)
_PARTS: Final = Statement(
    select(STANDING.c.settled_on, func.sum(STANDING.c.amount).label("amount"))
    .where(
        STANDING.c.authority_id == _AUTHORITY,
        STANDING.c.payment_id == _LATE,
        STANDING.c.amount > 0,
    )
    .group_by(STANDING.c.settled_on)
    .order_by(STANDING.c.settled_on)
)
_BLINK: Final = timedelta(microseconds=1)


async def due_on(tx: Tx, row: Record, *, at: datetime) -> date | None:
    """Return until which day a payment that is claimed at a time is to be settled.

    `row` has the `need_id` of its contract, and what the payment is due on already, which stays.
    None where the profile says nothing of it.
    """
    if row["due_on"] is not None:
        found: date = row["due_on"]
        return found
    law = await rules_of(tx, row)
    if law.rules.payment_term is None:
        return None
    end = end_of(law.rules.payment_term, after=at, calendar=law.calendar)
    return day_of(max(end - _BLINK, at), calendar=law.calendar)


async def settled_facts(
    tx: Tx, paid: PaymentFacts, *, version: int
) -> tuple[SettledLateFacts, Record]:
    """Return what the interest on a payment that was settled is calculated from.

    The row is that of its contract, with the payment's `calculation_id`.
    """
    row = await tx.row(_PLACE, authority_id=paid.authority_number, payment_id=paid.payment_id)
    if row is None:
        message = "a payment without a contract"
        raise LookupError(message)
    law: InForce = await rules_of(tx, row)
    currency = paid.amount.currency
    parts = await tx.rows(_PARTS, authority_id=paid.authority_number, payment_id=paid.payment_id)
    facts = SettledLateFacts(
        payment_id=paid.payment_id,
        version=version,
        currency=currency,
        due_on=paid.due_on,
        parts=tuple(
            SettledOn(settled_on=one["settled_on"], amount=money.of(one["amount"], currency).amount)
            for one in parts
        ),
        contract_value=money.of(row["price"], row["currency"]).amount,
        terms=law.rules.late_interest,
        is_interest=row["payment_kind"] == PaymentKind.INTEREST,
    )
    return facts, row


async def standing(tx: Tx, payment_id: str) -> Record | None:
    """Return the newest calculation of the interest on a payment, with its ordinal and total."""
    return await tx.row(_ACCRUED, authority_id=authority_of(payment_id), payment_id=payment_id)


async def ordinal(tx: Tx, row: Record) -> int:
    """Return of which step the calculation behind a payment is."""
    found: int = await tx.value(
        _ORDINAL, authority_id=row["authority_id"], calculation_id=row["calculation_id"]
    )
    return found


async def pay_facts(tx: Tx, late: PaymentFacts) -> PayInterestFacts:
    """Return what a payment of the interest on a payment that is locked is made from."""
    accrued = await standing(tx, late.payment_id)
    owed: Decimal = await tx.value(
        _OWED, authority_id=late.authority_number, payment_id=late.payment_id
    )
    currency = late.amount.currency
    total = Decimal(0) if accrued is None else accrued["total"]
    return PayInterestFacts(
        payment_id=late.payment_id,
        authority_number=late.authority_number,
        payee_id=late.payee_id,
        calculation_id=None if accrued is None else accrued["id"],
        currency=currency,
        accrued=money.of(total, currency).amount,
        owed=money.of(owed, currency).amount,
    )
