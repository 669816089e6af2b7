"""Times for which a side asks to be excused."""

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
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another

excusal: Final = Table(
    "excusal",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "excusal"),
    Column("version", Integer, nullable=False),
    reference("metric_id"),
    reference("contract_id"),
    Column("state", Text, nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("ground", Text, nullable=False),
    Column("reason", JSON, nullable=False),
    reference("asked_by"),
    reference("asked_hand"),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    reference("decided_by", nullable=True),
    reference("decided_hand", nullable=True),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_reason", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "metric_id"], ["metric.authority_id", "metric.id"]),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "decided_by"],
        [
            "contract_party.authority_id",
            "contract_party.contract_id",
            "contract_party.organisation_id",
        ],
        name="who_decides_is_a_party",
    ),
    CheckConstraint("state IN ('asked', 'granted', 'refused')", name="state_is_known"),
    CheckConstraint(
        "ground IN ('force_majeure', 'authority_fault', 'planned_maintenance')",
        name="ground_is_known",
    ),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("starts_at < ends_at", name="time_passes"),
    CheckConstraint(
        "(state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)"
        " AND (decided_by IS NULL) = (decided_hand IS NULL)",
        name="what_is_decided_says_by_whom",
    ),
    another("decided_by", "asked_by", name="nobody_excuses_itself"),
    another("decided_hand", "asked_hand", name="no_hand_excuses_itself"),
    Index("excusal_of_metric", "authority_id", "metric_id", "id"),
    info={"hands": ("asked_by", "decided_by", "asked_hand", "decided_hand")},
)
