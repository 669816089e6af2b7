"""Find reminders whose day has come, and lock them; list those that were given."""

from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import DateTime, Integer, Text, and_, bindparam, exists, select

from ecosystem.contracts import queries as contracts
from ecosystem.identity import queries as identity
from ecosystem.milestones.model import State
from ecosystem.milestones.reminding.model import RemindFacts
from ecosystem.milestones.reminding.tables import milestone_reminder as reminder
from ecosystem.milestones.tables import milestone
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of

BATCH: Final = 100
_AT: Final = bindparam("at", type_=DateTime(timezone=True))
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_COME: Final = (reminder.c.state == "pending", reminder.c.remind_at <= _AT)
_OF_IT: Final = and_(
    milestone.c.authority_id == reminder.c.authority_id, milestone.c.id == reminder.c.milestone_id
)
_DUE: Final = Statement(
    identity.with_authority(reminder).where(*_COME).order_by(reminder.c.remind_at).limit(BATCH)
)
_later = reminder.alias("later")
_IS_OVERTAKEN: Final = exists().where(
    _later.c.authority_id == reminder.c.authority_id,
    _later.c.milestone_id == reminder.c.milestone_id,
    _later.c.due_at == reminder.c.due_at,
    _later.c.remind_at > reminder.c.remind_at,
    _later.c.remind_at <= _AT,
)
_LOCKED: Final = Statement(
    select(
        reminder,
        milestone.c.code,
        milestone.c.state.label("milestone_state"),
        (milestone.c.due_at != reminder.c.due_at).label("is_moved"),
        _IS_OVERTAKEN.label("is_overtaken"),
    )
    .join(milestone, _OF_IT)
    .where(reminder.c.authority_id == _AUTHORITY, reminder.c.id == _ID, *_COME)
    .with_for_update(of=reminder, skip_locked=True)
)
_MILESTONE: Final = Statement(
    select(milestone.c.contract_id, milestone.c.due_at, milestone.c.time_zone).where(
        milestone.c.authority_id == _AUTHORITY, milestone.c.id == _ID
    )
)


@cache
def listing(*, of_contract: bool) -> Statement:
    """Return the statement for a page of what was given to those whom the reader belongs to."""
    shown = (
        select(
            reminder.c.id, reminder.c.contract_id, reminder.c.milestone_id, milestone.c.code,
            milestone.c.title, reminder.c.due_at, reminder.c.days_late,
            reminder.c.settled_at.label("given_at"),
        )
        .join(milestone, _OF_IT)
        .where(
            reminder.c.state == "given",
            contracts.is_concerned(reminder.c.authority_id, reminder.c.contract_id),
        )
    )  # fmt: skip
    if of_contract:
        shown = shown.where(reminder.c.contract_id == bindparam("contract_id", type_=Text))
    return page_of(shown)


async def of_milestone(tx: Tx, milestone_id: str, *, authority_id: int) -> Record:
    """Return contract, date and time zone of a milestone that is there."""
    row = await tx.row(_MILESTONE, authority_id=authority_id, id=milestone_id)
    if row is None:
        raise LookupError(milestone_id)
    return row


async def due(tx: Tx, *, at: datetime) -> list[Record]:
    """Return reminders whose day has come by a time, and whose authority it is."""
    return await tx.rows(_DUE, at=at)


async def locked(tx: Tx, one: Record, *, at: datetime) -> Record | None:
    """Lock one of them; None where somebody holds it just now, or has settled it."""
    return await tx.row(_LOCKED, authority_id=one["authority_id"], id=one["id"], at=at)


def facts(row: Record) -> RemindFacts:
    """Return what a locked reminder is decided on."""
    return RemindFacts(
        milestone_id=row["milestone_id"],
        contract_id=row["contract_id"],
        code=row["code"],
        state=State(row["milestone_state"]),
        due_at=row["due_at"],
        is_moved=row["is_moved"],
        is_overtaken=row["is_overtaken"],
        days_late=row["days_late"],
        remind_at=row["remind_at"],
    )
