"""Clients, and what they have proved themselves with: the same for every authority."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.identity.clients.model import Profile
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata

_WAYS: Final = "num_nonnulls(secret_digest, jwks, jwks_uri)"
"""How many ways a client has to prove itself; a public one has none."""
_RETURNS: Final = "array_to_string(redirect_uris, ' ')"
_METHOD_STAYS: Final = """
CREATE FUNCTION client_method_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.secret_digest IS NULL) <> (NEW.secret_digest IS NULL)
    OR num_nonnulls(OLD.jwks, OLD.jwks_uri) <> num_nonnulls(NEW.jwks, NEW.jwks_uri)
  THEN
    RAISE EXCEPTION 'a client proves itself in the way in which it was added'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'client_method_stays';
  END IF;
  RETURN NEW;
END $$"""

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
    Column("old_secret_digest", LargeBinary),
    Column("old_secret_until", DateTime(timezone=True)),
    Column("jwks", JSON),
    Column("jwks_uri", Text),
    Column("redirect_uris", ARRAY(Text), nullable=False, server_default="{}"),
    Column("dpop", Boolean, nullable=False, server_default=false()),
    Column("disabled_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Column("tokens_from", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("id"),
    one_of("profile", Profile),
    CheckConstraint(
        f"{_WAYS} = 1 OR ({_WAYS} = 0 AND redirect_uris <> '{{}}')",
        name="has_secret_or_keys_or_is_public",
    ),
    CheckConstraint(f"{_WAYS} = 1 OR roles = '{{}}'", name="public_acts_for_people"),
    CheckConstraint(
        f"{_WAYS} = 0 OR {_RETURNS} !~ '(^| )(?!https://)[^ ]'", name="returns_over_https"
    ),
    CheckConstraint(
        f"{_RETURNS} !~* '(^| )http://(?!(127[.]0[.]0[.]1|[[]::1[]])([:/?]| |$))'",
        name="returns_over_http_to_its_own_machine_alone",
    ),
    CheckConstraint("profile = 'basic' OR num_nonnulls(jwks, jwks_uri) = 1", name="high_has_keys"),
    CheckConstraint("profile = 'basic' OR dpop", name="high_is_bound_to_a_key"),
    CheckConstraint("octet_length(secret_digest) = 32", name="secret_is_a_digest"),
    CheckConstraint("octet_length(old_secret_digest) = 32", name="old_secret_is_a_digest"),
    CheckConstraint(
        "num_nonnulls(old_secret_digest, old_secret_until) <> 1 "
        "AND (old_secret_digest IS NULL OR secret_digest IS NOT NULL)",
        name="an_old_secret_ends_beside_a_new_one",
    ),
    Index("client_of_organisation", "organisation_id"),
    info={
        "held": "reference",
        "sql": (
            _METHOD_STAYS,
            (
                "CREATE TRIGGER client_method_stays BEFORE UPDATE ON client "
                "FOR EACH ROW EXECUTE FUNCTION client_method_stays()"
            ),
            "ALTER TABLE client ENABLE ALWAYS TRIGGER client_method_stays",
        ),
    },
)


client_keeper: Final = Table(
    "client_keeper",
    metadata,
    reference("person_id"),
    reference("client_id"),
    PrimaryKeyConstraint("person_id", "client_id"),
    info={"held": "reference", "append_only": True},
)
"""Who ever gave a program a key or a secret, or had a program of hers do so."""


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
