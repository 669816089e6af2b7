"""Find what waits for its judgement no longer, and lock it."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import DateTime, Integer, Text, bindparam, select

from ecosystem.identity import queries as identity
from ecosystem.milestones.queries import VERIFIED_HAND
from ecosystem.milestones.tables import milestone
from ecosystem.runtime.database import Record, Statement, Tx

BATCH: Final = 100
PATIENCE: Final = timedelta(seconds=60)
"""How long after the instant it is written down: no request that began before still runs."""
_LAPSED: Final = (
    milestone.c.state == "submitted",
    milestone.c.deemed_at <= bindparam("lapsed_at", type_=DateTime(timezone=True)),
)
_DUE: Final = Statement(
    identity.with_authority(milestone)
    .where(*_LAPSED, milestone.c.deemed_at.is_not(None))
    .order_by(milestone.c.deemed_at)
    .limit(BATCH)
)
_LOCKED: Final = Statement(
    select(milestone, VERIFIED_HAND)
    .where(
        milestone.c.authority_id == bindparam("authority_id", type_=Integer),
        milestone.c.id == bindparam("id", type_=Text),
        *_LAPSED,
    )
    .with_for_update(of=milestone, skip_locked=True)
)


async def due(tx: Tx, *, at: datetime) -> list[Record]:
    """Return what silence accepts by a time: the milestone, and whose silence it is."""
    return await tx.rows(_DUE, lapsed_at=at - PATIENCE)


async def locked(tx: Tx, one: Record, *, at: datetime) -> Record | None:
    """Lock one of them; None where somebody holds it just now, or has judged it."""
    return await tx.row(
        _LOCKED, authority_id=one["authority_id"], id=one["id"], lapsed_at=at - PATIENCE
    )
