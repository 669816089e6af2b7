"""What fell and what was ended, for the rooms that must keep to it."""

from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.awards.falling.tables import lot_end
from ecosystem.awards.tables import award
from ecosystem.needs.model import OfferKind
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.identifiers import authority_of

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_NEED: Final = bindparam("need_id", type_=Text)
_ENDED: Final = Statement(
    select(lot_end.c.lot_id, lot_end.c.kind).where(
        lot_end.c.authority_id == _AUTHORITY, lot_end.c.need_id == _NEED
    )
)
_FALLEN: Final = Statement(
    select(award.c.offer_id).where(
        award.c.authority_id == _AUTHORITY, award.c.need_id == _NEED, award.c.lapse.is_not(None)
    )
)


async def ended(tx: Tx, need_id: str) -> frozenset[tuple[str, OfferKind]]:
    """Return the contests of a need, by lot and kind, that were ended without another award."""
    rows = await tx.rows(_ENDED, authority_id=authority_of(need_id), need_id=need_id)
    return frozenset((one["lot_id"], OfferKind(one["kind"])) for one in rows)


async def fallen(tx: Tx, need_id: str) -> frozenset[str]:
    """Return the offers of a need whose awards have fallen: they are awarded no more."""
    rows = await tx.rows(_FALLEN, authority_id=authority_of(need_id), need_id=need_id)
    return frozenset(one["offer_id"] for one in rows)
