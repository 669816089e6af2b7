"""Files to the bank, reports from it and their items, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.payments.bank.model import Direction, Outcome, ReportKind, Unfit
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_CALLER: Final = "nullif(current_setting('app.{}', true), '')"
_VISIBLE: Final = f"""authority_id = {_CALLER.format("authority")}::integer OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || {_CALLER.format("oversees")} || '/%')
  OR current_setting('app.purpose', true) = 'expiring'"""


def _listed(kinds: type[ReportKind | Outcome | Unfit | Direction]) -> str:
    return ", ".join(f"'{one}'" for one in kinds)


_ORDERED: Final = """
CREATE FUNCTION bank_order_only_returns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.returned_at IS NOT NULL OR to_jsonb(NEW) - '{returned_at,told}'::text[]
    IS DISTINCT FROM to_jsonb(OLD) - '{returned_at,told}'::text[]
    OR NOT EXISTS (SELECT FROM bank_item WHERE bank_item.authority_id = NEW.authority_id
      AND bank_item.file_id = NEW.file_id AND bank_item.payment_id = NEW.payment_id
      AND bank_item.outcome IN ('returned', 'given_back', 'resolved'))
  THEN
    RAISE EXCEPTION 'what was ordered stays as it was'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_order_only_returns';
  END IF;
  RETURN NEW;
END $$"""
_RESOLVED: Final = """
CREATE FUNCTION bank_item_is_resolved_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  marks text[] := '{version,outcome,payment_id,file_id,resolved_at,resolved_by,note}';
BEGIN
  IF OLD.outcome <> 'unmatched' OR NEW.outcome <> 'resolved' OR NEW.version <> OLD.version + 1
    OR to_jsonb(NEW) - marks IS DISTINCT FROM to_jsonb(OLD) - marks
  THEN
    RAISE EXCEPTION 'what the bank said stays as it was'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'bank_item_is_resolved_once';
  END IF;
  RETURN NEW;
END $$"""


_IS_OWED: Final = """EXISTS (
    SELECT FROM payment WHERE payment.authority_id = NEW.authority_id
      AND payment.id = NEW.payment_id AND payment.state = 'instructed'
      AND payment.version = NEW.version
      AND payment.amount - payment.paid - payment.taken_back = NEW.amount)"""
"""A file orders what an instruction says that is still owed."""
_ANSWERS_ITS_FILE: Final = """CASE
    WHEN NEW.outcome IN ('settled', 'returned') THEN EXISTS (
      SELECT FROM payment LEFT JOIN bank_order ON bank_order.authority_id = payment.authority_id
        AND bank_order.payment_id = payment.id AND bank_order.version = payment.version
      WHERE payment.authority_id = NEW.authority_id AND payment.id = NEW.payment_id
        AND payment.state = 'instructed'
        AND bank_order.file_id IS NOT DISTINCT FROM NEW.file_id)
    WHEN NEW.outcome = 'given_back' THEN EXISTS (
      SELECT FROM payment_settlement AS settled LEFT JOIN bank_order
        ON bank_order.authority_id = settled.authority_id
        AND bank_order.payment_id = settled.payment_id
        AND bank_order.version = settled.version - 1
      WHERE settled.authority_id = NEW.authority_id AND settled.payment_id = NEW.payment_id
        AND bank_order.file_id IS NOT DISTINCT FROM NEW.file_id)
    ELSE true END
  AND EXISTS (SELECT FROM bank_report AS report WHERE report.authority_id = NEW.authority_id
    AND report.id = NEW.report_id AND CASE WHEN report.file_id IS NULL
      THEN NEW.outcome <> 'returned' ELSE coalesce(NEW.file_id, report.file_id) = report.file_id
        AND (NEW.outcome <> 'returned' OR NEW.file_id IS NOT NULL) END)"""
"""What an item does, it does to what the file has ordered that it answers, and to no other."""


def _on_update(table: str, function: str) -> tuple[str, ...]:
    return (
        (
            f"CREATE TRIGGER {table}_changes BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        ),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_changes",
    )


bank_file: Final = Table(
    "bank_file",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "bankfile"),
    Column("execution_date", Date, nullable=False),
    Column("total", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("orders", Integer, nullable=False),
    Column("left_out", JSON, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    reference("made_by"),
    PrimaryKeyConstraint("authority_id", "id"),
    CheckConstraint("orders > 0 AND total > 0", name="it_orders_something"),
    info={"append_only": True, "visible_where": _VISIBLE},
)
bank_order: Final = Table(
    "bank_order",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("file_id"),
    reference("payment_id"),
    Column("version", Integer, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("returned_at", DateTime(timezone=True)),
    Column("told", Text),
    PrimaryKeyConstraint("authority_id", "file_id", "payment_id"),
    UniqueConstraint("authority_id", "payment_id", "version", name="a_payment_is_ordered_once"),
    ForeignKeyConstraint(["authority_id", "file_id"], ["bank_file.authority_id", "bank_file.id"]),
    ForeignKeyConstraint(["authority_id", "payment_id"], ["payment.authority_id", "payment.id"]),
    info={
        "visible_where": _VISIBLE,
        "sql": (
            _ORDERED,
            *_on_update("bank_order", "bank_order_only_returns"),
            *refusing("an_order_is_of_what_is_owed", on="bank_order", unless=_IS_OWED),
        ),
    },
)
bank_report: Final = Table(
    "bank_report",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "bankreport"),
    Column("kind", Text(collation="C"), nullable=False),
    Column("message_id", Text, nullable=False),
    reference("file_id", nullable=True),
    Column("digest", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    reference("received_by"),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "kind", "message_id", name="a_message_is_taken_once"),
    ForeignKeyConstraint(["authority_id", "file_id"], ["bank_file.authority_id", "bank_file.id"]),
    CheckConstraint(
        f"(kind = '{ReportKind.STATUS.value}') = (file_id IS NOT NULL)",
        name="a_status_report_answers_a_file",
    ),
    CheckConstraint(f"kind IN ({_listed(ReportKind)})", name="kind_is_known"),
    info={"append_only": True, "visible_where": _VISIBLE},
)
bank_item: Final = Table(
    "bank_item",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "bankitem"),
    Column("version", Integer, nullable=False),
    reference("report_id"),
    Column("ordinal", Integer, nullable=False),
    Column("outcome", Text(collation="C"), nullable=False),
    Column("reason", Text(collation="C")),
    reference("payment_id", nullable=True),
    reference("file_id", nullable=True),
    Column("end_to_end_id", Text),
    Column("bank_reference", Text),
    Column("amount", Numeric),
    Column("currency", Text(collation="C")),
    Column("direction", Text(collation="C")),
    Column("booked_on", Date),
    Column("is_return", Boolean, nullable=False),
    Column("status", Text),
    Column("told", Text),
    Column("resolved_at", DateTime(timezone=True)),
    reference("resolved_by", nullable=True),
    Column("note", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(
        ["authority_id", "report_id"], ["bank_report.authority_id", "bank_report.id"]
    ),
    ForeignKeyConstraint(["authority_id", "payment_id"], ["payment.authority_id", "payment.id"]),
    ForeignKeyConstraint(
        ["authority_id", "file_id", "payment_id"],
        ["bank_order.authority_id", "bank_order.file_id", "bank_order.payment_id"],
        name="an_item_answers_an_order_of_its_file",
    ),
    CheckConstraint("file_id IS NULL OR payment_id IS NOT NULL", name="a_file_orders_payments"),
    UniqueConstraint("authority_id", "report_id", "ordinal", name="items_are_counted"),
    CheckConstraint(f"outcome IN ({_listed(Outcome)})", name="outcome_is_known"),
    CheckConstraint(f"reason IN ({_listed(Unfit)})", name="reason_is_known"),
    CheckConstraint(
        "(outcome IN ('unmatched', 'resolved')) = (reason IS NOT NULL)",
        name="what_is_unmatched_has_a_reason",
    ),
    CheckConstraint(
        "(outcome = 'resolved') = (resolved_at IS NOT NULL AND resolved_by IS NOT NULL "
        "AND note IS NOT NULL)",
        name="what_is_resolved_has_a_note",
    ),
    CheckConstraint(
        "outcome NOT IN ('settled', 'returned', 'given_back') OR payment_id IS NOT NULL",
        name="what_is_settled_is_a_payment",
    ),
    Index("bank_item_of_payment", "authority_id", "payment_id"),
    Index("bank_item_by_outcome", "authority_id", "outcome", "id"),
    info={
        "visible_where": _VISIBLE,
        "sql": (
            _RESOLVED,
            *_on_update("bank_item", "bank_item_is_resolved_once"),
            *refusing(
                "an_answer_is_to_its_own_file",
                on="bank_item",
                unless=_ANSWERS_ITS_FILE,
                changes=True,
            ),
        ),
    },
)
