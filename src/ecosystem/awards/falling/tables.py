"""The ends of lots without another award after one fell."""

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

from ecosystem.awards.falling.guard import ENDS
from ecosystem.runtime.columns import reference
from ecosystem.runtime.database import metadata

lot_end: Final = Table(
    "lot_end",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("lot_id"),
    Column("kind", Text, nullable=False),
    reference("need_id"),
    Column("reason", JSON, nullable=False),
    reference("ended_by"),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "lot_id", "kind"),
    ForeignKeyConstraint(["authority_id", "lot_id"], ["lot.authority_id", "lot.id"]),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint("kind IN ('delivery', 'advisory', 'financing')", name="kind_is_known"),
    Index("lot_end_of_need", "authority_id", "need_id"),
    info={"append_only": True, "sql": ENDS},
)
