"""Read what an opening needs: the waiting envelopes, the shares handed in, the record."""

import hashlib
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ARRAY, Integer, Label, Text, any_, bindparam, func, select

from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.history.tables import event
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.needs.queries import UNANSWERED, state_now
from ecosystem.needs.rules import NeedMissing
from ecosystem.needs.tables import need
from ecosystem.offers import halves
from ecosystem.offers.envelope import Envelope, Part
from ecosystem.offers.late import queries as late
from ecosystem.offers.model import State
from ecosystem.offers.opening.model import (
    Attempt,
    Kept,
    LateOffer,
    OpeningTerms,
    SealedShare,
    SealedShares,
    UnopenedOffer,
)
from ecosystem.offers.opening.rules import NotOpened, SharesFalse
from ecosystem.offers.queries import openers, read
from ecosystem.offers.tables import offer, opening, opening_share, score_freezing
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_NEED: Final = bindparam("need_id", type_=Text)
_NEED_ROW: Final = Statement(
    select(need, state_now().label("state_now"), UNANSWERED).where(
        need.c.authority_id == _AUTHORITY, need.c.id == _NEED, need.c.state != "draft"
    )
)
_PART: Final = bindparam("part", type_=Text)


def _recorded(name: str) -> Label[str]:
    """Return the digest that the history has of an offer's last submission."""
    return (
        select(event.c.body["decision"][name].as_string())
        .where(event.c.authority_id == offer.c.authority_id, event.c.stream == offer.c.id)
        .where(event.c.type == "offer.submitted")
        .order_by(event.c.version.desc())
        .limit(1)
        .scalar_subquery()
        .label("recorded_digest")
    )


_KEPT: Final = Statement(
    select(offer, _recorded("envelope_digest"))
    .where(
        offer.c.authority_id == _AUTHORITY, offer.c.need_id == _NEED, offer.c.state == "submitted"
    )
    .order_by(offer.c.id)
)
_HANDED: Final = Statement(
    select(opening_share.c.person_id, opening_share.c.shares)
    .where(
        opening_share.c.authority_id == _AUTHORITY,
        opening_share.c.need_id == _NEED,
        opening_share.c.part == _PART,
    )
    .order_by(opening_share.c.handed_in_at, opening_share.c.person_id)
)
_REFUSED: Final = ("need.opening_attempted", "need.shares_refused")
"""The events of refused attempts."""
_ATTEMPTS: Final = Statement(
    select(
        event.c.person_id,
        event.c.recorded_at,
        func.coalesce(
            event.c.body["decision"]["refused_with"].as_string(), SharesFalse.code()
        ).label("refused_with"),
    )
    .where(event.c.authority_id == _AUTHORITY, event.c.stream == _NEED)
    .where(event.c.type == any_(bindparam("types", type_=ARRAY(Text))))
    .where(
        func.coalesce(
            event.c.body["facts"]["part"].as_string(),
            event.c.body["facts"]["terms"]["part"].as_string(),
        )
        == _PART
    )
    .order_by(event.c.version)
)
_RECORD: Final = Statement(
    select(opening.c.record, opening.c.opened_at).where(
        opening.c.authority_id == _AUTHORITY,
        opening.c.need_id == _NEED,
        opening.c.part == any_(bindparam("parts", type_=ARRAY(Text))),
    )
)
_FIRST: Final = (Part.WHOLE, Part.TECHNICAL)
_FROZEN_AT: Final = Statement(
    select(score_freezing.c.frozen_at).where(
        score_freezing.c.authority_id == _AUTHORITY, score_freezing.c.need_id == _NEED
    )
)
_FINANCIAL: Final = Statement(
    select(offer, _recorded("financial_digest"))
    .where(
        offer.c.authority_id == _AUTHORITY,
        offer.c.need_id == _NEED,
        offer.c.financial_state == "sealed",
        offer.c.state.in_(("admitted", "excluded")),
    )
    .order_by(offer.c.id)
)
"""What the opening of prices finds sealed: of admitted offers, and of those that are out."""


async def need_row(tx: Tx, need_id: str, *, at: datetime) -> Record:
    """Return a need's row without a lock, for reading only. Refuses with NeedMissing."""
    authority = owner(need_id, "need", otherwise=NeedMissing)
    row = await tx.row(_NEED_ROW, authority_id=authority, need_id=need_id, at=at)
    if row is None:
        raise NeedMissing("No such need is published.")
    return row


def opening_terms(row: Record) -> OpeningTerms:
    """Return what is known of a need's row to who wants to open its offers."""
    envelopes = Envelopes(row["envelopes"])
    return OpeningTerms(
        part=halves.opened_first(envelopes),
        is_in_parts=envelopes is Envelopes.TWO,
        need_id=row["id"],
        authority_number=row["authority_id"],
        need_state=NeedState(row["state_now"]),
        opening_at=row["opening_at"],
        openers=tuple(one.person_id for one in openers(row)),
        threshold=row["threshold"],
        unanswered=row["unanswered"],
    )


async def financial_terms(tx: Tx, row: Record) -> OpeningTerms:
    """Return what is known of a need's row to who wants to open its financial parts."""
    place = {"authority_id": row["authority_id"], "need_id": row["id"]}
    opened = await tx.row(_RECORD, **place, parts=[Part.FINANCIAL])
    return msgspec.structs.replace(
        opening_terms(row),
        part=Part.FINANCIAL,
        unanswered=0,
        frozen_at=await tx.value(_FROZEN_AT, **place),
        opened_at=None if opened is None else opened["opened_at"],
    )


async def prices_sealed(tx: Tx, row: Record) -> bool:
    """Tell whether a need's prices have envelopes of their own, and are not opened."""
    terms = await financial_terms(tx, row)
    return terms.is_in_parts and terms.opened_at is None


async def kept(tx: Tx, terms: OpeningTerms) -> tuple[Kept, ...]:
    """Return the envelopes that wait to be opened; requires the purpose `opening`.

    Of financial parts only those of admitted offers.
    """
    place = {"authority_id": terms.authority_number, "need_id": terms.need_id}
    if terms.part is Part.FINANCIAL:
        rows = await tx.rows(_FINANCIAL, **place)
        return tuple(_financial(row) for row in rows if row["state"] != State.EXCLUDED)
    return tuple(
        Kept(
            offer_id=row["id"],
            lot_id=row["lot_id"],
            kind=OfferKind(row["kind"]),
            lead_id=row["lead_id"],
            member_ids=tuple(row["member_ids"]),
            envelope=row["envelope"],
            envelope_digest=row["envelope_digest"],
            recorded_digest=row["recorded_digest"],
            confirmed_version=row["confirmed_version"],
            part=terms.part,
            financial_digest=row["financial_digest"],
        )
        for row in await tx.rows(_KEPT, **place)
    )


def _financial(row: Record) -> Kept:
    return Kept(
        offer_id=row["id"],
        lot_id=row["lot_id"],
        kind=OfferKind(row["kind"]),
        lead_id=row["lead_id"],
        member_ids=tuple(row["member_ids"]),
        envelope=row["financial_envelope"],
        envelope_digest=row["financial_digest"],
        recorded_digest=row["recorded_digest"],
        confirmed_version=row["confirmed_version"],
        part=Part.FINANCIAL,
        technical=row["content"],
    )


async def unopened(tx: Tx, need_id: str) -> tuple[UnopenedOffer, ...]:
    """Return the excluded offers whose financial part is sealed; requires as `kept`."""
    rows = await tx.rows(_FINANCIAL, authority_id=authority_of(need_id), need_id=need_id)
    return tuple(
        UnopenedOffer(
            offer_id=row["id"],
            lot_id=row["lot_id"],
            lead_id=row["lead_id"],
            member_ids=tuple(row["member_ids"]),
            envelope_digest=row["financial_digest"],
        )
        for row in rows
        if row["state"] == State.EXCLUDED
    )


def digest_of(waiting: Iterable[Kept], received: Container[str]) -> str:
    """Return SHA-256 of what was received: `offer_id envelope_digest` and a line feed for each."""
    lines = "".join(
        f"{one.offer_id} {one.envelope_digest}\n" for one in waiting if one.offer_id in received
    )
    return hashlib.sha256(lines.encode()).hexdigest()


def sealed_shares(
    waiting: tuple[Kept, ...], received: Mapping[str, Envelope], *, for_officer: str
) -> SealedShares:
    """Return what an opener opens in its own program: of `waiting` what was received."""
    return SealedShares(
        data=tuple(
            SealedShare(
                offer_id=one.offer_id,
                officer_id=for_officer,
                envelope=received[one.offer_id],
                envelope_digest=one.envelope_digest,
            )
            for one in waiting
            if one.offer_id in received
        ),
        digest=digest_of(waiting, received),
    )


async def handed_in(tx: Tx, terms: OpeningTerms) -> dict[str, dict[str, bytes]]:
    """Return the shares by opener, then by offer, in the order of handing in."""
    place = {"authority_id": terms.authority_number, "need_id": terms.need_id}
    rows = await tx.rows(_HANDED, **place, part=terms.part)
    return {row["person_id"]: read(row["shares"], dict[str, bytes]) for row in rows}


async def late_offers(tx: Tx, need_id: str) -> tuple[LateOffer, ...]:
    """Return what came late for a need so far; requires the purpose `opening`."""
    return tuple(
        LateOffer(offer_id=one["offer_id"], lead_id=one["lead_id"], received_at=one["received_at"])
        for one in await late.of_need(tx, need_id)
    )


async def attempts(tx: Tx, terms: OpeningTerms) -> tuple[Attempt, ...]:
    """Return what openers have tried of this opening and was refused, in its order."""
    rows = await tx.rows(
        _ATTEMPTS,
        authority_id=terms.authority_number, need_id=terms.need_id, types=list(_REFUSED),
        part=terms.part,
    )  # fmt: skip
    return tuple(
        Attempt(person_id=one["person_id"], at=one["recorded_at"], refused_with=one["refused_with"])
        for one in rows
    )


async def record(tx: Tx, need_id: str, *, of: tuple[Part, ...] = _FIRST) -> bytes:
    """Return the record of the opening of a part as JSON. Refuses with NotOpened."""
    authority = owner(need_id, "need", otherwise=NotOpened)
    found = await tx.row(_RECORD, authority_id=authority, need_id=need_id, parts=list(of))
    if found is None:
        raise NotOpened("There is no record of an opening.")
    document: bytes = found["record"]
    return document
