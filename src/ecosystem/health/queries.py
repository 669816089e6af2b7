"""Read how the database is: the step of its schema, and the events that wait for a position."""

import re
import time
from importlib.resources import files
from typing import Final

import asyncpg
from sqlalchemy import Text, column, select, table

from ecosystem.history.tables import event_pending
from ecosystem.runtime.database import Statement, Tx

_STEP_FILE: Final = re.compile(r"([0-9]{4})_[a-z0-9_]+\.py")
_MADE_AT: Final = slice(len("event_"), len("event_") + 12)
"""The digits of an identifier that count the milliseconds since 1970."""

_STEP: Final = Statement(select(column("version_num", Text)).select_from(table("alembic_version")))
_OLDEST: Final = Statement(
    select(event_pending.c.event_id).order_by(event_pending.c.arrival).limit(1)
)


def newest_step() -> str:
    """Return the name of the newest step of the schema that this version knows."""
    steps = (files("ecosystem.migrations") / "versions").iterdir()
    return max(found[1] for step in steps if (found := _STEP_FILE.fullmatch(step.name)))


async def step(tx: Tx) -> str | None:
    """Return the name of the step that the database is at, or None where it has no schema."""
    try:
        at: str | None = await tx.value(_STEP)
    except asyncpg.UndefinedTableError:
        return None
    return at


async def sequencer_lag_ms(tx: Tx) -> int:
    """Return how many milliseconds the oldest event without a position has waited; 0 for none."""
    oldest: str | None = await tx.value(_OLDEST)
    if oldest is None:
        return 0
    return max(0, time.time_ns() // 1_000_000 - int(oldest[_MADE_AT], 16))
