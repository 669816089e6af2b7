"""Uploads that are unfinished, or have ended a short while ago."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy import Integer as Number

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata

PURPOSE: Final = "uploading"
"""Under which all uploads are counted, and discarded when their time has passed."""
_VISIBLE_WHERE: Final = f"""
  organisation_id = nullif(current_setting('app.organisation', true), '')
  OR current_setting('app.purpose', true) = '{PURPOSE}'
"""

upload: Final = Table(
    "upload",
    metadata,
    Column("authority_id", Number, nullable=False),
    identifier("id", "upload"),
    Column("state", Text, nullable=False),
    reference("contract_id"),
    reference("organisation_id"),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text(collation="C"), nullable=False),
    reference("document_id", nullable=True),
    Column("refusal", Text),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    ForeignKeyConstraint(["authority_id", "document_id"], ["document.authority_id", "document.id"]),
    CheckConstraint("state IN ('open', 'complete', 'refused')", name="state_is_known"),
    CheckConstraint(
        "(state = 'complete') = (document_id IS NOT NULL)", name="what_is_complete_is_filed"
    ),
    CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="a_refusal_has_its_reason"),
    CheckConstraint("bytes > 0", name="is_not_empty"),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_a_digest"),
    info={"deletes": True, "visible_where": _VISIBLE_WHERE},
)
"""How far one has come is the size of its file: a row that said it too could differ."""
