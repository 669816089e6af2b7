"""Read what each payee of a contract is owed, has forgone, and has not claimed."""

from decimal import Decimal
from typing import Final

from sqlalchemy import Integer, Numeric, Text, bindparam, exists, func, literal_column, select

from ecosystem.payments.disputing.tables import payment_dispute
from ecosystem.payments.dividing.model import Account
from ecosystem.payments.dividing.tables import EXCESS, payee_total
from ecosystem.payments.model import PaymentKind, State, Unclaimed
from ecosystem.payments.tables import payment
from ecosystem.runtime.database import Ahead, Statement, Tx
from ecosystem.values import money
from ecosystem.values.identifiers import authority_of

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_HELD: Final = exists().where(
    payment_dispute.c.authority_id == payment.c.authority_id,
    payment_dispute.c.held_id == payment.c.id,
    payment_dispute.c.state == "open",
)
UNCLAIMED: Final = Ahead(
    select(payment.c.id, payment.c.payee_id, payment.c.amount, payment.c.currency)
    .where(
        payment.c.authority_id == _AUTHORITY,
        payment.c.contract_id == _CONTRACT,
        payment.c.kind == PaymentKind.OUTCOME.value,
        payment.c.state == State.COMPUTED.value,
        ~_HELD,
    )
    .order_by(payment.c.id)
    .with_for_update()
)
"""The payments of a contract that nobody has claimed, which are locked."""
OWED: Final = Ahead(
    select(payee_total.c.payee_id, payee_total.c.owed).where(
        payee_total.c.authority_id == _AUTHORITY, payee_total.c.contract_id == _CONTRACT
    )
)
"""What each payee of a contract is owed."""
_EXCESS: Final = Statement(
    select(literal_column(EXCESS.format(of="payment"), Numeric)).where(
        payment.c.authority_id == _AUTHORITY, payment.c.id == bindparam("id", type_=Text)
    )
)
FORGONE: Final = Ahead(
    select(
        payment_dispute.c.payee_id,
        func.sum(payment_dispute.c.amount - payment_dispute.c.payable).label("forgone"),
    )
    .where(
        payment_dispute.c.authority_id == _AUTHORITY,
        payment_dispute.c.contract_id == _CONTRACT,
        payment_dispute.c.payable.is_not(None),
    )
    .group_by(payment_dispute.c.payee_id)
)
"""What each payee of a contract has forgone."""


async def excess(tx: Tx, payment_id: str) -> str:
    """Return what the payee of a payment is owed beyond what it has earned, as a decimal string."""
    found: Decimal = await tx.value(_EXCESS, authority_id=authority_of(payment_id), id=payment_id)
    return f"{found:f}"


async def accounts(tx: Tx, contract_id: str) -> dict[str, Account]:
    """Return what each payee of a contract that is held has been paid, or will be, by payee.

    Locks the payments that nobody has claimed, the oldest first; they stand the newest first.
    """
    key = {"authority_id": authority_of(contract_id), "contract_id": contract_id}
    unclaimed = dict[str, list[Unclaimed]]()
    for row in reversed(await tx.rows(UNCLAIMED, **key)):
        one = Unclaimed(payment_id=row["id"], amount=money.of(row["amount"], row["currency"]))
        unclaimed.setdefault(row["payee_id"], []).append(one)
    owed = {row["payee_id"]: row["owed"] for row in await tx.rows(OWED, **key)}
    forgone = {row["payee_id"]: row["forgone"] for row in await tx.rows(FORGONE, **key)}
    return {
        payee: Account(
            owed=owed[payee],
            forgone=forgone.get(payee, Decimal(0)),
            unclaimed=tuple(unclaimed.get(payee, ())),
        )
        for payee in owed
    }
