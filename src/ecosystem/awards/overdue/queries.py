"""Find open challenges whose time has passed, and lock one."""

from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, Integer, Text, bindparam, exists, select

from ecosystem.awards.challenges.tables import challenge
from ecosystem.awards.tables import award
from ecosystem.identity import queries as identity
from ecosystem.runtime.database import Record, Statement, Tx

BATCH: Final = 100
_STANDS: Final = exists().where(
    award.c.authority_id == challenge.c.authority_id,
    award.c.id == challenge.c.award_id,
    award.c.state != "cancelled",
)
_PASSED: Final = (
    challenge.c.state == "open",
    challenge.c.told_at.is_(None),
    challenge.c.decide_by < bindparam("at", type_=DateTime(timezone=True)),
    _STANDS,
)
_DUE: Final = Statement(
    identity.with_authority(challenge).where(*_PASSED).order_by(challenge.c.decide_by).limit(BATCH)
)
_LOCKED: Final = Statement(
    select(challenge)
    .where(
        challenge.c.authority_id == bindparam("authority_id", type_=Integer),
        challenge.c.id == bindparam("id", type_=Text),
        *_PASSED,
    )
    .with_for_update(skip_locked=True)
)


async def due(tx: Tx, *, at: datetime) -> list[Record]:
    """Return the challenges that nobody has decided by a time, and whose award it is."""
    return await tx.rows(_DUE, at=at)


async def locked(tx: Tx, one: Record, *, at: datetime) -> Record | None:
    """Lock one of them; None where somebody holds it just now, or has decided it."""
    return await tx.row(_LOCKED, authority_id=one["authority_id"], id=one["id"], at=at)
