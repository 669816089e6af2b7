"""Which files of needs have expired, and by which rule."""

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

from ecosystem.runtime.columns import reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing

_PAST: Final = """EXISTS (
    SELECT FROM attachment JOIN need
      ON need.authority_id = attachment.authority_id AND need.id = attachment.need_id
    WHERE attachment.authority_id = NEW.authority_id AND attachment.id = NEW.attachment_id
      AND attachment.sha256 = NEW.sha256
      AND need.state IN ('contracted', 'cancelled', 'unsuccessful')
      AND NEW.ended_on >= (
        SELECT max(event.recorded_at AT TIME ZONE 'UTC')::date - 1 FROM event
        WHERE event.authority_id = need.authority_id AND event.stream = need.id)
      AND NOT EXISTS (
        SELECT FROM contract
        WHERE contract.authority_id = need.authority_id AND contract.need_id = need.id
          AND (contract.state IN ('active', 'suspended')
            OR NEW.ended_on < (contract.ended_at AT TIME ZONE 'UTC')::date - 1)))
  AND NEW.kept_until < (NEW.expired_at AT TIME ZONE 'UTC')::date - 1"""
"""The need is over, no contract of it lives, and the years since have passed."""

attachment_expiry: Final = Table(
    "attachment_expiry",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("attachment_id"),
    Column("sha256", Text(collation="C"), nullable=False),
    Column("ended_on", Date, nullable=False),
    Column("years", Integer, nullable=False),
    Column("kept_until", Date, nullable=False),
    Column("law", Text(collation="C"), nullable=False),
    Column("article", Text),
    Column("expired_at", DateTime(timezone=True), nullable=False),
    Column("erased_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "attachment_id"),
    ForeignKeyConstraint(
        ["authority_id", "attachment_id"], ["attachment.authority_id", "attachment.id"]
    ),
    CheckConstraint(
        "kept_until >= (ended_on + make_interval(years => years))::date", name="it_is_whole_years"
    ),
    CheckConstraint("years > 0", name="years_are_positive"),
    CheckConstraint("erased_at >= expired_at", name="nothing_is_erased_before"),
    Index("attachment_expiry_left", "sha256", postgresql_where=text("erased_at IS NULL")),
    info={
        "hands": (
            "authority_id", "attachment_id", "sha256", "ended_on", "years", "kept_until", "law",
            "article", "expired_at", "erased_at",
        ),
        "sql": refusing("attachments_are_kept_their_time", on="attachment_expiry", unless=_PAST),
    },
)  # fmt: skip
"""Their bytes are erased, or are as soon as `erased_at` is null no more."""
