"""Milestones as they are now; what they were, the history says."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata

milestone: Final = Table(
    "milestone",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "milestone"),
    Column("version", Integer, nullable=False),
    reference("contract_id"),
    Column("code", Text(collation="C"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("evidence_asked", JSON, nullable=False),
    Column("acceptance_days", Integer, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("delivered_at", DateTime(timezone=True)),
    Column("submitted_at", DateTime(timezone=True)),
    Column("submitted_by", Text(collation="C")),
    Column("declaration", JSON),
    Column("evidence", JSON, nullable=False),
    Column("accepted_at", DateTime(timezone=True)),
    Column("rejected_at", DateTime(timezone=True)),
    Column("reasons", JSON),
    Column("remedy", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "contract_id", "code"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint(
        "kind IN ('delivery', 'operation', 'outcome', 'reporting', 'financing')",
        name="kind_is_known",
    ),
    CheckConstraint(
        "state IN ('planned', 'submitted', 'accepted', 'rejected')", name="state_is_known"
    ),
    CheckConstraint("(state = 'planned') = (submitted_at IS NULL)", name="a_submission_is_dated"),
    CheckConstraint(
        "(submitted_at IS NULL) = (delivered_at IS NULL)"
        " AND (submitted_at IS NULL) = (submitted_by IS NULL)"
        " AND (submitted_at IS NULL) = (declaration IS NULL)",
        name="a_submission_is_whole",
    ),
    CheckConstraint("(state = 'accepted') = (accepted_at IS NOT NULL)", name="acceptance_is_dated"),
    CheckConstraint("(state = 'rejected') = (rejected_at IS NOT NULL)", name="rejection_is_dated"),
    CheckConstraint(
        "(rejected_at IS NULL) = (reasons IS NULL) AND (rejected_at IS NULL) = (remedy IS NULL)",
        name="a_rejection_says_why",
    ),
    CheckConstraint("delivered_at <= submitted_at", name="delivery_comes_before_submission"),
    CheckConstraint("submitted_at <= accepted_at", name="submission_comes_before_acceptance"),
)
