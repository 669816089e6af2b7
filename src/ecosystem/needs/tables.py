"""Needs, their lots, questions on them, and the keys of those who open offers."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, TSVECTOR

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.turns import turning

_SEARCHED: Final = (
    "bigrams(coalesce(title->>'zh', '') || ' ' || coalesce(title->>'en', '') || ' ' || "
    "coalesce(description->>'zh', '') || ' ' || coalesce(description->>'en', ''))"
    " || tags('in', places) || tags('sector', ARRAY[sector])"
    " || tags('operation', ARRAY[operation]) || tags('kind', words_of(invited_kinds))"
    " || tags('offer', words_of(invited_offers))"
)
"""Pairs of characters, and the words by which needs are filtered, all in one index."""

_LATER: Final = "CASE WHEN state NOT IN ('draft', 'published') THEN state END"
_TURNS: Final = {
    "draft": ("published", "cancelled"),
    "published": ("closed", "cancelled"),
    "closed": ("opened", "cancelled"),
    "opened": ("evaluated", "awarded", "contracted", "unsuccessful", "cancelled"),
    "evaluated": ("awarded", "contracted", "opened", "unsuccessful", "cancelled"),
    "awarded": ("contracted", "opened", "evaluated", "unsuccessful", "cancelled"),
    "contracted": ("opened",),
}
"""Back to `opened` goes what a reviewer has evaluated again, and to `evaluated` what waits for
another award since one fell; three states are ends."""
_TERMS_STAY: Final = (
    """
CREATE FUNCTION need_terms_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'need % is not amended like this', OLD.id
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'need_terms_stay';
END $$""",
    """
CREATE TRIGGER need_terms_stay BEFORE UPDATE OF content_version, waits_for_answers, is_contracted
ON need
FOR EACH ROW WHEN (
  (NEW.content_version <> OLD.content_version
    AND (NEW.content_version < OLD.content_version OR OLD.state NOT IN ('draft', 'published')))
  OR (NEW.waits_for_answers <> OLD.waits_for_answers AND OLD.state <> 'draft')
  OR (OLD.is_contracted AND NOT NEW.is_contracted))
EXECUTE FUNCTION need_terms_stay()""",
    "ALTER TABLE need ENABLE ALWAYS TRIGGER need_terms_stay",
)
"""Nobody makes an old confirmation good, a waiting question harmless or a contract undone here."""

need: Final = Table(
    "need",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "need"),
    Column("version", Integer, nullable=False),
    Column("content_version", Integer, nullable=False, server_default="1"),
    Column("state", Text, nullable=False),
    Column("title", JSON, nullable=False),
    Column("description", JSON, nullable=False),
    Column("sector", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("jurisdiction", Text(collation="C"), nullable=False),
    # The jurisdiction with all that are above it, which never move.
    Column("places", ARRAY(Text), nullable=False),
    Column("value", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    reference("programme_id"),
    Column("lots", JSON, nullable=False),
    Column("invited_kinds", JSON, nullable=False),
    Column("invited_offers", JSON, nullable=False),
    Column("standards", JSON, nullable=False),
    Column("data_resources", JSON, nullable=False),
    Column("documents", JSON, nullable=False, server_default="[]"),
    Column("contract_form", JSON, nullable=False),
    Column("openers_asked", JSON, nullable=False),
    Column("openers", JSON, nullable=False),
    Column("threshold", Integer, nullable=False),
    Column("client_sealing_required", Boolean, nullable=False),
    Column("envelopes", Text, nullable=False, server_default="one"),
    Column("enquiry_ends_at", DateTime(timezone=True), nullable=False),
    Column("submission_ends_at", DateTime(timezone=True), nullable=False),
    Column("opening_at", DateTime(timezone=True), nullable=False),
    Column("estimated_value", Numeric),
    Column("published_at", DateTime(timezone=True)),
    Column("profile_id", Text(collation="C")),
    Column("waits_for_answers", Boolean, nullable=False, server_default="false"),
    Column("warnings", JSON, nullable=False, server_default="[]"),
    Column("cancelled_reason", JSON),
    # Whether a contract has grown from one of its lots, though another is evaluated again.
    Column("is_contracted", Boolean, nullable=False, server_default="false"),
    # Null until the opening: most needs stay published, and no index learns of a publication.
    Column("later_state", Text, Computed(_LATER, persisted=True)),
    Column("searched", TSVECTOR, Computed(_SEARCHED, persisted=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    CheckConstraint(
        "state IN ('draft', 'published', 'closed', 'opened', 'evaluated', 'awarded', 'contracted', "
        "'cancelled', 'unsuccessful')",
        name="state_is_known",
    ),
    CheckConstraint(
        "state IN ('draft', 'cancelled') OR published_at IS NOT NULL",
        name="what_is_public_is_dated",
    ),
    CheckConstraint(
        "(published_at IS NULL) = (profile_id IS NULL)", name="what_is_public_has_its_rules"
    ),
    CheckConstraint(
        "state NOT IN ('contracted', 'opened') AND NOT is_contracted "
        "OR state = 'contracted' AND is_contracted OR state = 'opened'",
        name="a_contracted_need_stays_contracted",
    ),
    CheckConstraint("value > 0", name="value_is_positive"),
    CheckConstraint(
        "estimated_value > 0 AND estimated_value <= value", name="estimate_is_within_the_ceilings"
    ),
    CheckConstraint(
        "enquiry_ends_at < submission_ends_at AND submission_ends_at <= opening_at",
        name="dates_are_in_order",
    ),
    CheckConstraint("threshold >= 2", name="nobody_opens_alone"),
    CheckConstraint("envelopes IN ('one', 'two')", name="envelopes_are_counted"),
    Index("need_newest_first", "id"),
    Index("need_by_closing", "submission_ends_at"),
    Index("need_by_value", "currency", "value"),
    Index(
        "need_by_later_state",
        "later_state",
        "id",
        postgresql_where=text("later_state IS NOT NULL"),
    ),
    # What waits to be sorted into the index is read by every search, so little may wait.
    Index(
        "need_searched",
        "searched",
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
    ),
    # A need changes its state several times: with room beside it, no index has to learn of it.
    postgresql_with={"fillfactor": 70},
    info={
        "sql": (
            *turning("need", _TURNS, begins=("draft", "published")),
            *_TERMS_STAY,
        )
    },
)
lot: Final = Table(
    "lot",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "lot"),
    reference("need_id"),
    Column("ceiling", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint("ceiling > 0", name="ceiling_is_positive"),
    Index("lot_of_need", "authority_id", "need_id"),
    # A draft may lose a lot; one that is offered for is held by its offers.
    info={"deletes": True},
)
need_amendment: Final = Table(
    "need_amendment",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "amendment"),
    reference("need_id"),
    Column("version", Integer, nullable=False),
    Column("reason", JSON, nullable=False),
    Column("differences", JSON, nullable=False),
    Column("is_extended", Boolean, nullable=False),
    Column("amended_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    UniqueConstraint("authority_id", "need_id", "version"),
    Index("need_amendment_of_need", "authority_id", "need_id", "id"),
    info={"append_only": True},
)
question: Final = Table(
    "question",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "question"),
    reference("need_id"),
    Column("version", Integer, nullable=False),
    Column("text", JSON, nullable=False),
    reference("asked_by"),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("answer", JSON),
    reference("answered_by", nullable=True),
    Column("answered_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="an_answer_is_dated"),
    Index("question_of_need", "authority_id", "need_id", "id"),
    info={"hands": ("asked_by", "answered_by", "answered_at")},
)
saved_search: Final = Table(
    "saved_search",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "search"),
    Column("version", Integer, nullable=False),
    reference("organisation_id"),
    Column("name", JSON, nullable=False),
    Column("filters", JSON, nullable=False),
    # The filters again, each null where it asks for nothing, for a need to be compared with.
    Column("text", Text),
    Column("sector", Text),
    Column("operation", Text),
    Column("within", Text),
    Column("invited_kind", Text),
    Column("invited_offer", Text),
    Column("value_min", Numeric),
    Column("value_max", Numeric),
    Column("currency", Text),
    Column("closing_from", DateTime(timezone=True)),
    Column("closing_before", DateTime(timezone=True)),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    Index("saved_search_of", "organisation_id", "id"),
    info={"deletes": True},
)
opening_key: Final = Table(
    "opening_key",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("person_id"),
    identifier("id", "key"),
    Column("public_key", Text, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "person_id"),
)
