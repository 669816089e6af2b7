"""Undo what money had paid that a lender got, and that goes back through the bank."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.contracts.canonical import canonical
from ecosystem.finance import queries as facilities
from ecosystem.finance.actions import audience
from ecosystem.finance.undoing import queries, rules
from ecosystem.finance.undoing.model import Undone
from ecosystem.finance.undoing.tables import repayment_return
from ecosystem.finance.waterfall import EARLY_PRINCIPAL, PRINCIPAL
from ecosystem.history import actions as history
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.runtime.database import Tx, inserting
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money

_KEEP: Final = inserting(repayment_return)
_PRINCIPAL: Final = frozenset({PRINCIPAL, EARLY_PRINCIPAL})


async def undo(
    tx: Tx,
    payment_id: str,
    amount: Money,
    *,
    settled_version: int,
    version: int,
    by: Actor,
    at: datetime,
) -> tuple[Leg, ...]:
    """Undo what the settlement of a payment had paid under a facility; return how money moves.

    `version` is that of the payment's return, which is kept before. Refuses as the rule. Effects:
    locks the facility; `repayment.undone`. The caller moves the money, with all that it moves.
    """
    facts, repayment_id = await queries.undo_facts(tx, payment_id, amount, version=settled_version)
    undone = rules.undo(facts, by=by, at=at)
    facility_id = facts.facility.facility_id
    await tx.run(
        _KEEP,
        authority_id=authority_of(payment_id), payment_id=payment_id, version=version,
        settled_version=settled_version, repayment_id=repayment_id, facility_id=facility_id,
        amount=amount.decimal(), currency=amount.currency, surplus=Decimal(undone.surplus),
        document=canonical(undone), recorded_by=control.hand(by), recorded_at=at,
    )  # fmt: skip
    await history.record(
        tx, "repayment.undone", repayment_id, facts=facts, decision=undone, by=by, at=at,
        audience=audience(facts.facility),
    )  # fmt: skip
    return tuple(_legs(facility_id, undone, repayment_id=repayment_id))


def _legs(facility_id: str, undone: Undone, *, repayment_id: str) -> Iterator[Leg]:
    """Yield how what was repaid, earned or left for the borrower goes back to where it was."""
    currency, surplus = undone.amount.currency, Decimal(undone.surplus)
    principal = rules.of_principal(undone.lines, _PRINCIPAL)
    earned = undone.amount.decimal() - surplus - sum(principal.values(), Decimal(0))
    own = facilities.account(AccountKind.FUNDING, facility_id)
    back = facilities.account(AccountKind.REPAID, facility_id)
    ways = [
        (facilities.account(AccountKind.SURPLUS, facility_id), own, surplus),
        (facilities.account(AccountKind.EARNED, facility_id), own, earned),
        *(
            (back, facilities.account(AccountKind.OUTSTANDING, facility_id, of=drawdown_id), one)
            for drawdown_id, one in principal.items()
        ),
    ]
    for debit, credit, amount in ways:
        if amount:
            yield Leg(
                debit=debit,
                credit=credit,
                amount=money.of(amount, currency),
                reference=repayment_id,
                act="unpay",
            )
