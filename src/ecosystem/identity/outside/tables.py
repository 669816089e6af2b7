"""Which person an outside issuer means: an identity there is one person's here."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from ecosystem.runtime.columns import identifier
from ecosystem.runtime.database import metadata

outside_identity: Final = Table(
    "outside_identity",
    metadata,
    identifier("id", "identity"),
    Column("issuer", Text(collation="C"), nullable=False),
    Column("subject", Text(collation="C"), nullable=False),
    Column("person_id", Text(collation="C"), ForeignKey("person.id"), nullable=False),
    Column("linked_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("char_length(subject) BETWEEN 1 AND 255", name="subject_is_named"),
    Index("outside_identity_of_person", "person_id"),
    info={"held": "reference", "deletes": True},
)
