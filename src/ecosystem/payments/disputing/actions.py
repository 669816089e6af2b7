"""Dispute a part of a payment, propose what of it is payable, and agree."""

from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.contracts.tables import CALCULATION
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.payments import queries as payment_queries
from ecosystem.payments.computing import actions as computing
from ecosystem.payments.disputing import queries, rules
from ecosystem.payments.disputing.model import (
    DisputeDraft,
    DisputeFacts,
    Opened,
    OpenFacts,
    Proposal,
    Resolved,
    State,
)
from ecosystem.payments.disputing.tables import calculation_dispute, payment_dispute
from ecosystem.payments.model import ComputeFacts, Unsent
from ecosystem.payments.model import State as PaymentState
from ecosystem.runtime.database import Record, Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control
from ecosystem.values.actor import Actor

_OPEN: Final = inserting(
    payment_dispute,
    "authority_id", "id", "version", "state", "contract_id", "payee_id", "disputed_id", "held_id",
    "rest_id", "amount", "currency", "disputed_calculation_id", "reason", "opened_by", "opened_for",
    "opened_at",
)  # fmt: skip
_OPEN_WHOLE: Final = inserting(calculation_dispute)


def _turning(*names: str) -> Statement:
    """Return the statement that takes a dispute a step further, and sets these columns."""
    return Statement(
        updating(payment_dispute).values(
            version=payment_dispute.c.version + 1,
            **{name: bindparam(f"new_{name}") for name in names},
        )
    )


_PROPOSE: Final = _turning(
    "proposed_payable", "proposed_reason", "proposed_by", "proposed_hand", "proposed_at"
)
_RESOLVE: Final = _turning(
    "state", "payable", "released_id", "agreed_by", "agreed_hand", "resolved_at"
)


async def open_dispute(
    tx: Tx, payment_id: str, asked: DisputeDraft, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Hold a part of a payment, and let the rest go on.

    Refuses with PaymentMissing, RevisionStale, and as the rule. Effects: locks the payment, which
    is taken back; a payment for each part; `dispute.opened`. What was rejected stays so, and what
    of it is disputed is held; its contract is locked before.
    """
    unpaid = await queries.unpaid(tx, payment_id)
    payment, row = await payment_queries.locked(tx, payment_id, expected=expected)
    facts = OpenFacts(payment=payment, asked=asked, unpaid=unpaid)
    return await _open(tx, facts, row, by=by, at=at)


async def dispute_calculation(
    tx: Tx, calculation_id: str, asked: DisputeDraft, *, by: Actor, at: datetime
) -> Standing:
    """Hold each member's part of what a calculation comes to, by the shares.

    Refuses with CalculationMissing, and as the rule. Effects: locks the payments of its step, of
    all members; for each part a dispute as of a payment alone; `calculation.disputed`.
    """
    row = await queries.disputed(tx, calculation_id)
    async with tx.allowing("purpose", CALCULATION):
        return await _dispute_whole(tx, row, asked, by=by, at=at)


async def _dispute_whole(
    tx: Tx, row: Record, asked: DisputeDraft, *, by: Actor, at: datetime
) -> Standing:
    calculation_id, facts = row["id"], await queries.whole_facts(tx, row, asked)
    disputed = rules.dispute_calculation(facts, by=by, at=at)
    for one in disputed.parts:
        payment, paid = await payment_queries.locked(tx, one.payment_id)
        part = OpenFacts(
            payment=payment, asked=msgspec.structs.replace(asked, amount=one.amount),
            calculation_id=calculation_id, lead_id=facts.lead_id,
        )  # fmt: skip
        await _open(tx, part, paid, by=by, at=at)
    await tx.run(
        _OPEN_WHOLE,
        authority_id=facts.authority_number, calculation_id=calculation_id, opened_at=at,
        contract_id=facts.contract_id, amount=asked.amount.decimal(),
        currency=asked.amount.currency, opened_by=disputed.opened_by,
        opened_for=disputed.opened_for,
    )  # fmt: skip
    version = await history.record(
        tx, "calculation.disputed", calculation_id, facts=facts, decision=disputed, by=by, at=at,
        audience=Audience(organisations=tuple(one.organisation_id for one in facts.shares)),
    )  # fmt: skip
    return Standing(id=calculation_id, state=State.OPEN, version=version)


async def _open(tx: Tx, facts: OpenFacts, row: Record, *, by: Actor, at: datetime) -> Standing:
    payment, payment_id = facts.payment, facts.payment.payment_id
    opened = rules.open_dispute(facts, by=by, at=at)
    owed = row["owed_before"]
    if payment.state is PaymentState.REJECTED:
        earned = owed + opened.held.decimal()
        again = _due(row, payee_id=payment.payee_id, earned=earned, owed=owed)
        rest_id, held_id = None, await computing.pay(tx, again, row, by=by, at=at)
    else:
        whole = _due(row, payee_id=payment.payee_id, earned=row["earned"], owed=owed)
        one = Unsent(payment_id=payment_id, amount=payment.amount)
        await computing.take_back(tx, one, whole, row, by=by, at=at)
        rest_id, held_id = await _split(tx, opened, whole, row, by=by, at=at)
    dispute_id = mint("dispute", authority=row["authority_id"])
    await tx.run(
        _OPEN,
        authority_id=row["authority_id"], id=dispute_id, version=1, state=opened.state,
        contract_id=row["contract_id"], payee_id=row["payee_id"], disputed_id=payment_id,
        held_id=held_id, rest_id=rest_id, amount=opened.held.decimal(), currency=row["currency"],
        disputed_calculation_id=facts.calculation_id,
        reason=msgspec.json.encode(facts.asked.reason), opened_by=opened.opened_by,
        opened_for=opened.opened_for, opened_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "dispute.opened", dispute_id, facts=facts, decision=opened, by=by, at=at,
        audience=Audience(organisations=(payment.payee_id,)),
    )  # fmt: skip
    return Standing(id=dispute_id, state=opened.state, version=version)


async def propose(
    tx: Tx, dispute_id: str, asked: Proposal, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Propose what is payable. Refuses with DisputeMissing, RevisionStale, and as the rule.

    Effects: locks the dispute; `dispute.proposed`.
    """
    facts, row = await queries.locked(tx, dispute_id, expected=expected, asked=asked)
    proposed = rules.propose(facts, by=by, at=at)
    await tx.run(
        _PROPOSE,
        of_authority=row["authority_id"], of=dispute_id,
        new_proposed_payable=proposed.payable.decimal(),
        new_proposed_reason=msgspec.json.encode(asked.reason),
        new_proposed_by=proposed.proposed_by, new_proposed_hand=control.hand(by),
        new_proposed_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "dispute.proposed", dispute_id, facts=facts, decision=proposed, by=by, at=at,
        audience=Audience(organisations=(row["payee_id"],)),
    )  # fmt: skip
    return Standing(id=dispute_id, state=proposed.state, version=version)


async def resolve(
    tx: Tx, dispute_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Agree to what is proposed. Refuses with DisputeMissing, RevisionStale, and as the rule.

    Effects: locks the dispute; what is held is taken back, and a payment is made of what is
    payable; `dispute.resolved`.
    """
    facts, row = await queries.locked(tx, dispute_id, expected=expected)
    resolved = rules.resolve(facts, by=by, at=at)
    released_id = await _release(tx, facts, resolved, row, by=by, at=at)
    await tx.run(
        _RESOLVE,
        of_authority=row["authority_id"], of=dispute_id, new_state=resolved.state,
        new_payable=resolved.payable.decimal(), new_released_id=released_id,
        new_agreed_by=resolved.agreed_by, new_agreed_hand=control.hand(by), new_resolved_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "dispute.resolved", dispute_id, facts=facts, decision=resolved, by=by, at=at,
        audience=Audience(organisations=(row["payee_id"],)),
    )  # fmt: skip
    return Standing(id=dispute_id, state=resolved.state, version=version)


async def _split(
    tx: Tx, opened: Opened, whole: ComputeFacts, row: Record, *, by: Actor, at: datetime
) -> tuple[str | None, str]:
    """Make a payment of what goes on, if anything does, and one of what is held."""
    undisputed = Decimal(whole.earned) - opened.held.decimal()
    rest_id = None
    if opened.rest is not None:
        rest = msgspec.structs.replace(whole, earned=f"{undisputed:f}", due_on=row["due_on"])
        rest_id = await computing.pay(tx, rest, row, by=by, at=at)
    held = msgspec.structs.replace(whole, owed=f"{undisputed:f}")
    return rest_id, await computing.pay(tx, held, row, by=by, at=at)


async def _release(
    tx: Tx, facts: DisputeFacts, resolved: Resolved, row: Record, *, by: Actor, at: datetime
) -> str | None:
    """Take back what is held, and make a payment of what of it is payable, if anything is."""
    paid, before = resolved.payable.decimal(), row["owed_before"]
    due = _due(row, payee_id=facts.payee_id, earned=before + paid, owed=before)
    held = Unsent(payment_id=row["held_id"], amount=facts.held)
    async with tx.allowing("purpose", CALCULATION):
        await computing.take_back(tx, held, due, row, by=by, at=at)
        return await computing.pay(tx, due, row, by=by, at=at) if paid else None


def _due(row: Record, *, payee_id: str, earned: Decimal, owed: Decimal) -> ComputeFacts:
    return ComputeFacts(
        contract_id=row["contract_id"],
        payee_id=payee_id,
        calculation_id=row["calculation_id"],
        currency=row["currency"],
        earned=f"{earned:f}",
        owed=f"{owed:f}",
        unsent=(),
    )
