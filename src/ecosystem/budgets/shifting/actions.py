"""Propose shifts, and approve or reject those of others."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.budgets import actions as budgets
from ecosystem.budgets import queries as programmes
from ecosystem.budgets.shifting import queries, rules
from ecosystem.budgets.shifting.model import (
    ShiftDraft,
    ShiftedFacts,
    ShiftFacts,
    ShiftRejection,
    ShiftState,
)
from ecosystem.budgets.shifting.tables import shift
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import Leg
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money

_PROPOSE: Final = inserting(
    shift, "authority_id", "id", "version", "state", "kind", "from_id", "to_id",
    "appropriation_id", "asked", "amount", "currency", "reason", "proposed_by", "proposed_at",
)  # fmt: skip
_DECIDE: Final = Statement(
    update(shift)
    .where(
        shift.c.authority_id == bindparam("of_authority"),
        shift.c.id == bindparam("of_shift"),
    )
    .values(
        version=shift.c.version + 1,
        state=bindparam("new_state"),
        amount=bindparam("moved"),
        decided_by=bindparam("by"),
        decided_at=bindparam("at"),
        rejection=bindparam("why"),
    )
)


async def propose(
    tx: Tx, programme_id: str, asked: ShiftDraft, *, by: Actor, at: datetime
) -> Standing:
    """Propose a shift out of a programme. Refuses with ProgrammeMissing, and as the rule does.

    Effects: locks the programmes; `shift.proposed`, for the authority.
    """
    authority = by.organisation_number
    shift_id = mint("shift", authority=authority)
    facts = await queries.shift_facts(tx, programme_id, asked, shift_id=shift_id)
    proposed = rules.propose(facts, by=by, at=at)
    await tx.run(
        _PROPOSE,
        authority_id=authority, id=shift_id, version=1, state=ShiftState.PROPOSED,
        kind=asked.kind, from_id=programme_id, to_id=asked.to_id,
        appropriation_id=asked.appropriation_id,
        asked=None if asked.amount is None else asked.amount.decimal(),
        amount=proposed.amount.decimal(), currency=proposed.amount.currency,
        reason=msgspec.json.encode(asked.reason), proposed_by=proposed.proposed_by, proposed_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "shift.proposed", shift_id, facts=facts, decision=proposed, by=by, at=at
    )
    return Standing(id=shift_id, state=ShiftState.PROPOSED, version=version)


async def approve(
    tx: Tx, shift_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Approve a shift, and move the money. Refuses with ShiftMissing, and as the rule does.

    Effects: locks the shift and its programmes; `shift.approved`, and `programme.shifted` for
    each programme; a transfer out of the one, and one into the other, or the reversal of an
    appropriation.
    """
    facts, _ = await queries.decide_facts(tx, shift_id, by=by, expected=expected)
    approved = rules.approve(facts, by=by, at=at)
    await _decide(
        tx, shift_id, ShiftState.APPROVED, moved=approved.amount, by=approved.decided_by, at=at
    )
    version = await history.record(
        tx, "shift.approved", shift_id, facts=facts, decision=approved, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    for one in (facts.shift.source, facts.shift.target):
        if one is not None:
            seen = ShiftedFacts(
                shift_id=shift_id, kind=facts.shift.asked.kind,
                is_source=one is facts.shift.source, amount=approved.amount,
            )  # fmt: skip
            shifted = rules.shifted(seen, by=by, at=at)
            await budgets.change(tx, one.id)
            await history.record(
                tx, "programme.shifted", one.id, facts=seen, decision=shifted, by=by, at=at,
                audience=EVERYONE,
            )  # fmt: skip
    await _move(tx, facts.shift, approved.amount, by=by, at=at)
    return Standing(id=shift_id, state=ShiftState.APPROVED, version=version)


async def reject(
    tx: Tx, shift_id: str, asked: ShiftRejection, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Reject a shift. Refuses with ShiftMissing, and as the rule does.

    Effects: `shift.rejected`, for the authority.
    """
    found, row = await queries.decide_facts(tx, shift_id, by=by, expected=expected)
    facts = msgspec.structs.replace(found, rejection=asked.reason)
    rejected = rules.reject(facts, by=by, at=at)
    await _decide(
        tx, shift_id, ShiftState.REJECTED, by=rejected.decided_by, at=at, why=rejected.reason,
        moved=Money(f"{row['amount']:f}", row["currency"]),
    )  # fmt: skip
    version = await history.record(
        tx, "shift.rejected", shift_id, facts=facts, decision=rejected, by=by, at=at
    )
    return Standing(id=shift_id, state=ShiftState.REJECTED, version=version)


async def _decide(
    tx: Tx, shift_id: str, state: ShiftState, *, moved: Money, by: str, at: datetime,
    why: msgspec.Struct | None = None,
) -> None:  # fmt: skip
    await tx.run(
        _DECIDE,
        of_authority=authority_of(shift_id), of_shift=shift_id, new_state=state,
        moved=moved.decimal(), by=by, at=at,
        why=None if why is None else msgspec.json.encode(why),
    )  # fmt: skip


async def _move(tx: Tx, facts: ShiftFacts, amount: Money, *, by: Actor, at: datetime) -> None:
    """Move what is approved, by one call of the ledger."""
    source, target = facts.source.id, facts.target
    act, reference = str(facts.asked.kind), facts.shift_id
    if facts.given is not None:
        taken = await queries.transfer_of(
            tx, facts.given.id, authority=facts.source.authority_number
        )
        await ledger.reverse(tx, (taken,), by=by, at=at, act=act, reference=reference)
        return
    legs = [
        Leg(
            debit=programmes.available_in(source),
            credit=programmes.appropriated_to(source),
            amount=amount,
        )
    ]
    if target is not None:
        into = programmes.available_in(target.id)
        legs.append(Leg(debit=programmes.appropriated_to(target.id), credit=into, amount=amount))
    await ledger.move(tx, legs, by=by, at=at, act=act, reference=reference)
