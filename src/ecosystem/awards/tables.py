"""Evaluators and their scores, evaluations, and awards."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing

_SEEN: Final = """authority_id = nullif(current_setting('app.authority', true), '')::integer
  OR organisation_id = nullif(current_setting('app.organisation', true), '')
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%')"""

_WITHOUT_PART: Final = """EXISTS (
    SELECT FROM evaluator WHERE authority_id = NEW.authority_id AND need_id = NEW.need_id
      AND person_id = NEW.person_id AND organisation_id = NEW.organisation_id
      AND NOT has_conflict)
  AND EXISTS (
    SELECT FROM offer WHERE authority_id = NEW.authority_id AND id = NEW.offer_id
      AND need_id = NEW.need_id AND state = 'opened')
  AND NOT EXISTS (
    SELECT FROM offer WHERE authority_id = NEW.authority_id AND need_id = NEW.need_id
      AND state NOT IN ('draft', 'withdrawn') AND NEW.organisation_id = ANY (member_ids))"""
"""Whoever scores has declared no conflict, and his organisation offers nothing itself."""

evaluator: Final = Table(
    "evaluator",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("need_id"),
    reference("person_id"),
    reference("organisation_id"),
    reference("appointed_by"),
    Column("appointed_at", DateTime(timezone=True), nullable=False),
    Column("has_conflict", Boolean),
    Column("reason", JSON),
    Column("declared_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "need_id", "person_id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint(
        "(has_conflict IS NULL) = (declared_at IS NULL)", name="a_declaration_is_dated"
    ),
    another("person_id", "appointed_by", name="nobody_appoints_himself"),
    info={"visible_where": _SEEN, "hands": ("appointed_by",)},
)
score: Final = Table(
    "score",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("offer_id"),
    reference("person_id"),
    identifier("id", "score"),
    reference("need_id"),
    reference("organisation_id"),
    Column("scores", JSON, nullable=False),
    Column("scored_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "offer_id", "person_id"),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    ForeignKeyConstraint(
        ["authority_id", "need_id", "person_id"],
        ["evaluator.authority_id", "evaluator.need_id", "evaluator.person_id"],
    ),
    Index("score_of_need", "authority_id", "need_id"),
    info={
        "append_only": True,
        "visible_where": _SEEN,
        "sql": refusing("who_scores_has_no_part_in_it", on="score", unless=_WITHOUT_PART),
    },
)
evaluation: Final = Table(
    "evaluation",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("need_id"),
    Column("contests", JSON, nullable=False),
    Column("digest", Text, nullable=False),
    reference("evaluated_by"),
    Column("evaluated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "need_id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    info={"append_only": True},
)
award: Final = Table(
    "award",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "award"),
    reference("need_id"),
    reference("lot_id"),
    reference("offer_id"),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    reference("lead_id"),
    Column("price", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("reason", JSON, nullable=False),
    reference("proposed_by"),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    reference("approved_by", nullable=True),
    Column("approved_at", DateTime(timezone=True)),
    Column("standstill_ends_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    ForeignKeyConstraint(["authority_id", "lot_id"], ["lot.authority_id", "lot.id"]),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    UniqueConstraint("authority_id", "lot_id", "kind"),
    CheckConstraint("state IN ('proposed', 'published')", name="state_is_known"),
    another("approved_by", "proposed_by", name="nobody_approves_alone"),
    CheckConstraint(
        "(state = 'published') = (approved_by IS NOT NULL) "
        "AND (approved_by IS NULL) = (approved_at IS NULL) "
        "AND (approved_by IS NULL) = (standstill_ends_at IS NULL)",
        name="published_is_approved",
    ),
    CheckConstraint("standstill_ends_at > approved_at", name="standstill_comes_after"),
    CheckConstraint("price > 0", name="price_is_positive"),
    Index("award_of_need", "authority_id", "need_id"),
    Index("award_newest_first", "id"),
    info={"hands": ("proposed_by", "approved_by")},
)
