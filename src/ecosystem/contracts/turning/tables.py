"""Turns of contracts."""

from typing import Final

from sqlalchemy import (
    Boolean,
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

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_TURNS: Final = stepping(
    "contract_turn",
    {
        "proposed proposed": "reply,replied_by,replied_at",
        "proposed in_force": "ended_at,ended_by,moved_days,ordinal",
        "proposed withdrawn": "ended_at,ended_by",
    },
    named="turn",
)

_RESTS: Final = """NEW.right_id IS NULL OR NEW.state = 'withdrawn'
  OR (NEW.state = 'proposed' AND TG_OP = 'UPDATE') OR EXISTS (
    SELECT FROM right_to_end AS held
    WHERE held.authority_id = NEW.authority_id AND held.id = NEW.right_id
      AND held.contract_id = NEW.contract_id AND held.rule = NEW.ground
      AND held.holder IN ('either', NEW.side) AND held.state = 'standing')"""
"""When it is proposed, and when it comes into force."""

contract_turn: Final = Table(
    "contract_turn",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "turn"),
    Column("version", Integer, nullable=False),
    reference("contract_id"),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("approved_by_side", Text, nullable=False),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    reference("proposed_by"),
    Column("ground", Text(collation="C")),
    Column("by_agreement", Boolean, nullable=False),
    Column("reason", JSON, nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("reply_by", DateTime(timezone=True)),
    Column("reply", JSON),
    reference("replied_by", nullable=True),
    Column("replied_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    reference("ended_by", nullable=True),
    Column("moved_days", Integer),
    Column("ordinal", Integer),
    reference("right_id", nullable=True),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    ForeignKeyConstraint(
        ["authority_id", "right_id"], ["right_to_end.authority_id", "right_to_end.id"]
    ),
    CheckConstraint("right_id IS NULL OR kind = 'termination'", name="a_right_ends_the_contract"),
    CheckConstraint(
        "kind IN ('suspension', 'resumption', 'termination', 'completion')", name="kind_is_known"
    ),
    CheckConstraint("state IN ('proposed', 'in_force', 'withdrawn')", name="state_is_known"),
    CheckConstraint("side IN ('authority', 'supplier')", name="side_is_known"),
    CheckConstraint("side = 'authority' OR kind = 'termination'", name="suppliers_only_end"),
    CheckConstraint(
        "(kind IN ('suspension', 'termination')) = (ground IS NOT NULL)", name="has_its_ground"
    ),
    CheckConstraint(
        "(state = 'proposed') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)",
        name="end_is_dated",
    ),
    CheckConstraint(
        "(state = 'in_force') = (ordinal IS NOT NULL)"
        " AND (state = 'in_force') = (moved_days IS NOT NULL) AND moved_days >= 0",
        name="what_is_in_force_is_counted",
    ),
    CheckConstraint(
        "(reply IS NULL) = (replied_by IS NULL) AND (reply IS NULL) = (replied_at IS NULL)",
        name="a_reply_is_dated",
    ),
    CheckConstraint(
        "state <> 'in_force' OR reply_by IS NULL OR reply IS NOT NULL OR ended_at >= reply_by",
        name="the_other_side_was_heard",
    ),
    CheckConstraint(
        "state <> 'in_force' OR ended_by <> proposed_by", name="nobody_approves_an_own_turn"
    ),
    another("replied_by", "proposed_by", name="nobody_replies_to_oneself"),
    Index("turn_of_contract", "authority_id", "contract_id", "id"),
    Index(
        "one_turn_of_a_contract_is_open",
        "authority_id",
        "contract_id",
        unique=True,
        postgresql_where=text("state = 'proposed'"),
    ),
    Index(
        "one_turn_is_taken_at_a_time",
        "authority_id",
        "contract_id",
        "ordinal",
        unique=True,
        postgresql_where=text("state = 'in_force'"),
    ),
    info={
        "hands": ("replied_by",),
        "sql": (
            *_TURNS,
            *refusing(
                "contract_turn_begins_proposed",
                on="contract_turn",
                unless="NEW.state = 'proposed' AND NEW.version = 1",
            ),
            *refusing(
                "a_termination_rests_on_what_stands",
                on="contract_turn",
                unless=_RESTS,
                changes=True,
            ),
        ),
    },
)
