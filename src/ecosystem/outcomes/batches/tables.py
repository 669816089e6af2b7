"""Batches of observations."""

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

from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.values.rows import ROWS

batch: Final = Table(
    "observation_batch",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "batch"),
    Column("version", Integer, nullable=False),
    reference("metric_id"),
    reference("contract_id"),
    Column("form", Text, nullable=False),
    Column("sha256", Text(collation="C"), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("reported", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    identifier("first_observation_id", "observation"),
    Column("channel", Text, nullable=False),
    reference("reported_by"),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "metric_id"], ["metric.authority_id", "metric.id"]),
    one_of("form", ROWS),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_a_digest"),
    CheckConstraint("channel IN ('person', 'machine')", name="channel_is_known"),
    CheckConstraint("reported > 0 AND unchanged >= 0 AND refused >= 0", name="something_is_new"),
    CheckConstraint("rows = reported + unchanged + refused", name="every_row_is_counted"),
    Index("observation_batch_of_metric", "authority_id", "metric_id", "id"),
    info={"append_only": True},
)
