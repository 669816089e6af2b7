"""Proposals for what the form leaves open, and what keeps a draft from being signed meanwhile."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.runtime.turns import stepping

_TURNS: Final = stepping(
    "contract_proposal",
    {
        "proposed proposed": "",
        "proposed accepted": "ended_at,ended_by",
        "proposed answered": "ended_at,ended_by",
        "proposed rejected": "ended_at,ended_by,ended_reason",
        "proposed withdrawn": "ended_at,ended_by,ended_reason",
    },
    named="proposal",
)
_OF_THE_DRAFT: Final = """NEW.state = 'proposed' AND NEW.version = 1 AND EXISTS (
    SELECT FROM contract
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND contract.state = 'draft' AND contract.terms_digest = NEW.base_digest
      AND contract.wording + 1 = NEW.wording
      AND (NEW.side <> 'authority' OR contract.sign_by IS NULL) FOR SHARE)"""
"""Whoever lets the contract be otherwise meanwhile is waited for, and waits. While the winner is
called upon to sign, the authority rewords nothing."""

contract_proposal: Final = Table(
    "contract_proposal",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "proposal"),
    Column("version", Integer, nullable=False),
    reference("contract_id"),
    Column("wording", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    reference("proposed_by"),
    reference("answers", nullable=True),
    Column("reason", JSON, nullable=False),
    Column("base_digest", Text(collation="C"), nullable=False),
    Column("values", JSON, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("terms_digest", Text(collation="C"), nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    reference("ended_by", nullable=True),
    Column("ended_reason", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    ForeignKeyConstraint(
        ["authority_id", "answers"], ["contract_proposal.authority_id", "contract_proposal.id"]
    ),
    CheckConstraint(
        "state IN ('proposed', 'accepted', 'answered', 'rejected', 'withdrawn')",
        name="state_is_known",
    ),
    CheckConstraint("side IN ('authority', 'supplier')", name="side_is_known"),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("wording > 1", name="the_first_wording_is_no_proposal"),
    CheckConstraint("terms_digest <> base_digest", name="proposes_something"),
    CheckConstraint(
        "terms_digest = encode(sha256(convert_to(terms::text, 'UTF8')), 'hex')",
        name="digest_is_of_the_terms",
    ),
    CheckConstraint(
        "(state = 'proposed') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)"
        " AND (state IN ('rejected', 'withdrawn')) = (ended_reason IS NOT NULL)",
        name="end_is_dated_and_reasoned",
    ),
    CheckConstraint(
        "state = 'withdrawn' OR ended_by <> proposed_by", name="the_other_side_replies"
    ),
    Index("proposal_of_contract", "authority_id", "contract_id", "id"),
    Index(
        "one_proposal_for_a_draft_is_open",
        "authority_id",
        "contract_id",
        unique=True,
        postgresql_where=text("state = 'proposed'"),
    ),
    Index(
        "one_proposal_makes_a_wording",
        "authority_id",
        "contract_id",
        "wording",
        unique=True,
        postgresql_where=text("state = 'accepted'"),
    ),
    info={
        "sql": (
            *_TURNS,
            *refusing(
                "contract_proposal_is_of_the_draft", on="contract_proposal", unless=_OF_THE_DRAFT
            ),
        )
    },
)
