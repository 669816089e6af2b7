"""What people authorise clients to do, and the short-lived secrets on the way there.

Of codes, refresh tokens and handles only the SHA-256 is kept: who reads these tables
can use none of them.
"""

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.values.actor import Assurance


def _instant(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _digest() -> tuple[Column[bytes], CheckConstraint, PrimaryKeyConstraint]:
    return (
        Column("digest", LargeBinary, nullable=False),
        CheckConstraint("octet_length(digest) = 32", name="digest_is_sha256"),
        PrimaryKeyConstraint("digest"),
    )


def _of_authorisation() -> Column[str]:
    return Column(
        "authorisation_id",
        Text(collation="C"),
        ForeignKey("authorisation.id", ondelete="CASCADE"),
        nullable=False,
    )


authorisation_request: Final = Table(
    "authorisation_request",
    metadata,
    *_digest(),
    reference("client_id"),
    Column("asked", JSON, nullable=False),
    Column("pushed", Boolean, nullable=False),
    _instant("asked_at"),
    _instant("expires_at"),
    Index("authorisation_request_of_client", "client_id", "expires_at"),
    info={
        "held": "local: what a client asks of a person is answered in one place",
        "deletes": True,
    },
)
authorisation: Final = Table(
    "authorisation",
    metadata,
    identifier("id", "grant"),
    reference("client_id"),
    reference("person_id"),
    reference("organisation_id"),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("acr", Text, nullable=False),
    _instant("authenticated_at"),
    Column("jkt", Text(collation="C")),
    _instant("created_at"),
    _instant("expires_at"),
    _instant("revoked_at", nullable=True),
    PrimaryKeyConstraint("id"),
    one_of("acr", Assurance),
    Index("authorisation_of_person", "person_id", "expires_at"),
    info={
        "held": "local: what a person authorised is asked for in one place",
        "deletes": True,
    },
)
authorisation_code: Final = Table(
    "authorisation_code",
    metadata,
    *_digest(),
    _of_authorisation(),
    Column("redirect_uri", Text, nullable=False),
    Column("code_challenge", Text(collation="C"), nullable=False),
    _instant("expires_at"),
    _instant("used_at", nullable=True),
    Index("authorisation_code_of", "authorisation_id"),
    info={"held": "local: as authorisation", "deletes": True},
)
refresh_token: Final = Table(
    "refresh_token",
    metadata,
    *_digest(),
    _of_authorisation(),
    _instant("issued_at"),
    _instant("replaced_at", nullable=True),
    Index("refresh_token_of", "authorisation_id"),
    info={"held": "local: as authorisation", "deletes": True},
)
dpop_proof: Final = Table(
    "dpop_proof",
    metadata,
    Column("jkt", Text(collation="C"), nullable=False),
    Column("jti", LargeBinary, nullable=False),
    _instant("expires_at"),
    PrimaryKeyConstraint("jkt", "jti"),
    CheckConstraint("octet_length(jti) = 32", name="jti_is_sha256"),
    Index("dpop_proof_by_expiry", "expires_at"),
    info={
        "held": "local: what a client has proved a key with is spent in one place",
        "deletes": True,
    },
)
revoked_token: Final = Table(
    "revoked_token",
    metadata,
    identifier("jti", "token"),
    _instant("expires_at"),
    PrimaryKeyConstraint("jti"),
    Index("revoked_token_expires_at", "expires_at"),
    info={
        "held": "local: what a program gave back is asked for in one place",
        "deletes": True,
    },
)
