"""Passkeys, and the challenges that have been answered: public keys and digests alone."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
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
    UniqueConstraint,
)

from ecosystem.runtime.columns import identifier
from ecosystem.runtime.database import metadata

passkey: Final = Table(
    "passkey",
    metadata,
    identifier("id", "passkey"),
    Column("person_id", Text(collation="C"), ForeignKey("account.person_id"), nullable=False),
    Column("credential_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("handle", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("transports", ARRAY(Text), nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("suspected_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("credential_id"),
    CheckConstraint("octet_length(credential_id) BETWEEN 1 AND 1023", name="credential_is_short"),
    CheckConstraint("octet_length(handle) = 32", name="handle_has_256_bits"),
    CheckConstraint("sign_count BETWEEN 0 AND 4294967295", name="sign_count_has_32_bits"),
    CheckConstraint("char_length(label) BETWEEN 1 AND 60", name="label_is_short"),
    Index("passkey_of_person", "person_id", "id"),
    info={"held": "reference", "deletes": True},
)
passkey_challenge: Final = Table(
    "passkey_challenge",
    metadata,
    Column("digest", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("digest"),
    CheckConstraint("octet_length(digest) = 32", name="digest_is_sha256"),
    Index("passkey_challenge_by_expiry", "expires_at"),
    info={"held": "local: a challenge is answered in one place", "deletes": True},
)
"""The challenges that have been answered and are not five minutes old: none is answered twice."""
