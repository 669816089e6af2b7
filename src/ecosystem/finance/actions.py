"""Offer, agree, refuse and close facilities."""

from datetime import datetime
from typing import Any, Final

import msgspec

from ecosystem.contracts.canonical import canonical
from ecosystem.finance import queries, rules
from ecosystem.finance.model import FacilityDraft, FacilityFacts, RefuseFacts, State
from ecosystem.finance.tables import facility
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.runtime.database import Tx, inserting, marking
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money
from ecosystem.values.text import Text

_OFFER: Final = inserting(
    facility,
    "authority_id", "id", "version", "state", "contract_id", "award_id", "lender_id",
    "borrower_id", "terms", "amount", "currency", "offered_by", "offered_at", "agreed_at",
)  # fmt: skip


_AGREE: Final = marking(facility, "agreed")
_REFUSE: Final = marking(facility, "refused", "refused_reason")
_CLOSE: Final = marking(facility, "closed")


async def offer(
    tx: Tx, contract_id: str, asked: FacilityDraft, *, by: Actor, at: datetime
) -> Standing:
    """Offer a facility; what was awarded is agreed at once. Refuses as the facts and the rule.

    Effects: `facility.offered`; where it is agreed, its amount can be drawn.
    """
    facts = await queries.offer_facts(tx, contract_id, asked, by=by, at=at)
    offered = rules.offer(facts, by=by, at=at)
    authority = authority_of(contract_id)
    facility_id = mint("facility", authority=authority)
    amount, is_agreed = offered.terms.amount, offered.state is State.AGREED
    await tx.run(
        _OFFER,
        authority_id=authority, id=facility_id, version=1, state=offered.state,
        contract_id=contract_id, award_id=offered.award_id, lender_id=offered.lender_id,
        borrower_id=offered.borrower_id, terms=canonical(offered.terms),
        amount=amount.decimal(), currency=amount.currency, offered_by=offered.offered_by,
        offered_at=at, agreed_at=at if is_agreed else None,
    )  # fmt: skip
    version = await history.record(
        tx, "facility.offered", facility_id, facts=facts, decision=offered, by=by, at=at,
        audience=between(offered.lender_id, offered.borrower_id),
    )  # fmt: skip
    if is_agreed:
        await _fund(tx, facility_id, amount, by=by, at=at)
    return Standing(id=facility_id, state=offered.state, version=version)


async def agree(
    tx: Tx, facility_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Agree to a facility. Refuses with FacilityMissing, RevisionStale, and as the rule.

    Effects: holds the contract, locks the facility; `facility.agreed`; its amount can be drawn.
    """
    facts, _ = await queries.locked_within(tx, facility_id, expected=expected)
    agreed = rules.agree(facts, by=by, at=at)
    await tx.run(_AGREE, **_marks(facility_id, agreed.state, by=agreed.agreed_by, at=at))
    version = await history.record(
        tx, "facility.agreed", facility_id, facts=facts, decision=agreed, by=by, at=at,
        audience=audience(facts),
    )  # fmt: skip
    await _fund(tx, facility_id, facts.amount, by=by, at=at)
    return Standing(id=facility_id, state=agreed.state, version=version)


async def refuse(
    tx: Tx, facility_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Refuse an offer or take it back. Refuses FacilityMissing, RevisionStale, as the rule.

    Effects: locks the facility; `facility.refused`.
    """
    locked, _ = await queries.locked(tx, facility_id, expected=expected)
    facts = RefuseFacts(facility=locked, reason=reason)
    refused = rules.refuse(facts, by=by, at=at)
    await tx.run(
        _REFUSE,
        **_marks(facility_id, refused.state, by=refused.refused_by, at=at),
        new_refused_reason=msgspec.json.encode(refused.reason),
    )  # fmt: skip
    version = await history.record(
        tx, "facility.refused", facility_id, facts=facts, decision=refused, by=by, at=at,
        audience=audience(locked),
    )  # fmt: skip
    return Standing(id=facility_id, state=refused.state, version=version)


async def close(tx: Tx, facts: FacilityFacts, *, by: Actor, at: datetime) -> Standing:
    """Close a facility that is locked, and whose `owed` is known. Refuses as the rule.

    Effects: `facility.closed`; what was never drawn returns to the lender's own funds.
    """
    closed = rules.close(facts, by=by, at=at)
    facility_id = facts.facility_id
    await tx.run(_CLOSE, **_marks(facility_id, closed.state, by=closed.closed_by, at=at))
    version = await history.record(
        tx, "facility.closed", facility_id, facts=facts, decision=closed, by=by, at=at,
        audience=audience(facts),
    )  # fmt: skip
    if closed.undrawn.decimal():
        leg = Leg(
            debit=queries.account(AccountKind.UNDRAWN, facility_id),
            credit=queries.account(AccountKind.FUNDING, facility_id),
            amount=closed.undrawn,
        )
        await ledger.move(tx, (leg,), by=by, at=at, act="unfund", reference=facility_id)
    return Standing(id=facility_id, state=closed.state, version=version)


def between(lender_id: str, borrower_id: str) -> Audience:
    """Return who may know of a loan: who lends and who borrows, and with them the auditors."""
    return Audience(organisations=(lender_id, borrower_id))


def audience(facts: FacilityFacts) -> Audience:
    """Return who may know of what happens under a facility."""
    return between(facts.lender_id, facts.borrower_id)


def _marks(facility_id: str, state: str, *, by: str, at: datetime) -> dict[str, Any]:
    return {
        "of_authority": authority_of(facility_id),
        "of": facility_id,
        "new_state": state,
        "who": by,
        "when": at,
    }


async def _fund(tx: Tx, facility_id: str, amount: Money, *, by: Actor, at: datetime) -> None:
    leg = Leg(
        debit=queries.account(AccountKind.FUNDING, facility_id),
        credit=queries.account(AccountKind.UNDRAWN, facility_id),
        amount=amount,
    )
    await ledger.move(tx, (leg,), by=by, at=at, act="fund", reference=facility_id)
