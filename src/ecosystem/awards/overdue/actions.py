"""Tell that a challenge is overdue."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam

from ecosystem.awards.challenges.model import State
from ecosystem.awards.challenges.tables import challenge
from ecosystem.awards.overdue import queries, rules
from ecosystem.awards.overdue.model import OverdueFacts
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.runtime import due
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Statement, Tx, updating
from ecosystem.values.actor import Actor

RULE: Final = "rule:time-to-decide"
"""Stands where a client stands: nobody acted."""
_TELL: Final = Statement(
    updating(challenge).values(told_at=bindparam("at"), version=challenge.c.version + 1)
)


async def tell(database: Database, clock: Clock) -> int:
    """Tell of each challenge that nobody decided in time, once; return how many.

    As `due.settle` does. Effects: challenge.overdue for everyone.
    """
    return await due.settle(database, clock, RULE, find=queries.due, act=_tell)


async def _tell(tx: Tx, one: Record, *, by: Actor, at: datetime) -> bool:
    row = await queries.locked(tx, one, at=at)
    if row is not None:
        await _mark(tx, row, by=by, at=at)
    return row is not None


async def _mark(tx: Tx, row: Record, *, by: Actor, at: datetime) -> None:
    facts = OverdueFacts(
        challenge_id=row["id"], award_id=row["award_id"], need_id=row["need_id"],
        state=State(row["state"]), decide_by=row["decide_by"],
    )  # fmt: skip
    overdue = rules.overdue(facts, by=by, at=at)
    await tx.run(_TELL, of_authority=row["authority_id"], of=row["id"], at=at)
    await history.record(
        tx, "challenge.overdue", row["id"], facts=facts, decision=overdue, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
