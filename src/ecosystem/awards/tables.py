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
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.awards.falling.guard import NOT_ENDED, NOT_FALLEN, NOT_RELEASED
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

OVERSEEN_OR_OWN: Final = """authority_id =
    nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%')"""
"""The authority, and the auditors above it."""
_SEEN: Final = f"""{OVERSEEN_OR_OWN}
  OR organisation_id = nullif(current_setting('app.organisation', true), '')"""


_AMONG: Final = """EXISTS (
    SELECT FROM evaluator WHERE evaluator.authority_id = {0}.authority_id
      AND evaluator.need_id = {0}.need_id AND NOT evaluator.has_conflict
      AND evaluator.organisation_id = nullif(current_setting('app.organisation', true), ''))"""
"""Evaluators of different organisations read each other's scores when they confer."""
_WITHOUT_PART: Final = """EXISTS (
    SELECT FROM evaluator WHERE authority_id = NEW.authority_id AND need_id = NEW.need_id
      AND person_id = NEW.person_id AND organisation_id = NEW.organisation_id
      AND NOT has_conflict)
  AND EXISTS (
    SELECT FROM offer WHERE authority_id = NEW.authority_id AND id = NEW.offer_id
      AND need_id = NEW.need_id AND state = 'admitted')
  AND NOT EXISTS (
    SELECT FROM offer WHERE authority_id = NEW.authority_id AND need_id = NEW.need_id
      AND state NOT IN ('draft', 'withdrawn') AND NEW.organisation_id = ANY (member_ids))"""
"""Whoever scores has declared no conflict, and his organisation offers nothing itself."""

_NOT_FROZEN: Final = """NEW.round > 1 OR NOT EXISTS (
    SELECT FROM score_freezing WHERE score_freezing.authority_id = NEW.authority_id
      AND score_freezing.need_id = NEW.need_id)"""
"""Scores that were frozen before prices were opened stay; a reviewer may order a further round."""

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
    Column("round", Integer, nullable=False),
    identifier("id", "score"),
    reference("need_id"),
    reference("organisation_id"),
    Column("scores", JSON, nullable=False),
    Column("scored_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "offer_id", "person_id", "round"),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    ForeignKeyConstraint(
        ["authority_id", "need_id", "person_id"],
        ["evaluator.authority_id", "evaluator.need_id", "evaluator.person_id"],
    ),
    Index("score_of_need", "authority_id", "need_id"),
    info={
        "append_only": True,
        "visible_where": f"{_SEEN} OR {_AMONG.format('score')}",
        "sql": (
            *refusing("who_scores_has_no_part_in_it", on="score", unless=_WITHOUT_PART),
            *refusing("frozen_scores_stay", on="score", unless=_NOT_FROZEN),
        ),
    },
)
_CONFERRING: Final = """EXISTS (
    SELECT FROM score WHERE score.authority_id = NEW.authority_id AND score.need_id = NEW.need_id
      AND score.offer_id = NEW.offer_id AND score.person_id = NEW.person_id
      AND score.round = NEW.round)"""
"""Whoever agrees has scored the offer singly."""
consensus: Final = Table(
    "consensus",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("offer_id"),
    reference("person_id"),
    Column("round", Integer, nullable=False),
    identifier("id", "consensus"),
    reference("need_id"),
    reference("organisation_id"),
    Column("scores", JSON, nullable=False),
    Column("agreed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "offer_id", "person_id", "round"),
    ForeignKeyConstraint(
        ["authority_id", "need_id", "person_id"],
        ["evaluator.authority_id", "evaluator.need_id", "evaluator.person_id"],
    ),
    Index("consensus_of_need", "authority_id", "need_id"),
    info={
        "visible_where": f"{_SEEN} OR {_AMONG.format('consensus')}",
        "hands": ("person_id",),
        "sql": (
            *refusing("who_agrees_has_scored", on="consensus", unless=_CONFERRING),
            *refusing("frozen_consensus_stays", on="consensus", unless=_NOT_FROZEN, changes=True),
        ),
    },
)
evaluation: Final = Table(
    "evaluation",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("need_id"),
    Column("round", Integer, nullable=False),
    Column("contests", JSON, nullable=False),
    Column("digest", Text, nullable=False),
    Column("unsuccessful", JSON, nullable=False),
    reference("evaluated_by"),
    Column("evaluated_at", DateTime(timezone=True), nullable=False),
    # Where prices had envelopes of their own: the scores before one was opened.
    Column("frozen", JSON),
    PrimaryKeyConstraint("authority_id", "need_id", "round"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    info={"append_only": True},
)
_TURNS: Final = stepping(
    "award",
    {
        "proposed published": "approved_at,approved_by,standstill_ends_at,challenge_ends_at",
        "proposed cancelled": "cancelled_at,cancelled_by,cancelled_reason",
        "published suspended": "",
        "published cancelled": "cancelled_at,cancelled_by,cancelled_reason,lapse",
        "suspended published": "",
        "suspended cancelled": "cancelled_at,cancelled_by,cancelled_reason,remedy,lapse",
    },
    never=f"""(OLD.state = 'suspended' AND NEW.state = 'published' AND EXISTS (
      SELECT FROM challenge WHERE challenge.authority_id = NEW.authority_id
        AND challenge.award_id = NEW.id AND challenge.state = 'open'))
    OR (OLD.state = 'published' AND NEW.state = 'cancelled' AND {NOT_FALLEN})
    OR (OLD.state = 'suspended' AND NEW.lapse IS NOT NULL
      AND (NEW.lapse <> 'released' OR {NOT_RELEASED}))""",
)

_NOTHING_STANDS: Final = (
    """
CREATE FUNCTION what_is_awarded_is_not_given_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM award WHERE award.authority_id = NEW.authority_id
      AND award.need_id = NEW.id AND award.state IN ('published', 'suspended'))
  THEN
    RAISE EXCEPTION 'an award of need % stands', NEW.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'what_is_awarded_is_not_given_up';
  END IF;
  RETURN NEW;
END $$""",
    """
CREATE TRIGGER need_given_up BEFORE UPDATE OF state ON need
FOR EACH ROW WHEN (NEW.state IN ('cancelled', 'unsuccessful'))
EXECUTE FUNCTION what_is_awarded_is_not_given_up()""",
    "ALTER TABLE need ENABLE ALWAYS TRIGGER need_given_up",
)
"""No need comes to an end without award while one stands: a contract may have grown from it."""

award: Final = Table(
    "award",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "award"),
    reference("need_id"),
    reference("lot_id"),
    reference("offer_id"),
    Column("round", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    reference("lead_id"),
    Column("price", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("reason", JSON, nullable=False),
    Column("passed_over", JSON, nullable=False),
    reference("proposed_by"),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    reference("approved_by", nullable=True),
    Column("approved_at", DateTime(timezone=True)),
    Column("standstill_ends_at", DateTime(timezone=True)),
    Column("challenge_ends_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
    reference("cancelled_by", nullable=True),
    Column("cancelled_reason", JSON),
    Column("remedy", Text),
    Column("lapse", Text),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    ForeignKeyConstraint(["authority_id", "lot_id"], ["lot.authority_id", "lot.id"]),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    CheckConstraint(
        "(lapse = 'declined' AND cancelled_by = approved_by) IS NOT TRUE",
        name="nobody_declines_an_own_award",
    ),
    CheckConstraint(
        "state IN ('proposed', 'published', 'suspended', 'cancelled')", name="state_is_known"
    ),
    another("approved_by", "proposed_by", name="nobody_approves_alone"),
    another("cancelled_by", "proposed_by", name="nobody_judges_an_own_proposal"),
    CheckConstraint(
        "(state <> 'proposed' OR approved_by IS NULL) "
        "AND (state NOT IN ('published', 'suspended') OR approved_by IS NOT NULL) "
        "AND (approved_by IS NULL) = (approved_at IS NULL) "
        "AND (approved_by IS NULL) = (standstill_ends_at IS NULL)",
        name="published_is_approved",
    ),
    CheckConstraint("challenge_ends_at <= standstill_ends_at", name="no_challenge_when_final"),
    CheckConstraint("standstill_ends_at >= approved_at", name="standstill_comes_after"),
    CheckConstraint(
        "(state = 'cancelled') = (cancelled_at IS NOT NULL AND cancelled_by IS NOT NULL "
        "AND cancelled_reason IS NOT NULL)",
        name="cancellation_has_a_reason",
    ),
    CheckConstraint(
        "remedy IS NULL OR (remedy IN ('evaluation', 'cancellation') AND state = 'cancelled')",
        name="remedy_is_known",
    ),
    CheckConstraint("lapse IN ('declined', 'unsigned', 'released')", name="lapse_is_known"),
    CheckConstraint(
        "num_nonnulls(remedy, lapse) "
        "= CASE WHEN state = 'cancelled' AND approved_by IS NOT NULL THEN 1 ELSE 0 END",
        name="what_was_approved_is_set_aside_or_falls",
    ),
    CheckConstraint("price > 0", name="price_is_positive"),
    CheckConstraint("round > 0", name="round_counts_from_one"),
    Index(
        "one_award_of_a_contest_stands",
        "authority_id",
        "lot_id",
        "kind",
        unique=True,
        postgresql_where=text("state <> 'cancelled'"),
    ),
    Index("award_of_need", "authority_id", "need_id"),
    Index("award_newest_first", "id"),
    info={
        "hands": ("proposed_by", "approved_by", "cancelled_by"),
        "sql": (
            *refusing(
                "award_begins_proposed",
                on="award",
                unless="NEW.state = 'proposed' AND NEW.version = 1",
            ),
            *_TURNS,
            *_NOTHING_STANDS,
            *NOT_ENDED,
        ),
    },
)
