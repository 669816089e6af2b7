"""Organisations, people, memberships and clients: the same for every authority."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.identity.model import OrganisationState, Profile, Scale
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.values.actor import OrganisationKind, Role

ACCESS_CHANNEL: Final = "ecosystem_access"
"""Where PostgreSQL tells every process whose tokens may have died: an identifier each."""


def _one_of(column: str, words: type[OrganisationKind | OrganisationState | Scale | Profile | Role],
            ) -> CheckConstraint:  # fmt: skip
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


organisation: Final = Table(
    "organisation",
    metadata,
    identifier("id", "org"),
    Column("number", Integer, Identity(), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("name", JSON, nullable=False),
    Column("jurisdiction", Text(collation="C"), ForeignKey("jurisdiction.code"), nullable=False),
    Column("scale", Text),
    Column("state", Text, nullable=False),
    Column("bank_account", JSON),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id"),
    _one_of("kind", OrganisationKind),
    _one_of("scale", Scale),
    _one_of("state", OrganisationState),
    CheckConstraint("(number = 0) = (kind = 'platform')", name="only_the_platform_is_number_0"),
    CheckConstraint("version > 0", name="version_is_positive"),
    Index("organisation_by_kind", "kind", "id"),
    info={
        "held": "reference",
        "sql": ("GRANT USAGE ON SEQUENCE organisation_number_seq TO ecosystem_api",),
    },
)
organisation_identifier: Final = Table(
    "organisation_identifier",
    metadata,
    Column("scheme", Text(collation="C"), nullable=False),
    Column("id", Text(collation="C"), nullable=False),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    PrimaryKeyConstraint("scheme", "id"),
    Index("organisation_identifier_of", "organisation_id"),
    info={"held": "reference"},
)
person: Final = Table(
    "person",
    metadata,
    identifier("id", "person"),
    Column("name", JSON, nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id"),
    info={"held": "reference"},
)
membership: Final = Table(
    "membership",
    metadata,
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("person_id", Text(collation="C"), ForeignKey("person.id"), nullable=False),
    Column("role", Text(collation="C"), nullable=False),
    PrimaryKeyConstraint("organisation_id", "person_id", "role"),
    _one_of("role", Role),
    Index("membership_of_person", "person_id"),
    info={"held": "reference"},
)
client: Final = Table(
    "client",
    metadata,
    identifier("id", "client"),
    Column("organisation_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("secret_digest", LargeBinary),
    Column("jwks", JSON),
    Column("jwks_uri", Text),
    Column("redirect_uris", ARRAY(Text), nullable=False, server_default="{}"),
    Column("dpop", Boolean, nullable=False, server_default=false()),
    Column("disabled_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id"),
    _one_of("profile", Profile),
    CheckConstraint(
        "num_nonnulls(secret_digest, jwks, jwks_uri) = 1 "
        "OR (num_nonnulls(secret_digest, jwks, jwks_uri) = 0 AND redirect_uris <> '{}')",
        name="has_secret_or_keys_or_is_public",
    ),
    CheckConstraint("profile = 'basic' OR num_nonnulls(jwks, jwks_uri) = 1", name="high_has_keys"),
    CheckConstraint("octet_length(secret_digest) = 32", name="secret_is_a_digest"),
    Index("client_of_organisation", "organisation_id"),
    info={"held": "reference"},
)
assertion_used: Final = Table(
    "assertion_used",
    metadata,
    reference("client_id"),
    Column("jti", Text(collation="C"), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("client_id", "jti"),
    info={
        "held": "local: what a client has proved itself with is spent in one place",
        "deletes": True,
    },
)
