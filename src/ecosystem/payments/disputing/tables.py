"""Disputes of payments, and what no code path may break."""

from typing import Final

from sqlalchemy import (
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

from ecosystem.payments.tables import VISIBLE
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_TURNS: Final = stepping(
    "payment_dispute",
    {
        "open open": "proposed_payable,proposed_reason,proposed_by,proposed_hand,proposed_at",
        "open resolved": "payable,released_id,agreed_by,agreed_hand,resolved_at",
    },
    named="dispute",
)
_HELD: Final = """
CREATE FUNCTION payment_is_not_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM payment_dispute WHERE authority_id = NEW.authority_id AND held_id = NEW.id
      AND state = 'open')
  THEN
    RAISE EXCEPTION 'payment % is held by a dispute', NEW.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_is_not_held';
  END IF;
  RETURN NEW;
END $$"""
_TAKES: Final = """NEW.state = 'open' AND NEW.version = 1 AND EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.held_id AND payment.state = 'computed'
      AND payment.amount = NEW.amount AND payment.currency = NEW.currency
      AND payment.payee_id = NEW.payee_id)
  AND EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.disputed_id AND payment.state = 'reversed'
      AND payment.amount >= NEW.amount)"""


def _of_payment(column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["authority_id", column], ["payment.authority_id", "payment.id"])


payment_dispute: Final = Table(
    "payment_dispute",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "dispute"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("contract_id"),
    reference("payee_id"),
    reference("disputed_id"),
    reference("held_id"),
    reference("rest_id", nullable=True),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("reason", JSON, nullable=False),
    reference("opened_by"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("proposed_payable", Numeric),
    Column("proposed_reason", JSON),
    reference("proposed_by", nullable=True),
    reference("proposed_hand", nullable=True),
    Column("proposed_at", DateTime(timezone=True)),
    Column("payable", Numeric),
    reference("released_id", nullable=True),
    reference("agreed_by", nullable=True),
    reference("agreed_hand", nullable=True),
    Column("resolved_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "held_id", name="payment_is_held_once"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    *(_of_payment(name) for name in ("disputed_id", "held_id", "rest_id", "released_id")),
    CheckConstraint("state IN ('open', 'resolved')", name="state_is_known"),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint(
        "proposed_payable >= 0 AND proposed_payable <= amount", name="proposal_is_a_part"
    ),
    CheckConstraint("payable = proposed_payable", name="what_is_agreed_was_proposed"),
    CheckConstraint(
        "(proposed_by IS NULL) = (proposed_payable IS NULL) AND "
        "(proposed_by IS NULL) = (proposed_hand IS NULL) AND "
        "(proposed_by IS NULL) = (proposed_at IS NULL)",
        name="proposal_says_by_whom",
    ),
    CheckConstraint(
        "(state = 'resolved') = (payable IS NOT NULL) AND "
        "(state = 'resolved') = (agreed_by IS NOT NULL) AND "
        "(state = 'resolved') = (agreed_hand IS NOT NULL) AND "
        "(state = 'resolved') = (resolved_at IS NOT NULL)",
        name="resolution_says_by_whom",
    ),
    CheckConstraint(
        "state = 'open' OR (released_id IS NULL) = (payable = 0)", name="what_is_payable_is_paid"
    ),
    another("agreed_by", "proposed_by", name="nobody_agrees_to_an_own_proposal"),
    another("agreed_hand", "proposed_hand", name="no_hand_agrees_to_an_own_proposal"),
    CheckConstraint(
        "(proposed_by <> payee_id OR proposed_hand <> opened_by) AND "
        "(agreed_by <> payee_id OR agreed_hand <> opened_by)",
        name="nobody_opens_and_answers",
    ),
    Index("payment_dispute_of_contract", "authority_id", "contract_id", "id"),
    info={
        "visible_where": VISIBLE,
        "sql": (
            *refusing("payment_dispute_holds_a_payment", on="payment_dispute", unless=_TAKES),
            *_TURNS,
            _HELD,
            (
                "CREATE TRIGGER payment_is_free BEFORE UPDATE ON payment FOR EACH ROW "
                "WHEN (NEW.state <> 'reversed') EXECUTE FUNCTION payment_is_not_held()"
            ),
            "ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_free",
        ),
    },
)
