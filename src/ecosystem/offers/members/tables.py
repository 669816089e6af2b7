"""Who has left an offer and why, and substitutions of its members."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    Boolean,
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
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.offers.tables import AUTHORITY, MEMBER, OVERSEEN
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another
from ecosystem.runtime.turns import stepping

_AMONG_MEMBERS: Final = """EXISTS (
    SELECT FROM offer WHERE offer.authority_id = offer_departure.authority_id
      AND offer.id = offer_departure.offer_id
      AND nullif(current_setting('app.organisation', true), '') = ANY (offer.member_ids))"""
offer_departure: Final = Table(
    "offer_departure",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("offer_id"),
    reference("organisation_id"),
    # The version of the offer that the departure made.
    Column("version", Integer, nullable=False),
    Column("had_consented", Boolean, nullable=False),
    Column("reason", JSON, nullable=False),
    Column("left_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "offer_id", "version"),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    info={"append_only": True, "visible_where": _AMONG_MEMBERS},
)
_END: Final = "ended_by,ended_at"
_REJECTION: Final = f"{_END},ended_reason"
substitution: Final = Table(
    "substitution",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "substitution"),
    reference("need_id"),
    reference("offer_id"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("leaving_id"),
    reference("joining_id"),
    Column("member_ids", ARRAY(Text), nullable=False),
    Column("share", Numeric, nullable=False),
    Column("reason", JSON, nullable=False),
    reference("proposed_by"),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    reference("consented_by", nullable=True),
    Column("consented_at", DateTime(timezone=True)),
    reference("approved_by", nullable=True),
    Column("approved_at", DateTime(timezone=True)),
    reference("ended_by", nullable=True),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_reason", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    CheckConstraint(
        "state IN ('proposed', 'consented', 'approved', 'rejected', 'withdrawn')",
        name="state_is_known",
    ),
    CheckConstraint(
        "(state <> 'proposed' OR consented_by IS NULL) "
        "AND (state NOT IN ('consented', 'approved') OR consented_by IS NOT NULL) "
        "AND (state = 'approved') = (approved_by IS NOT NULL) "
        "AND (consented_by IS NULL) = (consented_at IS NULL) "
        "AND (approved_by IS NULL) = (approved_at IS NULL)",
        name="each_step_has_its_hand",
    ),
    CheckConstraint(
        "(state IN ('rejected', 'withdrawn')) = (ended_by IS NOT NULL) "
        "AND (ended_by IS NULL) = (ended_at IS NULL) "
        "AND (state = 'rejected') = (ended_reason IS NOT NULL)",
        name="an_end_has_its_hand_and_a_rejection_its_reason",
    ),
    another("approved_by", "proposed_by", name="nobody_approves_alone"),
    another("approved_by", "consented_by", name="nobody_approves_for_himself"),
    another("joining_id", "leaving_id", name="one_takes_anothers_place"),
    Index("substitution_of_offer", "authority_id", "offer_id", "id"),
    info={
        "visible_where": f"{MEMBER} OR {AUTHORITY} OR {OVERSEEN}",
        "hands": ("proposed_by", "consented_by", "approved_by", "ended_by"),
        "sql": stepping(
            "substitution",
            {
                "proposed consented": "consented_by,consented_at",
                "consented approved": "approved_by,approved_at",
                "proposed rejected": _REJECTION,
                "consented rejected": _REJECTION,
                "proposed withdrawn": _END,
                "consented withdrawn": _END,
            },
            begins=("proposed",),
        ),
    },
)
