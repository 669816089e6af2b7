"""Contracts, their parties and signatures, and the documents filed under them."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
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
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.contracts.guard import GUARD, JOINS, OWN_KEY, SIGNS
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.values.media import TYPES

CALCULATION: Final = "calculation"
"""The purpose of a transaction that sees what all are paid, whoever acts in it."""
CALCULATING: Final = f"current_setting('app.purpose', true) = '{CALCULATION}'"
"""Whoever proves a fact sets off its calculation, and need not see what others are paid."""
VISIBLE_WHERE: Final = """
  authority_id = nullif(current_setting('app.authority', true), '')::integer
  OR EXISTS (
    SELECT FROM contract_party
    WHERE contract_party.authority_id = document.authority_id
      AND contract_party.contract_id = document.contract_id
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), '')
  )
  OR EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%'
  )
  OR current_setting('app.purpose', true) = 'expiring'
"""
"""The authority, the parties to the contract, and its auditors see documents; and what erases."""

_OF_FINAL_AWARDS: Final = """NOT EXISTS (
    SELECT FROM unnest(ARRAY[NEW.award_id, NEW.financing_award_id]) AS one
    WHERE one IS NOT NULL AND NOT EXISTS (
      SELECT FROM award WHERE award.authority_id = NEW.authority_id AND award.id = one
        AND award.state = 'published' AND award.standstill_ends_at <= NEW.drafted_at FOR SHARE))"""
"""No contract grows from an award while its standstill runs, or a challenge of it is open."""

_AS_KEPT: Final = """NOT EXISTS (
    SELECT FROM standard_form AS kept
    WHERE kept.id = NEW.terms->'form'->>'id' AND kept.version = NEW.terms->'form'->>'version'
      AND kept.digest <> NEW.terms->'form'->>'digest')"""
"""A standard form that was used says the same for ever under its name and version."""

standard_form: Final = Table(
    "standard_form",
    metadata,
    Column("id", Text(collation="C"), nullable=False),
    Column("version", Text(collation="C"), nullable=False),
    Column("digest", Text(collation="C"), nullable=False),
    Column("content", JSON, nullable=False),
    PrimaryKeyConstraint("id", "version"),
    CheckConstraint(
        "digest = encode(sha256(convert_to(content::text, 'UTF8')), 'hex')",
        name="digest_is_of_the_content",
    ),
    info={"held": "reference", "append_only": True},
)
"""The standard forms from which contracts were drafted, as they then were."""

contract: Final = Table(
    "contract",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "contract"),
    Column("version", Integer, nullable=False),
    Column("edition", Integer, nullable=False, server_default=text("1")),
    Column("state", Text, nullable=False),
    reference("need_id"),
    reference("lot_id"),
    reference("award_id"),
    reference("financing_award_id", nullable=True),
    reference("programme_id"),
    Column("price", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("terms_digest", Text(collation="C"), nullable=False),
    Column("drafted_at", DateTime(timezone=True), nullable=False),
    Column("activated_at", DateTime(timezone=True)),
    Column("suspended_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("turns", Integer, nullable=False, server_default=text("0")),
    Column("wording", Integer, nullable=False, server_default=text("1")),
    Column("sign_by", DateTime(timezone=True)),
    reference("called_by", nullable=True),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "need_id"], ["need.authority_id", "need.id"]),
    ForeignKeyConstraint(["authority_id", "lot_id"], ["lot.authority_id", "lot.id"]),
    ForeignKeyConstraint(["authority_id", "award_id"], ["award.authority_id", "award.id"]),
    ForeignKeyConstraint(
        ["authority_id", "financing_award_id"], ["award.authority_id", "award.id"]
    ),
    CheckConstraint(
        "state IN ('draft', 'active', 'suspended', 'completed', 'terminated', 'cancelled')",
        name="state_is_known",
    ),
    CheckConstraint(
        "(state = 'suspended') = (suspended_at IS NOT NULL)"
        " AND (state IN ('completed', 'terminated', 'cancelled')) = (ended_at IS NOT NULL)",
        name="what_stopped_is_dated",
    ),
    CheckConstraint(
        "(state IN ('draft', 'cancelled')) = (activated_at IS NULL)",
        name="what_is_in_force_is_dated",
    ),
    CheckConstraint("(sign_by IS NULL) = (called_by IS NULL)", name="a_call_to_sign_has_its_time"),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("edition > 0", name="edition_is_positive"),
    CheckConstraint("wording > 0", name="wording_is_positive"),
    CheckConstraint("price > 0", name="price_is_positive"),
    CheckConstraint("starts_on < ends_on", name="term_holds_a_day"),
    CheckConstraint(
        "terms_digest = encode(sha256(convert_to(terms::text, 'UTF8')), 'hex')",
        name="digest_is_of_the_terms",
    ),
    Index("contract_newest_first", "id"),
    Index("contract_of_need", "authority_id", "need_id"),
    Index(
        "one_contract_of_an_award_is_active",
        "authority_id",
        "award_id",
        unique=True,
        postgresql_where=text("activated_at IS NOT NULL"),
    ),
    info={
        "sql": (
            *refusing("a_contract_grows_from_final_awards", on="contract", unless=_OF_FINAL_AWARDS),
            *refusing("a_used_form_stays", on="contract", unless=_AS_KEPT),
            *GUARD,
        )
    },
)
contract_party: Final = Table(
    "contract_party",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("contract_id"),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("share", Numeric),
    PrimaryKeyConstraint("authority_id", "contract_id", "organisation_id"),
    UniqueConstraint("authority_id", "contract_id", "organisation_id", "role"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint("role IN ('buyer', 'supplier', 'verifier', 'lender')", name="role_is_known"),
    CheckConstraint("share > 0 AND share <= 100", name="share_is_a_part"),
    CheckConstraint(
        "(share IS NULL) = (role IN ('buyer', 'verifier'))",
        name="who_supplies_or_lends_has_a_share",
    ),
    Index("contract_party_of", "organisation_id", "contract_id"),
    Index(
        "one_buyer_in_a_contract",
        "authority_id",
        "contract_id",
        unique=True,
        postgresql_where=text("role = 'buyer'"),
    ),
    info={
        "append_only": True,
        "sql": refusing("a_party_joins_by_draft_or_change", on="contract_party", unless=JOINS),
    },
)
contract_signature: Final = Table(
    "contract_signature",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("contract_id"),
    reference("organisation_id"),
    Column("person_id", Text(collation="C"), ForeignKey("person.id"), nullable=False),
    Column("digest", Text(collation="C"), nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("own_key", JSON),
    Column("wording", Integer, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("authority_id", "contract_id", "organisation_id", "wording"),
    UniqueConstraint(
        "authority_id", "contract_id", "person_id", "wording", name="nobody_signs_for_two"
    ),
    CheckConstraint(OWN_KEY, name="own_key_can_be_checked"),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "organisation_id"],
        [
            "contract_party.authority_id",
            "contract_party.contract_id",
            "contract_party.organisation_id",
        ],
    ),
    info={
        "append_only": True,
        "sql": refusing("a_draft_is_signed_as_worded", on="contract_signature", unless=SIGNS),
    },
)
document: Final = Table(
    "document",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "document"),
    Column("version", Integer, nullable=False),
    reference("contract_id"),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text(collation="C"), nullable=False),
    Column("filed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "id", "contract_id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    one_of("media_type", TYPES),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_a_digest"),
    CheckConstraint("bytes > 0", name="is_not_empty"),
    Index("document_of_contract", "authority_id", "contract_id", "id"),
    Index("document_by_digest", "sha256"),
    info={"append_only": True, "visible_where": VISIBLE_WHERE},
)
