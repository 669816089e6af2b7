"""Challenges and their decisions, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.runtime.turns import stepping

_SUSPENDING: Final = """NEW.state = 'open' AND NEW.version = 1 AND EXISTS (
    SELECT FROM award WHERE award.authority_id = NEW.authority_id AND award.id = NEW.award_id
      AND award.state = 'suspended' FOR SHARE)"""
"""The award is suspended, and stays so at least until this row is there for all to see."""
_TURNS: Final = stepping(
    "challenge",
    {
        "open open": "told_at",
        "open withdrawn": "withdrawn_by,withdrawn_at",
        "open upheld": "",
        "open rejected": "",
    },
    never="""(NEW.state = 'open' AND (OLD.told_at IS NOT NULL OR NEW.told_at IS NULL))
    OR NEW.state NOT IN ('open', 'withdrawn') AND NOT EXISTS (
      SELECT FROM challenge_decision AS decision WHERE decision.authority_id = NEW.authority_id
        AND decision.challenge_id = NEW.id AND decision.outcome = NEW.state)""",
)
_INDEPENDENT: Final = """EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = NEW.authority_id AND organisation.id <> NEW.organisation_id
      AND jurisdiction.path LIKE '%/' || (
        SELECT reviewing.jurisdiction FROM organisation AS reviewing
        WHERE reviewing.id = NEW.organisation_id AND reviewing.kind IN ('government', 'auditor')
      ) || '/%')
  AND EXISTS (
    SELECT FROM challenge JOIN opening ON opening.authority_id = challenge.authority_id
      AND opening.need_id = challenge.need_id
    WHERE challenge.authority_id = NEW.authority_id AND challenge.id = NEW.challenge_id
      AND NOT EXISTS (
        SELECT FROM json_array_elements(opening.record->'offers') AS one,
          json_array_elements_text(one->'member_ids') AS member
        WHERE member = NEW.organisation_id))"""
"""Who decides oversees the authority, is not it, and was no member of an offer that was opened."""
_NO_HAND_IN_IT: Final = """EXISTS (
    SELECT FROM challenge JOIN award ON award.authority_id = challenge.authority_id
      AND award.id = challenge.award_id
    WHERE challenge.authority_id = NEW.authority_id AND challenge.id = NEW.challenge_id
      AND NEW.decided_by NOT IN (
        challenge.lodged_by, award.proposed_by, coalesce(award.approved_by, '')))"""
"""Who decides has neither challenged the award, nor proposed nor approved it."""
_STILL_OPEN: Final = """EXISTS (
    SELECT FROM challenge WHERE challenge.authority_id = NEW.authority_id
      AND challenge.id = NEW.challenge_id AND challenge.state = 'open' FOR SHARE)"""
"""Nobody decides what was taken back; whoever takes it back at once waits for this row."""

challenge: Final = Table(
    "challenge",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "challenge"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("need_id"),
    reference("award_id"),
    reference("offer_id"),
    reference("organisation_id"),
    Column("grounds", JSON, nullable=False),
    reference("lodged_by"),
    Column("lodged_at", DateTime(timezone=True), nullable=False),
    Column("decide_by", DateTime(timezone=True), nullable=False),
    reference("withdrawn_by", nullable=True),
    Column("withdrawn_at", DateTime(timezone=True)),
    # When it was told that nobody had decided in time.
    Column("told_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "award_id"], ["award.authority_id", "award.id"]),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    UniqueConstraint(
        "authority_id", "award_id", "organisation_id", name="an_award_is_challenged_once_by_each"
    ),
    CheckConstraint("state IN ('open', 'withdrawn', 'upheld', 'rejected')", name="state_is_known"),
    CheckConstraint(
        "(state = 'withdrawn') = (withdrawn_by IS NOT NULL) "
        "AND (state = 'withdrawn') = (withdrawn_at IS NOT NULL)",
        name="a_withdrawal_has_its_hand",
    ),
    CheckConstraint("decide_by >= lodged_at", name="time_to_decide_comes_after"),
    CheckConstraint("told_at > decide_by", name="nothing_in_time_is_overdue"),
    Index("challenge_newest_first", "id"),
    Index(
        "challenge_to_be_decided",
        "decide_by",
        postgresql_where=text("state = 'open' AND told_at IS NULL"),
    ),
    info={
        "hands": ("lodged_by", "withdrawn_by"),
        "sql": (
            *refusing("what_is_challenged_is_suspended", on="challenge", unless=_SUSPENDING),
            *_TURNS,
        ),
    },
)
challenge_decision: Final = Table(
    "challenge_decision",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("challenge_id"),
    Column("outcome", Text, nullable=False),
    Column("remedy", Text),
    Column("reasons", JSON, nullable=False),
    reference("organisation_id"),
    reference("decided_by"),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "challenge_id"),
    ForeignKeyConstraint(
        ["authority_id", "challenge_id"], ["challenge.authority_id", "challenge.id"]
    ),
    CheckConstraint("outcome IN ('upheld', 'rejected')", name="outcome_is_known"),
    CheckConstraint("remedy IN ('evaluation', 'cancellation')", name="remedy_is_known"),
    CheckConstraint(
        "(outcome = 'upheld') = (remedy IS NOT NULL)", name="what_is_upheld_has_a_remedy"
    ),
    info={
        "append_only": True,
        "sql": (
            *refusing(
                "who_decides_has_no_part_in_it", on="challenge_decision", unless=_INDEPENDENT
            ),
            *refusing(
                "who_decides_had_no_hand_in_it", on="challenge_decision", unless=_NO_HAND_IN_IT
            ),
            *refusing("what_is_decided_is_open", on="challenge_decision", unless=_STILL_OPEN),
        ),
    },
)
