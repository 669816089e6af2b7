"""Shifts: what is left goes elsewhere by two people alone."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.budgets.shifting.model import ShiftKind, ShiftState
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another

_ASKED: Final = (
    "kind", "from_id", "to_id", "appropriation_id", "currency", "asked", "reason", "proposed_at",
)  # fmt: skip
_CHANGED: Final = " OR ".join(f"OLD.{one}::text IS DISTINCT FROM NEW.{one}::text" for one in _ASKED)

shift: Final = Table(
    "shift",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "shift"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    reference("from_id"),
    reference("to_id", nullable=True),
    reference("appropriation_id", nullable=True),
    Column("asked", Numeric),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("reason", JSON, nullable=False),
    reference("proposed_by"),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    reference("decided_by", nullable=True),
    Column("decided_at", DateTime(timezone=True)),
    Column("rejection", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "from_id"], ["programme.authority_id", "programme.id"]),
    ForeignKeyConstraint(["authority_id", "to_id"], ["programme.authority_id", "programme.id"]),
    ForeignKeyConstraint(
        ["authority_id", "from_id", "appropriation_id"],
        ["appropriation.authority_id", "appropriation.programme_id", "appropriation.id"],
        name="a_correction_is_of_its_programme",
    ),
    one_of("kind", ShiftKind),
    one_of("state", ShiftState),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("amount > 0 AND amount < 1e20 AND asked > 0", name="amount_is_positive"),
    CheckConstraint(
        "(kind IN ('transfer', 'carry_forward')) = (to_id IS NOT NULL)"
        " AND (to_id IS NULL) = (asked IS NULL) AND asked = amount",
        name="what_goes_on_has_a_place",
    ),
    CheckConstraint("from_id <> to_id", name="has_two_programmes"),
    CheckConstraint(
        "(kind = 'correction') = (appropriation_id IS NOT NULL)", name="a_correction_is_of_one"
    ),
    CheckConstraint(
        "(state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = "
        "(decided_at IS NULL) AND (state = 'rejected') = (rejection IS NOT NULL)",
        name="a_decision_is_whole",
    ),
    another("decided_by", "proposed_by", name="nobody_decides_on_an_own_shift"),
    Index("shift_from", "authority_id", "from_id", "id"),
    Index("shift_to", "authority_id", "to_id", "id"),
    Index(
        "an_appropriation_is_corrected_once",
        "authority_id", "appropriation_id",
        unique=True,
        postgresql_where=text("state = 'approved' AND appropriation_id IS NOT NULL"),
    ),
    info={
        "hands": ("proposed_by", "decided_by"),
        "sql": (
            (
                "CREATE TRIGGER shift_stays_as_proposed BEFORE UPDATE ON shift FOR EACH ROW "
                f"WHEN (OLD.state <> 'proposed' OR {_CHANGED}) "
                "EXECUTE FUNCTION nothing_is_rewritten()"
            ),
            "ALTER TABLE shift ENABLE ALWAYS TRIGGER shift_stays_as_proposed",
        ),
    },
)  # fmt: skip
