"""Recoveries: of each code only the SHA-256 is kept, so who reads this table can use none."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another

recovery: Final = Table(
    "recovery",
    metadata,
    identifier("id", "recovery"),
    Column("person_id", Text(collation="C"), ForeignKey("account.person_id"), nullable=False),
    Column("offered_in", ARRAY(Text), nullable=False),
    reference("offered_by"),
    Column("digest", LargeBinary, nullable=False),
    Column("offered_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("replaced_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("digest"),
    another("offered_by", "person_id", name="is_offered_by_another"),
    CheckConstraint("octet_length(digest) = 32", name="digest_is_sha256"),
    CheckConstraint("num_nonnulls(used_at, replaced_at) <= 1", name="ends_once"),
    CheckConstraint("used_at < expires_at", name="is_used_in_time"),
    Index(
        "recovery_that_is_open",
        "person_id",
        unique=True,
        postgresql_where=text("used_at IS NULL AND replaced_at IS NULL"),
    ),
    info={"held": "reference"},
)
"""A person has one at a time that can be used."""
