"""The sandbox's clock and its parties: one row each, or none."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Interval,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.database import metadata

CLOCK_CHANNEL: Final = "ecosystem_sandbox_clock"
"""Where PostgreSQL tells every process that the clock has been moved."""

sandbox_clock: Final = Table(
    "sandbox_clock",
    metadata,
    Column("one", Boolean, nullable=False),
    Column("ahead", Interval, nullable=False),
    Column("stands_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("one"),
    CheckConstraint("one", name="is_one_row"),
    info={"held": "local: a sandbox has one clock"},
)
sandbox_parties: Final = Table(
    "sandbox_parties",
    metadata,
    Column("one", Boolean, nullable=False),
    Column("client_id", Text(collation="C"), nullable=False),
    Column("parties", JSON, nullable=False),
    PrimaryKeyConstraint("one"),
    CheckConstraint("one", name="is_one_row"),
    info={"held": "local: a sandbox is seeded once"},
)
