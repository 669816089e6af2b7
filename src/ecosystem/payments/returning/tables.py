"""Settlements of payments and their returns, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from ecosystem.payments.late.guard import STANDING
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_PAY: Final = """
CREATE FUNCTION payment_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'instructed' AND NEW.state = 'settled' THEN
    NEW.paid := NEW.amount - OLD.taken_back;
  ELSE
    NEW.paid := OLD.paid - (SELECT coalesce(sum(back.amount), 0) FROM payment_return AS back
      WHERE back.authority_id = NEW.authority_id AND back.payment_id = NEW.id
        AND back.version = NEW.version);
  END IF;
  NEW.taken_back := CASE WHEN OLD.state <> 'reversed' AND NEW.state = 'reversed'
    THEN NEW.amount - NEW.paid ELSE OLD.taken_back END;
  RETURN NEW;
END $$"""
"""How much of a payment is paid follows from what the bank has done, whatever is written.

And what of it is taken back is all that is not paid.
"""
_KEEP: Final = """
CREATE FUNCTION payment_keeps_its_settlement() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.payment_settlement (authority_id, payment_id, version, payee_id, paid_to_id,
    assignment_id, bank_reference, settled_on, amount, currency, recorded_by, recorded_at)
  VALUES (NEW.authority_id, NEW.id, NEW.version, NEW.payee_id, NEW.paid_to_id,
    NEW.assignment_id, NEW.bank_reference, NEW.settled_on, NEW.paid - OLD.paid, NEW.currency,
    NEW.settled_by, NEW.settled_at);
  RETURN NULL;
END $$"""
_FIT: Final = f"""
CREATE FUNCTION payment_return_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  known integer;
  standing numeric;
BEGIN
  SELECT version INTO known FROM payment
  WHERE authority_id = NEW.authority_id AND id = NEW.payment_id AND payee_id = NEW.payee_id
    AND state IN ('settled', 'returned', 'approved', 'reversed')
  FOR UPDATE;
  IF known IS NULL OR NEW.version <> known + 1 THEN
    RAISE EXCEPTION 'nothing of payment % can come back like this', NEW.payment_id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'a_return_is_of_a_settlement';
  END IF;
  SELECT amount INTO standing FROM ({STANDING}) AS part
  WHERE authority_id = NEW.authority_id AND payment_id = NEW.payment_id
    AND version = NEW.settled_version;
  IF NOT coalesce(NEW.amount <= standing, false) THEN
    RAISE EXCEPTION 'of payment % no more came back than was settled', NEW.payment_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'no_more_comes_back_than_was_settled';
  END IF;
  RETURN NEW;
END $$"""  # noqa: S608
"""Who takes a return waits for whoever takes another of the same payment."""
_CAME_BACK: Final = """EXISTS (
    SELECT FROM payment_return AS back WHERE back.authority_id = NEW.authority_id
      AND back.payment_id = NEW.id AND back.version = NEW.version
      AND back.recorded_at = NEW.returned_at)
  OR EXISTS (
    SELECT FROM bank_order WHERE bank_order.authority_id = NEW.authority_id
      AND bank_order.payment_id = NEW.id AND bank_order.version = OLD.version
      AND bank_order.returned_at = NEW.returned_at)"""
"""The bank has given back money, or the order."""


def _seen(table: str) -> str:
    """Return who sees a row: whoever sees its payment."""
    return (
        f"EXISTS (SELECT FROM payment WHERE payment.authority_id = {table}.authority_id "
        f"AND payment.id = {table}.payment_id)"
    )


payment_settlement: Final = Table(
    "payment_settlement",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("payment_id"),
    Column("version", Integer, nullable=False),
    reference("payee_id"),
    Column("paid_to_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    reference("assignment_id", nullable=True),
    Column("bank_reference", Text(collation="C"), nullable=False),
    Column("settled_on", Date, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    reference("recorded_by"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "payment_id", "version"),
    ForeignKeyConstraint(["authority_id", "payment_id"], ["payment.authority_id", "payment.id"]),
    ForeignKeyConstraint(
        ["authority_id", "assignment_id"], ["assignment.authority_id", "assignment.id"]
    ),
    UniqueConstraint("authority_id", "bank_reference", name="a_reference_settles_once_for_ever"),
    UniqueConstraint(
        "authority_id", "payment_id", "version", "bank_reference", "settled_on", "currency",
        name="a_settlement_is_the_banks",
    ),
    UniqueConstraint(
        "authority_id", "payment_id", "version", "amount", name="a_settlement_has_its_amount"
    ),
    CheckConstraint("amount > 0", name="something_is_settled"),
    # Only the trigger of a payment that is settled keeps one.
    info={
        "append_only": True,
        "privileges": "SELECT",
        "visible_where": _seen("payment_settlement"),
        "sql": (
            _KEEP,
            "REVOKE EXECUTE ON FUNCTION payment_keeps_its_settlement FROM PUBLIC",
            (
                "CREATE TRIGGER payment_settles AFTER UPDATE ON payment FOR EACH ROW "
                "WHEN (OLD.state = 'instructed' AND NEW.state = 'settled') "
                "EXECUTE FUNCTION payment_keeps_its_settlement()"
            ),
            "ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_settles",
        ),
    },
)  # fmt: skip
payment_return: Final = Table(
    "payment_return",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "return"),
    reference("payment_id"),
    Column("version", Integer, nullable=False),
    Column("settled_version", Integer, nullable=False),
    reference("payee_id"),
    reference("report_id"),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("bank_reference", Text(collation="C"), nullable=False),
    Column("settled_on", Date, nullable=False),
    Column("returned_reference", Text(collation="C"), nullable=False),
    Column("returned_on", Date, nullable=False),
    Column("told", Text),
    reference("recorded_by"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(
        ["authority_id", "payment_id", "settled_version", "bank_reference", "settled_on",
         "currency"],
        ["payment_settlement.authority_id", "payment_settlement.payment_id",
         "payment_settlement.version", "payment_settlement.bank_reference",
         "payment_settlement.settled_on", "payment_settlement.currency"],
        name="a_return_is_of_its_settlement",
    ),
    ForeignKeyConstraint(
        ["authority_id", "report_id"], ["bank_report.authority_id", "bank_report.id"]
    ),
    UniqueConstraint("authority_id", "payment_id", "version", name="a_return_is_one_turn"),
    UniqueConstraint(
        "authority_id", "payment_id", "version", "settled_version", "amount",
        name="a_return_has_its_amount",
    ),
    UniqueConstraint("authority_id", "returned_reference", name="a_return_is_taken_once"),
    CheckConstraint("returned_on >= settled_on", name="money_comes_back_after_it_left"),
    CheckConstraint(
        "amount > 0 AND amount = round(amount, currency_places(currency))",
        name="something_comes_back",
    ),
    info={
        "append_only": True,
        "visible_where": _seen("payment_return"),
        "sql": (
            _FIT,
            (
                "CREATE TRIGGER payment_return_fits BEFORE INSERT ON payment_return "
                "FOR EACH ROW EXECUTE FUNCTION payment_return_fits()"
            ),
            "ALTER TABLE payment_return ENABLE ALWAYS TRIGGER payment_return_fits",
            _PAY,
            (
                "CREATE TRIGGER payment_is_paid BEFORE UPDATE ON payment "
                "FOR EACH ROW EXECUTE FUNCTION payment_is_paid()"
            ),
            "ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_paid",
            *refusing(
                "a_returned_payment_came_back", on="payment", unless=_CAME_BACK, changes=True,
                when="NEW.state = 'returned'",
            ),
        ),
    },
)  # fmt: skip
