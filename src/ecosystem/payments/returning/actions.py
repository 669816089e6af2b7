"""Undo a settlement whose money the bank has given back, or a part of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, null, update

from ecosystem.finance.undoing import actions as undoing
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.model import AccountKind, Leg, Transfer
from ecosystem.payments.computing.accounts import account
from ecosystem.payments.returning import rules
from ecosystem.payments.returning.model import GiveBackFacts
from ecosystem.payments.returning.tables import payment_return
from ecosystem.payments.tables import payment
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money

_KEEP: Final = inserting(payment_return)
_UNDONE: Final = (
    "approved_by", "approved_at", "instructed_by", "instructed_at", "paid_to_id", "assignment_id",
    "settled_by", "settled_at", "settled_on", "bank_reference", "received_by", "received_at",
    "reversed_by", "reversed_at",
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
    """Undo a settlement of a payment that is locked, or a part; return how its money moves back.

    Refuses as the rules. Effects: `payment.given_back`, for everyone; where a lender was paid,
    `repayment.undone`. The caller moves the money.
    """
    given_back = rules.give_back(facts, by=by, at=at)
    payment, settled = facts.payment, facts.settled
    payment_id, authority = payment.payment_id, payment.authority_number
    version = row["version"] + 1
    await tx.run(
        _KEEP,
        authority_id=authority, id=mint("return", authority=authority), payment_id=payment_id,
        version=version, settled_version=settled.version, payee_id=payment.payee_id,
        report_id=facts.report_id, amount=facts.amount.decimal(), currency=facts.amount.currency,
        bank_reference=given_back.bank_reference, settled_on=given_back.settled_on,
        returned_reference=facts.returned_reference, returned_on=facts.returned_on,
        told=facts.told, recorded_by=control.hand(by), recorded_at=at,
    )  # fmt: skip
    undone = tuple[Leg, ...]()
    if settled.assignment_id is not None:
        undone = await undoing.undo(
            tx, payment_id, facts.amount, settled_version=settled.version, version=version,
            by=by, at=at,
        )  # fmt: skip
    await tx.run(
        _RETURN,
        of_authority=authority, of=payment_id, new_state=given_back.state, new_returned_at=at,
    )  # fmt: skip
    await history.record(
        tx, "payment.given_back", payment_id, facts=facts, decision=given_back, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return (*await _legs(tx, facts, row), *undone)


async def _legs(tx: Tx, facts: GiveBackFacts, row: Record) -> tuple[Leg, ...]:
    """Return how money moves back: where all of a settlement does, as exact counter-transfers."""
    payment = facts.payment
    made: tuple[Transfer, ...] = ()
    if facts.amount == facts.settled.amount:
        made = await ledger.transfers(tx, payment.payment_id, authority=payment.authority_number)
    way = (AccountKind.DISBURSED, AccountKind.IN_TRANSIT, AccountKind.PAYABLE)
    accounts = [account(kind, row, payment.contract_id) for kind in way]
    return tuple(
        Leg(
            debit=debit,
            credit=credit,
            amount=facts.amount,
            reverses_id=_newest(made, undone, facts.amount),
            reference=payment.payment_id,
            act=act,
        )
        for debit, credit, undone, act in zip(
            accounts, accounts[1:], ("settle", "instruct"), ("give_back", "return"), strict=False
        )
    )


def _newest(made: Iterable[Transfer], act: str, amount: Money) -> str | None:
    """Return the transfer of this act and amount that stands; None where there is none yet."""
    standing = [
        one.id
        for one in made
        if one.act == act and one.leg.amount == amount and not one.is_reversed
    ]
    return standing[-1] if standing else None
