"""Propose awards and approve them."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, update

from ecosystem.awards import queries, rules
from ecosystem.awards.letters import actions as letters
from ecosystem.awards.letters import queries as addressed
from ecosystem.awards.model import Approved, ApproveFacts, AwardTerms, ProposalDraft
from ecosystem.awards.tables import award
from ecosystem.budgets import actions as budgets
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Occurrence
from ecosystem.needs import actions as needs_actions
from ecosystem.needs import queries as needs
from ecosystem.needs.model import Reason
from ecosystem.offers import actions as offers
from ecosystem.offers import queries as offered
from ecosystem.offers.model import MemberDraft, OpenedContent
from ecosystem.offers.model import State as OfferState
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_INSERT: Final = inserting(
    award, "authority_id", "id", "need_id", "lot_id", "offer_id", "round", "version", "kind",
    "state", "lead_id", "price", "currency", "terms", "reason", "passed_over",
    "proposed_by", "proposed_at",
)  # fmt: skip
_THIS: Final = (
    award.c.authority_id == bindparam("of_authority"), award.c.id == bindparam("of_award")
)  # fmt: skip
_REJECT: Final = Statement(
    update(award)
    .where(*_THIS)
    .values(
        state="cancelled",
        version=award.c.version + 1,
        cancelled_at=bindparam("rejected_at"),
        cancelled_by=bindparam("rejected_by"),
        cancelled_reason=bindparam("because"),
    )
)
_APPROVE: Final = Statement(
    update(award)
    .where(*_THIS)
    .values(
        state="published",
        version=award.c.version + 1,
        approved_by=bindparam("approved_by"),
        approved_at=bindparam("approved_at"),
        standstill_ends_at=bindparam("standstill_ends_at"),
        challenge_ends_at=bindparam("challenge_ends_at"),
    )
)


async def propose(
    tx: Tx, lot_id: str, asked: ProposalDraft, *, by: Actor, at: datetime
) -> Standing:
    """Propose to award the offer that is ranked first.

    Refuses with LotMissing, OfferMissing, and as the rule does. Effects: locks the need; the
    award; award.proposed.
    """
    need_id = await queries.need_of_lot(tx, lot_id)
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    facts, offer = await queries.propose_facts(tx, row, lot_id, asked)
    proposed = rules.propose(facts, by=by, at=at)
    terms, authority = _terms(offer), row["authority_id"]
    award_id = mint("award", authority=authority)
    await tx.run(
        _INSERT,
        authority_id=authority, id=award_id, need_id=need_id, lot_id=lot_id,
        offer_id=proposed.offer_id, round=facts.round, version=1, kind=proposed.kind,
        state=proposed.state, lead_id=terms.lead_id, price=terms.price.amount,
        currency=terms.price.currency, passed_over=msgspec.json.encode(proposed.passed_over),
        terms=msgspec.json.encode(terms), reason=msgspec.json.encode(asked.reason),
        proposed_by=proposed.proposed_by, proposed_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "award.proposed", award_id, facts=facts, decision=proposed, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=award_id, state=proposed.state, version=version)


async def approve(
    tx: Tx, award_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Approve an award; it is public, and its standstill begins.

    Refuses with AwardMissing, RevisionStale, as the rule does, and as `budgets.commit` does.
    Effects: locks need and award; the budget is committed for what costs budget; the offers
    of the contest come to their end; award.approved; with the last lot the need is awarded.
    """
    found, row = await queries.locked(tx, award_id, by=by, at=at, expected=expected)
    facts = await queries.approve_facts(tx, found, row, at=at)
    approved = rules.approve(facts, by=by, at=at)
    await tx.run(
        _APPROVE,
        of_authority=authority_of(award_id), of_award=award_id,
        approved_by=approved.approved_by, approved_at=approved.approved_at,
        standstill_ends_at=approved.standstill_ends_at,
        challenge_ends_at=approved.challenge_ends_at,
    )  # fmt: skip
    await _follow(tx, facts, approved, found=found, row=row, by=by, at=at)
    version = await history.record(
        tx, "award.approved", award_id, facts=facts, decision=approved, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=award_id, state=approved.state, version=version)


async def reject(
    tx: Tx, award_id: str, asked: Reason, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Send a proposal back with reasons; another one may be made.

    Refuses with AwardMissing, RevisionStale, and as the rule does. Effects: locks need and
    award, which is cancelled; award.rejected.
    """
    found, _ = await queries.locked(tx, award_id, by=by, at=at, expected=expected)
    facts = queries.reject_facts(found, asked.reason)
    rejected = rules.reject(facts, by=by, at=at)
    await tx.run(
        _REJECT,
        of_authority=facts.authority_number, of_award=award_id, rejected_at=at,
        rejected_by=rejected.rejected_by, because=msgspec.json.encode(rejected.reason),
    )  # fmt: skip
    version = await history.record(
        tx, "award.rejected", award_id, facts=facts, decision=rejected, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=award_id, state=rejected.state, version=version)


async def keep(tx: Tx, cancelled: Occurrence) -> None:
    """Refuse with AwardStands to give up a need of which an award stands."""
    rules.check_given_up([one["state"] for one in await queries.made(tx, cancelled.stream)])


async def _follow(
    tx: Tx,
    facts: ApproveFacts,
    approved: Approved,
    *,
    found: Record,
    row: Record,
    by: Actor,
    at: datetime,
) -> None:
    """Do what follows from an approval: budget, offers, and with the last lot the need."""
    if approved.committed is not None:
        await budgets.commit(
            tx, programme_id=row["programme_id"], for_id=facts.award_id,
            amount=approved.committed, by=by, at=at,
        )  # fmt: skip
    rivals = [
        one
        for one in await offered.taken(tx, facts.need_id)
        if (one.lot_id, one.kind) == (facts.lot_id, facts.kind)
    ]
    admitted = [one for one in rivals if one.state is OfferState.ADMITTED]
    await offers.conclude(
        tx, admitted, award_id=facts.award_id, winner=found["offer_id"], by=by, at=at
    )
    await letters.send(
        tx, facts.award_id, need_id=facts.need_id,
        winner=next(one for one in rivals if one.offer_id == found["offer_id"]),
        losers=[one for one in rivals if one.offer_id != found["offer_id"]],
        contest=await queries.contest(tx, found),
        exclusions=await addressed.exclusions(tx, facts.need_id),
        challenge_by=approved.challenge_ends_at, by=by, at=at,
    )  # fmt: skip
    if approved.need_state is not facts.need_state:
        await needs_actions.advance(tx, facts.need_id, to=approved.need_state)
        await history.record(
            tx, "need.awarded", facts.need_id, facts=facts, decision=approved, by=by, at=at,
            audience=EVERYONE,
        )  # fmt: skip


def _terms(offer: OpenedContent) -> AwardTerms:
    content = offer.content
    financing = None if content.financing is UNSET else content.financing
    price = content.price if financing is None else financing.amount
    if price is UNSET:
        message = "an offer of this kind is opened with a price"
        raise RuntimeError(message)
    return AwardTerms(
        lead_id=offer.lead_id,
        members=tuple(MemberDraft(one.organisation_id, one.share) for one in offer.members),
        price=price,
        financing=financing,
        metric_commitments=content.metric_commitments,
        liability=offer.liability,
    )
