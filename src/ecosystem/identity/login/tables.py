"""Accounts, sessions, and the counters that slow guessing down.

Of a session's cookie only the SHA-256 is kept, of a password an Argon2 digest, and of what
was typed as a name a keyed digest: who reads these tables can use none of them.
"""

from typing import Any, Final

from sqlalchemy import (
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
    UniqueConstraint,
)

from ecosystem.runtime.columns import identifier, one_of
from ecosystem.runtime.database import metadata
from ecosystem.values.actor import Assurance


def _instant(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=False)


def _digest() -> tuple[Column[bytes], CheckConstraint, PrimaryKeyConstraint]:
    return (
        Column("digest", LargeBinary, nullable=False),
        CheckConstraint("octet_length(digest) = 32", name="digest_is_sha256"),
        PrimaryKeyConstraint("digest"),
    )


account: Final = Table(
    "account",
    metadata,
    Column("person_id", Text(collation="C"), ForeignKey("person.id"), nullable=False),
    identifier("id", "account"),
    Column("username", Text, nullable=False),
    Column("username_folded", Text(collation="C"), nullable=False),
    Column("password_digest", Text(collation="C"), nullable=False),
    _instant("created_at"),
    _instant("changed_at"),
    PrimaryKeyConstraint("person_id"),
    UniqueConstraint("id"),
    UniqueConstraint("username_folded"),
    CheckConstraint("password_digest LIKE '$argon2id$%'", name="password_is_a_digest"),
    info={"held": "reference"},
)
"""Its `id` names its own history, which is the person's and no organisation's."""
login_session: Final = Table(
    "login_session",
    metadata,
    *_digest(),
    Column("person_id", Text(collation="C"), ForeignKey("account.person_id"), nullable=False),
    Column("acr", Text, nullable=False),
    Column("browser", Text, nullable=False),
    _instant("authenticated_at"),
    _instant("expires_at"),
    one_of("acr", Assurance),
    Index("login_session_of_person", "person_id", "expires_at"),
    info={"held": "local: a browser's session is asked for in one place", "deletes": True},
)
login_counter: Final = Table(
    "login_counter",
    metadata,
    *_digest(),
    Column("failures", Integer, nullable=False),
    _instant("free_at"),
    _instant("last_at"),
    CheckConstraint("failures >= 0", name="failures_are_counted"),
    Index("login_counter_by_last", "last_at"),
    info={"held": "local: guesses are counted in one place", "deletes": True},
)
"""How often in vain, since when, for one browser, name or address."""
