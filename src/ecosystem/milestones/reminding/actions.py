"""Plan reminders with their milestone, and give those whose day has come."""

from typing import Final

from sqlalchemy import bindparam, update

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.law import law_of
from ecosystem.history import actions as history
from ecosystem.history.model import Audience, Occurrence
from ecosystem.milestones.reminding import queries, rules
from ecosystem.milestones.reminding.model import ScheduleFacts, Settled
from ecosystem.milestones.reminding.tables import milestone_reminder
from ecosystem.runtime import idempotency
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, OrganisationKind

RULE: Final = "rule:reminder"
"""Stands where a client stands: nobody acted."""
_PLAN: Final = inserting(
    milestone_reminder, "authority_id", "id", "contract_id", "milestone_id", "due_at", "days_late",
    "remind_at", "state",
)  # fmt: skip
_SETTLE: Final = Statement(
    update(milestone_reminder)
    .where(
        milestone_reminder.c.authority_id == bindparam("of_authority"),
        milestone_reminder.c.id == bindparam("of"),
    )
    .values(state=bindparam("now_is"), settled_at=bindparam("since"))
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
    """Settle the reminders whose day has come, each in its own transaction; return how many.

    Any number of processes may do it at once, and be killed at any instant: one takes what
    another does not hold, and what is settled is not found again.
    """
    async with database.transaction() as tx:
        found = await queries.due(tx, at=clock.at(await idempotency.clock(tx)))
    return sum([await _remind(database, clock, one) for one in found])


async def _remind(database: Database, clock: Clock, one: Record) -> bool:
    local = {"authority": str(one["authority_id"]), "organisation": one["organisation_id"]}
    async with database.transaction(local) as tx:
        at = clock.at(await idempotency.clock(tx))
        row = await queries.locked(tx, one, at=at)
        if row is None:
            return False
        facts, by = queries.facts(row), _nobody(one)
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


def _nobody(one: Record) -> Actor:
    """Return the authority, for which the rule acts."""
    return Actor(
        organisation_id=one["organisation_id"],
        organisation_number=one["authority_id"],
        kind=OrganisationKind.GOVERNMENT,
        verified=True,
        jurisdiction=one["jurisdiction"],
        client_id=RULE,
    )
