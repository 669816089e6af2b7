"""Findings and what was replied, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.runtime.turns import stepping

_OVERSEES: Final = """EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = NEW.authority_id
      AND jurisdiction.path LIKE '%/' || (
        SELECT auditing.jurisdiction FROM organisation AS auditing
        WHERE auditing.id = NEW.organisation_id AND auditing.kind = 'auditor'
          AND auditing.state = 'verified') || '/%')
  AND NEW.state = 'open' AND NEW.version = 1
  AND CASE split_part(NEW.object_id, '_', 1)
    WHEN 'contract' THEN NEW.object_id = NEW.contract_id
    WHEN 'milestone' THEN EXISTS (
      SELECT FROM milestone AS one WHERE one.authority_id = NEW.authority_id
        AND one.id = NEW.object_id AND one.contract_id = NEW.contract_id)
    WHEN 'metric' THEN EXISTS (
      SELECT FROM metric AS one WHERE one.authority_id = NEW.authority_id
        AND one.id = NEW.object_id AND one.contract_id = NEW.contract_id)
    WHEN 'observation' THEN EXISTS (
      SELECT FROM observation AS one WHERE one.authority_id = NEW.authority_id
        AND one.id = NEW.object_id AND one.contract_id = NEW.contract_id)
    WHEN 'document' THEN EXISTS (
      SELECT FROM document AS one WHERE one.authority_id = NEW.authority_id
        AND one.id = NEW.object_id AND one.contract_id = NEW.contract_id)
    ELSE false END"""
"""Who writes is a verified auditor of the authority, and the thing is one of the contract."""
_HEARD: Final = """EXISTS (
    SELECT FROM finding JOIN contract_party ON contract_party.authority_id = finding.authority_id
      AND contract_party.contract_id = finding.contract_id
    WHERE finding.authority_id = NEW.authority_id AND finding.id = NEW.finding_id
      AND (finding.state = 'open'
        OR finding.state = 'concluded' AND finding.follow_up_on IS NOT NULL)
      AND contract_party.organisation_id = NEW.organisation_id)"""
"""Who replies is a party, and the auditor will still say something."""
_TURNS: Final = stepping(
    "finding",
    {
        "open open": "",
        "open concluded": "outcome,reasons,concluded_by,concluded_at,follow_up_on",
        "concluded concluded": "",
        "concluded followed_up": "is_remedied,follow_up,followed_up_by,followed_up_at",
    },
    never="""CASE OLD.state || ' ' || NEW.state
      WHEN 'open open' THEN false
      WHEN 'open concluded' THEN NEW.concluded_at < NEW.reply_by AND NOT EXISTS (
        SELECT FROM finding_reply AS one WHERE one.authority_id = NEW.authority_id
          AND one.finding_id = NEW.id)
      ELSE OLD.follow_up_on IS NULL END""",
)
"""What was written stays; nobody is condemned unheard; what is concluded is concluded once."""
finding: Final = Table(
    "finding",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "finding"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("contract_id"),
    reference("object_id"),
    reference("organisation_id"),
    Column("title", JSON, nullable=False),
    Column("text", JSON, nullable=False),
    Column("reply_by", DateTime(timezone=True), nullable=False),
    reference("written_by"),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text),
    Column("reasons", JSON),
    reference("concluded_by", nullable=True),
    Column("concluded_at", DateTime(timezone=True)),
    Column("follow_up_on", Date),
    Column("is_remedied", Boolean),
    Column("follow_up", JSON),
    reference("followed_up_by", nullable=True),
    Column("followed_up_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint("state IN ('open', 'concluded', 'followed_up')", name="state_is_known"),
    CheckConstraint("outcome IN ('upheld', 'settled', 'withdrawn')", name="outcome_is_known"),
    CheckConstraint("reply_by > written_at", name="there_is_time_to_reply"),
    CheckConstraint(
        "num_nonnulls(outcome, reasons, concluded_by, concluded_at)"
        " = CASE state WHEN 'open' THEN 0 ELSE 4 END",
        name="a_conclusion_is_whole",
    ),
    CheckConstraint(
        "num_nonnulls(is_remedied, follow_up, followed_up_by, followed_up_at)"
        " = CASE state WHEN 'followed_up' THEN 4 ELSE 0 END",
        name="a_follow_up_is_whole",
    ),
    CheckConstraint(
        "follow_up_on IS NULL OR (outcome = 'upheld') IS TRUE",
        name="what_is_upheld_is_followed_up",
    ),
    CheckConstraint(
        "followed_up_at IS NULL OR (timezone('UTC', followed_up_at)::date >= follow_up_on) IS TRUE",
        name="follow_up_comes_on_its_day",
    ),
    Index("finding_newest_first", "id"),
    Index("finding_of", "authority_id", "contract_id", "id"),
    info={
        "hands": ("written_by", "concluded_by", "followed_up_by"),
        "sql": (
            *refusing("who_finds_oversees", on="finding", unless=_OVERSEES),
            *_TURNS,
        ),
    },
)
finding_reply: Final = Table(
    "finding_reply",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("finding_id"),
    Column("number", Integer, nullable=False),
    reference("organisation_id"),
    Column("text", JSON, nullable=False),
    reference("replied_by"),
    Column("replied_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "finding_id", "number"),
    ForeignKeyConstraint(["authority_id", "finding_id"], ["finding.authority_id", "finding.id"]),
    CheckConstraint("number BETWEEN 1 AND 200", name="number_is_in_its_bounds"),
    info={
        "append_only": True,
        "sql": refusing("who_replies_is_heard", on="finding_reply", unless=_HEARD),
    },
)
