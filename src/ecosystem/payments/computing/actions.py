"""Calculate what is due under a contract, and make payments of it, or take them back."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.contracts.canonical import canonical
from ecosystem.contracts.rights import actions as rights
from ecosystem.contracts.shares import consortium_of
from ecosystem.contracts.tables import CALCULATION
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind
from ecosystem.payments import actions as payments
from ecosystem.payments import queries, rules
from ecosystem.payments.calculating import queries as calculating
from ecosystem.payments.computing.accounts import earning
from ecosystem.payments.covering import actions as covering
from ecosystem.payments.covering.queries import AskedFor
from ecosystem.payments.dividing import queries as dividing
from ecosystem.payments.dividing.model import DueFacts
from ecosystem.payments.dividing.rules import dues
from ecosystem.payments.model import (
    Computed,
    ComputeFacts,
    PaymentKind,
    Placed,
    ReverseFacts,
    State,
    StepMade,
    Unsent,
)
from ecosystem.payments.stepping import told as told_of
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.database import Record, Tx, inserting, marking
from ecosystem.runtime.minting import mint
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money

_KEEP: Final = inserting(calculation)
_COMPUTE: Final = inserting(
    payment,
    "authority_id", "id", "version", "state", "contract_id", "payee_id", "amount", "currency",
    "calculation_id", "earned", "owed_before", "computed_at", "due_on",
)  # fmt: skip
_REVERSE: Final = marking(payment, "reversed")


async def calculate(tx: Tx, contract_id: str, *, by: Actor, at: datetime) -> int:
    """Calculate what is proved under a contract, and make payments of the difference.

    One for each of those who supply together and are due something. What came back of what nobody
    has earned is taken back also where nothing is new. Under a contract that has ended, what is
    short is bound anew; where the programme has less, nothing is calculated, and the shortfall
    waits. Returns how many calculations are new: none where nothing changed since the last.
    Refuses as the rules do, and with FundsInsufficient where less is encumbered. Effects: holds
    the contract and what the bank was not told of; `calculation.made` for each new calculation;
    rights to end it; `payment.reversed` and `payment.computed`; money moves between encumbered
    and payable; after an end, as `covering.cover` and `covering.give_back`.
    """
    async with tx.allowing("purpose", CALCULATION):
        return await _calculate(tx, contract_id, by=by, at=at)


async def _calculate(tx: Tx, contract_id: str, *, by: Actor, at: datetime) -> int:
    terms, row = await calculating.contract_locked(tx, contract_id)
    told: calculating.Proofs = {}
    facts = await calculating.step_facts(tx, terms, row, at=at, proofs=told)
    made = rules.calculate(facts, by=by, at=at)
    due = DueFacts(
        contract_id=contract_id, steps=facts, made=made,
        ids=tuple(mint("calculation", authority=row["authority_id"]) for _ in made),
        lead_id=queries.payee_of(terms), together=consortium_of(terms, "supplier"),
        accounts=await dividing.accounts(tx, contract_id),
    )  # fmt: skip
    owed = dues(due)
    if not made and not any(map(rules.is_excessive, owed)):
        owed = ()
    if row["ended_at"] is None:
        return await _follow(tx, due, owed, row, told, by=by, at=at)
    asked = AskedFor(steps=facts, made=made, dues=owed)
    covered = await covering.cover(tx, asked, row, by=by, at=at)
    if covered.is_short():
        return 0
    done = await _follow(tx, due, owed, row, told, by=by, at=at)
    await covering.give_back(tx, covered, row, by=by, at=at)
    return done


async def _follow(
    tx: Tx, due: DueFacts, owed: tuple[ComputeFacts, ...], row: Record,
    told: calculating.Proofs, *, by: Actor, at: datetime,
) -> int:  # fmt: skip
    """Keep new calculations, and make and take back payments by them, or of what came back."""
    if not owed:
        return 0
    accounts = earning(row, due.contract_id)
    await ledger.hold(tx, accounts, currency=row["currency"])
    for calculation_id, one in zip(due.ids, due.made, strict=True):
        await _keep(tx, calculation_id, due, one, told=told, by=by, at=at)
    for each in owed:
        await _compute(tx, each, row, by=by, at=at)
    if due.made:
        seen = told_of(due.contract_id, due.steps, due.made, due.ids)
        await rights.follow(tx, seen, by=by, at=at)
    return len(due.made)


async def _keep(
    tx: Tx, calculation_id: str, due: DueFacts, made: StepMade, *, told: calculating.Proofs,
    by: Actor, at: datetime,
) -> None:  # fmt: skip
    await tx.run(
        _KEEP,
        authority_id=authority_of(calculation_id), id=calculation_id, contract_id=due.contract_id,
        ordinal=made.ordinal, supersedes=made.supersedes, kind=PaymentKind.OUTCOME,
        late_payment_id=None, document=canonical(made.calculation),
        proofs=calculating.kept(made.calculation, told),
        digest=bytes.fromhex(made.calculation.digest), total=made.calculation.payable().decimal(),
        currency=made.calculation.currency, recorded_at=at,
    )  # fmt: skip
    placed = Placed(contract_id=due.contract_id, ordinal=made.ordinal, supersedes=made.supersedes)
    members = tuple(one.organisation_id for one in made.calculation.members())
    await history.record(
        tx, "calculation.made", calculation_id, facts=placed, decision=made.calculation, by=by,
        at=at, audience=Audience(organisations=members or (due.lead_id,)),
    )  # fmt: skip


async def _compute(tx: Tx, facts: ComputeFacts, row: Record, *, by: Actor, at: datetime) -> None:
    computed = rules.compute(facts, by=by, at=at)
    for one in facts.unsent:
        if one.payment_id in computed.reversed:
            await take_back(tx, one, facts, row, by=by, at=at)
    if computed.amount is not None:
        await _pay(tx, facts, computed, computed.amount, row, by=by, at=at)


async def pay(tx: Tx, facts: ComputeFacts, row: Record, *, by: Actor, at: datetime) -> str:
    """Make a payment of a difference that is above zero; return its identifier.

    `row` has the contract's `programme_id`. Effects: `payment.computed`; money moves from
    encumbered to payable.
    """
    computed = rules.compute(facts, by=by, at=at)
    amount = computed.amount or money.of(Decimal(0), facts.currency)
    return await _pay(tx, facts, computed, amount, row, by=by, at=at)


async def take_back(
    tx: Tx, one: Unsent, due: ComputeFacts, row: Record, *, by: Actor, at: datetime
) -> None:
    """Take back a payment that is locked and not instructed, in favour of what is `due`.

    Effects: `payment.reversed`; money moves from payable to encumbered.
    """
    facts = ReverseFacts(
        contract_id=due.contract_id, amount=one.amount, calculation_id=due.calculation_id
    )
    taken_back = rules.reverse(facts, by=by, at=at)
    await payments.mark(tx, _REVERSE, one.payment_id, taken_back.state, by=by, at=at)
    await payments.move(
        tx, one.amount, row, due.contract_id, by=by, at=at, act="reverse", of=one.payment_id,
        way=(AccountKind.PAYABLE, AccountKind.ENCUMBERED),
    )  # fmt: skip
    await history.record(
        tx, "payment.reversed", one.payment_id, facts=facts, decision=taken_back, by=by, at=at,
        audience=Audience(organisations=(due.payee_id,)),
    )  # fmt: skip


async def _pay(
    tx: Tx,
    facts: ComputeFacts,
    computed: Computed,
    amount: Money,
    row: Record,
    *,
    by: Actor,
    at: datetime,
) -> str:
    authority = authority_of(facts.contract_id)
    payment_id = mint("payment", authority=authority)
    await tx.run(
        _COMPUTE,
        authority_id=authority, id=payment_id, version=1, state=State.COMPUTED,
        contract_id=facts.contract_id, payee_id=facts.payee_id, amount=amount.decimal(),
        currency=amount.currency, calculation_id=facts.calculation_id, earned=Decimal(facts.earned),
        owed_before=Decimal(computed.owed_before), computed_at=at, due_on=facts.due_on,
    )  # fmt: skip
    await payments.move(
        tx, amount, row, facts.contract_id, by=by, at=at, act="compute", of=payment_id,
        way=(AccountKind.ENCUMBERED, AccountKind.PAYABLE),
    )  # fmt: skip
    await history.record(
        tx, "payment.computed", payment_id, facts=facts, decision=computed, by=by, at=at,
        audience=Audience(organisations=(facts.payee_id,)),
    )  # fmt: skip
    return payment_id
