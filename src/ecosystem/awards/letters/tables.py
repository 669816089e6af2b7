"""Letters to bidders that lost: written once, for the members of one offer."""

from typing import Final

from sqlalchemy import (
    ARRAY,
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

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata

letter: Final = Table(
    "letter",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "letter"),
    reference("award_id"),
    reference("need_id"),
    reference("lot_id"),
    reference("offer_id"),
    Column("member_ids", ARRAY(Text), nullable=False),
    Column("content", JSON, nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "award_id"], ["award.authority_id", "award.id"]),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    UniqueConstraint("authority_id", "award_id", "offer_id", name="each_loser_has_one_letter"),
    Index("letter_newest_first", "id"),
    info={
        "append_only": True,
        # Whoever writes a row sees it: the authority, which the queries leave out.
        "visible_where": "authority_id = "
        "nullif(current_setting('app.authority', true), '')::integer OR "
        "nullif(current_setting('app.organisation', true), '') = ANY (member_ids)",
    },
)
