"""The files of needs, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    BigInteger,
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

from ecosystem.needs.attachments.rules import BYTES_MAX, COUNT_MAX
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.values.media import TYPES

_BOUNDED: Final = """
CREATE FUNCTION attachments_are_bounded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
    AND need.state IN ('draft', 'published') FOR UPDATE;
  IF NOT FOUND OR (
    SELECT count(*) >= TG_ARGV[0]::integer
      OR coalesce(sum(attachment.bytes), 0) + NEW.bytes > TG_ARGV[1]::bigint
    FROM attachment
    WHERE attachment.authority_id = NEW.authority_id AND attachment.need_id = NEW.need_id)
  THEN
    RAISE EXCEPTION 'need % takes no further attachment', NEW.need_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'attachments_are_bounded';
  END IF;
  RETURN NEW;
END $$"""
"""The need is locked first, so that the count is of all that were there before."""
_STAYING: Final = """
CREATE FUNCTION public_documents_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT one->>'id' FROM json_array_elements(OLD.documents) AS one
    EXCEPT SELECT one->>'id' FROM json_array_elements(NEW.documents) AS one)
  THEN
    RAISE EXCEPTION 'need % loses a document that is public', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'public_documents_stay';
  END IF;
  RETURN NEW;
END $$"""

attachment: Final = Table(
    "attachment",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "attachment"),
    reference("need_id"),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text(collation="C"), nullable=False),
    reference("filed_by"),
    Column("filed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    one_of("media_type", TYPES),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_a_digest"),
    CheckConstraint("bytes > 0", name="is_not_empty"),
    Index("attachment_of_need", "authority_id", "need_id", "id"),
    Index("attachment_by_digest", "sha256"),
    info={
        "append_only": True,
        "sql": (
            _BOUNDED,
            (
                "CREATE TRIGGER attachments_are_bounded BEFORE INSERT ON attachment "
                f"FOR EACH ROW EXECUTE FUNCTION attachments_are_bounded({COUNT_MAX}, {BYTES_MAX})"
            ),
            "ALTER TABLE attachment ENABLE ALWAYS TRIGGER attachments_are_bounded",
            _STAYING,
            (
                "CREATE TRIGGER public_documents_stay BEFORE UPDATE OF documents ON need "
                "FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) "
                "EXECUTE FUNCTION public_documents_stay()"
            ),
            "ALTER TABLE need ENABLE ALWAYS TRIGGER public_documents_stay",
        ),
    },
)
