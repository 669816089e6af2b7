"""When those concerned are reminded, and when there is nothing to remind of."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ecosystem.milestones.reminding.model import (
    Reminded,
    RemindFacts,
    Scheduled,
    ScheduleFacts,
    Settled,
)
from ecosystem.milestones.rules import OPEN, end_of
from ecosystem.values.actor import Actor

_DAY: Final = timedelta(days=1)


def schedule(facts: ScheduleFacts, *, at: datetime) -> tuple[Scheduled, ...]:
    """Return the days ahead on which those concerned are reminded, the earliest first.

    A day begins and ends where the milestone is due: 14 days before a date is when 14 days are
    left, and a day after it is when a whole one has passed.
    """
    if facts.reminders is None:
        return ()
    zone = facts.time_zone
    due_on = facts.due_at.astimezone(ZoneInfo(zone)).date() - _DAY
    counted = {-days for days in facts.reminders.before} | set(facts.reminders.after)
    listed = (
        Scheduled(days_late=days, remind_at=end_of(due_on + days * _DAY, time_zone=zone))
        for days in sorted(counted)
    )
    return tuple(one for one in listed if one.remind_at > at)


def remind(facts: RemindFacts, *, by: Actor, at: datetime) -> Reminded:
    """Settle a reminder whose day has come: given where the supplier still owes something."""
    del by, at
    is_owed = facts.state in OPEN and not facts.is_moved and not facts.is_overtaken
    return Reminded(
        state=Settled.GIVEN if is_owed else Settled.NEEDLESS,
        days_late=facts.days_late,
        due_at=facts.due_at,
    )
