"""Calculate what a late payment earns with its settlement, and make it payable."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.budgets import queries as budgets
from ecosystem.contracts.canonical import canonical
from ecosystem.history import actions as history
from ecosystem.history.model import Audience, Occurrence
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.payments import queries as paid
from ecosystem.payments.computing.accounts import interest
from ecosystem.payments.late import queries, rules
from ecosystem.payments.model import PaymentKind, Placed, SettleFacts, State
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.database import Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_KEEP: Final = inserting(calculation)
_COMPUTE: Final = inserting(
    payment,
    "authority_id", "id", "version", "state", "kind", "contract_id", "payee_id", "amount",
    "currency", "calculation_id", "earned", "owed_before", "computed_at",
)  # fmt: skip


async def follow(tx: Tx, occurrence: Occurrence) -> None:
    """Calculate what a payment has earned by being late.

    Follows `payment.settled`. Effects: `calculation.made`, which supersedes what was calculated
    for a settlement that was returned. No money moves.
    """
    body, at = occurrence.body, occurrence.recorded_at
    settle: SettleFacts = body.facts
    payment_id, payee_id = occurrence.stream, settle.payment.payee_id
    if settle.payment.due_on is None:
        return
    facts, row = await queries.settled_facts(tx, settle.payment, version=occurrence.version)
    accrued = rules.accrue(facts, by=body.by, at=at)
    if accrued is None:
        return
    before = await queries.standing(tx, payment_id)
    ordinal = await queries.ordinal(tx, row) if before is None else before["ordinal"]
    authority, made = authority_of(payment_id), accrued.calculation
    calculation_id = mint("calculation", authority=authority)
    supersedes = None if before is None else before["id"]
    await tx.run(
        _KEEP,
        authority_id=authority, id=calculation_id, kind=PaymentKind.INTEREST,
        contract_id=row["id"], ordinal=ordinal, supersedes=supersedes, late_payment_id=payment_id,
        proofs=None, document=canonical(made), digest=bytes.fromhex(made.digest),
        total=made.payable().decimal(), currency=made.currency, recorded_at=at,
    )  # fmt: skip
    placed = Placed(
        contract_id=row["id"], ordinal=ordinal, supersedes=supersedes, late_payment_id=payment_id
    )
    await history.record(
        tx, "calculation.made", calculation_id, facts=placed, decision=made, by=body.by, at=at,
        audience=Audience(organisations=(payee_id,)),
    )  # fmt: skip


async def pay(
    tx: Tx, payment_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Make payable what a payment has earned by being late.

    Refuses with PaymentMissing, RevisionStale, as the rule, and with FundsInsufficient where the
    programme has not so much left. Effects: locks the late payment; money moves from available
    to payable; `interest.computed`.
    """
    late, row = await paid.locked(tx, payment_id, expected=expected)
    facts = await queries.pay_facts(tx, late)
    due = rules.pay(facts, by=by, at=at)
    interest_id = mint("payment", authority=row["authority_id"])
    await tx.run(
        _COMPUTE,
        authority_id=row["authority_id"], id=interest_id, version=1, state=State.COMPUTED,
        kind=PaymentKind.INTEREST, contract_id=row["contract_id"], payee_id=row["payee_id"],
        amount=due.amount.decimal(), currency=due.amount.currency,
        calculation_id=facts.calculation_id, earned=Decimal(facts.accrued),
        owed_before=Decimal(due.owed_before), computed_at=at,
    )  # fmt: skip
    leg = Leg(
        debit=budgets.available_in(row["programme_id"]),
        credit=interest(AccountKind.PAYABLE, row, interest_id),
        amount=due.amount,
    )
    await ledger.move(tx, (leg,), by=by, at=at, act="compute", reference=interest_id)
    version = await history.record(
        tx, "interest.computed", interest_id, facts=facts, decision=due, by=by, at=at,
        audience=Audience(organisations=(facts.payee_id,)),
    )  # fmt: skip
    return Standing(id=interest_id, state=State.COMPUTED, version=version)
