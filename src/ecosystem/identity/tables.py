"""Organisations, people, memberships and clients: the same for every authority."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.identity.model import OrganisationState, Scale
from ecosystem.runtime.columns import identifier, one_of
from ecosystem.runtime.database import metadata
from ecosystem.values.actor import OrganisationKind, Role


def roles_are_known() -> CheckConstraint:
    """Return the check that a column `roles` holds one role or more, and nothing else."""
    listed = ", ".join(f"'{role.value}'" for role in Role)
    return CheckConstraint(
        f"cardinality(roles) > 0 AND roles <@ ARRAY[{listed}]", name="roles_are_known"
    )


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
    Column("other_names", JSON, nullable=False),
    Column("beneficial_owners", JSON, nullable=False),
    Column("judgement", JSON),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id"),
    one_of("kind", OrganisationKind),
    one_of("scale", Scale),
    one_of("state", OrganisationState),
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
    CheckConstraint(
        "CASE scheme WHEN 'CN-USC' THEN id ~ '^[0-9A-Z]{18}$' WHEN 'LEI' THEN id ~ "
        "'^[0-9A-Z]{20}$' ELSE true END",
        name="is_as_its_register_writes_it",
    ),
    Index("organisation_identifier_of", "organisation_id"),
    Index(
        "organisation_identifier_however_spelt",
        "scheme",
        text("upper(regexp_replace(id, '[^0-9A-Za-z]', '', 'g'))"),
        unique=True,
    ),
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
    Column("invitation_id", Text(collation="C"), ForeignKey("invitation.id"), nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("organisation_id", "person_id"),
    UniqueConstraint("invitation_id"),
    roles_are_known(),
    Index("membership_of_person", "person_id"),
    info={"held": "reference", "deletes": True},
)
