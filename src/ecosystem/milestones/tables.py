"""Milestones as they are now; what they were, the history says."""

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
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_STATES: Final = "'planned', 'submitted', 'partly_accepted', 'accepted', 'rejected', 'cancelled'"
_FOLLOWS: Final = """
CREATE FUNCTION milestone_follows_its_rounds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sound boolean := CASE
    WHEN NEW.version <> OLD.version + 1 THEN false
    WHEN OLD.state <> 'submitted' AND NEW.state = 'submitted' THEN
      OLD.state <> 'accepted' AND NEW.round = OLD.round + 1
      AND EXISTS (
        SELECT FROM milestone_submission AS one
        WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.id
          AND one.round = NEW.round AND one.delivered_at = NEW.delivered_at)
    WHEN OLD.state = 'submitted' AND NEW.state <> 'submitted' THEN
      NEW.round = OLD.round
      AND EXISTS (
        SELECT FROM milestone_judgement AS one
        WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.id
          AND one.round = NEW.round AND one.outcome = NEW.state)
    WHEN NEW.state = 'cancelled' THEN
      OLD.state IN ('planned', 'rejected', 'partly_accepted') AND NEW.round = OLD.round
    ELSE NEW.state = OLD.state AND NEW.round = OLD.round
  END
  AND NEW.accepted_share = (
    SELECT coalesce(sum(one.share), 0) FROM milestone_judgement AS one
    WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.id);
BEGIN
  IF sound IS NOT TRUE THEN
    RAISE EXCEPTION 'milestone % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'milestone_follows_its_rounds';
  END IF;
  RETURN NULL;
END $$"""
"""What a milestone is, its rounds say: nothing is submitted twice, or accepted unsubmitted."""
_EARLIER: Final = """
    SELECT FROM milestone_judgement AS one
    WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.milestone_id"""
_IN_ORDER: Final = f"""(NEW.round = 1 OR EXISTS ({_EARLIER}
      AND one.round = NEW.round - 1 AND one.outcome <> 'accepted'))
  AND NOT EXISTS (
    SELECT FROM milestone AS one JOIN milestone AS before
      ON before.authority_id = one.authority_id AND before.contract_id = one.contract_id
    WHERE one.authority_id = NEW.authority_id AND one.id = NEW.milestone_id AND NOT one.early
      AND before.code = ANY (words_of(one.after)) AND before.state <> 'accepted')"""
"""A milestone is submitted again when its last round is judged, and something is left; and
not before what it comes after is accepted."""
_FITS: Final = """(
    SELECT sum(one.share) FROM (
      SELECT share FROM milestone_judgement
      WHERE authority_id = NEW.authority_id AND milestone_id = NEW.milestone_id
      UNION ALL SELECT NEW.share) AS one
  ) BETWEEN 0 AND CASE WHEN NEW.outcome = 'accepted' THEN 1 ELSE 0.9999 END
  AND (NEW.outcome <> 'accepted' OR (
    SELECT coalesce(sum(share), 0) FROM milestone_judgement
    WHERE authority_id = NEW.authority_id AND milestone_id = NEW.milestone_id) + NEW.share = 1)
  AND EXISTS (
    SELECT FROM milestone_submission AS one JOIN milestone ON
      milestone.authority_id = one.authority_id AND milestone.id = one.milestone_id
    WHERE one.authority_id = NEW.authority_id AND one.milestone_id = NEW.milestone_id
      AND one.round = NEW.round AND NOT is_one_hand(NEW.judged_by, one.submitted_by)
      AND one.submitted_at <= NEW.judged_at
      AND NEW.is_deemed = (
        milestone.deemed_at IS NOT NULL AND NEW.judged_at >= milestone.deemed_at)
      AND (NEW.outcome = 'rejected' OR NOT milestone.verification_asked OR EXISTS (
        SELECT FROM milestone_verification AS found
        WHERE found.authority_id = NEW.authority_id AND found.milestone_id = NEW.milestone_id
          AND found.round = NEW.round AND found.outcome = 'confirmed'
          AND found.person_id <> NEW.judged_by))
      AND (NEW.delivered_at IS NULL OR NEW.delivered_at >= milestone.starts_at))"""
"""Parts add up to the whole and never to more; nobody judges what he has submitted, or after
the instant at which silence accepts it, and silence not before; and what is to be verified is
accepted when its verifier has confirmed it, by another hand than the verifier's."""

GUARD: Final = (
    """
CREATE FUNCTION milestone_stays_as_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'accepted' AND (
    NEW.state, NEW.code, NEW.kind, NEW.title::text, NEW.due_at, NEW.evidence_asked::text,
    NEW.metrics::text, NEW.acceptance_days
  ) IS DISTINCT FROM (
    OLD.state, OLD.code, OLD.kind, OLD.title::text, OLD.due_at, OLD.evidence_asked::text,
    OLD.metrics::text, OLD.acceptance_days)
  THEN
    RAISE EXCEPTION 'milestone % is accepted', OLD.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'milestone_stays_as_accepted';
  END IF;
  RETURN NEW;
END $$""",
    (
        "CREATE TRIGGER milestone_stays BEFORE UPDATE ON milestone "
        "FOR EACH ROW EXECUTE FUNCTION milestone_stays_as_accepted()"
    ),
    "ALTER TABLE milestone ENABLE ALWAYS TRIGGER milestone_stays",
)
"""No change of a contract alters what was accepted under it."""

milestone: Final = Table(
    "milestone",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "milestone"),
    Column("version", Integer, nullable=False),
    reference("contract_id"),
    Column("code", Text(collation="C"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("profile_id", Text(collation="C"), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("evidence_asked", JSON, nullable=False),
    Column("acceptance_days", Integer, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("early", Boolean, nullable=False),
    Column("verification_asked", Boolean, nullable=False),
    Column("verification", Text),
    Column("delivered_at", DateTime(timezone=True)),
    Column("submitted_at", DateTime(timezone=True)),
    Column("submitted_by", Text(collation="C")),
    Column("declaration", JSON),
    Column("evidence", JSON, nullable=False),
    Column("lateness", JSON),
    Column("judge_by", DateTime(timezone=True)),
    Column("deemed_at", DateTime(timezone=True)),
    Column("deemed_after", JSON),
    Column("accepted_at", DateTime(timezone=True)),
    Column("accepted_share", Numeric, nullable=False),
    Column("accepted_deliverables", JSON, nullable=False),
    Column("accepted_delivery_at", DateTime(timezone=True)),
    Column("rejected_at", DateTime(timezone=True)),
    Column("reasons", JSON),
    Column("remedy", JSON),
    Column("findings", JSON, nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "contract_id", "code"),
    UniqueConstraint("authority_id", "contract_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint(
        "kind IN ('delivery', 'operation', 'outcome', 'reporting', 'financing')",
        name="kind_is_known",
    ),
    CheckConstraint(f"state IN ({_STATES})", name="state_is_known"),
    CheckConstraint(
        "state = 'cancelled' OR (state = 'planned') = (round = 0)", name="rounds_are_counted"
    ),
    CheckConstraint("(state = 'accepted') = (accepted_share = 1)", name="acceptance_is_of_all"),
    CheckConstraint("accepted_share BETWEEN 0 AND 1", name="accepted_share_is_a_part"),
    CheckConstraint(
        "(accepted_share = 0) = (accepted_delivery_at IS NULL)",
        name="what_is_accepted_was_delivered",
    ),
    CheckConstraint("state <> 'partly_accepted' OR accepted_share > 0", name="a_part_is_accepted"),
    CheckConstraint(
        "state = 'cancelled' OR (state = 'planned') = (submitted_at IS NULL)",
        name="a_submission_is_dated",
    ),
    CheckConstraint(
        "(submitted_at IS NULL) = (delivered_at IS NULL)"
        " AND (submitted_at IS NULL) = (submitted_by IS NULL)"
        " AND (submitted_at IS NULL) = (declaration IS NULL)",
        name="a_submission_is_whole",
    ),
    CheckConstraint("(state = 'accepted') = (accepted_at IS NOT NULL)", name="acceptance_is_dated"),
    CheckConstraint(
        "state = 'cancelled' OR (state = 'rejected') = (rejected_at IS NOT NULL)",
        name="rejection_is_dated",
    ),
    CheckConstraint(
        "(state = 'cancelled'"
        " OR (state IN ('rejected', 'partly_accepted')) = (reasons IS NOT NULL))"
        " AND (reasons IS NULL) = (remedy IS NULL)",
        name="a_rejection_says_why",
    ),
    CheckConstraint("delivered_at <= submitted_at", name="delivery_comes_before_submission"),
    CheckConstraint("starts_at <= delivered_at", name="the_contract_comes_before_delivery"),
    CheckConstraint("submitted_at <= accepted_at", name="submission_comes_before_acceptance"),
    CheckConstraint("verification IN ('confirmed', 'refused')", name="verification_is_known"),
    CheckConstraint(
        "verification IS NULL OR (verification_asked AND round > 0)", name="verifies_what_is_asked"
    ),
    CheckConstraint("(deemed_at IS NULL) = (deemed_after IS NULL)", name="silence_has_its_rule"),
    CheckConstraint("(state = 'submitted') = (judge_by IS NOT NULL)", name="waits_or_is_judged"),
    Index("milestone_newest_first", "id"),
    Index("milestone_of_contract", "contract_id", "id"),
    Index("milestone_by_date", "due_at", "id"),
    Index(
        "milestone_waits_for_judgement",
        "deemed_at",
        postgresql_where=text("state = 'submitted' AND deemed_at IS NOT NULL"),
    ),
    info={
        "sql": (
            _FOLLOWS,
            (
                "CREATE TRIGGER milestone_follows_its_rounds AFTER UPDATE ON milestone "
                "FOR EACH ROW EXECUTE FUNCTION milestone_follows_its_rounds()"
            ),
            "ALTER TABLE milestone ENABLE ALWAYS TRIGGER milestone_follows_its_rounds",
            *GUARD,
        )
    },
)
milestone_submission: Final = Table(
    "milestone_submission",
    metadata,
    Column("authority_id", Integer, nullable=False),
    Column("milestone_id", Text(collation="C"), nullable=False),
    Column("round", Integer, nullable=False),
    identifier("id", "submission"),
    Column("delivered_at", DateTime(timezone=True), nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    reference("submitted_by"),
    Column("declaration", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("digest", Text(collation="C"), nullable=False),
    PrimaryKeyConstraint("authority_id", "milestone_id", "round"),
    UniqueConstraint("authority_id", "id"),
    ForeignKeyConstraint(
        ["authority_id", "milestone_id"], ["milestone.authority_id", "milestone.id"]
    ),
    CheckConstraint("delivered_at <= submitted_at", name="delivery_comes_before_submission"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_one"),
    CheckConstraint("round > 0", name="rounds_count_from_one"),
    info={
        "append_only": True,
        "sql": refusing(
            "a_round_follows_one_that_left_something", on="milestone_submission", unless=_IN_ORDER
        ),
    },
)
milestone_judgement: Final = Table(
    "milestone_judgement",
    metadata,
    Column("authority_id", Integer, nullable=False),
    Column("milestone_id", Text(collation="C"), nullable=False),
    Column("round", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("judged_at", DateTime(timezone=True), nullable=False),
    reference("judged_by"),
    Column("is_deemed", Boolean, nullable=False),
    Column("share", Numeric, nullable=False),
    Column("deliverables", JSON, nullable=False),
    Column("delivered_at", DateTime(timezone=True)),
    Column("dispute", JSON),
    Column("reasons", JSON),
    Column("remedy", JSON),
    Column("findings", JSON, nullable=False),
    # Each round is judged once: whoever comes second finds it taken.
    PrimaryKeyConstraint("authority_id", "milestone_id", "round"),
    ForeignKeyConstraint(
        ["authority_id", "milestone_id", "round"],
        [
            "milestone_submission.authority_id",
            "milestone_submission.milestone_id",
            "milestone_submission.round",
        ],
    ),
    CheckConstraint(
        "outcome IN ('accepted', 'partly_accepted', 'rejected')", name="outcome_is_known"
    ),
    CheckConstraint("share BETWEEN 0 AND 1", name="share_is_a_part"),
    CheckConstraint(
        "(outcome = 'rejected') = (share = 0) AND (share = 0) = (delivered_at IS NULL)",
        name="what_is_accepted_was_delivered",
    ),
    CheckConstraint(
        "(outcome = 'accepted') = (reasons IS NULL) AND (reasons IS NULL) = (remedy IS NULL)",
        name="whatever_is_not_accepted_is_explained",
    ),
    CheckConstraint("NOT is_deemed OR outcome = 'accepted'", name="silence_rejects_nothing"),
    info={
        "append_only": True,
        "sql": refusing("parts_add_up_and_another_judges", on="milestone_judgement", unless=_FITS),
    },
)
