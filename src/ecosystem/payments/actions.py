"""Claim what is due, approve, reject, instruct, settle and receive it."""

from datetime import datetime
from typing import Any, Final

import msgspec

from ecosystem.finance.assigning import queries as assigning
from ecosystem.finance.servicing import actions as servicing
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.payments import queries, rules
from ecosystem.payments.computing.accounts import account
from ecosystem.payments.dividing import queries as dividing
from ecosystem.payments.late import queries as late
from ecosystem.payments.limits import queries as limits
from ecosystem.payments.model import (
    RejectFacts,
    Settlement,
    State,
)
from ecosystem.payments.references import queries as references
from ecosystem.payments.tables import payment
from ecosystem.runtime.database import Record, Statement, Tx, marking
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money
from ecosystem.values.text import Text

_CLAIM: Final = marking(payment, "claimed", "due_on")
_APPROVE: Final = marking(payment, "approved", "returned_at")
_REJECT: Final = marking(payment, "rejected", "rejected_reason")
_INSTRUCT: Final = marking(payment, "instructed", "paid_to_id", "assignment_id")
_SETTLE: Final = marking(payment, "settled", "bank_reference", "settled_on")
_RECEIVE: Final = marking(payment, "received")


async def claim(
    tx: Tx, payment_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Ask for the money; none moves. Refuses with PaymentMissing, RevisionStale, and as the rule.

    Effects: locks the payment; `payment.claimed`.
    """
    locked, row = await queries.locked(tx, payment_id, expected=expected)
    facts = msgspec.structs.replace(
        locked, due_on=await late.due_on(tx, row, at=at),
        creditor_id=await assigning.creditor(tx, locked.contract_id, of=locked.payee_id, by=by),
    )  # fmt: skip
    claimed = rules.claim(facts, by=by, at=at)
    await mark(tx, _CLAIM, payment_id, claimed.state, by=by, at=at, new_due_on=claimed.due_on)
    version = await history.record(
        tx, "payment.claimed", payment_id, facts=facts, decision=claimed, by=by, at=at,
        audience=Audience(organisations=(facts.payee_id,)),
    )  # fmt: skip
    return Standing(id=payment_id, state=claimed.state, version=version)


async def approve(
    tx: Tx, payment_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Agree to pay; no money moves. Refuses with PaymentMissing, RevisionStale, and as the rule.

    Effects: locks the payment; `payment.approved`.
    """
    locked, _ = await queries.locked(tx, payment_id, expected=expected)
    limit = await limits.holding(tx, by=by, currency=locked.amount.currency)
    excess = await dividing.excess(tx, payment_id)
    facts = msgspec.structs.replace(locked, limit=limit, excess=excess)
    approved = rules.approve(facts, by=by, at=at)
    await mark(tx, _APPROVE, payment_id, approved.state, by=by, at=at, new_returned_at=None)
    version = await history.record(
        tx, "payment.approved", payment_id, facts=facts, decision=approved, by=by, at=at,
        audience=Audience(organisations=(facts.payee_id,)),
    )  # fmt: skip
    return Standing(id=payment_id, state=approved.state, version=version)


async def reject(
    tx: Tx, payment_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Refuse to pay. Refuses with PaymentMissing, RevisionStale, and as the rule.

    Effects: locks the payment; the money is encumbered again; `payment.rejected`.
    """
    payment_facts, row = await queries.locked(tx, payment_id, expected=expected)
    facts = RejectFacts(payment=payment_facts, reason=reason)
    rejected = rules.reject(facts, by=by, at=at)
    await mark(
        tx, _REJECT, payment_id, rejected.state, by=by, at=at,
        new_rejected_reason=msgspec.json.encode(rejected.reason),
    )  # fmt: skip
    await move(
        tx, payment_facts.amount, row, row["contract_id"], by=by, at=at, act="reject",
        of=payment_id, way=(AccountKind.PAYABLE, AccountKind.ENCUMBERED),
    )  # fmt: skip
    version = await history.record(
        tx, "payment.rejected", payment_id, facts=facts, decision=rejected, by=by, at=at,
        audience=Audience(organisations=(payment_facts.payee_id,)),
    )  # fmt: skip
    return Standing(id=payment_id, state=rejected.state, version=version)


async def instruct(
    tx: Tx, payment_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Tell the bank to pay. Refuses with PaymentMissing, RevisionStale, and as the rule.

    Where the claims are assigned, and the authority has acknowledged it, the lender is paid.
    Effects: locks payment and assignment; money moves from payable to in transit;
    `payment.instructed`.
    """
    locked, row = await queries.locked(tx, payment_id, expected=expected)
    holder = await assigning.payee(tx, locked.contract_id, instead_of=locked.payee_id)
    facts = locked.directed(holder)
    instructed = rules.instruct(facts, by=by, at=at)
    await mark(
        tx, _INSTRUCT, payment_id, instructed.state, by=by, at=at,
        new_paid_to_id=facts.paid_to_id,
        new_assignment_id=None if facts.assigned is None else facts.assigned.assignment_id,
    )  # fmt: skip
    await move(
        tx, facts.owed(), row, facts.contract_id, by=by, at=at, act="instruct", of=payment_id,
        way=(AccountKind.PAYABLE, AccountKind.IN_TRANSIT),
    )  # fmt: skip
    version = await history.record(
        tx, "payment.instructed", payment_id, facts=facts, decision=instructed, by=by, at=at,
        audience=Audience(organisations=(facts.payee_id,)),
    )  # fmt: skip
    return Standing(id=payment_id, state=instructed.state, version=version)


async def settle(
    tx: Tx, payment_id: str, asked: Settlement, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Record that the bank has paid; the same settlement again changes nothing.

    Refuses with PaymentMissing, with RevisionStale unless it is the same settlement again
    (RFC 9110, section 13.1.1), and as the rule. Effects: holds the reference, locks the payment;
    money moves from in transit to disbursed; `payment.settled`, for everyone.
    """
    authority = queries.owner_of(payment_id)
    await references.hold(tx, (asked.bank_reference,), authority=authority)
    now, legs = await mark_settled(tx, payment_id, asked, by=by, at=at, expected=expected)
    if legs:
        await ledger.move(tx, legs, by=by, at=at, act="settle", reference=payment_id)
    return now


async def mark_settled(
    tx: Tx, payment_id: str, asked: Settlement, *, by: Actor, at: datetime, expected: int | None
) -> tuple[Standing, tuple[Leg, ...]]:
    """Settle as `settle` does, but leave the move of the money, which is returned, to the caller.

    Whoever settles many payments moves the money of all at once; none moves if nothing changed.
    """
    payment_facts, row = await queries.locked(tx, payment_id)
    facts = await queries.settle_facts(tx, payment_facts, asked)
    if not rules.is_repeated(facts):
        revision.check(expected, actual=row["version"])
    settled = rules.settle(facts, by=by, at=at)
    if settled is None:
        return Standing(id=payment_id, state=row["state"], version=row["version"]), ()
    await mark(
        tx, _SETTLE, payment_id, settled.state, by=by, at=at,
        new_bank_reference=settled.bank_reference, new_settled_on=settled.settled_on,
    )  # fmt: skip
    version = await history.record(
        tx, "payment.settled", payment_id, facts=facts, decision=settled, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    applied = tuple[Leg, ...]()
    if row["assignment_id"] is not None:
        applied = await servicing.pass_on(
            tx, row["assignment_id"], payment_id=payment_id, version=row["version"] + 1,
            amount=settled.amount, settled_on=settled.settled_on, by=by, at=at,
        )  # fmt: skip
    leg = Leg(
        debit=account(AccountKind.IN_TRANSIT, row, row["contract_id"]),
        credit=account(AccountKind.DISBURSED, row, row["contract_id"]),
        amount=settled.amount,
        reference=payment_id,
    )
    return Standing(id=payment_id, state=settled.state, version=version), (leg, *applied)


async def receive(
    tx: Tx, payment_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Confirm to have the money. Refuses with PaymentMissing, RevisionStale, and as the rule.

    Effects: locks the payment; `payment.received`.
    """
    facts, _ = await queries.locked(tx, payment_id, expected=expected)
    received = rules.receive(facts, by=by, at=at)
    await mark(tx, _RECEIVE, payment_id, State.SETTLED, by=by, at=at)
    version = await history.record(
        tx, "payment.received", payment_id, facts=facts, decision=received, by=by, at=at,
        audience=Audience(organisations=(facts.payee_id,)),
    )  # fmt: skip
    return Standing(id=payment_id, state=State.SETTLED, version=version)


async def mark(
    tx: Tx, how: Statement, payment_id: str, to: State, *, by: Actor, at: datetime, **more: Any
) -> None:
    """Mark a locked payment with a step that takes it `to` a state; its version is the next."""
    await tx.run(
        how,
        of_authority=authority_of(payment_id), of=payment_id, new_state=to,
        who=by.person_id or by.client_id, when=at, **more,
    )  # fmt: skip


async def move(
    tx: Tx,
    amount: Money,
    row: Record,
    contract_id: str,
    *,
    by: Actor,
    at: datetime,
    act: str,
    of: str,
    way: tuple[AccountKind, AccountKind],
) -> None:
    """Move money between two accounts of a contract; `row` has its `programme_id`."""
    debit, credit = (account(kind, row, contract_id) for kind in way)
    leg = Leg(debit=debit, credit=credit, amount=amount)
    await ledger.move(tx, (leg,), by=by, at=at, act=act, reference=of)
