"""Have silence accept what nobody judged in time."""

from datetime import datetime
from typing import Final

from ecosystem.milestones.deeming import queries
from ecosystem.milestones.judging import actions as judging
from ecosystem.runtime import due
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Tx
from ecosystem.values.actor import Actor

RULE: Final = "rule:deemed-acceptance"
"""Stands where a client stands: nobody acted."""


async def deem(database: Database, clock: Clock) -> int:
    """Accept what nobody judged in time, as `due.settle` does; return how many."""
    return await due.settle(database, clock, RULE, find=queries.due, act=_deem)


async def _deem(tx: Tx, one: Record, *, by: Actor, at: datetime) -> bool:
    row = await queries.locked(tx, one, at=at)
    if row is not None:
        await judging.deem(tx, row, by=by, at=at)
    return row is not None
