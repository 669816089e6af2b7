"""What each payee of a contract has earned and is owed, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from ecosystem.payments.late.guard import IS_OF_INTEREST
from ecosystem.runtime.columns import reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

# ruff: noqa: S608 - every word of these statements is ours
_SHARES: Final = """(
    SELECT json_agg(json_build_array(part->>'organisation_id', part->>'share'))::text
    FROM json_array_elements({of}) AS part)"""
_AGREED: Final = """(
    SELECT place->'shares' FROM contract
    CROSS JOIN json_array_elements(contract.terms->'consortia') AS place
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND place->>'role' = 'supplier')"""
_BEFORE: Final = """(
    SELECT made.document->'division' FROM calculation AS made
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.supersedes)"""
_ADDS_UP: Final = f"""NEW.kind = 'interest' AND NEW.document->'division' IS NULL
  OR NEW.kind = 'outcome' AND (NEW.document->'division' IS NULL OR NEW.total = (
    SELECT sum((part->>'amount')::numeric)
    FROM json_array_elements(NEW.document->'division') AS part))
  AND (NEW.supersedes IS NULL OR EXISTS (
    SELECT FROM calculation AS made
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.supersedes))
  AND {_SHARES.format(of="NEW.document->'division'")} IS NOT DISTINCT FROM
    CASE WHEN NEW.supersedes IS NULL THEN {_SHARES.format(of=_AGREED)}
    ELSE {_SHARES.format(of=_BEFORE)} END"""
"""A step is divided by the shares that were agreed when it began, to the last cent."""
_IS_A_MEMBERS: Final = """EXISTS (
    SELECT FROM calculation AS made
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.calculation_id
      AND CASE WHEN made.document->'division' IS NOT NULL THEN EXISTS (
          SELECT FROM json_array_elements(made.document->'division') AS part
          WHERE part->>'organisation_id' = NEW.payee_id)
        ELSE EXISTS (
          SELECT FROM contract_party WHERE contract_party.authority_id = NEW.authority_id
            AND contract_party.contract_id = NEW.contract_id
            AND contract_party.organisation_id = NEW.payee_id
            AND contract_party.role = 'supplier') END)"""
"""Nobody is paid but who supplies; of what is divided, but those among whom it is."""
_IS_THE_SAMES: Final = """EXISTS (
    SELECT FROM calculation AS made JOIN payment AS late
      ON late.authority_id = made.authority_id AND late.id = made.late_payment_id
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.calculation_id
      AND late.payee_id = NEW.payee_id)"""
"""Interest is paid to whom the late payment was."""

EARNED: Final = """coalesce({divided}, (
    SELECT coalesce(sum(made.total), 0) FROM calculation AS made
    WHERE made.authority_id = {of}.authority_id AND made.contract_id = {contract}
      AND made.kind = 'outcome' AND NOT EXISTS (
        SELECT FROM calculation AS later WHERE later.authority_id = made.authority_id
          AND later.supersedes = made.id)
  ) - (
    SELECT coalesce(sum(gone.amount - gone.payable), 0) FROM payment_dispute AS gone
    WHERE gone.authority_id = {of}.authority_id AND gone.contract_id = {contract}
      AND gone.payable IS NOT NULL))"""
"""What was earned, less what was forgone; `divided` says it of a consortium."""
EXCESS: Final = f"""coalesce((
    SELECT greatest(total.owed - {
    EARNED.format(divided="total.earned", of="total", contract="total.contract_id")
}, 0)
    FROM payee_total AS total
    WHERE total.authority_id = {{of}}.authority_id AND total.contract_id = {{of}}.contract_id
      AND total.payee_id = {{of}}.payee_id), 0)"""
"""What a payee is owed, or was paid, beyond what it has earned."""
_IS_EARNED: Final = f"{EXCESS.format(of='NEW')} = 0"

_GUARDED: Final = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_EARN: Final = f"""
CREATE FUNCTION payee_earns() RETURNS trigger {_GUARDED} AS $$
BEGIN
  INSERT INTO public.payee_total AS total (authority_id, contract_id, payee_id, earned, owed)
  SELECT NEW.authority_id, NEW.contract_id, part.organisation_id, sum(part.amount), 0
  FROM (
    SELECT said.organisation_id, said.amount
    FROM json_to_recordset(NEW.document->'division') AS said(organisation_id text, amount numeric)
    UNION ALL
    SELECT said.organisation_id, -said.amount
    FROM public.calculation AS made CROSS JOIN json_to_recordset(made.document->'division')
      AS said(organisation_id text, amount numeric)
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.supersedes
  ) AS part GROUP BY part.organisation_id
  ON CONFLICT (authority_id, contract_id, payee_id)
  DO UPDATE SET earned = coalesce(total.earned, 0) + EXCLUDED.earned;
  RETURN NULL;
END $$"""
_FORGO: Final = f"""
CREATE FUNCTION payee_forgoes() RETURNS trigger {_GUARDED} AS $$
BEGIN
  UPDATE public.payee_total SET earned = earned - (NEW.amount - NEW.payable)
  WHERE authority_id = NEW.authority_id AND contract_id = NEW.contract_id
    AND payee_id = NEW.payee_id;
  RETURN NULL;
END $$"""
_OWE: Final = f"""
CREATE FUNCTION payee_is_owed() RETURNS trigger {_GUARDED} AS $$
DECLARE
  more numeric := CASE WHEN NEW.state = 'rejected' THEN 0 ELSE NEW.amount - NEW.taken_back END;
  now_owed numeric;
  has_earned numeric;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state <> 'rejected' THEN
    more := more - OLD.amount + OLD.taken_back;
  END IF;
  IF more = 0 OR NEW.kind = 'interest' THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.payee_total (authority_id, contract_id, payee_id, owed)
  VALUES (NEW.authority_id, NEW.contract_id, NEW.payee_id, 0)
  ON CONFLICT DO NOTHING;
  UPDATE public.payee_total SET owed = owed + more
  WHERE authority_id = NEW.authority_id AND contract_id = NEW.contract_id
    AND payee_id = NEW.payee_id
  RETURNING owed, earned INTO now_owed, has_earned;
  IF TG_OP = 'INSERT' AND now_owed > has_earned AND (
    SELECT coalesce(sum(made.amount), 0) FROM public.payment AS made
    WHERE made.authority_id = NEW.authority_id AND made.contract_id = NEW.contract_id
      AND made.payee_id = NEW.payee_id AND made.computed_at = NEW.computed_at
  ) > (
    SELECT coalesce(sum(gone.taken_back), 0) FROM public.payment AS gone
    WHERE gone.authority_id = NEW.authority_id AND gone.contract_id = NEW.contract_id
      AND gone.payee_id = NEW.payee_id AND gone.reversed_at = NEW.computed_at
  ) THEN
    RAISE EXCEPTION 'payment % is more than its payee has earned', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_member_is_owed_more_than_it_earned';
  END IF;
  RETURN NULL;
END $$"""
"""What takes the place of payments that are reversed at the same instant is no more than they."""


def _after(event: str, on: str, function: str, *, when: str = "") -> tuple[str, ...]:
    name = f"{on}_{function}"
    return (
        f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC",
        (
            f"CREATE TRIGGER {name} AFTER {event} ON {on} FOR EACH ROW {when}"
            f"EXECUTE FUNCTION {function}()"
        ),
        f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER {name}",
    )


payee_total: Final = Table(
    "payee_total",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("contract_id"),
    Column("payee_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("earned", Numeric),
    Column("owed", Numeric, nullable=False),
    PrimaryKeyConstraint("authority_id", "contract_id", "payee_id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint("owed >= 0", name="owed_is_not_negative"),
    info={
        # Only triggers count.
        "privileges": "SELECT",
        "sql": (
            *refusing("what_is_divided_adds_up", on="calculation", unless=_ADDS_UP),
            *refusing(
                "payment_is_a_members", on="payment", unless=_IS_A_MEMBERS,
                when="NEW.kind = 'outcome'",
            ),
            *refusing(
                "interest_goes_to_the_late_payee", on="payment", unless=_IS_THE_SAMES,
                when=IS_OF_INTEREST,
            ),
            *refusing(
                "what_is_approved_is_earned", on="payment", unless=_IS_EARNED, changes=True,
                when="NEW.state = 'approved' AND NEW.kind <> 'interest'",
            ),
            _EARN,
            *_after(
                "INSERT", "calculation", "payee_earns",
                when="WHEN (NEW.kind = 'outcome' AND NEW.document->'division' IS NOT NULL) ",
            ),
            _FORGO,
            *_after(
                "UPDATE", "payment_dispute", "payee_forgoes",
                when="WHEN (OLD.payable IS NULL AND NEW.payable IS NOT NULL) ",
            ),
            _OWE,
            *_after("INSERT OR UPDATE", "payment", "payee_is_owed"),
        ),
    },
)  # fmt: skip
"""What is earned is null where one supplies alone: nothing is divided."""
