"""Draft, consent to, submit, withdraw and open offers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from joserfc.jwk import ECKey
from sqlalchemy import Update, bindparam, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.offers import halves, queries, receipts, rules, sealing, shapes
from ecosystem.offers.envelope import Envelope, SealedBy, check_received
from ecosystem.offers.model import (
    ConcludeFacts,
    FinancialState,
    OfferContent,
    OfferDraft,
    OfferFacts,
    OfferStanding,
    ReadmitFacts,
    Receipt,
    ReopenFacts,
    SealedOffer,
    State,
)
from ecosystem.offers.tables import offer, offer_member, offer_reader, score_freezing
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import entropy, mint
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_DRAFT: Final = inserting(
    offer, "authority_id", "id", "need_id", "lot_id", "version", "kind", "state", "lead_id",
    "member_ids", "liability",
)  # fmt: skip
_ADD_MEMBER: Final = inserting(offer_member)
_CONSENT: Final = Statement(
    update(offer_member)
    .where(
        offer_member.c.authority_id == bindparam("of_authority"),
        offer_member.c.offer_id == bindparam("of_offer"),
        offer_member.c.organisation_id == bindparam("of_organisation"),
    )
    .values(consented_at=bindparam("consented_at"), consented_by=bindparam("consented_by"))
)


def _changing(*names: str) -> Update:
    """Return what gives an offer's columns new values, and its next version."""
    return (
        update(offer)
        .where(
            offer.c.authority_id == bindparam("of_authority"),
            offer.c.id == bindparam("of_offer"),
        )
        .values(version=offer.c.version + 1, **{name: bindparam(name) for name in names})
    )


_KEPT: Final = (
    "state", "envelope", "envelope_digest", "sealed_by", "received_at", "receipt",
    "confirmed_version", "financial_envelope", "financial_digest", "financial_state",
)  # fmt: skip
_KEEP: Final = history.recording(_changing(*_KEPT))
_DESTROY: Final = Statement(_changing("state", "envelope", "financial_envelope", "financial_state"))
_CONCLUDE: Final = Statement(_changing("state"))
_TOUCH: Final = Statement(_changing())
_FREEZE: Final = inserting(score_freezing)
_reader = insert(offer_reader).values(
    {column.key: bindparam(column.key) for column in offer_reader.columns}
)
_LET_READ: Final = Statement(
    _reader.on_conflict_do_update(
        index_elements=["authority_id", "need_id", "person_id"],
        set_={"may_read": _reader.excluded.may_read},
    )
)


async def draft(tx: Tx, lot_id: str, asked: OfferDraft, *, by: Actor, at: datetime) -> Standing:
    """Prepare an offer for a lot. Refuses with LotMissing, and as the rule does.

    Effects: the offer, without any content, and its members; the sealed event offer.drafted.
    """
    facts = await queries.draft_facts(tx, lot_id, asked, by=by, at=at)
    drafted = rules.draft(facts, by=by, at=at)
    authority = facts.authority_number
    offer_id = mint("offer", authority=authority)
    members = [one.organisation_id for one in drafted.members]
    await tx.run(
        _DRAFT,
        authority_id=authority, id=offer_id, need_id=facts.need_id, lot_id=lot_id, version=1,
        kind=facts.kind, state=drafted.state, lead_id=drafted.lead_id, member_ids=members,
        liability=drafted.liability,
    )  # fmt: skip
    for place, one in enumerate(drafted.members):
        is_lead = one.organisation_id == drafted.lead_id
        await tx.run(
            _ADD_MEMBER,
            authority_id=authority, offer_id=offer_id, organisation_id=one.organisation_id,
            place=place, share=one.share, consented_at=at if is_lead else None,
            consented_by=by.person_id or by.client_id if is_lead else None,
        )  # fmt: skip
    version = await history.record(
        tx, "offer.drafted", offer_id, facts=facts, decision=drafted, by=by, at=at,
        audience=_sealed(members),
    )  # fmt: skip
    return Standing(id=offer_id, state=drafted.state, version=version)


async def consent(tx: Tx, offer_id: str, *, by: Actor, at: datetime) -> Standing:
    """Have the caller's organisation take part. Refuses with OfferMissing, and as the rule does.

    Effects: the consent; the sealed event offer.consented.
    """
    facts, _, _ = await queries.locked(tx, offer_id, by=by, at=at)
    consented = rules.consent(facts, by=by, at=at)
    key = _key(offer_id)
    await tx.run(
        _CONSENT,
        **key, of_organisation=by.organisation_id, consented_at=consented.consented_at,
        consented_by=by.person_id or by.client_id,
    )  # fmt: skip
    await tx.run(_TOUCH, **key)
    version = await history.record(
        tx, "offer.consented", offer_id, facts=facts, decision=consented, by=by, at=at,
        audience=_of_members(facts),
    )  # fmt: skip
    return Standing(id=offer_id, state=facts.state, version=version)


async def submit(
    tx: Tx, offer_id: str, content: OfferContent, *, key: ECKey, by: Actor, at: datetime,
    expected: int | None,
) -> Receipt:  # fmt: skip
    """Seal an offer in memory, keep its envelopes alone, and sign a receipt with `key`.

    Refuses with OfferMissing, as the rule does, with RevisionStale, and then with
    ContentUnsound: whoever is late learns that first. Effects: the envelope, in place of an
    earlier one; the sealed event offer.submitted, which holds digests only.
    """
    facts, row, need = await queries.locked(tx, offer_id, by=by, at=at)
    facts = msgspec.structs.replace(facts, sealed_by=SealedBy.SERVER)
    rules.submit(facts, by=by, at=at)
    revision.check(expected, actual=row["version"])
    shapes.check(content, lot=queries.lot_of(need, facts.lot_id), kind=facts.kind)
    sealed = tuple(
        sealing.seal(
            text,
            terms=queries.sealing_terms(facts, need, part=part),
            sealed_by=SealedBy.SERVER,
            entropy=entropy,
        )
        for part, text in halves.split(content, envelopes=facts.envelopes)
    )
    return await _keep(tx, facts, sealed, version=row["version"], key=key, by=by, at=at)


async def submit_sealed(
    tx: Tx, offer_id: str, sealed: SealedOffer, *, key: ECKey, by: Actor, at: datetime,
    expected: int | None,
) -> Receipt:  # fmt: skip
    """Keep an offer that its bidder has sealed, and sign a receipt with `key`.

    Refuses with OfferMissing, as the rule does, with RevisionStale, and then with
    EnvelopeForAnother or EnvelopeMalformed. Effects: as `submit`; nobody here has read it.
    """
    facts, row, need = await queries.locked(tx, offer_id, by=by, at=at)
    facts = msgspec.structs.replace(facts, sealed_by=SealedBy.CLIENT)
    rules.submit(facts, by=by, at=at)
    revision.check(expected, actual=row["version"])
    terms = (queries.sealing_terms(facts, need, part=part) for part in halves.OF[facts.envelopes])
    check_received(sealed.envelopes, terms=tuple(terms))
    return await _keep(tx, facts, sealed.envelopes, version=row["version"], key=key, by=by, at=at)


async def _keep(
    tx: Tx, facts: OfferFacts, sealed: tuple[Envelope, ...], *, version: int, key: ECKey,
    by: Actor, at: datetime,
) -> Receipt:  # fmt: skip
    first, financial = sealed[0], sealed[1] if len(sealed) > 1 else None
    facts = msgspec.structs.replace(
        facts,
        envelope_digest=first.digest(),
        offer_commitment=first.header.offer_commitment,
        financial_digest=financial and financial.digest(),
        financial_commitment=financial and financial.header.offer_commitment,
    )
    submitted = rules.submit(facts, by=by, at=at)
    receipt = receipts.of_offer(
        facts, version=version + 1, key=key, received_at=submitted.received_at
    )
    version = await history.record(
        tx, "offer.submitted", facts.offer_id, facts=facts, decision=submitted, by=by, at=at,
        audience=_of_members(facts), changing=_KEEP, **_key(facts.offer_id),
        state=submitted.state, envelope=first.encode(),
        envelope_digest=submitted.envelope_digest, sealed_by=first.header.sealed_by,
        received_at=submitted.received_at, receipt=receipt,
        confirmed_version=facts.content_version,
        financial_envelope=financial and financial.encode(),
        financial_digest=submitted.financial_digest,
        financial_state=financial and FinancialState.SEALED,
    )  # fmt: skip
    return Receipt(
        offer_id=facts.offer_id,
        state=submitted.state,
        version=version,
        envelope_digest=submitted.envelope_digest,
        financial_digest=submitted.financial_digest,
        received_at=submitted.received_at,
        receipt=receipt,
    )


async def withdraw(
    tx: Tx, offer_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Take an offer back. Refuses with OfferMissing, RevisionStale, and as the rule does.

    Effects: its envelope is destroyed; the sealed event offer.withdrawn.
    """
    facts, row, _ = await queries.locked(tx, offer_id, by=by, at=at)
    revision.check(expected, actual=row["version"])
    withdrawn = rules.withdraw(facts, by=by, at=at)
    await tx.run(
        _DESTROY,
        **_key(offer_id), state=withdrawn.state, envelope=None, financial_envelope=None,
        financial_state=None,
    )  # fmt: skip
    version = await history.record(
        tx, "offer.withdrawn", offer_id, facts=facts, decision=withdrawn, by=by, at=at,
        audience=_of_members(facts),
    )  # fmt: skip
    return Standing(id=offer_id, state=withdrawn.state, version=version)


async def conclude(
    tx: Tx,
    offers: Iterable[OfferStanding],
    *,
    award_id: str | None,
    winner: str | None,
    by: Actor,
    at: datetime,
) -> None:
    """Bring the offers of one contest to their end; the room above decides which one wins.

    Effects: the offers become awarded or not_awarded; offer.concluded for each.
    """
    for one in offers:
        facts = ConcludeFacts(
            award_id=award_id,
            offer_id=one.offer_id,
            state=one.state,
            is_winner=one.offer_id == winner,
        )
        concluded = rules.conclude(facts, by=by, at=at)
        await tx.run(_CONCLUDE, **_key(one.offer_id), state=concluded.state)
        await history.record(
            tx, "offer.concluded", one.offer_id, facts=facts, decision=concluded, by=by, at=at,
            audience=Audience(organisations=one.member_ids),
        )  # fmt: skip


async def reopen(
    tx: Tx, offers: Iterable[OfferStanding], *, award_id: str, by: Actor, at: datetime
) -> None:
    """Let the offers of one contest be evaluated again; the room above decides that they are.

    Effects: the offers become opened; offer.reopened for each.
    """
    for one in offers:
        facts = ReopenFacts(award_id=award_id, offer_id=one.offer_id, state=one.state)
        reopened = rules.reopen(facts, by=by, at=at)
        await tx.run(_CONCLUDE, **_key(one.offer_id), state=reopened.state)
        await history.record(
            tx, "offer.reopened", one.offer_id, facts=facts, decision=reopened, by=by, at=at,
            audience=Audience(organisations=one.member_ids),
        )  # fmt: skip


async def readmit(
    tx: Tx, offers: Iterable[OfferStanding], *, award_id: str, by: Actor, at: datetime
) -> None:
    """Let the offers of one contest be awarded that did not win; the room above decides it.

    Effects: the offers become admitted; offer.readmitted for each.
    """
    for one in offers:
        facts = ReadmitFacts(award_id=award_id, offer_id=one.offer_id, state=one.state)
        readmitted = rules.readmit(facts, by=by, at=at)
        await tx.run(_CONCLUDE, **_key(one.offer_id), state=readmitted.state)
        await history.record(
            tx, "offer.readmitted", one.offer_id, facts=facts, decision=readmitted, by=by, at=at,
            audience=Audience(organisations=one.member_ids),
        )  # fmt: skip


async def advance(tx: Tx, offer_id: str, *, to: State) -> None:
    """Set the state of an offer whose need the caller has locked; rooms above record why."""
    await tx.run(_CONCLUDE, **_key(offer_id), state=to)


async def let_read(
    tx: Tx, need_id: str, *, person_id: str, organisation_id: str, may_read: bool
) -> None:
    """Say whether a person may read a need's opened offers; the room above records why.

    Who is named here and may not read does not read as one of the authority either.
    """
    await tx.run(
        _LET_READ,
        authority_id=authority_of(need_id), need_id=need_id, person_id=person_id,
        organisation_id=organisation_id, may_read=may_read,
    )  # fmt: skip


async def freeze(
    tx: Tx, need_id: str, *, salt: str, offers: bytes, digest: str, by: Actor, at: datetime
) -> None:
    """Let prices be opened: scores of quality are frozen; the room above records why.

    `offers` is the JSON of each offer's digest. Effects: one row that nobody rewrites. From it
    on the database refuses what changes a score, and until then whatever opens a price.
    """
    await tx.run(
        _FREEZE,
        authority_id=authority_of(need_id), need_id=need_id, salt=salt, offers=offers,
        digest=digest, frozen_by=by.person_id or by.client_id, frozen_at=at,
    )  # fmt: skip


def _key(offer_id: str) -> dict[str, Any]:
    return {"of_authority": authority_of(offer_id), "of_offer": offer_id}


def _of_members(facts: OfferFacts) -> Audience:
    return _sealed(one.organisation_id for one in facts.members)


def _sealed(members: Iterable[str]) -> Audience:
    return Audience(organisations=tuple(members), is_sealed=True)
