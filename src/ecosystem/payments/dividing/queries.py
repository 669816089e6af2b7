"""Read what each payee of a contract is owed, has forgone, and has not claimed."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import (
    Integer,
    Numeric,
    Text,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    select,
    union,
)

from ecosystem.identity.tables import organisation
from ecosystem.payments.disputing.tables import payment_dispute
from ecosystem.payments.dividing.model import Account
from ecosystem.payments.dividing.tables import EXCESS, payee_total
from ecosystem.payments.model import PaymentKind, State, Unsent
from ecosystem.payments.tables import payment
from ecosystem.runtime.database import Ahead, Record, Statement, Tx
from ecosystem.values import money
from ecosystem.values.identifiers import authority_of

BATCH: Final = 100
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_HELD: Final = exists().where(
    payment_dispute.c.authority_id == payment.c.authority_id,
    payment_dispute.c.held_id == payment.c.id,
    payment_dispute.c.state == "open",
)
_TAKEN_BACK: Final = (State.RETURNED, State.COMPUTED, State.CLAIMED, State.APPROVED)
"""In this order, in each the newest first."""
UNSENT: Final = Ahead(
    select(
        payment.c.id,
        payment.c.payee_id,
        payment.c.state,
        (payment.c.amount - payment.c.paid - payment.c.taken_back).label("amount"),
        payment.c.currency,
    )
    .where(
        payment.c.authority_id == _AUTHORITY,
        payment.c.contract_id == _CONTRACT,
        payment.c.kind == PaymentKind.OUTCOME.value,
        payment.c.state.in_([one.value for one in _TAKEN_BACK]),
        ~_HELD,
    )
    .order_by(payment.c.id)
    .with_for_update()
)
"""The payments of a contract that the bank was not told of, or that came back; they are locked."""
OWED: Final = Ahead(
    select(payee_total.c.payee_id, payee_total.c.owed).where(
        payee_total.c.authority_id == _AUTHORITY, payee_total.c.contract_id == _CONTRACT
    )
)
"""What each payee of a contract is owed."""
_EXCESS: Final = Statement(
    select(literal_column(EXCESS.format(of="payment"), Numeric)).where(
        payment.c.authority_id == _AUTHORITY,
        payment.c.id == bindparam("id", type_=Text),
        payment.c.kind != PaymentKind.INTEREST.value,
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


_CANDIDATES: Final = union(
    select(payment.c.authority_id, payment.c.id).where(
        payment.c.state == literal(State.RETURNED.value, literal_execute=True)
    ),
    select(payment_dispute.c.authority_id, payment_dispute.c.released_id).where(
        payment_dispute.c.released_id.is_not(None)
    ),
).subquery("candidate")
_OVERPAID: Final = Statement(
    select(
        payment.c.authority_id,
        payment.c.contract_id.label("id"),
        organisation.c.id.label("organisation_id"),
        organisation.c.jurisdiction,
    )
    .distinct()
    .join(
        _CANDIDATES,
        (_CANDIDATES.c.authority_id == payment.c.authority_id) & (_CANDIDATES.c.id == payment.c.id),
    )
    .join(organisation, organisation.c.number == payment.c.authority_id)
    .where(
        payment.c.kind == PaymentKind.OUTCOME.value,
        payment.c.state.in_([one.value for one in _TAKEN_BACK]),
        payment.c.contract_id > bindparam("after", type_=Text),
        literal_column(EXCESS.format(of="payment"), Numeric) > 0,
    )
    .order_by(payment.c.contract_id)
    .limit(BATCH)
)


async def overpaid(tx: Tx, *, at: datetime, after: str) -> list[Record]:
    """Return the next contracts `after` one of which something is to be taken back.

    At most BATCH of them, as `releasing.queries.due` does: what the bank has given back, or a
    dispute has released, of a payee that is owed more than it has earned. In a transaction that
    sees every payment.
    """
    del at
    return await tx.rows(_OVERPAID, after=after)


async def excess(tx: Tx, payment_id: str) -> str:
    """Return what the payee of a payment is owed beyond what it has earned, as a decimal string.

    Nothing where it is of interest, which is earned otherwise.
    """
    found: Decimal | None = await tx.value(
        _EXCESS, authority_id=authority_of(payment_id), id=payment_id
    )
    return f"{found or Decimal(0):f}"


async def accounts(tx: Tx, contract_id: str) -> dict[str, Account]:
    """Return what each payee of a contract that is held has been paid, or will be, by payee.

    Locks the payments that the bank was not told of, the oldest first; they stand in the order in
    which they are taken back.
    """
    key = {"authority_id": authority_of(contract_id), "contract_id": contract_id}
    unsent = dict[str, list[Unsent]]()
    newest = reversed(await tx.rows(UNSENT, **key))
    for row in sorted(newest, key=lambda one: _TAKEN_BACK.index(one["state"])):
        one = Unsent(payment_id=row["id"], amount=money.of(row["amount"], row["currency"]))
        unsent.setdefault(row["payee_id"], []).append(one)
    owed = {row["payee_id"]: row["owed"] for row in await tx.rows(OWED, **key)}
    forgone = {row["payee_id"]: row["forgone"] for row in await tx.rows(FORGONE, **key)}
    return {
        payee: Account(
            owed=owed[payee],
            forgone=forgone.get(payee, Decimal(0)),
            unsent=tuple(unsent.get(payee, ())),
        )
        for payee in owed
    }
