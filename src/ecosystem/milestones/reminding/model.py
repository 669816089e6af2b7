"""What a reminder is: on which days, what it is decided on, what is decided."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ecosystem.catalogue.profiles.model import Reminders
from ecosystem.contracts.rule_parts import Code
from ecosystem.milestones.model import State
from ecosystem.values.identifiers import ContractId, MilestoneId, ReminderId
from ecosystem.values.text import Text


class Settled(StrEnum):
    """What became of a reminder."""

    PENDING = "pending"
    GIVEN = "given"
    NEEDLESS = "needless"
    """The work is submitted, accepted or cancelled, its date has moved, or a later reminder
    has come as well."""


class ScheduleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the days are computed from."""

    due_at: datetime
    time_zone: str
    reminders: Reminders | None


class Scheduled(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which those concerned are to be reminded."""

    days_late: int
    """Counted from the due date: before it, less than nothing."""
    remind_at: datetime


class RemindFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reminder whose day has come is decided on."""

    milestone_id: str
    contract_id: str
    code: Code
    state: State
    """Of the milestone."""
    due_at: datetime
    """As it was when the reminder was planned."""
    is_moved: bool
    """Whether the milestone is due at another time by now."""
    is_overtaken: bool
    """Whether the day of a later reminder has come, too."""
    days_late: int
    remind_at: datetime


class Reminded(msgspec.Struct, frozen=True, kw_only=True):
    """The reminder is settled."""

    state: Settled
    days_late: int
    due_at: datetime


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder that was given, as those concerned read it."""

    id: ReminderId
    contract_id: ContractId
    milestone_id: MilestoneId
    code: Code
    title: Text
    due_at: datetime
    """When the milestone was due as it was given."""
    days_late: int
    """Counted from the due date: -14 is two weeks before it, 1 a day after it."""
    given_at: datetime
