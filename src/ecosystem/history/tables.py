"""Events, the queue of those without a position, and the log that gives it."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier
from ecosystem.runtime.database import metadata

event: Final = Table(
    "event",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "event"),
    Column("stream", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("valid_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("person_id", Text),
    Column("client_id", Text),
    Column("organisation_id", Text, nullable=False),
    Column("request_id", Text),
    Column("is_public", Boolean, nullable=False),
    Column("visible_to", ARRAY(Text), nullable=False),
    Column("is_sealed", Boolean, nullable=False),
    Column("body", JSON, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("body_digest", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary),
    Column("hash", LargeBinary, nullable=False),
    Column("why", Text),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "stream", "version"),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("(version = 1) = (previous_hash IS NULL)", name="only_the_first_has_no_past"),
    Index("event_as_known", "authority_id", "stream", "recorded_at"),
    Index("event_as_recorded", "authority_id", "recorded_at", "id"),
    Index("event_of_type", "authority_id", "type", "recorded_at", "id"),
    Index("event_of_organisation", "authority_id", "organisation_id", "recorded_at", "id"),
    Index("event_of_person", "authority_id", "person_id", "recorded_at", "id"),
    Index("event_of_client", "authority_id", "client_id", "recorded_at", "id"),
    Index(
        "event_why",
        text("bigrams(why)"),
        postgresql_using="gin",
        postgresql_where=text("why IS NOT NULL"),
    ),
    info={"append_only": True},
)
event_pending: Final = Table(
    "event_pending",
    metadata,
    Column("authority_id", Integer, nullable=False),
    Column("event_id", Text(collation="C"), nullable=False),
    Column("arrival", BigInteger, Identity(), nullable=False),
    PrimaryKeyConstraint("authority_id", "event_id"),
    ForeignKeyConstraint(["authority_id", "event_id"], ["event.authority_id", "event.id"]),
    Index("event_pending_by_arrival", "arrival"),
    info={"deletes": True},
)
log_entry: Final = Table(
    "log_entry",
    metadata,
    Column("position", BigInteger, nullable=False, autoincrement=False),
    Column("authority_id", Integer, nullable=False),
    Column("event_id", Text(collation="C"), nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("position"),
    UniqueConstraint("authority_id", "event_id"),
    CheckConstraint("position > 0", name="position_is_positive"),
    info={"append_only": True, "held": "local: one order over all authorities"},
)
history_reading: Final = Table(
    "history_reading",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "reading"),
    Column("act", Text, nullable=False),
    Column("stream", Text(collation="C")),
    Column("asked", JSON),
    Column("organisation_id", Text(collation="C"), nullable=False),
    Column("client_id", Text(collation="C"), nullable=False),
    Column("person_id", Text(collation="C")),
    Column("request_id", Text),
    Column("read_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    CheckConstraint("act IN ('history', 'search', 'export')", name="act_is_known"),
    CheckConstraint(
        "(act = 'history') = (stream IS NOT NULL) AND (stream IS NULL) = (asked IS NOT NULL)",
        name="says_what_was_read",
    ),
    Index("history_reading_of", "authority_id", "stream", "id"),
    Index("history_reading_newest_first", "id"),
    info={"append_only": True},
)
"""What auditors have read: one history, or what they searched for, kept under the auditor's number.

What they may see is wide, so their reading is kept."""
