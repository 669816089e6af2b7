"""Budget programmes; where their money is, the ledger says."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.runtime.columns import identifier
from ecosystem.runtime.database import metadata


def _one_of(column: str, words: type[Sector | Operation | Phase]) -> CheckConstraint:
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


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
    _one_of("sector", Sector),
    _one_of("operation", Operation),
    _one_of("phase", Phase),
    Index("programme_newest_first", "id"),
    Index("programme_of_year", "fiscal_year", "id"),
)
