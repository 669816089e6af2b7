"""Schedules and repayments, and what no code path may break."""

from typing import Final

from sqlalchemy import (
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
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.finance.servicing.model import Source
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata

_SOURCES: Final = ", ".join(f"'{source}'" for source in Source)


def _seen(table: str) -> str:
    """Return who sees a row: whoever sees its facility."""
    return (
        f"EXISTS (SELECT FROM facility WHERE facility.authority_id = {table}.authority_id "
        f"AND facility.id = {table}.facility_id)"
    )


repayment_schedule: Final = Table(
    "repayment_schedule",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "schedule"),
    reference("facility_id"),
    reference("drawdown_id"),
    Column("ordinal", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("repaid_before", Numeric, nullable=False),
    Column("reason", JSON),
    reference("made_by"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "drawdown_id", "ordinal", name="schedule_follows_one"),
    ForeignKeyConstraint(
        ["authority_id", "drawdown_id", "facility_id"],
        ["drawdown.authority_id", "drawdown.id", "drawdown.facility_id"],
        name="schedule_is_of_its_drawdown",
    ),
    CheckConstraint("ordinal > 0", name="ordinal_is_positive"),
    CheckConstraint("(ordinal = 1) = (reason IS NULL)", name="restatement_has_a_reason"),
    CheckConstraint("repaid_before >= 0", name="repaid_is_not_negative"),
    info={"append_only": True, "visible_where": _seen("repayment_schedule")},
)
repayment: Final = Table(
    "repayment",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "repayment"),
    reference("facility_id"),
    Column("ordinal", Integer, nullable=False),
    Column("source", Text, nullable=False),
    reference("payment_id", nullable=True),
    Column("payment_version", Integer),
    Column("bank_reference", Text(collation="C")),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("received_on", Date, nullable=False),
    Column("surplus", Numeric, nullable=False),
    Column("document", JSON, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    reference("recorded_by"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "facility_id", "ordinal", name="repayments_follow"),
    UniqueConstraint(
        "authority_id", "payment_id", "payment_version", name="a_settlement_repays_once"
    ),
    UniqueConstraint(
        "authority_id",
        "id",
        "facility_id",
        "payment_id",
        "payment_version",
        "currency",
        name="a_repayment_is_of_a_settlement",
    ),
    ForeignKeyConstraint(["authority_id", "facility_id"], ["facility.authority_id", "facility.id"]),
    ForeignKeyConstraint(
        ["authority_id", "payment_id", "payment_version", "amount"],
        [
            "payment_settlement.authority_id",
            "payment_settlement.payment_id",
            "payment_settlement.version",
            "payment_settlement.amount",
        ],
        name="a_settlement_repays_by_its_amount",
    ),
    CheckConstraint(f"source IN ({_SOURCES})", name="source_is_known"),
    CheckConstraint(
        "(source = 'authority') = (payment_id IS NOT NULL) "
        "AND (payment_id IS NULL) = (payment_version IS NULL)",
        name="an_authority_pays_by_a_payment",
    ),
    CheckConstraint("ordinal > 0", name="ordinal_is_positive"),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint(
        "amount = round(amount, currency_places(currency))", name="amount_is_no_finer_than_coins"
    ),
    CheckConstraint("surplus >= 0 AND surplus <= amount", name="surplus_is_a_part"),
    CheckConstraint(
        "(document->'cash'->>'amount')::numeric = amount "
        "AND document->'cash'->>'currency' = currency "
        "AND (document->>'surplus')::numeric = surplus",
        name="amount_is_of_the_document",
    ),
    CheckConstraint(
        "document->>'digest' = encode(digest, 'hex') AND digest = sha256(convert_to(replace("
        "document::text, '\"digest\":\"' || encode(digest, 'hex') || '\"', '\"digest\":\"\"'"
        "), 'UTF8'))",
        name="digest_is_of_the_document",
    ),
    # What an authority pays has the number of its payment, which no reference of a lender's takes.
    Index(
        "a_transaction_repays_once",
        "authority_id",
        "facility_id",
        "bank_reference",
        unique=True,
        postgresql_where=text("source = 'borrower'"),
    ),
    Index("repayment_of_facility", "authority_id", "facility_id", "id"),
    info={"append_only": True, "visible_where": _seen("repayment")},
)
