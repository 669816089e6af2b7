"""What holds between payments and the ledger: statements that must select nothing."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select

from ecosystem.contracts.tables import contract
from ecosystem.ledger.model import AccountKind
from ecosystem.ledger.tables import ledger_account
from ecosystem.payments.model import State
from ecosystem.payments.tables import payment, payment_total
from ecosystem.runtime.database import Statement

PURPOSE: Final = {"purpose": "calculation"}
"""The settings of a transaction that sees every payment, which these statements need."""
_OWED: Final = (
    State.COMPUTED, State.CLAIMED, State.APPROVED, State.INSTRUCTED, State.SETTLED,
)  # fmt: skip


def _paid(*states: State) -> ColumnElement[Any]:
    """Return the sum of a contract's payments in these states."""
    return (
        select(func.coalesce(func.sum(payment.c.amount), 0))
        .where(payment.c.authority_id == contract.c.authority_id)
        .where(payment.c.contract_id == contract.c.id)
        .where(payment.c.state.in_([str(state) for state in states]))
        .scalar_subquery()
    )


def _held(kind: AccountKind) -> ColumnElement[Any]:
    """Return what a contract's accounts of a kind hold."""
    return (
        select(func.coalesce(func.sum(ledger_account.c.credits - ledger_account.c.debits), 0))
        .where(ledger_account.c.authority_id == contract.c.authority_id)
        .where(ledger_account.c.owner_ref == contract.c.id)
        .where(ledger_account.c.currency == contract.c.currency)
        .where(ledger_account.c.kind == str(kind))
        .scalar_subquery()
    )


def _differing(kind: AccountKind, *states: State) -> Statement:
    columns = (contract.c.id, _held(kind).label("held"), _paid(*states).label("paid"))
    return Statement(select(*columns).where(_held(kind) != _paid(*states)))


def _miscounted() -> Statement:
    counted = func.coalesce(payment_total.c.owed, 0)
    of_contract = and_(
        payment_total.c.authority_id == contract.c.authority_id,
        payment_total.c.contract_id == contract.c.id,
    )
    columns = (contract.c.id, counted.label("owed"), _paid(*_OWED).label("paid"))
    return Statement(
        select(*columns)
        .select_from(contract.outerjoin(payment_total, of_contract))
        .where(counted != _paid(*_OWED))
    )


INVARIANTS: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        "A contract's payable money is its payments that nobody has instructed.": _differing(
            AccountKind.PAYABLE, State.COMPUTED, State.CLAIMED, State.APPROVED
        ),
        "A contract's money in transit is its payments that the bank has not settled.": _differing(
            AccountKind.IN_TRANSIT, State.INSTRUCTED
        ),
        "A contract's disbursed money is its settled payments.": _differing(
            AccountKind.DISBURSED, State.SETTLED
        ),
        "A contract owes the sum of its payments.": _miscounted(),
    }
)
"""For `ledger.queries.check`, in a transaction with PURPOSE."""
