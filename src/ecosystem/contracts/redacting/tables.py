"""Redactions of documents."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.contracts.redacting.model import Ground
from ecosystem.contracts.tables import VISIBLE_WHERE
from ecosystem.runtime.columns import one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_FILED: Final = """EXISTS (
    SELECT FROM document
    WHERE document.authority_id = NEW.authority_id AND document.id = NEW.document_id
      AND document.organisation_id = nullif(current_setting('app.organisation', true), ''))
  AND (NEW.replacement_id IS NULL OR EXISTS (
    SELECT FROM document
    WHERE document.authority_id = NEW.authority_id AND document.id = NEW.replacement_id
      AND document.organisation_id = nullif(current_setting('app.organisation', true), '')))"""
_REPLACED: Final = (
    """
CREATE FUNCTION what_replaces_is_read() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM contract
  WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
  FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT FROM redaction
    WHERE redaction.authority_id = NEW.authority_id
      AND redaction.document_id = NEW.replacement_id)
  THEN
    RAISE EXCEPTION 'document % is redacted itself', NEW.replacement_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_replaces_is_read';
  END IF;
  RETURN NEW;
END $$""",
    (
        "CREATE TRIGGER what_replaces_is_read BEFORE INSERT ON redaction "
        "FOR EACH ROW EXECUTE FUNCTION what_replaces_is_read()"
    ),
    "ALTER TABLE redaction ENABLE ALWAYS TRIGGER what_replaces_is_read",
)
"""The contract is held first, so that nobody redacts the one while it is named for another."""

redaction: Final = Table(
    "redaction",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("document_id"),
    reference("contract_id"),
    Column("ground", Text, nullable=False),
    Column("reason", JSON, nullable=False),
    reference("replacement_id", nullable=True),
    reference("redacted_by"),
    Column("redacted_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "document_id"),
    ForeignKeyConstraint(
        ["authority_id", "document_id", "contract_id"],
        ["document.authority_id", "document.id", "document.contract_id"],
        name="redacts_a_document_of_its_contract",
    ),
    ForeignKeyConstraint(
        ["authority_id", "replacement_id", "contract_id"],
        ["document.authority_id", "document.id", "document.contract_id"],
        name="is_replaced_in_its_contract",
    ),
    one_of("ground", Ground),
    CheckConstraint("replacement_id <> document_id", name="nothing_replaces_itself"),
    info={
        "append_only": True,
        "visible_where": VISIBLE_WHERE.replace("document.", "redaction."),
        "sql": (*refusing("who_filed_redacts", on="redaction", unless=_FILED), *_REPLACED),
    },
)
"""Which documents are redacted, and why; seen by whoever sees the document."""
