"""Make schedules, restate them, and apply money that comes in."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

from ecosystem.contracts.canonical import canonical
from ecosystem.finance import actions as facility_actions
from ecosystem.finance import queries as facilities
from ecosystem.finance.actions import audience
from ecosystem.finance.assigning import queries as assigning
from ecosystem.finance.drawing.model import Disbursed, DrawdownFacts
from ecosystem.finance.servicing import queries, rules
from ecosystem.finance.servicing.model import (
    BeginFacts,
    Received,
    ReceiveFacts,
    RepaymentDraft,
    RestatementDraft,
    Scheduled,
)
from ecosystem.finance.servicing.tables import repayment, repayment_schedule
from ecosystem.finance.waterfall import EARLY_PRINCIPAL, PRINCIPAL
from ecosystem.history import actions as history
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.runtime.database import Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money
from ecosystem.values.text import Text

_SCHEDULE: Final = inserting(repayment_schedule)
_REPAY: Final = inserting(repayment)


async def begin(
    tx: Tx, facts: DrawdownFacts, disbursed: Disbursed, *, by: Actor, at: datetime
) -> None:
    """Make the first schedule of a drawdown that is disbursed.

    Effects: one schedule; the event is that of the disbursement, which decides all of it.
    """
    begins = BeginFacts(
        drawdown_id=facts.drawdown_id, terms=facts.terms, amount=facts.amount,
        disbursed_on=disbursed.disbursed_on,
    )  # fmt: skip
    made = rules.begin(begins)
    await _keep(
        tx, facts.facility.facility_id, facts.drawdown_id, made, ordinal=1, repaid="0",
        reason=None, by=by, at=at,
    )  # fmt: skip


async def restate(
    tx: Tx, drawdown_id: str, asked: RestatementDraft, *, by: Actor, at: datetime
) -> Standing:
    """Restate the schedule of a drawdown. Refuses with DrawdownMissing, NotDisbursed, as the rule.

    Effects: locks the facility; a further schedule; `schedule.restated`.
    """
    facts = await queries.restate_facts(tx, drawdown_id, asked)
    restated = rules.restate(facts, by=by, at=at)
    schedule_id = await _keep(
        tx, facts.facility.facility_id, drawdown_id, restated.schedule, ordinal=restated.ordinal,
        repaid=restated.repaid_before, reason=restated.reason, by=by, at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "schedule.restated", schedule_id, facts=facts, decision=restated, by=by, at=at,
        audience=audience(facts.facility),
    )  # fmt: skip
    return Standing(id=schedule_id, state="in_force", version=version)


async def receive(
    tx: Tx, facility_id: str, asked: RepaymentDraft, *, by: Actor, at: datetime
) -> Standing:
    """Record what the borrower has paid, and apply it. Refuses FacilityMissing, as the rule.

    Effects: locks the facility; `repayment.received`; money moves from outstanding to repaid, and
    what pays interest and fees is earned.
    """
    locked, row = await facilities.locked(tx, facility_id)
    facts, ordinal = await queries.receive_facts(tx, locked, row, asked)
    now, legs = await _receive(tx, facts, ordinal=ordinal, by=by, at=at)
    await ledger.move(tx, legs, by=by, at=at, act="repay", reference=now.id)
    return now


async def close(
    tx: Tx, facility_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Close a facility. Refuses with FacilityMissing, RevisionStale, and as the rule.

    Effects: locks the facility; `facility.closed`; what was never drawn returns.
    """
    facts = await queries.close_facts(tx, facility_id, expected=expected, on=at.date())
    return await facility_actions.close(tx, facts, by=by, at=at)


async def pass_on(
    tx: Tx,
    assignment_id: str,
    *,
    payment_id: str,
    version: int,
    amount: Money,
    settled_on: date,
    by: Actor,
    at: datetime,
) -> tuple[Leg, ...]:
    """Apply a payment that an authority has made to the lender; return how its money moves.

    `version` is that of the payment, with the settlement: each is applied once.
    Effects: as `receive`, but that the caller moves the money, with all that it has to move.
    """
    facility_id = await assigning.facility_of(tx, assignment_id)
    locked, row = await facilities.locked(tx, facility_id)
    # The bank reference is the authority's, and unique among its payments.
    reference = payment_id.rpartition("_")[2]
    asked = RepaymentDraft(amount=amount, received_on=settled_on, bank_reference=reference)
    facts, ordinal = await queries.receive_facts(
        tx, locked, row, asked, payment_id=payment_id, payment_version=version
    )
    _, legs = await _receive(tx, facts, ordinal=ordinal, by=by, at=at)
    return legs


async def _receive(
    tx: Tx, facts: ReceiveFacts, *, ordinal: int, by: Actor, at: datetime
) -> tuple[Standing, tuple[Leg, ...]]:
    received = rules.receive(facts, by=by, at=at)
    facility_id, applied = facts.facility.facility_id, received.application
    authority = authority_of(facility_id)
    repayment_id = mint("repayment", authority=authority)
    await tx.run(
        _REPAY,
        authority_id=authority, id=repayment_id, facility_id=facility_id, ordinal=ordinal,
        source=received.source, payment_id=facts.payment_id,
        payment_version=facts.payment_version, bank_reference=facts.asked.bank_reference,
        amount=applied.cash.decimal(),
        currency=applied.cash.currency, received_on=received.received_on,
        surplus=Decimal(applied.surplus), document=canonical(applied),
        digest=bytes.fromhex(applied.digest), recorded_by=control.hand(by), recorded_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "repayment.received", repayment_id, facts=facts, decision=received, by=by, at=at,
        audience=audience(facts.facility),
    )  # fmt: skip
    legs = (
        msgspec.structs.replace(leg, act="repay", reference=repayment_id)
        for leg in _legs(facility_id, received)
    )
    return Standing(id=repayment_id, state="applied", version=version), tuple(legs)


def _legs(facility_id: str, received: Received) -> Iterator[Leg]:
    """Yield where money that came in goes: all of it goes somewhere."""
    applied, currency = received.application, received.application.cash.currency
    earned = Decimal(applied.cash.amount) - Decimal(applied.surplus)
    back = facilities.account(AccountKind.REPAID, facility_id)
    for drawdown_id in sorted({line.of for line in applied.lines}):
        principal = sum(
            (
                Decimal(line.paid)
                for line in applied.lines
                if line.of == drawdown_id and line.rank in {PRINCIPAL, EARLY_PRINCIPAL}
            ),
            Decimal(0),
        )
        earned -= principal
        if principal:
            lent = facilities.account(AccountKind.OUTSTANDING, facility_id, of=drawdown_id)
            yield Leg(debit=lent, credit=back, amount=money.of(principal, currency))
    own = facilities.account(AccountKind.FUNDING, facility_id)
    for kind, amount in (
        (AccountKind.EARNED, earned), (AccountKind.SURPLUS, Decimal(applied.surplus)),
    ):  # fmt: skip
        if amount:
            credit = facilities.account(kind, facility_id)
            yield Leg(debit=own, credit=credit, amount=money.of(amount, currency))


async def _keep(
    tx: Tx,
    facility_id: str,
    drawdown_id: str,
    made: Scheduled,
    *,
    ordinal: int,
    repaid: str,
    reason: Text | None,
    by: Actor,
    at: datetime,
) -> str:
    authority = authority_of(facility_id)
    schedule_id = mint("schedule", authority=authority)
    await tx.run(
        _SCHEDULE,
        authority_id=authority, id=schedule_id, facility_id=facility_id, drawdown_id=drawdown_id,
        ordinal=ordinal, document=canonical(made), repaid_before=Decimal(repaid),
        reason=None if reason is None else msgspec.json.encode(reason),
        made_by=control.hand(by), made_at=at,
    )  # fmt: skip
    return schedule_id
