"""Assignments, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.finance.assigning.model import State
from ecosystem.finance.tables import CALLER, OVERSEEN, OWN, whole
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_STATES: Final = ", ".join(f"'{state}'" for state in State)
_SECURING: Final = """EXISTS (
    SELECT FROM facility WHERE facility.authority_id = NEW.authority_id
      AND facility.id = NEW.facility_id AND facility.contract_id = NEW.contract_id
      AND facility.borrower_id = NEW.assignor_id AND facility.lender_id = NEW.assignee_id
      AND facility.state = 'agreed' FOR SHARE)"""

assignment: Final = Table(
    "assignment",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "assignment"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("contract_id"),
    reference("facility_id"),
    Column("assignor_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("assignee_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    reference("notified_by"),
    Column("notified_at", DateTime(timezone=True), nullable=False),
    reference("acknowledged_by", nullable=True),
    Column("acknowledged_at", DateTime(timezone=True)),
    reference("ended_by", nullable=True),
    Column("ended_at", DateTime(timezone=True)),
    Column("reason", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(
        ["authority_id", "facility_id", "contract_id"],
        ["facility.authority_id", "facility.id", "facility.contract_id"],
        name="assignment_secures_a_facility_of_its_contract",
    ),
    CheckConstraint(f"state IN ({_STATES})", name="state_is_known"),
    whole("acknowledged"),
    whole("ended"),
    CheckConstraint("(ended_at IS NULL) = (reason IS NULL)", name="an_end_has_a_reason"),
    CheckConstraint(
        "state = CASE WHEN ended_at IS NULL AND acknowledged_at IS NULL THEN 'notified' "
        "WHEN ended_at IS NULL THEN 'acknowledged' WHEN state = 'refused' AND acknowledged_at "
        "IS NULL THEN 'refused' ELSE 'released' END",
        name="state_is_the_last_step",
    ),
    another("acknowledged_by", "notified_by", name="nobody_acknowledges_an_own_notice"),
    Index(
        "claims_are_assigned_once",
        "authority_id",
        "contract_id",
        "assignor_id",
        unique=True,
        postgresql_where=text("state IN ('notified', 'acknowledged')"),
    ),
    Index("assignment_of_contract", "authority_id", "contract_id", "id"),
    info={
        "visible_where": f"assignor_id = {CALLER} OR assignee_id = {CALLER} OR {OWN} OR {OVERSEEN}",
        "hands": ("notified_by", "acknowledged_by"),
        "sql": (
            *stepping(
                "assignment",
                {
                    "notified acknowledged": "acknowledged_at,acknowledged_by",
                    "notified refused": "ended_at,ended_by,reason",
                    "notified released": "ended_at,ended_by,reason",
                    "acknowledged released": "ended_at,ended_by,reason",
                },
                begins=("notified",),
            ),
            *refusing("an_assignment_secures_a_facility", on="assignment", unless=_SECURING),
        ),
    },
)
