"""Drawdowns, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
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

from ecosystem.finance.drawing.model import State
from ecosystem.finance.tables import whole
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_STATES: Final = ", ".join(f"'{state}'" for state in State)
_AGREED: Final = """EXISTS (
    SELECT FROM facility WHERE facility.authority_id = NEW.authority_id
      AND facility.id = NEW.facility_id AND facility.currency = NEW.currency
      AND facility.state = 'agreed' FOR SHARE)"""
_STILL_SUPPLIES: Final = """
CREATE FUNCTION who_draws_still_supplies() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  loan facility;
BEGIN
  SELECT * INTO loan FROM facility
  WHERE facility.authority_id = NEW.authority_id AND facility.id = NEW.facility_id;
  PERFORM FROM contract
  WHERE contract.authority_id = loan.authority_id AND contract.id = loan.contract_id FOR SHARE;
  IF NOT FOUND OR EXISTS (SELECT FROM contract_departure AS gone
      WHERE gone.authority_id = loan.authority_id AND gone.contract_id = loan.contract_id
        AND gone.organisation_id = loan.borrower_id)
  THEN
    RAISE EXCEPTION 'who draws % has left the contract', NEW.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'who_draws_still_supplies';
  END IF;
  RETURN NEW;
END $$"""
"""The contract is held, so that of an exclusion and a step at once one waits for the other."""
_COUNT: Final = """
CREATE FUNCTION drawdown_is_counted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  more numeric := CASE WHEN NEW.state IN ('refused', 'withdrawn') THEN 0 ELSE NEW.amount END;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state NOT IN ('refused', 'withdrawn') THEN
    more := more - OLD.amount;
  END IF;
  IF more = 0 THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.facility_total (authority_id, facility_id, currency, amount, reserved)
  SELECT authority_id, id, currency, amount, 0 FROM public.facility
  WHERE authority_id = NEW.authority_id AND id = NEW.facility_id
  ON CONFLICT DO NOTHING;
  UPDATE public.facility_total SET reserved = reserved + more
  WHERE authority_id = NEW.authority_id AND facility_id = NEW.facility_id;
  RETURN NULL;
END $$"""

drawdown: Final = Table(
    "drawdown",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "drawdown"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("facility_id"),
    Column("part", Text(collation="C")),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("presented", JSON, nullable=False),
    reference("requested_by"),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("proofs", JSON),
    reference("approved_by", nullable=True),
    Column("approved_at", DateTime(timezone=True)),
    reference("refused_by", nullable=True),
    Column("refused_at", DateTime(timezone=True)),
    Column("refused_reason", JSON),
    reference("withdrawn_by", nullable=True),
    Column("withdrawn_at", DateTime(timezone=True)),
    reference("disbursed_by", nullable=True),
    Column("disbursed_at", DateTime(timezone=True)),
    Column("disbursed_on", Date),
    Column("bank_reference", Text(collation="C")),
    Column("kept", Numeric),
    Column("fees", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "id", "facility_id", name="drawdown_is_of_its_facility"),
    UniqueConstraint(
        "authority_id", "facility_id", "bank_reference", name="a_transaction_disburses_once"
    ),
    ForeignKeyConstraint(["authority_id", "facility_id"], ["facility.authority_id", "facility.id"]),
    CheckConstraint(f"state IN ({_STATES})", name="state_is_known"),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint(
        "amount = round(amount, currency_places(currency))", name="amount_is_no_finer_than_coins"
    ),
    CheckConstraint("kept >= 0 AND kept < amount", name="less_is_kept_than_is_drawn"),
    *(whole(one) for one in ("approved", "refused", "withdrawn", "disbursed")),
    CheckConstraint("(approved_at IS NULL) = (proofs IS NULL)", name="what_is_approved_is_proved"),
    CheckConstraint(
        "disbursed_at IS NULL OR approved_at IS NOT NULL", name="disbursed_only_when_approved"
    ),
    CheckConstraint(
        "(disbursed_at IS NULL) = (disbursed_on IS NULL) "
        "AND (disbursed_at IS NULL) = (bank_reference IS NULL) "
        "AND (disbursed_at IS NULL) = (kept IS NULL) "
        "AND (disbursed_at IS NULL) = (fees IS NULL)",
        name="disbursement_is_the_banks",
    ),
    CheckConstraint(
        "state = CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN refused_at IS NOT NULL "
        "THEN 'refused' WHEN disbursed_at IS NOT NULL THEN 'disbursed' WHEN approved_at IS NOT "
        "NULL THEN 'approved' ELSE 'requested' END",
        name="state_is_the_last_step",
    ),
    another("approved_by", "requested_by", name="nobody_approves_an_own_drawdown"),
    another("disbursed_by", "approved_by", name="nobody_disburses_an_own_approval"),
    Index("drawdown_of_facility", "authority_id", "facility_id", "id"),
    info={
        "visible_where": "EXISTS (SELECT FROM facility WHERE "
        "facility.authority_id = drawdown.authority_id AND facility.id = drawdown.facility_id)",
        "hands": ("requested_by", "approved_by", "disbursed_by"),
        "sql": (
            *stepping(
                "drawdown",
                {
                    "requested approved": "approved_at,approved_by,proofs",
                    "requested refused": "refused_at,refused_by,refused_reason",
                    "approved refused": "refused_at,refused_by,refused_reason",
                    "requested withdrawn": "withdrawn_at,withdrawn_by",
                    "approved withdrawn": "withdrawn_at,withdrawn_by",
                    "approved disbursed": "disbursed_at,disbursed_by,disbursed_on,bank_reference,"
                    "kept,fees",
                },
                begins=("requested",),
            ),
            *refusing("a_facility_is_drawn_when_agreed", on="drawdown", unless=_AGREED),
            _STILL_SUPPLIES,
            *(
                f"CREATE TRIGGER who_draws_still_supplies{suffix} BEFORE {when} ON drawdown "
                f"FOR EACH ROW {only}EXECUTE FUNCTION who_draws_still_supplies()"
                for suffix, when, only in (
                    ("", "INSERT", ""),
                    ("_later", "UPDATE", "WHEN (NEW.state IN ('approved', 'disbursed')) "),
                )
            ),
            "ALTER TABLE drawdown ENABLE ALWAYS TRIGGER who_draws_still_supplies",
            "ALTER TABLE drawdown ENABLE ALWAYS TRIGGER who_draws_still_supplies_later",
            _COUNT,
            "REVOKE EXECUTE ON FUNCTION drawdown_is_counted FROM PUBLIC",
            (
                "CREATE TRIGGER drawdown_counts AFTER INSERT OR UPDATE ON drawdown "
                "FOR EACH ROW EXECUTE FUNCTION drawdown_is_counted()"
            ),
            "ALTER TABLE drawdown ENABLE ALWAYS TRIGGER drawdown_counts",
        ),
    },
)
