"""Explanations of prices, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.awards.tables import OVERSEEN_OR_OWN
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.turns import stepping

_DECISION: Final = "reasons,decided_by,decided_at"
_TURNS: Final = stepping(
    "price_explanation",
    {
        "asked answered": "answer,answered_by,answered_at",
        "asked accepted": _DECISION,
        "asked rejected": _DECISION,
        "answered accepted": _DECISION,
        "answered rejected": _DECISION,
    },
    begins=("asked",),
    never="OLD.state = 'asked' AND NEW.decided_at < NEW.answer_by",
    named="explanation",
)

price_explanation: Final = Table(
    "price_explanation",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "explanation"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("need_id"),
    reference("lot_id"),
    reference("offer_id"),
    Column("round", Integer, nullable=False),
    Column("member_ids", ARRAY(Text), nullable=False),
    Column("question", JSON, nullable=False),
    reference("asked_by"),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("answer_by", DateTime(timezone=True), nullable=False),
    Column("answer", JSON),
    reference("answered_by", nullable=True),
    Column("answered_at", DateTime(timezone=True)),
    Column("reasons", JSON),
    reference("decided_by", nullable=True),
    Column("decided_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    UniqueConstraint("authority_id", "offer_id", "round", name="a_price_is_explained_once"),
    CheckConstraint(
        "state IN ('asked', 'answered', 'accepted', 'rejected')", name="state_is_known"
    ),
    CheckConstraint(
        "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
        name="an_answer_is_dated",
    ),
    CheckConstraint(
        "(state IN ('accepted', 'rejected')) = (reasons IS NOT NULL AND decided_by IS NOT NULL "
        "AND decided_at IS NOT NULL)",
        name="a_decision_has_reasons",
    ),
    Index("price_explanation_of_need", "authority_id", "need_id", "id"),
    Index("price_explanation_newest_first", "id"),
    info={
        "hands": ("asked_by", "answered_by", "decided_by"),
        "visible_where": f"{OVERSEEN_OR_OWN} OR "
        "nullif(current_setting('app.organisation', true), '') = ANY (member_ids)",
        "sql": (*_TURNS,),
    },
)
