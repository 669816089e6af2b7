"""What went back of repayments, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import reference
from ecosystem.runtime.database import metadata

repayment_return: Final = Table(
    "repayment_return",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("payment_id"),
    Column("version", Integer, nullable=False),
    Column("settled_version", Integer, nullable=False),
    reference("repayment_id"),
    reference("facility_id"),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("surplus", Numeric, nullable=False),
    Column("document", JSON, nullable=False),
    reference("recorded_by"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "payment_id", "version"),
    # As much as the bank gave back of that settlement, and of what that settlement had repaid.
    ForeignKeyConstraint(
        ["authority_id", "payment_id", "version", "settled_version", "amount"],
        ["payment_return.authority_id", "payment_return.payment_id", "payment_return.version",
         "payment_return.settled_version", "payment_return.amount"],
        name="a_repayment_goes_back_by_a_return",
    ),
    ForeignKeyConstraint(
        ["authority_id", "repayment_id", "facility_id", "payment_id", "settled_version",
         "currency"],
        ["repayment.authority_id", "repayment.id", "repayment.facility_id",
         "repayment.payment_id", "repayment.payment_version", "repayment.currency"],
        name="a_return_undoes_its_own_repayment",
    ),
    CheckConstraint("surplus >= 0 AND surplus <= amount", name="surplus_is_a_part"),
    CheckConstraint(
        "(document->'amount'->>'amount')::numeric = amount "
        "AND document->'amount'->>'currency' = currency "
        "AND (document->>'surplus')::numeric = surplus",
        name="amount_is_of_the_document",
    ),
    info={
        "append_only": True,
        "visible_where": "EXISTS (SELECT FROM facility "
        "WHERE facility.authority_id = repayment_return.authority_id "
        "AND facility.id = repayment_return.facility_id)",
    },
)  # fmt: skip
