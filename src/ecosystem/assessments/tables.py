"""Assessments: reviewed by another body, published by a third hand, and never altered then."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.assessments.model import AssessmentState
from ecosystem.catalogue.profiles.model import Recommendation
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_CALLER: Final = "nullif(current_setting('app.{}', true), '')"
_VISIBLE: Final = f"""
  state = 'published'
  OR authority_id = {_CALLER.format("authority")}::integer
  OR reviewer_id = {_CALLER.format("organisation")}
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || {_CALLER.format("oversees")} || '/%')"""
_INDEPENDENT: Final = """
  NEW.state = 'published' OR NEW.replied_at IS NOT NULL OR (
    EXISTS (
      SELECT FROM organisation AS one
      WHERE one.id = NEW.reviewer_id AND one.number <> NEW.authority_id)
    AND NOT EXISTS (
      SELECT FROM contract JOIN contract_party AS party
        ON party.authority_id = contract.authority_id AND party.contract_id = contract.id
      WHERE contract.authority_id = NEW.authority_id
        AND contract.programme_id = NEW.programme_id
        AND party.organisation_id = NEW.reviewer_id))"""
"""Who reviews is not the authority, and has no part in what is assessed."""
_WAS_THERE: Final = """EXISTS (
    SELECT FROM programme WHERE programme.authority_id = NEW.authority_id
      AND programme.id = NEW.programme_id AND programme.fiscal_year <= NEW.fiscal_year)"""
"""No year is assessed in which the programme was not there."""
_SCORED: Final = "scored,digest,points_min,points_max,grade"
_REPLY: Final = "reply,replied_by,replied_at"
_TURNS: Final = stepping(
    "assessment",
    {
        "opened opened": "reviewer_id",
        "opened self_assessed": f"{_SCORED},statement,assessed_by,assessed_at",
        "self_assessed self_assessed": (f"{_SCORED},reviewer_id,statement,assessed_by,assessed_at"),
        "self_assessed reviewed": (
            f"{_SCORED},recommendation,review_reason,reviewed_by,reviewed_at"
        ),
        "reviewed published": "published_by,published_at",
        "reviewed reviewed": _REPLY,
        "published published": _REPLY,
    },
    begins=("opened",),
    never="OLD.state = NEW.state AND OLD.replied_at IS NOT NULL",
)
"""Once it was replied to, its state alone is left to change."""


def _since(*states: str, **columns: str) -> CheckConstraint:
    """Return the constraint that columns are there from a state on, and not before."""
    listed = ", ".join(f"'{one}'" for one in states)
    (name,) = columns
    there = f"(state IN ({listed}))"
    return CheckConstraint(
        " AND ".join(f"{there} = ({one} IS NOT NULL)" for one in columns[name].split()), name=name
    )


assessment: Final = Table(
    "assessment",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "assessment"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("programme_id"),
    reference("contract_id", nullable=True),
    Column("fiscal_year", Integer, nullable=False),
    Column("reviewer_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    reference("opened_by"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("statement", JSON),
    reference("assessed_by", nullable=True),
    Column("assessed_at", DateTime(timezone=True)),
    Column("scored", JSON),
    Column("digest", Text(collation="C")),
    Column("points_min", Numeric),
    Column("points_max", Numeric),
    Column("grade", Text(collation="C")),
    Column("recommendation", Text),
    Column("review_reason", JSON),
    reference("reviewed_by", nullable=True),
    Column("reviewed_at", DateTime(timezone=True)),
    reference("published_by", nullable=True),
    Column("published_at", DateTime(timezone=True)),
    Column("reply", JSON),
    reference("replied_by", nullable=True),
    Column("replied_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(
        ["authority_id", "programme_id"], ["programme.authority_id", "programme.id"]
    ),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    one_of("state", AssessmentState),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("fiscal_year BETWEEN 2000 AND 2199", name="fiscal_year_is_a_year"),
    _since(
        "self_assessed", "reviewed", "published",
        assessed_is_whole="statement assessed_by assessed_at scored digest points_min points_max",
    ),
    _since(
        "reviewed", "published",
        reviewed_is_whole="recommendation review_reason reviewed_by reviewed_at",
    ),
    _since("published", published_is_whole="published_by published_at"),
    CheckConstraint(
        "(reply IS NULL) = (replied_at IS NULL) AND (reply IS NULL) = (replied_by IS NULL)"
        " AND (reply IS NULL OR state IN ('reviewed', 'published'))",
        name="a_reply_is_whole",
    ),
    one_of("recommendation", Recommendation),
    CheckConstraint(
        "points_min >= 0 AND points_min <= points_max AND points_max <= 100",
        name="points_are_of_a_hundred",
    ),
    CheckConstraint(
        "digest = encode(sha256(convert_to(scored::text, 'UTF8')), 'hex')"
        " AND points_min = (scored->'score'->>'points_min')::numeric"
        " AND points_max = (scored->'score'->>'points_max')::numeric"
        " AND grade IS NOT DISTINCT FROM scored->'score'->>'grade'",
        name="the_score_is_of_its_trace",
    ),
    another("reviewed_by", "assessed_by", name="nobody_reviews_an_own_assessment"),
    another("published_by", "assessed_by", name="nobody_publishes_an_own_assessment"),
    another("published_by", "reviewed_by", name="nobody_publishes_an_own_review"),
    Index("assessment_newest_first", "id"),
    Index(
        "a_year_is_assessed_once",
        "authority_id", "programme_id", text("coalesce(contract_id, '')"), "fiscal_year",
        unique=True,
    ),
    info={
        "hands": ("opened_by", "reviewed_by", "published_by", "replied_by"),
        "visible_where": _VISIBLE,
        "sql": (
            *refusing(
                "an_assessment_is_reviewed_by_another_body", on="assessment",
                unless=_INDEPENDENT, changes=True,
            ),
            *refusing("a_year_of_its_programme", on="assessment", unless=_WAS_THERE),
            *_TURNS,
        ),
    },
)  # fmt: skip
