"""What verifiers found of the rounds of milestones."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_ANOTHERS: Final = """EXISTS (
    SELECT FROM milestone_submission AS one
    WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.milestone_id
      AND one.round = NEW.round AND NOT is_one_hand(NEW.person_id, one.submitted_by))"""
"""Another hand than the one that examines has submitted the round."""

milestone_verification: Final = Table(
    "milestone_verification",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("milestone_id"),
    Column("round", Integer, nullable=False),
    reference("contract_id"),
    Column("outcome", Text, nullable=False),
    Column("report", JSON, nullable=False),
    Column("reasons", JSON, nullable=False),
    reference("verified_by"),
    Column("verified_as", Text, Computed("'verifier'", persisted=True)),
    reference("person_id"),
    Column("examined_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "milestone_id", "round"),
    ForeignKeyConstraint(
        ["authority_id", "milestone_id", "round"],
        [
            "milestone_submission.authority_id",
            "milestone_submission.milestone_id",
            "milestone_submission.round",
        ],
    ),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "milestone_id"],
        ["milestone.authority_id", "milestone.contract_id", "milestone.id"],
        name="it_is_of_its_contract",
    ),
    # In a contract an organisation has one part: its verifier neither supplies nor buys.
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "verified_by", "verified_as"],
        [
            "contract_party.authority_id",
            "contract_party.contract_id",
            "contract_party.organisation_id",
            "contract_party.role",
        ],
        name="who_examines_is_the_contracts_verifier",
    ),
    CheckConstraint("outcome IN ('confirmed', 'refused')", name="outcome_is_known"),
    info={
        "append_only": True,
        "sql": refusing(
            "nobody_examines_an_own_submission", on="milestone_verification", unless=_ANOTHERS
        ),
    },
)
