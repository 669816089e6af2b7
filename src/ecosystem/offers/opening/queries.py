"""Read what an opening needs: the waiting envelopes, the shares handed in, the record."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import ARRAY, Integer, Text, any_, bindparam, select

from ecosystem.history.tables import event
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.needs.queries import UNANSWERED, state_now
from ecosystem.needs.rules import NeedMissing
from ecosystem.needs.tables import need
from ecosystem.offers.envelope import Envelope
from ecosystem.offers.late import queries as late
from ecosystem.offers.opening.model import (
    Attempt,
    Kept,
    LateOffer,
    OpeningTerms,
    SealedShare,
    SealedShares,
)
from ecosystem.offers.opening.rules import NotOpened, OpeningTooEarly, SharesFalse
from ecosystem.offers.queries import openers, read
from ecosystem.offers.tables import offer, opening, opening_share
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_NEED: Final = bindparam("need_id", type_=Text)
_NEED_ROW: Final = Statement(
    select(need, state_now().label("state_now"), UNANSWERED).where(
        need.c.authority_id == _AUTHORITY, need.c.id == _NEED, need.c.state != "draft"
    )
)
_KEPT: Final = Statement(
    select(offer)
    .where(
        offer.c.authority_id == _AUTHORITY, offer.c.need_id == _NEED, offer.c.state == "submitted"
    )
    .order_by(offer.c.id)
)
_HANDED: Final = Statement(
    select(opening_share.c.person_id, opening_share.c.shares)
    .where(opening_share.c.authority_id == _AUTHORITY, opening_share.c.need_id == _NEED)
    .order_by(opening_share.c.handed_in_at, opening_share.c.person_id)
)
REFUSED: Final = {
    "need.opening_attempted": OpeningTooEarly.code(),
    "need.shares_refused": SharesFalse.code(),
}
"""The events of refused attempts, and the name of the rule that each broke."""
_ATTEMPTS: Final = Statement(
    select(event.c.type, event.c.person_id, event.c.recorded_at)
    .where(event.c.authority_id == _AUTHORITY, event.c.stream == _NEED)
    .where(event.c.type == any_(bindparam("types", type_=ARRAY(Text))))
    .order_by(event.c.version)
)
_RECORD: Final = Statement(
    select(opening.c.record).where(opening.c.authority_id == _AUTHORITY, opening.c.need_id == _NEED)
)


async def need_row(tx: Tx, need_id: str, *, at: datetime) -> Record:
    """Return a need's row without a lock, for reading only. Refuses with NeedMissing."""
    authority = owner(need_id, "need", otherwise=NeedMissing)
    row = await tx.row(_NEED_ROW, authority_id=authority, need_id=need_id, at=at)
    if row is None:
        raise NeedMissing("No such need is published.")
    return row


def opening_terms(row: Record) -> OpeningTerms:
    """Return what is known of a need's row to who wants to open its offers."""
    return OpeningTerms(
        need_id=row["id"],
        authority_number=row["authority_id"],
        need_state=NeedState(row["state_now"]),
        opening_at=row["opening_at"],
        openers=tuple(one.person_id for one in openers(row)),
        threshold=row["threshold"],
        unanswered=row["unanswered"],
    )


async def kept(tx: Tx, need_id: str) -> tuple[Kept, ...]:
    """Return the envelopes that wait to be opened; requires the purpose `opening`."""
    rows = await tx.rows(_KEPT, authority_id=authority_of(need_id), need_id=need_id)
    return tuple(
        Kept(
            offer_id=row["id"],
            lot_id=row["lot_id"],
            kind=OfferKind(row["kind"]),
            lead_id=row["lead_id"],
            member_ids=tuple(row["member_ids"]),
            envelope=row["envelope"],
            envelope_digest=row["envelope_digest"],
            confirmed_version=row["confirmed_version"],
        )
        for row in rows
    )


def digest_of(envelopes: Iterable[Kept]) -> str:
    """Return SHA-256 of what waits: `offer_id envelope_digest` and a line feed for each."""
    lines = "".join(f"{one.offer_id} {one.envelope_digest}\n" for one in envelopes)
    return hashlib.sha256(lines.encode()).hexdigest()


def sealed_shares(envelopes: tuple[Kept, ...], *, for_officer: str) -> SealedShares:
    """Return what an opener opens in its own program."""
    return SealedShares(
        data=tuple(
            SealedShare(
                offer_id=one.offer_id,
                officer_id=for_officer,
                envelope=read(one.envelope, Envelope),
                envelope_digest=one.envelope_digest,
            )
            for one in envelopes
        ),
        digest=digest_of(envelopes),
    )


async def handed_in(tx: Tx, need_id: str) -> dict[str, dict[str, bytes]]:
    """Return the shares by opener, then by offer, in the order of handing in."""
    rows = await tx.rows(_HANDED, authority_id=authority_of(need_id), need_id=need_id)
    return {row["person_id"]: read(row["shares"], dict[str, bytes]) for row in rows}


async def late_offers(tx: Tx, need_id: str) -> tuple[LateOffer, ...]:
    """Return what came late for a need so far; requires the purpose `opening`."""
    return tuple(
        LateOffer(offer_id=one["offer_id"], lead_id=one["lead_id"], received_at=one["received_at"])
        for one in await late.of_need(tx, need_id)
    )


async def attempts(tx: Tx, need_id: str) -> tuple[Attempt, ...]:
    """Return what openers of a need have tried and was refused, in its order."""
    rows = await tx.rows(
        _ATTEMPTS, authority_id=authority_of(need_id), need_id=need_id, types=list(REFUSED)
    )
    return tuple(
        Attempt(
            person_id=one["person_id"], at=one["recorded_at"], refused_with=REFUSED[one["type"]]
        )
        for one in rows
    )


async def record(tx: Tx, need_id: str) -> bytes:
    """Return the record of an opening as JSON. Refuses with NotOpened."""
    authority = owner(need_id, "need", otherwise=NotOpened)
    found: bytes | None = await tx.value(_RECORD, authority_id=authority, need_id=need_id)
    if found is None:
        raise NotOpened("There is no record of an opening.")
    return found
