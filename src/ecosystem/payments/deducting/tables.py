"""Notices of deductions, and what no code path may break."""

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

from ecosystem.payments.deducting.model import State
from ecosystem.payments.tables import VISIBLE
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_STATES: Final = ", ".join(f"'{state}'" for state in State)
_TURNS: Final = stepping(
    "deduction_notice",
    {
        "announced replied": "reply,replied_by,replied_at",
        "replied decided": "kept,reasons,decided_by,decided_at",
        "announced superseded": "",
        "replied superseded": "",
    },
    named="deduction",
)
_IS_DEDUCTED: Final = """NEW.state = 'announced' AND NEW.version = 1 AND NEW.amount = (
    SELECT -sum((line->>'amount')::numeric)
    FROM calculation CROSS JOIN json_array_elements(calculation.document->'lines') AS line
    WHERE calculation.authority_id = NEW.authority_id
      AND calculation.id = NEW.calculation_id AND line->>'stage' = 'deductions')"""
_IS_DECIDED: Final = """(
    SELECT count(*) FROM json_array_elements(NEW.document->'facts'->'reliefs')) = (
    SELECT count(*) FROM json_array_elements(NEW.document->'facts'->'reliefs') AS relief
    JOIN deduction_notice AS notice ON notice.authority_id = NEW.authority_id
      AND notice.id = relief->>'id' AND notice.contract_id = NEW.contract_id
      AND notice.ordinal = NEW.ordinal AND notice.state = 'decided'
      AND notice.amount - notice.kept = (relief->>'amount')::numeric)"""
"""Nothing is dropped of a deduction but what another person has decided after a reply."""

deduction_notice: Final = Table(
    "deduction_notice",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "deduction"),
    Column("version", Integer, nullable=False),
    Column("state", Text(collation="C"), nullable=False),
    reference("contract_id"),
    reference("payee_id"),
    reference("calculation_id"),
    Column("ordinal", Integer, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("lines", JSON, nullable=False),
    reference("announced_by"),
    Column("announced_at", DateTime(timezone=True), nullable=False),
    Column("reply_ends_at", DateTime(timezone=True), nullable=False),
    Column("reply", JSON),
    reference("replied_by", nullable=True),
    Column("replied_at", DateTime(timezone=True)),
    Column("kept", Numeric),
    Column("reasons", JSON),
    reference("decided_by", nullable=True),
    Column("decided_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "calculation_id", name="a_deduction_is_announced_once"),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "ordinal", "calculation_id"],
        [
            "calculation.authority_id",
            "calculation.contract_id",
            "calculation.ordinal",
            "calculation.id",
        ],
        name="deduction_is_of_its_step",
    ),
    CheckConstraint(f"state IN ({_STATES})", name="state_is_known"),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint("kept >= 0 AND kept <= amount", name="what_is_kept_is_a_part"),
    CheckConstraint(
        "kept = round(kept, currency_places(currency))", name="kept_is_no_finer_than_coins"
    ),
    CheckConstraint(
        "(reply IS NULL) = (replied_by IS NULL) AND (reply IS NULL) = (replied_at IS NULL)",
        name="a_reply_is_dated",
    ),
    CheckConstraint("replied_at < reply_ends_at", name="a_reply_is_in_time"),
    CheckConstraint(
        "(state = 'decided') = (kept IS NOT NULL AND reasons IS NOT NULL "
        "AND decided_by IS NOT NULL AND decided_at IS NOT NULL)",
        name="a_decision_has_reasons",
    ),
    CheckConstraint(
        "state NOT IN ('replied', 'decided') OR reply IS NOT NULL", name="a_reply_is_decided"
    ),
    another("decided_by", "announced_by", name="nobody_decides_an_own_deduction"),
    another("decided_by", "replied_by", name="nobody_decides_an_own_reply"),
    Index("deduction_notice_of_contract", "authority_id", "contract_id", "id"),
    info={
        "visible_where": VISIBLE,
        "sql": (
            *refusing("deduction_is_of_a_calculation", on="deduction_notice", unless=_IS_DEDUCTED),
            *refusing("what_is_dropped_is_decided", on="calculation", unless=_IS_DECIDED),
            *_TURNS,
        ),
    },
)
