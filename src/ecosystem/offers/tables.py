"""Offers, their members and envelopes, the openers' shares, and the records of openings.

Who sees a row is decided here: its members always; from the opening on the authority, the
auditors above it and those whom it lets read; and the opening itself, which is the only
purpose for which a transaction reads sealed envelopes.
"""

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
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.runtime.turns import turning

MEMBER: Final = "nullif(current_setting('app.organisation', true), '') = ANY (member_ids)"
AUTHORITY: Final = "authority_id = nullif(current_setting('app.authority', true), '')::integer"
OVERSEEN: Final = """EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%')"""
_READER: Final = """EXISTS (
    SELECT FROM offer_reader WHERE offer_reader.authority_id = offer.authority_id
      AND offer_reader.need_id = offer.need_id AND offer_reader.may_read
      AND offer_reader.organisation_id = nullif(current_setting('app.organisation', true), ''))"""
_OPENING: Final = "current_setting('app.purpose', true) = 'opening'"
_REVIEWED: Final = "current_setting('app.purpose', true) IN ('review', 'falling')"
"""Whoever decides a challenge, or declines an award, changes offers that it does not otherwise
see."""
_LEAVING: Final = "current_setting('app.purpose', true) = 'leaving'"
"""Only by it can a member write a row that it may not read any more."""
_AMENDING: Final = "current_setting('app.purpose', true) = 'amending'"
"""By it those who have offered are told that a need was amended."""
_FROZEN: Final = """EXISTS (
    SELECT FROM score_freezing WHERE score_freezing.authority_id = NEW.authority_id
      AND score_freezing.need_id = NEW.need_id)"""
_IN_PARTS: Final = """NEW.state <> 'submitted' OR (NEW.financial_envelope IS NOT NULL) = EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND need.envelopes = 'two')"""
_PRICELESS: Final = f"""NEW.financial_state IS NULL OR NEW.content IS NULL
  OR NOT NEW.content::jsonb ?| ARRAY['price', 'financing']
  OR (NEW.financial_state = 'opened' AND {_FROZEN})"""
_ADMITTED: Final = """NEW.financial_state IS DISTINCT FROM 'opened'
  OR OLD.financial_state = 'opened' OR OLD.state = 'admitted'"""
_AS_CONFIRMED: Final = """CASE
  WHEN NEW.state IN ('opened', 'admitted', 'awarded') OR (
    NEW.confirmed_version IS NOT NULL AND NEW.state = 'submitted'
    AND NEW.confirmed_version IS DISTINCT FROM OLD.confirmed_version)
  THEN EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND need.content_version = NEW.confirmed_version
      AND (need.state = 'published' OR NEW.confirmed_version = OLD.confirmed_version))
  ELSE NEW.confirmed_version IS NULL
    OR NEW.confirmed_version IS NOT DISTINCT FROM OLD.confirmed_version
  END"""
"""What is opened was confirmed for the need as it is, while offers were still taken."""
_RIVALS_READ_NOTHING: Final = (
    """
CREATE FUNCTION rivals_read_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE offer_reader SET may_read = false
    WHERE authority_id = NEW.authority_id AND need_id = NEW.need_id AND may_read
      AND organisation_id = ANY (NEW.member_ids);
  RETURN NULL;
END $$""",
    (
        "CREATE TRIGGER rivals_read_nothing AFTER INSERT OR UPDATE OF state, member_ids ON offer "
        "FOR EACH ROW WHEN (NEW.state NOT IN ('draft', 'submitted', 'withdrawn')) "
        "EXECUTE FUNCTION rivals_read_nothing()"
    ),
    "ALTER TABLE offer ENABLE ALWAYS TRIGGER rivals_read_nothing",
)
"""From the opening on nobody whose organisation has offered reads what others have. Before it,
nobody reads anything, and that she stopped reading would tell that it has offered."""
_LIABLE: Final = """NEW.state = 'draft' OR OLD.liability IS NULL
  OR NEW.liability = OLD.liability"""
"""Who owes what is what all members have consented to; a new row has no old one."""
_TURNS: Final = {
    "draft": ("submitted", "withdrawn"),
    "submitted": ("draft", "withdrawn", "opened", "excluded"),
    "opened": ("admitted", "excluded"),
    "admitted": ("excluded", "awarded", "not_awarded", "opened"),
    "excluded": ("opened",),
    "awarded": ("not_awarded", "opened", "excluded"),
    "not_awarded": ("opened", "admitted"),
}
"""Back to `opened` goes what a reviewer has evaluated again; where an award falls, its offer is
excluded, and the others of the contest are admitted again."""
_OPENED: Final = "state IN ('opened', 'admitted', 'excluded', 'awarded', 'not_awarded')"

offer: Final = Table(
    "offer",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "offer"),
    reference("need_id"),
    reference("lot_id"),
    Column("version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    reference("lead_id"),
    Column("member_ids", ARRAY(Text), nullable=False),
    Column("liability", Text, nullable=False, server_default=text("'joint'")),
    Column("envelope", JSON),
    Column("envelope_digest", Text),
    Column("sealed_by", Text),
    Column("received_at", DateTime(timezone=True)),
    Column("receipt", Text),
    # The version of the need's content for which it was submitted, or confirmed since.
    Column("confirmed_version", Integer),
    Column("failure", Text),
    Column("content", JSON),
    # Of the financial part, where it has an envelope of its own.
    Column("financial_envelope", JSON),
    Column("financial_digest", Text),
    Column("financial_state", Text),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    ForeignKeyConstraint(["authority_id", "lot_id"], ["lot.authority_id", "lot.id"]),
    CheckConstraint("kind IN ('delivery', 'advisory', 'financing')", name="kind_is_known"),
    CheckConstraint(
        "state IN ('draft', 'submitted', 'withdrawn', 'opened', 'admitted', 'excluded', 'awarded', "
        "'not_awarded')",
        name="state_is_known",
    ),
    CheckConstraint("lead_id = ANY (member_ids)", name="lead_is_a_member"),
    CheckConstraint("liability IN ('joint', 'several')", name="liability_is_known"),
    CheckConstraint(
        "state <> 'submitted' OR (envelope IS NOT NULL AND envelope_digest IS NOT NULL "
        "AND received_at IS NOT NULL AND receipt IS NOT NULL)",
        name="what_is_submitted_is_sealed",
    ),
    CheckConstraint(
        "state <> 'withdrawn' OR (envelope IS NULL AND financial_envelope IS NULL)",
        name="withdrawn_is_destroyed",
    ),
    CheckConstraint(
        "content IS NULL OR (state NOT IN ('draft', 'submitted', 'withdrawn') "
        "AND (failure IS NULL OR financial_state = 'failed'))",
        name="content_only_when_opened",
    ),
    CheckConstraint("state = 'excluded' OR failure IS NULL", name="what_fails_is_excluded"),
    CheckConstraint(
        "financial_state IN ('sealed', 'opened', 'failed', 'unopened')",
        name="financial_state_is_known",
    ),
    CheckConstraint(
        "financial_state IS NULL OR financial_digest IS NOT NULL", name="each_part_has_its_digest"
    ),
    CheckConstraint(
        "(financial_envelope IS NULL) = (financial_state IS NULL)", name="each_part_is_kept"
    ),
    Index(
        "offer_is_led_once",
        "authority_id",
        "lot_id",
        "kind",
        "lead_id",
        unique=True,
        postgresql_where=text("state <> 'withdrawn'"),
    ),
    Index("offer_of_need", "authority_id", "need_id", "id"),
    Index("offer_newest_first", "id"),
    info={
        "visible_where": f"{MEMBER} OR ({_OPENED} AND ({AUTHORITY} OR {OVERSEEN} OR {_READER}))"
        f" OR {_OPENING} OR {_LEAVING} OR {_AMENDING} OR ({_OPENED} AND {_REVIEWED})",
        "sql": (
            *refusing("both_parts_or_none", on="offer", unless=_IN_PARTS, changes=True),
            *refusing(
                "no_price_before_the_scores_are_frozen",
                on="offer",
                unless=_PRICELESS,
                changes=True,
            ),
            *refusing("no_price_of_an_excluded_offer", on="offer", unless=_ADMITTED, changes=True),
            *refusing(
                "what_is_opened_is_confirmed", on="offer", unless=_AS_CONFIRMED, changes=True
            ),
            *refusing("liability_stays_as_submitted", on="offer", unless=_LIABLE, changes=True),
            *turning("offer", _TURNS, begins=("draft",)),
            *_RIVALS_READ_NOTHING,
        ),
    },
)
score_freezing: Final = Table(
    "score_freezing",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("need_id"),
    Column("salt", Text, nullable=False),
    Column("offers", JSON, nullable=False),
    Column("digest", Text, nullable=False),
    reference("frozen_by"),
    Column("frozen_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "need_id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_is_sha256"),
    info={"append_only": True},
)
_WITH_ITS_OFFER: Final = """EXISTS (
    SELECT FROM offer WHERE offer.authority_id = offer_member.authority_id
      AND offer.id = offer_member.offer_id)"""
offer_member: Final = Table(
    "offer_member",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("offer_id"),
    reference("organisation_id"),
    Column("place", Integer, nullable=False),
    Column("share", Numeric, nullable=False),
    Column("consented_at", DateTime(timezone=True)),
    Column("consented_by", Text),
    PrimaryKeyConstraint("authority_id", "offer_id", "organisation_id"),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    CheckConstraint("share > 0 AND share <= 100", name="share_is_a_part"),
    CheckConstraint(
        "(consented_at IS NULL) = (consented_by IS NULL)", name="a_consent_has_its_giver"
    ),
    info={"visible_where": _WITH_ITS_OFFER, "deletes": True},
)
_IS_OPENED: Final = """EXISTS (
    SELECT FROM opening WHERE opening.authority_id = late_submission.authority_id
      AND opening.need_id = late_submission.need_id)"""
late_submission: Final = Table(
    "late_submission",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "late"),
    reference("need_id"),
    reference("offer_id"),
    reference("lead_id"),
    Column("member_ids", ARRAY(Text), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("submission_ended_at", DateTime(timezone=True), nullable=False),
    Column("envelope_digests", ARRAY(Text), nullable=False),
    Column("receipt", Text, nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    ForeignKeyConstraint(["authority_id", "offer_id"], ["offer.authority_id", "offer.id"]),
    CheckConstraint("received_at >= submission_ended_at", name="late_is_late"),
    Index("late_submission_of_need", "authority_id", "need_id", "id"),
    info={
        "append_only": True,
        "visible_where": f"{MEMBER} OR ({_IS_OPENED} AND ({AUTHORITY} OR {OVERSEEN}))"
        f" OR {_OPENING}",
    },
)
offer_reader: Final = Table(
    "offer_reader",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("need_id"),
    reference("person_id"),
    reference("organisation_id"),
    Column("may_read", Boolean, nullable=False),
    PrimaryKeyConstraint("authority_id", "need_id", "person_id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
)
_NAMED: Final = """EXISTS (
    SELECT FROM need, json_array_elements(need.openers) AS one
    WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND one->>'person_id' = NEW.person_id)"""
_ENOUGH: Final = """(
    SELECT count(DISTINCT one) >= need.threshold AND count(DISTINCT one) = count(one) AND bool_and(
      EXISTS (
        SELECT FROM opening_share WHERE opening_share.authority_id = NEW.authority_id
          AND opening_share.need_id = NEW.need_id AND opening_share.part = NEW.part
          AND opening_share.person_id = one))
    FROM need, unnest(NEW.opened_by) AS one
    WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
    GROUP BY need.threshold)"""
"""As many people as the need asks for, each once, and each of them has handed in her shares."""

_IN_ITS_TURN: Final = f"NEW.part <> 'financial' OR {_FROZEN}"
"""No share of a price is taken before the scores of quality are frozen."""
_ANSWERED: Final = """NEW.part = 'financial' OR EXISTS (
    SELECT FROM need WHERE need.authority_id = NEW.authority_id AND need.id = NEW.need_id
      AND NOT (need.waits_for_answers AND EXISTS (
        SELECT FROM question WHERE question.authority_id = need.authority_id
          AND question.need_id = need.id AND question.answer IS NULL)))"""
"""No question waits where the need's profile has it keep offers sealed."""

opening_share: Final = Table(
    "opening_share",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("need_id"),
    reference("person_id"),
    Column("shares", JSON, nullable=False),
    Column("handed_in_at", DateTime(timezone=True), nullable=False),
    Column("part", Text, nullable=False, server_default="whole"),
    PrimaryKeyConstraint("authority_id", "need_id", "part", "person_id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint("part IN ('whole', 'technical', 'financial')", name="part_is_known"),
    info={
        "append_only": True,
        "visible_where": _OPENING,
        "sql": (
            *refusing("who_opens_is_named_by_the_need", on="opening_share", unless=_NAMED),
            *refusing("shares_of_prices_wait", on="opening_share", unless=_IN_ITS_TURN),
            *refusing("shares_wait_for_answers", on="opening_share", unless=_ANSWERED),
        ),
    },
)
opening: Final = Table(
    "opening",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("need_id"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("opened_by", ARRAY(Text), nullable=False),
    Column("record", JSON, nullable=False),
    Column("part", Text, nullable=False, server_default="whole"),
    PrimaryKeyConstraint("authority_id", "need_id", "part"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    CheckConstraint("part IN ('whole', 'technical', 'financial')", name="part_is_known"),
    CheckConstraint(
        "cardinality(opened_by) >= 2 AND opened_by[1] <> opened_by[2]", name="nobody_opens_alone"
    ),
    info={
        "append_only": True,
        "sql": (
            *refusing("who_opens_has_handed_in", on="opening", unless=_ENOUGH),
            *refusing("prices_open_in_their_turn", on="opening", unless=_IN_ITS_TURN),
            *refusing("an_opening_waits_for_answers", on="opening", unless=_ANSWERED),
        ),
    },
)
