"""Plan reminders with their milestone, and give those whose day has come."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.law import law_of
from ecosystem.history import actions as history
from ecosystem.history.model import Audience, Occurrence
from ecosystem.milestones.reminding import queries, rules
from ecosystem.milestones.reminding.model import ScheduleFacts, Settled
from ecosystem.milestones.reminding.tables import milestone_reminder
from ecosystem.runtime import due
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor

RULE: Final = "rule:reminder"
"""Stands where a client stands: nobody acted."""
_PLAN: Final = inserting(
    milestone_reminder, "authority_id", "id", "contract_id", "milestone_id", "due_at", "days_late",
    "remind_at", "state",
)  # fmt: skip
_SETTLE: Final = Statement(
    updating(milestone_reminder).values(state=bindparam("now_is"), settled_at=bindparam("since"))
)


async def schedule(tx: Tx, occurrence: Occurrence) -> None:
    """Plan the reminders of a milestone whose date is new.

    Follows `milestone.planned`, `milestone.replanned` and `milestone.moved`. Effects: a row for
    each day ahead; those of a date that it had before are found needless when their day comes.
    """
    authority, at = occurrence.authority_id, occurrence.recorded_at
    row = await queries.of_milestone(tx, occurrence.stream, authority_id=authority)
    law = await law_of(tx, row["contract_id"], at=at)
    facts = ScheduleFacts(
        due_at=row["due_at"], time_zone=row["time_zone"], reminders=law.rules.reminders
    )
    for one in rules.schedule(facts, at=at):
        await tx.run(
            _PLAN,
            authority_id=authority, id=mint("reminder", authority=authority),
            contract_id=row["contract_id"], milestone_id=occurrence.stream, due_at=row["due_at"],
            days_late=one.days_late, remind_at=one.remind_at, state=Settled.PENDING,
        )  # fmt: skip


async def remind(database: Database, clock: Clock) -> int:
    """Settle the reminders whose day has come, as `due.settle` does; return how many."""
    return await due.settle(database, clock, RULE, find=queries.due, act=_remind)


async def _remind(tx: Tx, one: Record, *, by: Actor, at: datetime) -> bool:
    row = await queries.locked(tx, one, at=at)
    if row is None:
        return False
    facts = queries.facts(row)
    reminded = rules.remind(facts, by=by, at=at)
    await tx.run(
        _SETTLE, of_authority=row["authority_id"], of=row["id"], now_is=reminded.state, since=at
    )
    if reminded.state is Settled.GIVEN:
        parties = await contracts.parties(tx, row["contract_id"])
        await history.record(
            tx, "reminder.given", row["id"], facts=facts, decision=reminded, by=by, at=at,
            audience=Audience(organisations=parties),
        )  # fmt: skip
    return True
