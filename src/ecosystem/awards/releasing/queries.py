"""Find the awards of financing of a need that are not at their end."""

from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.awards.tables import award
from ecosystem.needs.model import OfferKind
from ecosystem.runtime.database import Record, Statement, Tx

_LEFT: Final = Statement(
    select(award)
    .where(
        award.c.authority_id == bindparam("authority_id", type_=Integer),
        award.c.need_id == bindparam("need_id", type_=Text),
        award.c.kind == OfferKind.FINANCING.value,
        award.c.state != "cancelled",
    )
    .order_by(award.c.id)
    .with_for_update()
)


async def left(tx: Tx, row: Record) -> list[Record]:
    """Lock the awards of financing of a locked need, in the order of their identifiers."""
    return await tx.rows(_LEFT, authority_id=row["authority_id"], need_id=row["id"])
