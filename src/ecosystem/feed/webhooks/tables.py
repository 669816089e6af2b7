"""Webhooks and their deliveries, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ecosystem.feed.webhooks.model import Because, Outcome, State
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.turns import turning

PURPOSE: Final = "delivering"
"""Under which all webhooks are served, and what has become of old messages is forgotten."""
_VISIBLE: Final = f"""
  organisation_id = nullif(current_setting('app.organisation', true), '')
  OR current_setting('app.purpose', true) = '{PURPOSE}'
"""


webhook: Final = Table(
    "webhook",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "webhook"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("event_types", ARRAY(Text)),
    reference("search_id", nullable=True),
    Column("salt", LargeBinary, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("previous_salt", LargeBinary),
    Column("previous_public_key", Text),
    Column("previous_until", DateTime(timezone=True)),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("stopped_because", Text),
    Column("stopped_at", DateTime(timezone=True)),
    # How far it has come: this changes without a version, for nobody reads it as an ETag.
    Column("cursor", BigInteger, nullable=False),
    Column("has_lost", Boolean, nullable=False),
    Column("lease", BigInteger, nullable=False),
    Column("leased_until", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    one_of("state", State),
    one_of("stopped_because", Because),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("cursor >= 0", name="cursor_is_a_position"),
    CheckConstraint("length(salt) = 32", name="salt_is_long_enough"),
    CheckConstraint(
        "(state = 'stopped') = (stopped_because IS NOT NULL) "
        "AND (stopped_because IS NULL) = (stopped_at IS NULL)",
        name="a_stop_has_its_reason",
    ),
    CheckConstraint(
        "(previous_salt IS NULL) = (previous_until IS NULL) "
        "AND (previous_salt IS NULL) = (previous_public_key IS NULL)",
        name="what_was_rotated_has_its_end",
    ),
    Index("webhook_of", "organisation_id", "id"),
    Index("webhook_to_serve", "authority_id", "id", postgresql_where=text("state = 'active'")),
    info={
        "deletes": True,
        "visible_where": _VISIBLE,
        "sql": turning(
            "webhook",
            {"active": ("paused", "stopped"), "paused": ("active",), "stopped": ("active",)},
            begins=("active",),
        ),
    },
)
webhook_delivery: Final = Table(
    "webhook_delivery",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "delivery"),
    reference("webhook_id"),
    reference("organisation_id"),
    Column("position", BigInteger),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("is_replay", Boolean, nullable=False),
    Column("last_status", Integer),
    Column("last_problem", Text),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("attempted_at", DateTime(timezone=True)),
    Column("next_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "webhook_id"], ["webhook.authority_id", "webhook.id"]),
    UniqueConstraint("authority_id", "webhook_id", "position"),
    one_of("state", Outcome),
    CheckConstraint("attempts >= 0", name="attempts_are_counted"),
    CheckConstraint("(type = 'webhook.test') = (position IS NULL)", name="an_event_has_a_place"),
    CheckConstraint(
        "(state = 'pending') = (next_at IS NOT NULL) "
        "AND (next_at IS NULL) = (ended_at IS NOT NULL)",
        name="either_comes_again_or_has_ended",
    ),
    Index("webhook_delivery_of", "authority_id", "webhook_id", "id"),
    Index(
        "webhook_delivery_pending",
        "authority_id",
        "webhook_id",
        "position",
        postgresql_where=text("state = 'pending'"),
    ),
    Index("webhook_delivery_over", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    info={
        "deletes": True,
        "visible_where": _VISIBLE,
        "sql": turning(
            "webhook_delivery",
            {"pending": ("delivered", "dead"), "dead": ("pending",), "delivered": ()},
            begins=("pending",),
        ),
    },
)
