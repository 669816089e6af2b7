"""Request, approve, refuse, withdraw and disburse drawdowns."""

from datetime import datetime
from typing import Any, Final

import msgspec

from ecosystem.finance import queries as facilities
from ecosystem.finance.actions import audience
from ecosystem.finance.drawing import queries, rules
from ecosystem.finance.drawing.model import (
    Disbursed,
    Disbursement,
    DrawdownDraft,
    DrawdownFacts,
    RefuseFacts,
)
from ecosystem.finance.drawing.tables import drawdown
from ecosystem.finance.servicing import actions as servicing
from ecosystem.history import actions as history
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.runtime.database import Tx, inserting, marking
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.text import Text

_REQUEST: Final = inserting(
    drawdown,
    "authority_id", "id", "version", "state", "facility_id", "part", "amount", "currency",
    "presented", "requested_by", "requested_at",
)  # fmt: skip


_APPROVE: Final = marking(drawdown, "approved", "proofs")
_REFUSE: Final = marking(drawdown, "refused", "refused_reason")
_WITHDRAW: Final = marking(drawdown, "withdrawn")
_DISBURSE: Final = marking(drawdown, "disbursed", "disbursed_on", "bank_reference", "kept", "fees")


async def request(
    tx: Tx, facility_id: str, asked: DrawdownDraft, *, by: Actor, at: datetime
) -> Standing:
    """Ask for a part of a facility. Refuses with FacilityMissing, and as the rule.

    Effects: locks the facility; `drawdown.requested`; nobody else can ask for the amount.
    """
    facts = await queries.request_facts(tx, facility_id, asked)
    requested = rules.request(facts, by=by, at=at)
    authority = authority_of(facility_id)
    drawdown_id = mint("drawdown", authority=authority)
    await tx.run(
        _REQUEST,
        authority_id=authority, id=drawdown_id, version=1, state=requested.state,
        facility_id=facility_id, part=asked.part, amount=asked.amount.decimal(),
        currency=asked.amount.currency, presented=msgspec.json.encode(requested.presented),
        requested_by=requested.requested_by, requested_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "drawdown.requested", drawdown_id, facts=facts, decision=requested, by=by, at=at,
        audience=audience(facts.facility),
    )  # fmt: skip
    return Standing(id=drawdown_id, state=requested.state, version=version)


async def approve(
    tx: Tx, drawdown_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Agree to pay out. Refuses with DrawdownMissing, RevisionStale, and as the rule.

    Effects: locks facility and drawdown; `drawdown.approved`.
    """
    facts, _ = await queries.locked(tx, drawdown_id, expected=expected)
    approved = rules.approve(facts, by=by, at=at)
    await tx.run(
        _APPROVE,
        **_marks(drawdown_id, approved.state, by=approved.approved_by, at=at),
        new_proofs=msgspec.json.encode(approved.proofs),
    )  # fmt: skip
    version = await history.record(
        tx, "drawdown.approved", drawdown_id, facts=facts, decision=approved, by=by, at=at,
        audience=audience(facts.facility),
    )  # fmt: skip
    return Standing(id=drawdown_id, state=approved.state, version=version)


async def refuse(
    tx: Tx, drawdown_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Do not pay out. Refuses with DrawdownMissing, RevisionStale, and as the rule.

    Effects: locks facility and drawdown; `drawdown.refused`; the amount can be asked for again.
    """
    locked, _ = await queries.locked(tx, drawdown_id, expected=expected)
    facts = RefuseFacts(drawdown=locked, reason=reason)
    refused = rules.refuse(facts, by=by, at=at)
    await tx.run(
        _REFUSE,
        **_marks(drawdown_id, refused.state, by=refused.refused_by, at=at),
        new_refused_reason=msgspec.json.encode(refused.reason),
    )  # fmt: skip
    version = await history.record(
        tx, "drawdown.refused", drawdown_id, facts=facts, decision=refused, by=by, at=at,
        audience=audience(locked.facility),
    )  # fmt: skip
    return Standing(id=drawdown_id, state=refused.state, version=version)


async def withdraw(
    tx: Tx, drawdown_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Take a request back. Refuses with DrawdownMissing, RevisionStale, and as the rule.

    Effects: locks facility and drawdown; `drawdown.withdrawn`; the amount can be asked for again.
    """
    facts, _ = await queries.locked(tx, drawdown_id, expected=expected)
    withdrawn = rules.withdraw(facts, by=by, at=at)
    await tx.run(
        _WITHDRAW, **_marks(drawdown_id, withdrawn.state, by=withdrawn.withdrawn_by, at=at)
    )
    version = await history.record(
        tx, "drawdown.withdrawn", drawdown_id, facts=facts, decision=withdrawn, by=by, at=at,
        audience=audience(facts.facility),
    )  # fmt: skip
    return Standing(id=drawdown_id, state=withdrawn.state, version=version)


async def disburse(
    tx: Tx,
    drawdown_id: str,
    asked: Disbursement,
    *,
    by: Actor,
    at: datetime,
    expected: int | None,
) -> Standing:
    """Record that the money was paid out. Refuses DrawdownMissing, RevisionStale, as the rule.

    Effects: locks facility and drawdown; `drawdown.disbursed`; money moves from undrawn to
    outstanding, and what is kept back is earned; the first schedule of repayment is made.
    """
    locked, row = await queries.locked(tx, drawdown_id, expected=expected)
    facts = await queries.disburse_facts(tx, locked, row, asked)
    disbursed = rules.disburse(facts, by=by, at=at)
    await tx.run(
        _DISBURSE,
        **_marks(drawdown_id, disbursed.state, by=disbursed.disbursed_by, at=at),
        new_disbursed_on=disbursed.disbursed_on, new_bank_reference=disbursed.bank_reference,
        new_kept=disbursed.kept.decimal(), new_fees=msgspec.json.encode(disbursed.fees),
    )  # fmt: skip
    version = await history.record(
        tx, "drawdown.disbursed", drawdown_id, facts=facts, decision=disbursed, by=by, at=at,
        audience=audience(locked.facility),
    )  # fmt: skip
    await servicing.begin(tx, locked, disbursed, by=by, at=at)
    await _lend(tx, locked, disbursed, by=by, at=at)
    return Standing(id=drawdown_id, state=disbursed.state, version=version)


def _marks(drawdown_id: str, state: str, *, by: str, at: datetime) -> dict[str, Any]:
    return {
        "of_authority": authority_of(drawdown_id),
        "of": drawdown_id,
        "new_state": state,
        "who": by,
        "when": at,
    }


async def _lend(
    tx: Tx, facts: DrawdownFacts, disbursed: Disbursed, *, by: Actor, at: datetime
) -> None:
    facility_id = facts.facility.facility_id
    legs = [
        Leg(
            debit=facilities.account(AccountKind.UNDRAWN, facility_id),
            credit=facilities.account(AccountKind.OUTSTANDING, facility_id, of=facts.drawdown_id),
            amount=facts.amount,
        )
    ]
    if disbursed.kept.decimal():
        legs.append(
            Leg(
                debit=facilities.account(AccountKind.FUNDING, facility_id),
                credit=facilities.account(AccountKind.EARNED, facility_id),
                amount=disbursed.kept,
            )
        )
    await ledger.move(tx, legs, by=by, at=at, act="disburse", reference=facts.drawdown_id)
