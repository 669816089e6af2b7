"""Notices of deductions, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
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

from ecosystem.contracts.tables import CALCULATING

# ruff: noqa: S608 - every word of these statements is ours
from ecosystem.payments.deducting.model import State
from ecosystem.payments.tables import AUTHORITY, OVERSEEN
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_HEARD: Final = """SELECT FROM deduction_reply AS said
      WHERE said.authority_id = NEW.authority_id AND said.deduction_id = NEW.id"""
_UNHEARD: Final = f"""NEW.state = 'replied' AND NOT EXISTS ({_HEARD})
    OR NEW.state = 'decided' AND (
      EXISTS ({_HEARD} AND said.replied_by = NEW.decided_by)
      OR NEW.decided_at < NEW.reply_ends_at AND EXISTS (
        SELECT FROM json_array_elements(NEW.parts) AS part
        WHERE (part->>'amount')::numeric > 0 AND NOT EXISTS (
          {_HEARD} AND said.organisation_id = part->>'organisation_id'))
      OR json_array_length(NEW.parts) > 1 AND EXISTS ({_HEARD} AND NOT EXISTS (
        SELECT FROM json_array_elements(NEW.answers) AS answer
        WHERE answer->>'organisation_id' = said.organisation_id)))"""
"""Nobody decides on an own reply, before all were heard, or without an answer to each."""
_TURNS: Final = stepping(
    "deduction_notice",
    {
        "announced replied": "",
        "replied replied": "",
        "replied decided": "kept,reasons,answers,decided_by,decided_at",
        "announced superseded": "",
        "replied superseded": "",
    },
    never=_UNHEARD,
    named="deduction",
)
_IS_DEDUCTED: Final = """NEW.state = 'announced' AND NEW.version = 1 AND NEW.amount = (
    SELECT -sum((line->>'amount')::numeric)
    FROM calculation CROSS JOIN json_array_elements(calculation.document->'lines') AS line
    WHERE calculation.authority_id = NEW.authority_id
      AND calculation.id = NEW.calculation_id AND line->>'stage' = 'deductions')"""
_OF_IT: Final = """calculation.authority_id = NEW.authority_id
      AND calculation.id = NEW.calculation_id"""
_FALLS: Final = f"""
      SELECT member->>'organisation_id' AS organisation_id, -sum(part.amount::numeric) AS amount
      FROM calculation CROSS JOIN json_array_elements(calculation.document->'division') AS member
      CROSS JOIN json_array_elements_text(member->'lines') WITH ORDINALITY AS part(amount, place)
      CROSS JOIN json_array_elements(calculation.document->'lines') WITH ORDINALITY
        AS line(said, place)
      WHERE {_OF_IT} AND part.place = line.place AND line.said->>'stage' = 'deductions'
      GROUP BY member->>'organisation_id'
      UNION ALL
      SELECT party.organisation_id, NEW.amount FROM calculation JOIN contract_party AS party
        ON party.authority_id = calculation.authority_id
        AND party.contract_id = calculation.contract_id AND party.role = 'supplier'
      WHERE {_OF_IT} AND calculation.document->'division' IS NULL"""
_IS_PARTED: Final = f"""json_array_length(NEW.parts) = (
    SELECT coalesce(json_array_length(calculation.document->'division'), 1)
    FROM calculation WHERE {_OF_IT})
  AND json_array_length(NEW.parts) = (
    SELECT count(DISTINCT falls.organisation_id)
    FROM json_array_elements(NEW.parts) AS part JOIN ({_FALLS}
    ) AS falls ON falls.organisation_id = part->>'organisation_id'
      AND falls.amount = (part->>'amount')::numeric)"""
"""Each is told what of a deduction falls on it, as the calculation is divided."""
_IS_DECIDED: Final = """(
    SELECT count(*) FROM json_array_elements(NEW.document->'facts'->'reliefs')) = (
    SELECT count(*) FROM json_array_elements(NEW.document->'facts'->'reliefs') AS relief
    JOIN deduction_notice AS notice ON notice.authority_id = NEW.authority_id
      AND notice.id = relief->>'id' AND notice.contract_id = NEW.contract_id
      AND notice.ordinal = NEW.ordinal AND notice.state = 'decided'
      AND notice.amount - notice.kept = (relief->>'amount')::numeric)"""
"""Nothing is dropped of a deduction but what another person has decided after a reply."""

_ON_IT: Final = """EXISTS (
    SELECT FROM json_array_elements(parts) AS part
    WHERE part->>'organisation_id' = nullif(current_setting('app.organisation', true), ''))"""
"""Whoever is told of a deduction reads it whole, with what the others say."""

deduction_notice: Final = Table(
    "deduction_notice",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "deduction"),
    Column("version", Integer, nullable=False),
    Column("state", Text(collation="C"), nullable=False),
    reference("contract_id"),
    reference("calculation_id"),
    Column("ordinal", Integer, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("parts", JSON, nullable=False),
    reference("announced_by"),
    Column("announced_at", DateTime(timezone=True), nullable=False),
    Column("reply_ends_at", DateTime(timezone=True), nullable=False),
    Column("kept", Numeric),
    Column("reasons", JSON),
    Column("answers", JSON),
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
    one_of("state", State),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint("kept >= 0 AND kept <= amount", name="what_is_kept_is_a_part"),
    CheckConstraint(
        "kept = round(kept, currency_places(currency))", name="kept_is_no_finer_than_coins"
    ),
    CheckConstraint(
        "(state = 'decided') = (kept IS NOT NULL AND reasons IS NOT NULL "
        "AND answers IS NOT NULL AND decided_by IS NOT NULL AND decided_at IS NOT NULL)",
        name="a_decision_has_reasons",
    ),
    another("decided_by", "announced_by", name="nobody_decides_an_own_deduction"),
    Index("deduction_notice_of_contract", "authority_id", "contract_id", "id"),
    info={
        "visible_where": f"{_ON_IT} OR {AUTHORITY} OR {OVERSEEN} OR {CALCULATING}",
        "sql": (
            *refusing("deduction_is_of_a_calculation", on="deduction_notice", unless=_IS_DEDUCTED),
            *refusing("deduction_parts_are_its_payees", on="deduction_notice", unless=_IS_PARTED),
            *refusing(
                "what_is_dropped_is_decided",
                on="calculation",
                unless=_IS_DECIDED,
                when="json_array_length(NEW.document->'facts'->'reliefs') > 0",
            ),
            *_TURNS,
        ),
    },
)
_IN_TIME: Final = """EXISTS (
    SELECT FROM deduction_notice AS notice
    CROSS JOIN json_array_elements(notice.parts) AS part
    WHERE notice.authority_id = NEW.authority_id AND notice.id = NEW.deduction_id
      AND notice.state IN ('announced', 'replied') AND NEW.replied_at < notice.reply_ends_at
      AND part->>'organisation_id' = NEW.organisation_id AND (part->>'amount')::numeric > 0)"""

deduction_reply: Final = Table(
    "deduction_reply",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("deduction_id"),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("reply", JSON, nullable=False),
    reference("replied_by"),
    Column("replied_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "deduction_id", "organisation_id"),
    ForeignKeyConstraint(
        ["authority_id", "deduction_id"], ["deduction_notice.authority_id", "deduction_notice.id"]
    ),
    info={
        "append_only": True,
        "visible_where": "EXISTS (SELECT FROM deduction_notice AS notice "
        "WHERE notice.authority_id = deduction_reply.authority_id "
        "AND notice.id = deduction_reply.deduction_id)",
        "sql": refusing("a_reply_is_in_time", on="deduction_reply", unless=_IN_TIME),
    },
)
"""What each on whom a part of a deduction falls has said, once."""
