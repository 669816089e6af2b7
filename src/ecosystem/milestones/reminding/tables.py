"""Reminders of milestones: which days are ahead, and which were given."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.turns import turning

milestone_reminder: Final = Table(
    "milestone_reminder",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "reminder"),
    reference("contract_id"),
    reference("milestone_id"),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("days_late", Integer, nullable=False),
    Column("remind_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("settled_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    # A day of a date is reminded of once, whoever does it.
    UniqueConstraint("authority_id", "milestone_id", "due_at", "days_late"),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "milestone_id"],
        ["milestone.authority_id", "milestone.contract_id", "milestone.id"],
        name="it_is_of_its_contract",
    ),
    CheckConstraint("state IN ('pending', 'given', 'needless')", name="state_is_known"),
    CheckConstraint("(state = 'pending') = (settled_at IS NULL)", name="what_is_settled_is_dated"),
    CheckConstraint("settled_at >= remind_at", name="no_reminder_is_early"),
    Index("milestone_reminder_newest_first", "id"),
    Index("milestone_reminder_ahead", "remind_at", postgresql_where=text("state = 'pending'")),
    info={
        "sql": turning(
            "milestone_reminder", {"pending": ("given", "needless")}, begins=("pending",)
        )
    },
)
