"""When an award falls, and what is not awarded after its end: as the database has it."""

from typing import Final

from ecosystem.awards.admission.model import AFTER_RANKING

_OF_IT: Final = """SELECT FROM contract WHERE contract.authority_id = NEW.authority_id
        AND contract.need_id = NEW.need_id
        AND NEW.id IN (contract.award_id, contract.financing_award_id)"""
_RANKED: Final = """FROM evaluation
      CROSS JOIN json_array_elements(evaluation.contests) AS contest
      CROSS JOIN json_array_elements(contest->'ranking'->'ranked') AS offered
      WHERE evaluation.authority_id = NEW.authority_id AND evaluation.need_id = NEW.need_id
        AND contest->>'kind' IN ('delivery', 'advisory')"""
_PASSED_OVER: Final = ", ".join(f"'{one}'" for one in sorted(AFTER_RANKING))
NOT_RELEASED: Final = f"""(NEW.kind <> 'financing' OR NOT EXISTS (SELECT {_RANKED})
      OR EXISTS (SELECT FROM award AS bought WHERE bought.authority_id = NEW.authority_id
        AND bought.need_id = NEW.need_id AND bought.kind IN ('delivery', 'advisory')
        AND bought.state <> 'cancelled')
      OR EXISTS (SELECT {_RANKED}
        AND evaluation.round = last_round(NEW.authority_id, NEW.need_id)
        AND NOT EXISTS (SELECT FROM lot_end WHERE lot_end.authority_id = NEW.authority_id
          AND lot_end.lot_id = contest->>'lot_id' AND lot_end.kind = contest->>'kind')
        AND NOT EXISTS (SELECT FROM award AS over WHERE over.authority_id = NEW.authority_id
          AND over.lot_id = contest->>'lot_id' AND over.kind IN ('delivery', 'advisory')
          AND over.remedy = 'cancellation')
        AND NOT EXISTS (SELECT FROM admission WHERE admission.authority_id = NEW.authority_id
          AND admission.offer_id = offered->>'offer_id'
          AND admission.round = (contest->>'round')::integer
          AND admission.ground IN ({_PASSED_OVER}))))"""  # noqa: S608  # Of constants alone.
"""Financing is released where what it could serve was ranked, none of it is awarded, and every
one is passed over, or its lot is ended or not awarded any more."""
_STANDS: Final = f"""(NEW.cancelled_at < OLD.standstill_ends_at
      OR EXISTS ({_OF_IT} AND contract.activated_at IS NOT NULL)
      OR (NEW.lapse = 'unsigned' AND NOT EXISTS ({_OF_IT} AND contract.state = 'draft'
        AND contract.sign_by <= NEW.cancelled_at AND contract.called_by <> NEW.cancelled_by)))"""
NOT_FALLEN: Final = f"""(NEW.lapse IS NULL OR CASE WHEN NEW.lapse = 'released'
      THEN {NOT_RELEASED} ELSE {_STANDS} END)"""
"""An award falls when it is final, and no contract of it was ever in force; unsigned only where
another hand called upon the winner to sign, and the time for it has passed."""
NOT_ENDED: Final = (
    """
CREATE FUNCTION nothing_is_awarded_after_its_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
    FOR KEY SHARE;
  IF EXISTS (SELECT FROM lot_end WHERE lot_end.authority_id = NEW.authority_id
      AND lot_end.lot_id = NEW.lot_id AND lot_end.kind = NEW.kind)
  THEN
    RAISE EXCEPTION 'lot % has ended without another award', NEW.lot_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'nothing_is_awarded_after_its_end';
  END IF;
  RETURN NEW;
END $$""",
    (
        "CREATE TRIGGER nothing_is_awarded_after_its_end BEFORE INSERT ON award "
        "FOR EACH ROW EXECUTE FUNCTION nothing_is_awarded_after_its_end()"
    ),
    "ALTER TABLE award ENABLE ALWAYS TRIGGER nothing_is_awarded_after_its_end",
)
"""The need is held, so that of an end and a proposal at once the second is refused."""
ENDS: Final = (
    """
CREATE FUNCTION a_lot_ends_when_its_award_fell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
    FOR UPDATE;
  IF NOT EXISTS (SELECT FROM award WHERE award.authority_id = NEW.authority_id
      AND award.need_id = NEW.need_id AND award.lot_id = NEW.lot_id
        AND (award.kind = NEW.kind OR NEW.kind = 'financing')
        AND award.lapse IN ('declined', 'unsigned'))
    OR EXISTS (SELECT FROM award WHERE award.authority_id = NEW.authority_id
      AND award.lot_id = NEW.lot_id AND award.kind = NEW.kind AND award.state <> 'cancelled')
  THEN
    RAISE EXCEPTION 'lot % cannot end like this', NEW.lot_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_lot_ends_when_its_award_fell';
  END IF;
  RETURN NEW;
END $$""",
    (
        "CREATE TRIGGER a_lot_ends_when_its_award_fell BEFORE INSERT ON lot_end "
        "FOR EACH ROW EXECUTE FUNCTION a_lot_ends_when_its_award_fell()"
    ),
    "ALTER TABLE lot_end ENABLE ALWAYS TRIGGER a_lot_ends_when_its_award_fell",
)
"""Only where an award of the kind fell, or any for financing, and none of the kind stands or is
proposed."""
