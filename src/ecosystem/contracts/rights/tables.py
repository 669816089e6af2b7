"""Rights to end contracts, and what no code path may break."""

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
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.contracts.rights.model import Source
from ecosystem.contracts.tables import CALCULATING
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.runtime.turns import stepping

_SOURCES: Final = ", ".join(f"'{source}'" for source in Source)
_VISIBLE: Final = """
  authority_id = nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM contract_party
    WHERE contract_party.authority_id = right_to_end.authority_id
      AND contract_party.contract_id = right_to_end.contract_id
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), '')
  )
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'
  )
"""
"""The authority, the parties, and auditors see rights; and whoever proves a fact, while it is
calculated."""
_CALCULATED: Final = """EXISTS (
    SELECT FROM calculation
    WHERE calculation.authority_id = NEW.authority_id
      AND calculation.contract_id = NEW.contract_id
      AND calculation.id = coalesce(NEW.lapsed_with, NEW.calculation_id))"""

right_to_end: Final = Table(
    "right_to_end",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "right"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("contract_id"),
    Column("source", Text, nullable=False),
    Column("rule", Text(collation="C"), nullable=False),
    Column("holder", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("observations", JSON, nullable=False),
    reference("calculation_id"),
    Column("arose_at", DateTime(timezone=True), nullable=False),
    Column("lapsed_at", DateTime(timezone=True)),
    reference("lapsed_with", nullable=True),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint(f"source IN ({_SOURCES})", name="source_is_known"),
    CheckConstraint("holder IN ('authority', 'supplier', 'either')", name="holder_is_known"),
    CheckConstraint(
        "(lapsed_at IS NULL) = (lapsed_with IS NULL)"
        " AND state = CASE WHEN lapsed_at IS NULL THEN 'standing' ELSE 'lapsed' END",
        name="state_is_the_last_step",
    ),
    CheckConstraint("starts_on < ends_on", name="period_holds_a_day"),
    Index("right_of_contract", "authority_id", "contract_id", "id"),
    Index(
        "a_right_stands_once",
        "authority_id",
        "contract_id",
        "source",
        "rule",
        unique=True,
        postgresql_where=text("state = 'standing'"),
    ),
    info={
        "visible_where": f"{_VISIBLE}  OR {CALCULATING}\n",
        "sql": (
            *stepping(
                "right_to_end",
                {"standing lapsed": "lapsed_at,lapsed_with"},
                begins=("standing",),
                named="right",
            ),
            *refusing(
                "a_right_follows_a_calculation",
                on="right_to_end",
                unless=_CALCULATED,
                changes=True,
            ),
        ),
    },
)
