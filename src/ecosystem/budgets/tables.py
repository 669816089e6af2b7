"""Budget programmes; where their money is, the ledger says."""

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

from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_SAME: Final = """EXISTS (
    SELECT FROM programme AS now JOIN programme AS past ON past.authority_id = now.authority_id
      AND past.sector = now.sector AND past.operation = now.operation AND past.phase = now.phase
    WHERE now.authority_id = NEW.authority_id AND now.id = NEW.programme_id"""
_CITED: Final = """AND EXISTS (
      SELECT FROM assessment AS one
      WHERE one.authority_id = now.authority_id AND one.id = NEW.assessment_id
        AND one.programme_id = past.id AND one.fiscal_year = now.fiscal_year - 1
        AND one.state = 'published'
        AND (one.recommendation <> 'stop' OR NEW.departs_because IS NOT NULL)))"""
_CITES: Final = f"""
  NEW.assessment_id IS NULL AND (
    NEW.departs_because IS NOT NULL
    OR NOT {_SAME} AND past.fiscal_year = now.fiscal_year - 1))
  OR {_SAME} {_CITED}"""
"""What follows a year cites its published assessment, or gives a reason; and gives one where
the assessment says to stop."""

programme: Final = Table(
    "programme",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "programme"),
    Column("version", Integer, nullable=False),
    Column("name", JSON, nullable=False),
    Column("fiscal_year", Integer, nullable=False),
    Column("sector", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("fiscal_year BETWEEN 2000 AND 2199", name="fiscal_year_is_a_year"),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
    one_of("sector", Sector),
    one_of("operation", Operation),
    one_of("phase", Phase),
    Index("programme_newest_first", "id"),
    Index("programme_of_year", "fiscal_year", "id"),
)
appropriation: Final = Table(
    "appropriation",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "appropriation"),
    reference("programme_id"),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("reason", JSON, nullable=False),
    reference("assessment_id", nullable=True),
    Column("departs_because", JSON),
    reference("appropriated_by"),
    Column("appropriated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "programme_id", "id"),
    ForeignKeyConstraint(
        ["authority_id", "programme_id"], ["programme.authority_id", "programme.id"]
    ),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint(
        "amount = round(amount, currency_places(currency))", name="amount_is_no_finer_than_coins"
    ),
    info={
        "append_only": True,
        "sql": refusing(
            "an_appropriation_cites_the_year_before", on="appropriation", unless=_CITES
        ),
    },
)
