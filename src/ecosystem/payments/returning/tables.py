"""Returns of settled payments, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from ecosystem.payments.tables import VISIBLE
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_IS_SETTLED: Final = """EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.payment_id AND payment.state = 'settled'
      AND payment.payee_id = NEW.payee_id AND payment.bank_reference = NEW.bank_reference
      AND payment.settled_on = NEW.settled_on)"""
_CAME_BACK: Final = """NEW.state <> 'returned' OR EXISTS (
    SELECT FROM payment_return AS back WHERE back.authority_id = NEW.authority_id
      AND back.payment_id = NEW.id AND back.recorded_at = NEW.returned_at)
  OR EXISTS (
    SELECT FROM bank_order WHERE bank_order.authority_id = NEW.authority_id
      AND bank_order.payment_id = NEW.id AND bank_order.returned_at = NEW.returned_at)"""
"""The bank has given back the money, or the order."""
_IS_NEW: Final = """NEW.state <> 'settled' OR NOT EXISTS (
    SELECT FROM payment_return AS back WHERE back.authority_id = NEW.authority_id
      AND back.bank_reference = NEW.bank_reference)"""
"""What has settled a payment and was given back settles nothing again."""

payment_return: Final = Table(
    "payment_return",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "return"),
    reference("payment_id"),
    reference("payee_id"),
    reference("report_id"),
    Column("bank_reference", Text(collation="C"), nullable=False),
    Column("settled_on", Date, nullable=False),
    Column("returned_reference", Text(collation="C"), nullable=False),
    Column("returned_on", Date, nullable=False),
    Column("told", Text),
    reference("recorded_by"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "payment_id"], ["payment.authority_id", "payment.id"]),
    ForeignKeyConstraint(
        ["authority_id", "report_id"], ["bank_report.authority_id", "bank_report.id"]
    ),
    UniqueConstraint("authority_id", "bank_reference", name="a_settlement_is_returned_once"),
    UniqueConstraint("authority_id", "returned_reference", name="a_return_is_taken_once"),
    CheckConstraint("returned_on >= settled_on", name="money_comes_back_after_it_left"),
    info={
        "append_only": True,
        "visible_where": VISIBLE,
        "sql": (
            *refusing("a_return_is_of_a_settlement", on="payment_return", unless=_IS_SETTLED),
            *refusing(
                "a_returned_payment_came_back", on="payment", unless=_CAME_BACK, changes=True
            ),
            *refusing(
                "a_returned_settlement_stays_undone", on="payment", unless=_IS_NEW, changes=True
            ),
        ),
    },
)
