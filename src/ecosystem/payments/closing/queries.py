"""Read what a contract has come to in money: from the ledger, and from its calculations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Integer, Numeric, Text, bindparam, cast, func, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.tables import contract_change
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.payment_rules import Advance, PaymentRule, Retention
from ecosystem.contracts.tables import contract
from ecosystem.contracts.turning.model import TurnFacts
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.model import AccountKind
from ecosystem.ledger.tables import transfer
from ecosystem.payments.calculating import queries as calculating
from ecosystem.payments.calculation import Stage
from ecosystem.payments.closing.model import CloseFacts, ClosingAccount
from ecosystem.payments.covering.rules import retained
from ecosystem.payments.covering.tables import awaited
from ecosystem.payments.deducting import queries as deducting
from ecosystem.payments.disputing import queries as disputes
from ecosystem.payments.model import PaymentKind, State, Step
from ecosystem.payments.pipeline import RELIEF, stage_of
from ecosystem.payments.queries import STANDS
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values import money

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_ON_ITS_WAY: Final = (
    State.COMPUTED, State.CLAIMED, State.APPROVED, State.INSTRUCTED, State.RETURNED,
)  # fmt: skip
_UNSETTLED: Final = Statement(
    select(func.count()).where(
        payment.c.authority_id == _AUTHORITY,
        payment.c.contract_id == _CONTRACT,
        payment.c.state.in_([str(one) for one in _ON_ITS_WAY]),
    )
)
_REJECTED: Final = Statement(
    select(func.coalesce(func.sum(payment.c.amount), 0)).where(
        payment.c.authority_id == _AUTHORITY,
        payment.c.contract_id == _CONTRACT,
        payment.c.kind == PaymentKind.OUTCOME.value,
        payment.c.state == State.REJECTED.value,
    )
)
_WAIVED: Final = Statement(
    select(func.coalesce(func.sum(cast(calculation.c.document["waived"].as_string(), Numeric)), 0))
    .where(calculation.c.authority_id == _AUTHORITY, calculation.c.contract_id == _CONTRACT)
    .where(STANDS, calculation.c.kind == PaymentKind.OUTCOME.value)
)
_FIRST: Final = Statement(
    select(contract_change.c.price_before).where(
        contract_change.c.authority_id == _AUTHORITY,
        contract_change.c.contract_id == _CONTRACT,
        contract_change.c.state == "in_force",
        contract_change.c.edition == 2,  # noqa: PLR2004 - the first change makes it
    )
)
_MOVED: Final = Statement(
    select(transfer.c.act, transfer.c.recorded_at, transfer.c.amount).where(
        transfer.c.authority_id == _AUTHORITY,
        transfer.c.reference == _CONTRACT,
        transfer.c.act.in_(["obligate", "raise", "lower"]),
    )
)
_CONTRACT_OF: Final = Statement(
    select(payment.c.contract_id).where(
        payment.c.authority_id == _AUTHORITY, payment.c.id == bindparam("id", type_=Text)
    )
)
_AWAITED: Final = Statement(
    select(awaited(contract)).where(
        contract.c.authority_id == _AUTHORITY, contract.c.id == _CONTRACT
    )
)
_KEPT: Final = (AccountKind.ENCUMBERED, AccountKind.WITHHELD)
_OWED: Final = (AccountKind.PAYABLE, AccountKind.IN_TRANSIT, AccountKind.DISBURSED)


async def contract_of(tx: Tx, payment_id: str, *, authority: int) -> str:
    """Return the contract of a payment that the caller sees."""
    found: str = await tx.value(_CONTRACT_OF, authority_id=authority, id=payment_id)
    return found


async def close_facts(
    tx: Tx, contract_id: str, turn: TurnFacts, *, at: datetime
) -> tuple[CloseFacts, Record]:
    """Return what the end of a contract is checked against, and the contract's row."""
    terms, row = await contracts.terms(tx, contract_id)
    steps = (await calculating.step_facts(tx, terms, row)).steps
    held = await _held(tx, row)
    calculated = await _calculated(tx, contract_id, steps)
    facts = CloseFacts(
        kind=turn.kind,
        by_agreement=turn.by_agreement,
        currency=row["currency"],
        unsettled=await tx.value(
            _UNSETTLED, authority_id=row["authority_id"], contract_id=contract_id
        ),
        bound=f"{held[AccountKind.ENCUMBERED]:f}",
        contested=await deducting.contested(tx, contract_id, at=at),
        retained=f"{retained(steps):f}",
        unpaid=f"{await _unpaid(tx, row, calculated - _owed(held)):f}",
    )
    return facts, row


async def account(tx: Tx, contract_id: str) -> ClosingAccount:
    """Return what a contract has come to. Refuses with ContractMissing."""
    terms, row = await contracts.terms(tx, contract_id)
    key = {"authority_id": row["authority_id"], "contract_id": contract_id}
    steps = (await calculating.step_facts(tx, terms, row)).steps
    held, moved = await _held(tx, row), await tx.rows(_MOVED, **key)
    price, ended_at = row["price"], row["ended_at"]
    first = await tx.value(_FIRST, **key) or price
    returned, obligated = _moved(moved, ended_at)
    calculated, owed = await _calculated(tx, contract_id, steps), _owed(held)
    overpaid = max(owed - calculated, Decimal(0))
    unpaid = await _unpaid(tx, row, calculated - owed)
    amounts = {
        "first_value": first,
        "value": price,
        "calculated": calculated,
        "deducted": -_total(steps, _is_deduction) - _dropped(steps),
        "waived": await tx.value(_WAIVED, **key),
        "retained": -_total(steps, _is_retention),
        "withheld": held[AccountKind.WITHHELD],
        "advance_outstanding": _total(steps, _is_advance),
        "payable": held[AccountKind.PAYABLE],
        "in_transit": held[AccountKind.IN_TRANSIT],
        "paid": held[AccountKind.DISBURSED],
        "bound": held[AccountKind.ENCUMBERED],
        "returned": returned,
        "unpaid": unpaid,
        "overpaid": overpaid,
        "awaited": await tx.value(_AWAITED, **key),
    }
    return ClosingAccount(
        contract_id=contract_id,
        state=ContractState(row["state"]),
        ended_at=ended_at,
        changes=f"{price - first:f}",
        is_balanced=price == obligated
        and price == owed + sum((held[kind] for kind in _KEPT), returned)
        and calculated + overpaid == owed + unpaid,
        **{name: money.of(amount, row["currency"]) for name, amount in amounts.items()},
    )


async def _calculated(tx: Tx, contract_id: str, steps: Iterable[Step]) -> Decimal:
    """Return what is earned, less what was forgone."""
    forgone = await disputes.forgone(tx, contract_id)
    return sum((Decimal(one.total) for one in steps), -forgone)


def _owed(held: Mapping[AccountKind, Decimal]) -> Decimal:
    return sum((held[kind] for kind in _OWED), Decimal(0))


async def _unpaid(tx: Tx, row: Record, left: Decimal) -> Decimal:
    """Return what of that which is earned and `left` unpaid was rejected."""
    rejected: Decimal = await tx.value(
        _REJECTED, authority_id=row["authority_id"], contract_id=row["id"]
    )
    return min(max(left, Decimal(0)), rejected)


def _moved(moved: Sequence[Record], ended_at: datetime | None) -> tuple[Decimal, Decimal]:
    """Return what has returned since the end of a contract, and what was obligated for it.

    What was bound anew since is returned no more.
    """
    signed = [-one["amount"] if one["act"] == "lower" else one["amount"] for one in moved]
    since = (
        amount
        for amount, one in zip(signed, moved, strict=True)
        if one["act"] != "obligate" and ended_at is not None and one["recorded_at"] >= ended_at
    )
    returned = -sum(since, Decimal(0))
    return returned, sum(signed, returned)


async def _held(tx: Tx, row: Record) -> Mapping[AccountKind, Decimal]:
    """Return what the accounts of a contract hold, by kind."""
    return await ledger.balances(
        tx, row["id"], authority=row["authority_id"], currency=row["currency"]
    )


def _total(steps: Iterable[Step], counts: Callable[[PaymentRule], bool]) -> Decimal:
    """Return what the lines of some rules add up to in all steps."""
    return sum(
        (
            Decimal(one.amount)
            for step in steps
            for one in step.by_rule
            if one.rule in {rule.code for rule in step.rules if counts(rule)}
        ),
        Decimal(0),
    )


def _dropped(steps: Iterable[Step]) -> Decimal:
    """Return what was dropped of deductions after replies."""
    amounts = (Decimal(one.amount) for step in steps for one in step.by_rule if one.rule == RELIEF)
    return sum(amounts, Decimal(0))


def _is_retention(rule: PaymentRule) -> bool:
    return isinstance(rule, Retention)


def _is_advance(rule: PaymentRule) -> bool:
    return isinstance(rule, Advance)


def _is_deduction(rule: PaymentRule) -> bool:
    return stage_of(rule) is Stage.DEDUCTIONS
