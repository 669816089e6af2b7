"""Invitations: of each code only the SHA-256 is kept, so who reads this table can use none."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.identity.tables import roles_are_known
from ecosystem.runtime.columns import identifier
from ecosystem.runtime.database import metadata

invitation: Final = Table(
    "invitation",
    metadata,
    identifier("id", "invitation"),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("name", JSON, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("invited_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("accepted_at", DateTime(timezone=True)),
    Column("accepted_by", Text(collation="C"), ForeignKey("person.id")),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("digest"),
    CheckConstraint("octet_length(digest) = 32", name="digest_is_sha256"),
    CheckConstraint("num_nonnulls(accepted_at, withdrawn_at) <= 1", name="ends_once"),
    CheckConstraint(
        "(accepted_at IS NULL) = (accepted_by IS NULL)", name="is_accepted_by_somebody"
    ),
    CheckConstraint("accepted_at < expires_at", name="is_accepted_in_time"),
    roles_are_known(),
    Index("invitation_of_organisation", "organisation_id", "id"),
    info={"held": "reference"},
)
