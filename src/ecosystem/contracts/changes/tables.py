"""Changes and their signatures; and what lets a contract be altered at all."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    Boolean,
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
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.contracts.guard import OWN_KEY
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_TURNS: Final = stepping(
    "contract_change",
    {
        "proposed proposed": (
            "approved_by,approved_at,reply,replied_by,replied_at,dispute,disputed_by,disputed_at"
        ),
        "in_force in_force": "dispute,disputed_by,disputed_at",
        "proposed in_force": "ended_at",
        "proposed withdrawn": "ended_at,ended_by,ended_reason",
        "proposed rejected": "ended_at,ended_by,ended_reason",
    },
    never="""NEW.state = 'in_force' AND EXISTS (
      SELECT FROM unnest(NEW.signers) AS signer WHERE NOT EXISTS (
        SELECT FROM contract_change_signature AS signed
        WHERE signed.authority_id = NEW.authority_id AND signed.change_id = NEW.id
          AND signed.organisation_id = signer AND signed.digest = NEW.terms_digest))""",
    named="change",
)
_SIGNS: Final = """EXISTS (
    SELECT FROM contract_change AS change
    WHERE change.authority_id = NEW.authority_id AND change.id = NEW.change_id
      AND change.state = 'proposed' AND change.terms_digest = NEW.digest
      AND NEW.organisation_id = ANY (change.signers) AND change.proposed_by <> NEW.person_id
      AND (NOT change.needs_approval OR change.approved_by IS NOT NULL))"""
"""A party to the new terms signs them, and by another hand than the one that proposed."""

_ALL_SIGN: Final = """NOT EXISTS (
    SELECT FROM contract_party AS party
    WHERE party.authority_id = NEW.authority_id AND party.contract_id = NEW.contract_id
      AND party.organisation_id IS DISTINCT FROM NEW.excluded_id
      AND party.organisation_id <> ALL (NEW.signers) AND NOT EXISTS (
        SELECT FROM contract_departure AS departure
        WHERE departure.authority_id = party.authority_id
          AND departure.contract_id = party.contract_id
          AND departure.organisation_id = party.organisation_id))
  AND NOT EXISTS (
    SELECT FROM json_array_elements(NEW.terms->'parties') AS party
    WHERE party->>'organisation_id' <> ALL (NEW.signers))"""
"""Every party to the old terms signs, but one that is excluded, and every one to the new."""

_MAY_EXCLUDE: Final = """NEW.excluded_id IS NULL OR NEW.side = 'authority' OR EXISTS (
    SELECT FROM contract CROSS JOIN json_array_elements(contract.terms->'parties') AS party
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND party->>'organisation_id' = NEW.excluded_id AND party->>'role' = 'supplier'
      AND (party->>'lead')::boolean)"""
"""The authority excludes any member; the others exclude who leads them."""
_ONE_LEADS: Final = """NOT EXISTS (
    SELECT FROM json_array_elements(NEW.terms->'consortia') AS place WHERE 1 <> (
      SELECT count(*) FROM json_array_elements(NEW.terms->'parties') AS party
      WHERE party->>'role' = place->>'role' AND (party->>'lead')::boolean))"""
"""Who leaves takes the lead with it, and one that stays takes it up."""

contract_change: Final = Table(
    "contract_change",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "change"),
    Column("version", Integer, nullable=False),
    reference("contract_id"),
    Column("edition", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    reference("proposed_by"),
    Column("ground", Text(collation="C"), nullable=False),
    Column("reason", JSON, nullable=False),
    Column("base_digest", Text(collation="C"), nullable=False),
    Column("changes", JSON, nullable=False),
    Column("impact", JSON, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("terms_digest", Text(collation="C"), nullable=False),
    Column("signers", ARRAY(Text(collation="C")), nullable=False),
    Column("price_before", Numeric, nullable=False),
    Column("price_after", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("needs_approval", Boolean, nullable=False),
    reference("approved_by", nullable=True),
    Column("approved_at", DateTime(timezone=True)),
    reference("excluded_id", nullable=True),
    Column("reply_by", DateTime(timezone=True)),
    Column("reply", JSON),
    reference("replied_by", nullable=True),
    Column("replied_at", DateTime(timezone=True)),
    Column("dispute", JSON),
    reference("disputed_by", nullable=True),
    Column("disputed_at", DateTime(timezone=True)),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    reference("ended_by", nullable=True),
    Column("ended_reason", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint(
        "state IN ('proposed', 'in_force', 'withdrawn', 'rejected')", name="state_is_known"
    ),
    CheckConstraint("side IN ('authority', 'supplier')", name="side_is_known"),
    CheckConstraint("edition > 1", name="the_first_edition_is_no_change"),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("price_before > 0 AND price_after > 0", name="price_is_positive"),
    CheckConstraint("cardinality(signers) > 1", name="takes_two_to_sign"),
    CheckConstraint("terms_digest <> base_digest", name="changes_something"),
    CheckConstraint(
        "needs_approval = (changes->'substitution' IS NOT NULL)"
        " AND (approved_by IS NULL) = (approved_at IS NULL)"
        " AND (state <> 'in_force' OR NOT needs_approval OR approved_by IS NOT NULL)",
        name="who_takes_a_place_is_approved",
    ),
    another("approved_by", "proposed_by", name="another_approves"),
    CheckConstraint(
        "(excluded_id IS NULL) = (changes->'substitution'->'exclusion' IS NULL)"
        " AND (excluded_id IS NULL) = (reply_by IS NULL) AND (excluded_id IS NULL"
        " OR (excluded_id = changes->'substitution'->>'leaving_id' AND excluded_id <>"
        " organisation_id AND excluded_id <> ALL (signers)) IS TRUE)",
        name="who_shall_leave_is_excluded",
    ),
    CheckConstraint(
        "excluded_id IS NULL OR approved_at IS NULL"
        " OR (approved_at >= reply_by OR approved_at >= replied_at) IS TRUE",
        name="nobody_is_excluded_unheard",
    ),
    CheckConstraint(
        "(reply IS NULL) = (replied_by IS NULL) AND (reply IS NULL) = (replied_at IS NULL)"
        " AND (reply IS NULL OR excluded_id IS NOT NULL)",
        name="who_is_excluded_replies",
    ),
    CheckConstraint(
        "(dispute IS NULL) = (disputed_by IS NULL) AND (dispute IS NULL) = (disputed_at IS NULL)"
        " AND (dispute IS NULL OR excluded_id IS NOT NULL AND disputed_at >= approved_at)"
        " IS TRUE",
        name="what_is_disputed_was_decided",
    ),
    CheckConstraint(
        "terms_digest = encode(sha256(convert_to(terms::text, 'UTF8')), 'hex')",
        name="digest_is_of_the_terms",
    ),
    CheckConstraint(
        "(terms->'value'->>'amount')::numeric = price_after"
        " AND terms->'value'->>'currency' = currency",
        name="price_is_of_the_terms",
    ),
    CheckConstraint(
        "(state = 'proposed') = (ended_at IS NULL)"
        " AND (state IN ('withdrawn', 'rejected')) = (ended_reason IS NOT NULL)"
        " AND (ended_by IS NULL) = (ended_reason IS NULL)",
        name="end_is_dated_and_reasoned",
    ),
    Index("change_of_contract", "authority_id", "contract_id", "id"),
    Index(
        "one_change_of_a_contract_is_open",
        "authority_id",
        "contract_id",
        unique=True,
        postgresql_where=text("state = 'proposed'"),
    ),
    Index(
        "one_change_makes_an_edition",
        "authority_id",
        "contract_id",
        "edition",
        unique=True,
        postgresql_where=text("state = 'in_force'"),
    ),
    info={
        "hands": ("approved_by", "approved_at", "replied_by", "disputed_by"),
        "sql": (
            *_TURNS,
            *refusing(
                "contract_change_begins_proposed",
                on="contract_change",
                unless="NEW.state = 'proposed' AND NEW.version = 1",
            ),
            *refusing("a_change_is_signed_by_all", on="contract_change", unless=_ALL_SIGN),
            *refusing("members_exclude_their_lead", on="contract_change", unless=_MAY_EXCLUDE),
            *refusing("a_consortium_has_one_lead", on="contract_change", unless=_ONE_LEADS),
        ),
    },
)
_LEAVES: Final = """EXISTS (
    SELECT FROM contract_change AS change
    WHERE change.authority_id = NEW.authority_id AND change.id = NEW.change_id
      AND change.contract_id = NEW.contract_id AND change.state = 'in_force'
      AND change.edition = NEW.edition AND change.approved_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM json_array_elements(change.terms->'parties') AS party
        WHERE party->>'organisation_id' = NEW.organisation_id))"""

contract_departure: Final = Table(
    "contract_departure",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("contract_id"),
    reference("organisation_id"),
    reference("change_id"),
    Column("edition", Integer, nullable=False),
    PrimaryKeyConstraint("authority_id", "contract_id", "organisation_id"),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "organisation_id"],
        [
            "contract_party.authority_id",
            "contract_party.contract_id",
            "contract_party.organisation_id",
        ],
    ),
    ForeignKeyConstraint(
        ["authority_id", "change_id"], ["contract_change.authority_id", "contract_change.id"]
    ),
    info={
        "append_only": True,
        "sql": refusing("a_party_leaves_by_a_change", on="contract_departure", unless=_LEAVES),
    },
)
"""That a party has left, with which edition: what it did before stays its own."""

contract_change_signature: Final = Table(
    "contract_change_signature",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("change_id"),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("person_id", Text(collation="C"), ForeignKey("person.id"), nullable=False),
    Column("digest", Text(collation="C"), nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("own_key", JSON),
    PrimaryKeyConstraint("authority_id", "change_id", "organisation_id"),
    UniqueConstraint("authority_id", "change_id", "person_id", name="nobody_signs_a_change_twice"),
    CheckConstraint(OWN_KEY, name="own_key_can_be_checked"),
    ForeignKeyConstraint(
        ["authority_id", "change_id"], ["contract_change.authority_id", "contract_change.id"]
    ),
    info={
        "append_only": True,
        "sql": refusing(
            "a_change_is_signed_by_its_signers", on="contract_change_signature", unless=_SIGNS
        ),
    },
)
