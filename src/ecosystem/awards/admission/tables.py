"""Decisions about opened offers, and what no code path may break of them."""

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
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.awards.admission.model import Ground
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_LAST: Final = """
CREATE FUNCTION last_round(of_authority integer, of_need text) RETURNS integer
LANGUAGE sql STABLE AS $$
  SELECT coalesce(max(evaluation.round), 0) FROM evaluation
  WHERE evaluation.authority_id = of_authority AND evaluation.need_id = of_need
$$"""
_OF_AN_OFFER: Final = """NEW.version = 1 AND EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND need.state = 'opened' FOR SHARE)
  AND NEW.round = last_round(NEW.authority_id, NEW.need_id) + 1
  AND coalesce(NEW.ground NOT IN (
    'abnormally_low', 'award_declined', 'contract_unsigned'), true)
  AND EXISTS (
    SELECT FROM offer WHERE offer.authority_id = NEW.authority_id AND offer.id = NEW.offer_id
      AND offer.need_id = NEW.need_id AND offer.lot_id = NEW.lot_id AND offer.kind = NEW.kind
      AND (offer.state = 'opened' OR offer.failure IS NOT NULL)
      AND (offer.failure IS NOT NULL) = coalesce(
        NEW.ground IN ('unconfirmed_after_amendment', 'not_openable'), false))"""
"""The need is opened, and not evaluated before this row is there for all to see."""
_TURN: Final = """
CREATE FUNCTION admission_takes_its_turn() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[] := '{outcome,ground,reasons,decided_by,decided_at,version}';
  last integer := last_round(NEW.authority_id, NEW.need_id);
  is_open boolean;
BEGIN
  SELECT true INTO is_open FROM need WHERE need.authority_id = NEW.authority_id
    AND need.id = NEW.need_id AND need.state = 'opened' FOR SHARE;
  IF OLD.outcome <> 'admitted' OR NEW.outcome <> 'excluded' OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks IS DISTINCT FROM to_jsonb(OLD) - marks
    OR (CASE WHEN NEW.ground = 'abnormally_low' THEN NEW.round > last OR EXISTS (
        SELECT FROM admission AS later WHERE later.authority_id = NEW.authority_id
          AND later.offer_id = NEW.offer_id AND later.round > NEW.round) OR NOT EXISTS (
        SELECT FROM price_explanation AS asked WHERE asked.authority_id = NEW.authority_id
          AND asked.offer_id = NEW.offer_id AND asked.round = NEW.round
          AND asked.state = 'rejected')
      WHEN NEW.ground IN ('award_declined', 'contract_unsigned') THEN NOT EXISTS (
        SELECT FROM award WHERE award.authority_id = NEW.authority_id
          AND award.offer_id = NEW.offer_id AND award.round = NEW.round
          AND award.lapse = CASE NEW.ground WHEN 'award_declined' THEN 'declined'
            ELSE 'unsigned' END)
      ELSE is_open IS NOT TRUE OR NEW.round <> last + 1 END)
    OR EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id
        AND award.offer_id = NEW.offer_id AND award.state <> 'cancelled')
  THEN
    RAISE EXCEPTION 'admission % cannot become % like this', OLD.id, NEW.outcome
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'admission_takes_its_turn';
  END IF;
  RETURN NEW;
END $$"""
"""What was admitted is excluded before the evaluation, or passed over after the last one that it
was admitted for: others of the need may have been evaluated since."""
_AS_DECIDED: Final = """
CREATE FUNCTION offer_goes_as_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.state = 'excluded' AND (OLD.failure IS NOT NULL OR NEW.state <> 'opened' OR EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id
        AND award.offer_id = NEW.id AND award.lapse IS NOT NULL)))
    OR (OLD.state = 'not_awarded' AND NEW.state = 'admitted' AND NOT EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id
        AND award.lot_id = NEW.lot_id AND award.kind = NEW.kind
        AND award.lapse IN ('declined', 'unsigned')))
    OR (NEW.state = 'awarded' AND OLD.state <> 'admitted')
    OR (NEW.state = 'not_awarded' AND OLD.state NOT IN ('admitted', 'awarded'))
    OR ((NEW.state = 'admitted' OR (NEW.state = 'excluded' AND NEW.failure IS NULL))
      AND NEW.state IS DISTINCT FROM (
        SELECT admission.outcome FROM admission
        WHERE admission.authority_id = NEW.authority_id AND admission.offer_id = NEW.id
        ORDER BY admission.round DESC LIMIT 1))
  THEN
    RAISE EXCEPTION 'offer % cannot go from % to % like this', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'offer_goes_as_decided';
  END IF;
  RETURN NEW;
END $$"""
_NONE_WAITS: Final = """
  NEW.authority_id = nullif(current_setting('app.authority', true), '')::integer AND NOT EXISTS (
    SELECT FROM offer WHERE offer.authority_id = NEW.authority_id AND offer.need_id = NEW.need_id
      AND offer.state = 'opened')"""
"""Whoever evaluates sees all offers, and none of them waits to be decided on."""
_ADMITTED: Final = """EXISTS (
    SELECT FROM offer WHERE offer.authority_id = NEW.authority_id AND offer.id = NEW.offer_id
      AND offer.state = 'admitted' FOR SHARE)"""

admission: Final = Table(
    "admission",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("offer_id"),
    Column("round", Integer, nullable=False),
    identifier("id", "admission"),
    Column("version", Integer, nullable=False),
    reference("need_id"),
    reference("lot_id"),
    Column("kind", Text, nullable=False),
    reference("lead_id"),
    Column("outcome", Text, nullable=False),
    Column("ground", Text),
    Column("reasons", JSON),
    reference("decided_by"),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "offer_id", "round"),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    CheckConstraint("outcome IN ('admitted', 'excluded')", name="outcome_is_known"),
    one_of("ground", Ground),
    CheckConstraint(
        "(outcome = 'excluded') = (ground IS NOT NULL AND reasons IS NOT NULL)",
        name="an_exclusion_says_why",
    ),
    CheckConstraint("round > 0", name="round_counts_from_one"),
    Index("admission_of_need", "authority_id", "need_id", "id"),
    info={
        "sql": (
            _LAST,
            *refusing("admission_is_of_an_opened_offer", on="admission", unless=_OF_AN_OFFER),
            _TURN,
            (
                "CREATE TRIGGER admission_turns BEFORE UPDATE ON admission "
                "FOR EACH ROW EXECUTE FUNCTION admission_takes_its_turn()"
            ),
            "ALTER TABLE admission ENABLE ALWAYS TRIGGER admission_turns",
            _AS_DECIDED,
            (
                "CREATE TRIGGER offer_goes_as_decided BEFORE UPDATE OF state ON offer "
                "FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) "
                "EXECUTE FUNCTION offer_goes_as_decided()"
            ),
            "ALTER TABLE offer ENABLE ALWAYS TRIGGER offer_goes_as_decided",
            *refusing("nothing_waits_at_the_evaluation", on="evaluation", unless=_NONE_WAITS),
            *refusing("what_is_awarded_was_admitted", on="award", unless=_ADMITTED),
        ),
    },
)
