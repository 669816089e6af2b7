"""What may alter a row of `contract`: its signatures, its changes, its turns, and nothing else."""

from typing import Final

_PRESENT: Final = """contract_party AS party
      WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.id AND NOT EXISTS (
        SELECT FROM contract_departure AS departure
        WHERE departure.authority_id = party.authority_id
          AND departure.contract_id = party.contract_id
          AND departure.organisation_id = party.organisation_id)"""
_AS_THE_TERMS_SAY: Final = """NOT EXISTS (
      SELECT FROM PRESENT GROUP BY party.role HAVING sum(party.share) <> 100)
    AND ARRAY(SELECT party.organisation_id FROM PRESENT ORDER BY 1) = ARRAY(
      SELECT DISTINCT one->>'organisation_id' COLLATE "C"
      FROM json_array_elements(NEW.terms->'parties') AS one ORDER BY 1)"""
"""The parties are those of the terms, and the shares of a place add to 100 exactly."""
_ALTERED: Final = """
CREATE FUNCTION contract_is_altered_by_what_was_signed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[] := CASE
    WHEN OLD.state = 'draft' AND NEW.state = 'draft' AND NEW.wording = OLD.wording
      AND OLD.sign_by IS NULL THEN '{version,sign_by,called_by}'
    WHEN OLD.state = 'draft' AND NEW.state = 'draft' AND NEW.wording = OLD.wording THEN
      '{version}'
    WHEN OLD.state = 'draft' AND NEW.state = 'draft' AND EXISTS (
      SELECT FROM contract_proposal AS proposal
      WHERE proposal.authority_id = NEW.authority_id AND proposal.contract_id = NEW.id
        AND proposal.state = 'accepted' AND proposal.wording = NEW.wording
        AND NEW.wording = OLD.wording + 1 AND proposal.base_digest = OLD.terms_digest
        AND proposal.terms_digest = NEW.terms_digest) AND NEW.sign_by IS NULL
      THEN '{version,wording,terms,terms_digest,sign_by,called_by}'
    WHEN OLD.state = 'draft' AND NEW.state = 'cancelled' AND EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id AND award.state = 'cancelled'
        AND award.id IN (NEW.award_id, NEW.financing_award_id)
        AND (award.lapse = 'declined' OR award.cancelled_by IS DISTINCT FROM OLD.called_by))
      THEN '{version,state,ended_at}'
    WHEN OLD.state = 'draft' AND NEW.state = 'active' AND NOT EXISTS (
      SELECT FROM contract_proposal AS proposal
      WHERE proposal.authority_id = NEW.authority_id AND proposal.contract_id = NEW.id
        AND proposal.state = 'proposed') AND NOT EXISTS (
      SELECT FROM contract_party AS party
      WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.id
        AND NOT EXISTS (
          SELECT FROM contract_signature AS signed
          WHERE signed.authority_id = party.authority_id
            AND signed.contract_id = party.contract_id
            AND signed.organisation_id = party.organisation_id
            AND signed.wording = NEW.wording AND signed.digest = NEW.terms_digest))
      AND NOT EXISTS (
        SELECT FROM unnest(ARRAY[NEW.award_id, NEW.financing_award_id]) AS one
        WHERE one IS NOT NULL AND NOT EXISTS (
          SELECT FROM award WHERE award.authority_id = NEW.authority_id AND award.id = one
            AND award.state = 'published' FOR SHARE))
      AND AS_THE_TERMS_SAY
      THEN '{version,state,activated_at}'
    WHEN OLD.state = 'active' AND NEW.state = 'active' AND NEW.edition = OLD.edition THEN
      '{version}'
    WHEN OLD.state = 'active' AND NEW.state = 'active' AND EXISTS (
      SELECT FROM contract_change AS change
      WHERE change.authority_id = NEW.authority_id AND change.contract_id = NEW.id
        AND change.state = 'in_force' AND change.edition = NEW.edition
        AND NEW.edition = OLD.edition + 1 AND change.base_digest = OLD.terms_digest
        AND change.terms_digest = NEW.terms_digest AND change.price_after = NEW.price)
      AND AS_THE_TERMS_SAY
      THEN '{version,edition,terms,terms_digest,price,ends_on}'
    WHEN EXISTS (
      SELECT FROM contract_turn AS turn
      WHERE turn.authority_id = NEW.authority_id AND turn.contract_id = NEW.id
        AND turn.state = 'in_force' AND turn.ordinal = NEW.turns AND NEW.turns = OLD.turns + 1
        AND NEW.ends_on = OLD.ends_on + turn.moved_days
        AND OLD.state || ' ' || turn.kind || ' ' || NEW.state IN (
          'active suspension suspended', 'suspended resumption active',
          'active termination terminated', 'suspended termination terminated',
          'active completion completed'))
      THEN '{version,turns,state,suspended_at,ended_at,ends_on}'
    ELSE '{}'
  END;
BEGIN
  IF to_jsonb(NEW) - marks IS DISTINCT FROM to_jsonb(OLD) - marks THEN
    RAISE EXCEPTION 'nothing lets contract % be altered like this', OLD.id
      USING ERRCODE = 'restrict_violation',
        CONSTRAINT = 'contract_is_altered_by_what_was_signed';
  END IF;
  RETURN NEW;
END $$"""
GUARD: Final = (
    _ALTERED.replace("AS_THE_TERMS_SAY", _AS_THE_TERMS_SAY).replace("PRESENT", _PRESENT),
    (
        "CREATE TRIGGER contract_is_guarded BEFORE UPDATE ON contract "
        "FOR EACH ROW EXECUTE FUNCTION contract_is_altered_by_what_was_signed()"
    ),
    "ALTER TABLE contract ENABLE ALWAYS TRIGGER contract_is_guarded",
)
"""The statements that keep a contract as it was signed."""
JOINS: Final = """EXISTS (
    SELECT FROM contract
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND contract.state = 'draft')
  OR EXISTS (
    SELECT FROM contract_change AS change
      CROSS JOIN json_array_elements(change.terms->'parties') AS party
    WHERE change.authority_id = NEW.authority_id AND change.contract_id = NEW.contract_id
      AND change.state = 'in_force' AND change.approved_by IS NOT NULL
      AND party->>'organisation_id' = NEW.organisation_id AND party->>'role' = NEW.role)"""
"""Who becomes a party: by the draft, or by a change that was approved and signed by all."""
SIGNS: Final = """EXISTS (
    SELECT FROM contract
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND contract.state = 'draft' AND contract.wording = NEW.wording
      AND contract.terms_digest = NEW.digest AND NOT EXISTS (
        SELECT FROM contract_proposal AS proposal
        WHERE proposal.authority_id = contract.authority_id
          AND proposal.contract_id = contract.id AND proposal.state = 'proposed'))"""
"""What is signed is the draft as it is worded, while nothing else is proposed."""
OWN_KEY: Final = (
    "own_key IS NULL OR (own_key->>'jws' ~ '^[0-9A-Za-z_-]+[.][.][0-9A-Za-z_-]+$'"
    " AND own_key->>'thumbprint' IS NOT NULL AND own_key->'key'->>'kty' IN ('EC', 'RSA', 'OKP')"
    " AND own_key->'key'->>'d' IS NULL) IS TRUE"
)
"""What is kept of a signature by an own key: the signature, and the public half of the key."""
