"""Read offers: facts for the rules, locked; views, as far as row-level security lets one see."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.identity import queries as identity
from ecosystem.identity.model import OrganisationState
from ecosystem.identity.tables import organisation
from ecosystem.needs import queries as needs
from ecosystem.needs.model import Lot, OfferKind, Opener
from ecosystem.needs.model import State as NeedState
from ecosystem.needs.tables import lot
from ecosystem.offers.envelope import Officer, Part, Terms
from ecosystem.offers.members import queries as members
from ecosystem.offers.model import (
    Consent,
    DraftFacts,
    Liability,
    MemberDraft,
    MemberFacts,
    OfferContent,
    OfferDraft,
    OfferFacts,
    OfferStanding,
    OpenedContent,
    State,
)
from ecosystem.offers.rules import LotMissing, OfferMissing
from ecosystem.offers.tables import offer, offer_member, offer_reader
from ecosystem.runtime.columns import instant, json_of, json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.period import wire

Of = TypeVar("Of")

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_NEED: Final = bindparam("need_id", type_=Text)
_ORGANISATION: Final = bindparam("organisation", type_=Text)
_PERSON: Final = bindparam("person", type_=Text)
_KEY: Final = (offer.c.authority_id == _AUTHORITY, offer.c.id == _ID)
_OF_NEED: Final = (offer.c.authority_id == _AUTHORITY, offer.c.need_id == _NEED)


def _members() -> ColumnElement[Any]:
    """Return the JSON of an offer's members, on one line, as page_of needs it."""
    one = json_of(
        organisation_id=offer_member.c.organisation_id,
        share=func.trim_scale(offer_member.c.share).cast(Text),
        consented_at=instant(offer_member.c.consented_at),
    )
    return (
        select(func.jsonb_agg(aggregate_order_by(one.cast(JSONB), offer_member.c.place)))
        .where(offer_member.c.authority_id == offer.c.authority_id)
        .where(offer_member.c.offer_id == offer.c.id)
        .scalar_subquery()
    )


def _reads(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return whether the person stands among the readers of the offer's need."""
    return exists().where(
        offer_reader.c.authority_id == offer.c.authority_id,
        offer_reader.c.need_id == offer.c.need_id,
        offer_reader.c.person_id == _PERSON,
        *more,
    )


def may_read(of: Table) -> ColumnElement[bool]:
    """Return whether the person of a row of `of` may read what was offered for its need."""
    return exists().where(
        offer_reader.c.authority_id == of.c.authority_id,
        offer_reader.c.need_id == of.c.need_id,
        offer_reader.c.person_id == of.c.person_id,
        offer_reader.c.may_read,
    )


_SEEN: Final = or_(
    any_(offer.c.member_ids) == _ORGANISATION,
    and_(
        not_(_reads(not_(offer_reader.c.may_read))),
        or_(
            offer.c.authority_id == bindparam("own", type_=Integer),
            identity.is_overseen(offer.c.authority_id, bindparam("oversees", type_=Text)),
            _reads(offer_reader.c.may_read),
        ),
    ),
)
"""What row-level security shows to an organisation, narrowed to the person who reads."""
_SUMMARY: Final[list[ColumnElement[Any]]] = [
    offer.c.id,
    offer.c.version,
    offer.c.need_id,
    offer.c.lot_id,
    offer.c.kind,
    offer.c.state,
    offer.c.lead_id,
    offer.c.received_at,
]
_one = (
    select(
        *_SUMMARY,
        _members().label("members"),
        members.departures().label("departures"),
        offer.c.liability,
        offer.c.envelope_digest,
        offer.c.receipt,
        offer.c.confirmed_version,
        offer.c.failure,
        offer.c.content,
        offer.c.financial_digest,
        offer.c.financial_state,
    )
    .where(*_KEY, _SEEN)
    .subquery("one")
)
_VIEW: Final = Statement(select(json_row(_one), _one.c.version, _one.c.state))


@cache
def listing(*, of_need: bool, inviting: bool) -> Statement:
    """Return the statement for a page of offers that the caller may see."""
    rows = select(*_SUMMARY).where(_SEEN)
    rows = rows.where(members.is_invited(_ORGANISATION)) if inviting else rows
    return page_of(rows.where(offer.c.need_id == _NEED) if of_need else rows)


_NEED_OF_LOT: Final = Statement(
    select(lot.c.need_id).where(lot.c.authority_id == _AUTHORITY, lot.c.id == _ID)
)
_NEED_OF_OFFER: Final = Statement(select(offer.c.need_id).where(*_KEY))
_LOCKED: Final = Statement(select(offer).where(*_KEY).with_for_update())
_MEMBERS_OF: Final = Statement(
    select(
        offer_member.c.organisation_id,
        func.trim_scale(offer_member.c.share).cast(Text).label("share"),
        offer_member.c.consented_at,
    )
    .where(offer_member.c.authority_id == _AUTHORITY, offer_member.c.offer_id == _ID)
    .order_by(offer_member.c.place)
)
_KINDS: Final = Statement(
    select(organisation.c.id, organisation.c.kind, organisation.c.state).where(
        organisation.c.id == any_(bindparam("ids", type_=ARRAY(Text)))
    )
)
_LEADS: Final = Statement(
    select(
        exists().where(
            offer.c.authority_id == _AUTHORITY,
            offer.c.lot_id == bindparam("lot_id", type_=Text),
            offer.c.kind == bindparam("kind", type_=Text),
            offer.c.lead_id == _ORGANISATION,
            offer.c.state != "withdrawn",
        )
    )
)
_BIDS: Final = Statement(
    select(
        exists().where(
            *_OF_NEED, any_(offer.c.member_ids) == _ORGANISATION, offer.c.state != "withdrawn"
        )
    )
)
_PRICE_READ: Final = or_(
    offer.c.state != "excluded",
    offer.c.financial_state.is_(None),
    offer.c.financial_state == "opened",
)
"""An excluded offer whose price stays sealed, or cannot be read, competes with none."""
_OPENED: Final = Statement(
    select(offer, _members().label("members"))
    .where(*_OF_NEED, offer.c.content.is_not(None), _PRICE_READ)
    .order_by(offer.c.id)
)


_TAKEN: Final = Statement(
    select(
        offer.c.id.label("offer_id"),
        offer.c.version,
        offer.c.lot_id,
        offer.c.kind,
        offer.c.state,
        offer.c.lead_id,
        offer.c.member_ids,
        offer.c.content.is_not(None).label("was_opened"),
    )
    .where(*_OF_NEED, not_(offer.c.state.in_(("draft", "submitted", "withdrawn"))))
    .order_by(offer.c.id)
)


def sight(reader: Actor | None) -> dict[str, str | int]:
    """Return the parameters by which a reader's offers are found."""
    if reader is None:
        return {"organisation": "", "person": "", "own": -1, "oversees": ""}
    is_authority = reader.kind is OrganisationKind.GOVERNMENT
    return {
        "organisation": reader.organisation_id,
        "person": reader.person_id or "",
        "own": reader.organisation_number if is_authority else -1,
        "oversees": reader.oversees or "",
    }


async def view(tx: Tx, offer_id: str, *, seen_by: Actor) -> Record:
    """Return an offer's JSON, version and state. Refuses with OfferMissing."""
    authority = owner(offer_id, "offer", otherwise=OfferMissing)
    return _found(await tx.row(_VIEW, authority_id=authority, id=offer_id, **sight(seen_by)))


async def draft_facts(
    tx: Tx, lot_id: str, asked: OfferDraft, *, by: Actor, at: datetime
) -> DraftFacts:
    """Hold the lot's need; return what a draft is checked against. Refuses with LotMissing."""
    authority = owner(lot_id, "lot", otherwise=LotMissing)
    need_id: str | None = await tx.value(_NEED_OF_LOT, authority_id=authority, id=lot_id)
    if need_id is None:
        raise LotMissing("No need has such a lot.")
    row = await needs.held(tx, need_id, seen_by=by, at=at)
    has_offered: bool = await tx.value(
        _LEADS, authority_id=authority, lot_id=lot_id, kind=asked.kind,
        organisation=by.organisation_id,
    )  # fmt: skip
    return DraftFacts(
        need_id=need_id,
        lot_id=lot_id,
        kind=asked.kind,
        authority_number=authority,
        need_state=NeedState(row["state_now"]),
        submission_ends_at=row["submission_ends_at"],
        invited_kinds=read(row["invited_kinds"], tuple[OrganisationKind, ...]),
        invited_offers=read(row["invited_offers"], tuple[OfferKind, ...]),
        members=await known_members(tx, asked.members),
        has_offered=has_offered,
        liability=asked.liability,
    )


async def known_members(tx: Tx, asked: Sequence[MemberDraft]) -> tuple[MemberFacts, ...]:
    """Return what is known of those who shall be members."""
    rows = await tx.rows(_KINDS, ids=[one.organisation_id for one in asked])
    known = {row["id"]: row for row in rows}
    return tuple(
        MemberFacts(
            organisation_id=one.organisation_id,
            share=one.share,
            kind=OrganisationKind(row["kind"]) if row else None,
            verified=row is not None and row["state"] == OrganisationState.VERIFIED,
        )
        for one in asked
        for row in (known.get(one.organisation_id),)
    )


async def locked(
    tx: Tx, offer_id: str, *, by: Actor, at: datetime
) -> tuple[OfferFacts, Record, Record]:
    """Hold the offer's need, then lock the offer; return its facts, its row and its need's.

    In this order, which the opening keeps as well. Refuses with OfferMissing.
    """
    authority = owner(offer_id, "offer", otherwise=OfferMissing)
    need_id: str | None = await tx.value(_NEED_OF_OFFER, authority_id=authority, id=offer_id)
    if need_id is None:
        raise _missing()
    need = await needs.held(tx, need_id, seen_by=by, at=at)
    row = _found(await tx.row(_LOCKED, authority_id=authority, id=offer_id))
    members = await tx.rows(_MEMBERS_OF, authority_id=authority, id=offer_id)
    facts = OfferFacts(
        offer_id=offer_id,
        need_id=need_id,
        lot_id=row["lot_id"],
        kind=OfferKind(row["kind"]),
        state=State(row["state"]),
        lead_id=row["lead_id"],
        members=tuple(Consent(**dict(one)) for one in members),
        need_state=NeedState(need["state_now"]),
        submission_ends_at=need["submission_ends_at"],
        content_version=need["content_version"],
        confirmed_version=row["confirmed_version"],
        client_sealing_required=need["client_sealing_required"],
        envelopes=Envelopes(need["envelopes"]),
    )
    return facts, row, need


def lot_of(need: Record, lot_id: str) -> Lot:
    """Return a lot of a need's row. Refuses with LotMissing."""
    for one in read(need["lots"], tuple[Lot, ...]):
        if one.id == lot_id:
            return one
    raise LotMissing("The need has no such lot.")


def sealing_terms(facts: OfferFacts, need: Record, *, part: Part = Part.WHOLE) -> Terms:
    """Return what a part of an offer is sealed for: its need's openers, threshold, deadline."""
    return Terms(
        need_id=facts.need_id,
        lot_id=facts.lot_id,
        bidder_id=facts.lead_id,
        offer_id=facts.offer_id,
        part=part,
        deadline_at=wire(facts.submission_ends_at),
        threshold=need["threshold"],
        officers=tuple(Officer(one.person_id, one.public_key) for one in openers(need)),
    )


async def bids(tx: Tx, need_id: str, *, organisation_id: str) -> bool:
    """Tell whether an organisation is a member of an offer, as far as the caller may know."""
    found: bool = await tx.value(
        _BIDS, authority_id=authority_of(need_id), need_id=need_id, organisation=organisation_id
    )
    return found


async def opened(tx: Tx, need_id: str) -> tuple[OpenedContent, ...]:
    """Return the offers of a need that were opened, with their content."""
    rows = await tx.rows(_OPENED, authority_id=authority_of(need_id), need_id=need_id)
    return tuple(
        OpenedContent(
            offer_id=row["id"],
            need_id=row["need_id"],
            lot_id=row["lot_id"],
            kind=OfferKind(row["kind"]),
            state=State(row["state"]),
            lead_id=row["lead_id"],
            members=read(row["members"], tuple[Consent, ...]),
            received_at=row["received_at"],
            content=read(row["content"], OfferContent),
            liability=Liability(row["liability"]),
        )
        for row in rows
    )


async def taken(tx: Tx, need_id: str) -> tuple[OfferStanding, ...]:
    """Return where the offers of a need stand that were to be opened."""
    rows = await tx.rows(_TAKEN, authority_id=authority_of(need_id), need_id=need_id)
    return tuple(msgspec.convert(dict(row), OfferStanding) for row in rows)


def openers(need: Record) -> tuple[Opener, ...]:
    """Return those to whom a need has shares sealed."""
    return read(need["openers"], tuple[Opener, ...])


def read(document: bytes, of: type[Of]) -> Of:
    """Return what a column of JSON holds."""
    return msgspec.json.decode(document, type=of)


def _found(row: Record | None) -> Record:
    if row is None:
        raise _missing()
    return row


def _missing() -> OfferMissing:
    return OfferMissing("No offer that the caller may know of bears this identifier.")
