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

from ecosystem.payments.dividing.tables import EXCESS
from ecosystem.payments.tables import VISIBLE
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

# ruff: noqa: S608 - every word of these statements is ours
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
_TAKES: Final = f"""NEW.state = 'open' AND NEW.version = 1 AND EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.held_id AND payment.state = 'computed'
      AND payment.amount = NEW.amount AND payment.currency = NEW.currency
      AND payment.payee_id = NEW.payee_id)
  AND EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.disputed_id AND payment.amount >= NEW.amount
      AND (payment.state = 'reversed'
        OR payment.state = 'rejected' AND NEW.rest_id IS NULL AND {EXCESS.format(of="NEW")} = 0))"""
"""Of a payment that was rejected no more than its payee has earned, with all that it is owed."""
_LEADS: Final = """EXISTS (
    SELECT FROM contract CROSS JOIN json_array_elements(contract.terms->'parties') AS party
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND party->>'organisation_id' = NEW.opened_for AND party->>'role' = 'supplier'
      AND (party->>'lead')::boolean)"""
_BUYS: Final = """EXISTS (
    SELECT FROM organisation
    WHERE organisation.number = NEW.authority_id AND organisation.id = NEW.opened_for)"""
_MAY_OPEN: Final = f"""{_BUYS} OR NEW.opened_for = NEW.payee_id
  OR NEW.disputed_calculation_id IS NOT NULL AND {_LEADS}"""
_PARTS: Final = """SELECT sum(held.amount) FROM payment_dispute AS held
    WHERE held.authority_id = NEW.authority_id AND held.opened_at = NEW.opened_at
      AND held.disputed_calculation_id = NEW.calculation_id AND held.currency = NEW.currency"""
_ADDS_UP: Final = f"""NEW.amount = ({_PARTS}) AND ({_BUYS} OR {_LEADS})
  AND NOT EXISTS (
    SELECT FROM calculation AS made
    CROSS JOIN json_to_recordset(made.document->'division')
      AS part(organisation_id text, share numeric)
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.calculation_id
      AND abs(NEW.amount * part.share / 100 - coalesce(
        ({_PARTS} AND held.payee_id = part.organisation_id), 0))
        >= power(10::numeric, -currency_places(NEW.currency)))"""
"""What is held of each is its part by the shares, and all of it the amount."""


_IS_NEW: Final = """NEW.disputed_calculation_id IS NULL OR NOT EXISTS (
    SELECT FROM calculation_dispute AS whole WHERE whole.authority_id = NEW.authority_id
      AND whole.calculation_id = NEW.disputed_calculation_id
      AND whole.opened_at = NEW.opened_at)"""
"""Nothing is added to a whole that has added up."""


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
    reference("opened_for"),
    reference("disputed_calculation_id", nullable=True),
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
    # The whole is written last, once its parts are there: who writes a part without it fails then.
    ForeignKeyConstraint(
        ["authority_id", "disputed_calculation_id", "opened_at"],
        [
            "calculation_dispute.authority_id",
            "calculation_dispute.calculation_id",
            "calculation_dispute.opened_at",
        ],
        name="a_part_is_of_a_whole",
        deferrable=True,
        initially="DEFERRED",
    ),
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
        "(proposed_by = opened_for OR proposed_hand <> opened_by) AND "
        "(agreed_by = opened_for OR agreed_hand <> opened_by)",
        name="nobody_opens_and_answers",
    ),
    Index("payment_dispute_of_contract", "authority_id", "contract_id", "id"),
    info={
        "visible_where": VISIBLE,
        "sql": (
            *refusing("payment_dispute_holds_a_payment", on="payment_dispute", unless=_TAKES),
            *refusing("payment_dispute_is_a_sides", on="payment_dispute", unless=_MAY_OPEN),
            *refusing("payment_dispute_whole_is_open", on="payment_dispute", unless=_IS_NEW),
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
calculation_dispute: Final = Table(
    "calculation_dispute",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("calculation_id"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    reference("contract_id"),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    reference("opened_by"),
    reference("opened_for"),
    PrimaryKeyConstraint("authority_id", "calculation_id", "opened_at"),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "calculation_id"],
        ["calculation.authority_id", "calculation.contract_id", "calculation.id"],
        name="a_calculation_of_its_contract_is_disputed",
    ),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    info={
        "append_only": True,
        "visible_where": "EXISTS (SELECT FROM calculation AS made "
        "WHERE made.authority_id = calculation_dispute.authority_id "
        "AND made.id = calculation_dispute.calculation_id)",
        "sql": refusing("what_is_held_adds_up", on="calculation_dispute", unless=_ADDS_UP),
    },
)
"""That a calculation is disputed as a whole: its parts are disputes of payments."""
