"""Read the scores that were frozen, for the rooms that must keep to them."""

from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.awards.freezing.model import FrozenOffer, FrozenScores
from ecosystem.offers.queries import read
from ecosystem.offers.tables import score_freezing
from ecosystem.runtime.database import Record, Statement, Tx

_FROZEN: Final = Statement(
    select(score_freezing).where(
        score_freezing.c.authority_id == bindparam("authority_id", type_=Integer),
        score_freezing.c.need_id == bindparam("need_id", type_=Text),
    )
)


async def frozen(tx: Tx, row: Record) -> FrozenScores | None:
    """Return the scores of a need as they were frozen before its prices were opened, or None."""
    found = await tx.row(_FROZEN, authority_id=row["authority_id"], need_id=row["id"])
    if found is None:
        return None
    return FrozenScores(
        frozen_at=found["frozen_at"],
        offers=read(found["offers"], tuple[FrozenOffer, ...]),
        digest=found["digest"],
        salt=found["salt"],
    )


async def of_round(tx: Tx, row: Record, number: int) -> FrozenScores | None:
    """Return the frozen scores of one round of evaluation: of none but the first are there any."""
    return await frozen(tx, row) if number == 1 else None
