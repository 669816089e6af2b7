"""Tell that a challenge is overdue."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, update

from ecosystem.awards.challenges.model import State
from ecosystem.awards.challenges.tables import challenge
from ecosystem.awards.lapsing import queries, rules
from ecosystem.awards.lapsing.model import LapseFacts
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.runtime import idempotency
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Statement, Tx
from ecosystem.values.actor import Actor, OrganisationKind

RULE: Final = "rule:time-to-decide"
"""Stands where a client stands: nobody acted."""
_TELL: Final = Statement(
    update(challenge)
    .where(
        challenge.c.authority_id == bindparam("of_authority"),
        challenge.c.id == bindparam("of"),
    )
    .values(told_at=bindparam("at"), version=challenge.c.version + 1)
)


async def tell(database: Database, clock: Clock) -> int:
    """Tell of each challenge that nobody decided in time, once; return how many.

    Each in its own transaction: any number of processes may do it at once, and be killed at
    any instant. Effects: challenge.overdue for everyone.
    """
    async with database.transaction() as tx:
        found = await queries.due(tx, lapsed_at=clock.at(await idempotency.clock(tx)))
    return sum([await _tell(database, clock, one) for one in found])


async def _tell(database: Database, clock: Clock, one: Record) -> bool:
    local = {"authority": str(one["authority_id"]), "organisation": one["organisation_id"]}
    async with database.transaction(local) as tx:
        at = clock.at(await idempotency.clock(tx))
        row = await queries.locked(tx, one, lapsed_at=at)
        if row is not None:
            await _lapse(tx, row, by=_silent(one), at=at)
    return row is not None


async def _lapse(tx: Tx, row: Record, *, by: Actor, at: datetime) -> None:
    facts = LapseFacts(
        challenge_id=row["id"], award_id=row["award_id"], need_id=row["need_id"],
        state=State(row["state"]), decide_by=row["decide_by"],
    )  # fmt: skip
    lapsed = rules.lapse(facts, by=by, at=at)
    await tx.run(_TELL, of_authority=row["authority_id"], of=row["id"], at=at)
    await history.record(
        tx, "challenge.overdue", row["id"], facts=facts, decision=lapsed, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip


def _silent(one: Record) -> Actor:
    """Return the authority whose award waits, for which the rule acts."""
    return Actor(
        organisation_id=one["organisation_id"],
        organisation_number=one["authority_id"],
        kind=OrganisationKind.GOVERNMENT,
        verified=True,
        jurisdiction=one["jurisdiction"],
        client_id=RULE,
    )
