"""Until when documents are kept, and which have expired."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from ecosystem.contracts.tables import VISIBLE_WHERE
from ecosystem.runtime.columns import reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_ENDED: Final = """EXISTS (
    SELECT FROM contract
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND contract.state IN ('completed', 'terminated', 'cancelled')
      AND NEW.ended_on >= (contract.ended_at AT TIME ZONE 'UTC')::date - 1)"""
_PAST: Final = """EXISTS (
    SELECT FROM contract_keeping
    WHERE contract_keeping.authority_id = NEW.authority_id
      AND contract_keeping.contract_id = NEW.contract_id
      AND contract_keeping.kept_until < (NEW.expired_at AT TIME ZONE 'UTC')::date - 1)
  AND EXISTS (
    SELECT FROM document
    WHERE document.authority_id = NEW.authority_id AND document.id = NEW.document_id
      AND document.sha256 = NEW.sha256)"""

contract_keeping: Final = Table(
    "contract_keeping",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("contract_id"),
    Column("ended_on", Date, nullable=False),
    Column("years", Integer, nullable=False),
    Column("kept_until", Date, nullable=False),
    Column("law", Text(collation="C"), nullable=False),
    Column("article", Text),
    PrimaryKeyConstraint("authority_id", "contract_id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint(
        "kept_until >= (ended_on + make_interval(years => years))::date", name="it_is_whole_years"
    ),
    CheckConstraint("years > 0", name="years_are_positive"),
    Index("contract_keeping_until", "kept_until"),
    info={
        "append_only": True,
        "sql": refusing("what_has_ended_is_kept", on="contract_keeping", unless=_ENDED),
    },
)
"""Of contracts that have ended, where the law says how long."""

document_expiry: Final = Table(
    "document_expiry",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("document_id"),
    reference("contract_id"),
    Column("sha256", Text(collation="C"), nullable=False),
    Column("expired_at", DateTime(timezone=True), nullable=False),
    Column("erased_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "document_id"),
    ForeignKeyConstraint(
        ["authority_id", "document_id", "contract_id"],
        ["document.authority_id", "document.id", "document.contract_id"],
        name="it_is_of_a_document_of_its_contract",
    ),
    CheckConstraint("erased_at >= expired_at", name="nothing_is_erased_before"),
    Index("document_expiry_left", "sha256", postgresql_where=text("erased_at IS NULL")),
    info={
        "visible_where": VISIBLE_WHERE.replace("document.", "document_expiry."),
        "hands": (
            "authority_id", "document_id", "contract_id", "sha256", "expired_at", "erased_at",
        ),
        "sql": refusing("documents_are_kept_their_time", on="document_expiry", unless=_PAST),
    },
)  # fmt: skip
"""Their bytes are erased, or are as soon as `erased_at` is null no more."""
