"""Undo a settlement whose money the bank has given back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, null, update

from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.model import AccountKind, Leg, Transfer
from ecosystem.payments import queries as paid
from ecosystem.payments.returning import rules
from ecosystem.payments.returning.model import GiveBackFacts
from ecosystem.payments.returning.tables import payment_return
from ecosystem.payments.tables import payment
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.values import control
from ecosystem.values.actor import Actor

_KEEP: Final = inserting(payment_return)
_UNDONE: Final = (
    "approved_by", "approved_at", "instructed_by", "instructed_at", "paid_to_id", "assignment_id",
    "settled_by", "settled_at", "settled_on", "bank_reference", "received_by", "received_at",
)  # fmt: skip
_RETURN: Final = Statement(
    update(payment)
    .where(payment.c.authority_id == bindparam("of_authority"), payment.c.id == bindparam("of"))
    .values(
        state=bindparam("new_state"),
        version=payment.c.version + 1,
        returned_at=bindparam("new_returned_at"),
        **{name: null() for name in _UNDONE},
    )
)


async def give_back(
    tx: Tx, facts: GiveBackFacts, row: Record, *, by: Actor, at: datetime
) -> tuple[Leg, ...]:
    """Undo the settlement of a payment that is locked; return the legs that move its money back.

    Refuses as the rule. Effects: `payment.given_back`, for everyone. The caller moves the money.
    """
    given_back = rules.give_back(facts, by=by, at=at)
    payment_id, authority = facts.payment.payment_id, facts.payment.authority_number
    await tx.run(
        _KEEP,
        authority_id=authority, id=mint("return", authority=authority), payment_id=payment_id,
        payee_id=facts.payment.payee_id, report_id=facts.report_id,
        bank_reference=given_back.bank_reference, settled_on=given_back.settled_on,
        returned_reference=facts.returned_reference, returned_on=facts.returned_on,
        told=facts.told, recorded_by=control.hand(by), recorded_at=at,
    )  # fmt: skip
    await tx.run(
        _RETURN,
        of_authority=authority, of=payment_id, new_state=given_back.state, new_returned_at=at,
    )  # fmt: skip
    await history.record(
        tx, "payment.given_back", payment_id, facts=facts, decision=given_back, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    made = await ledger.transfers(tx, payment_id, authority=authority)
    way = (AccountKind.DISBURSED, AccountKind.IN_TRANSIT, AccountKind.PAYABLE)
    accounts = [paid.account(kind, row, facts.payment.contract_id) for kind in way]
    return tuple(
        Leg(
            debit=debit,
            credit=credit,
            amount=facts.payment.amount,
            reverses_id=_newest(made, undone),
            reference=payment_id,
            act=act,
        )
        for debit, credit, undone, act in zip(
            accounts, accounts[1:], ("settle", "instruct"), ("give_back", "return"), strict=False
        )
    )


def _newest(made: Iterable[Transfer], act: str) -> str | None:
    """Return the transfer of this act that stands; None where it is yet to be made."""
    standing = [one.id for one in made if one.act == act and not one.is_reversed]
    return standing[-1] if standing else None
