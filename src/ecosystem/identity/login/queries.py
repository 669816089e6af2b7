"""Facts about accounts, sessions and failed logins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import LargeBinary, Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from ecosystem.identity.login.model import Counter
from ecosystem.identity.login.tables import account, login_counter, login_session
from ecosystem.identity.tables import membership, organisation, person
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.actor import Actor, Assurance, OrganisationKind
from ecosystem.values.text import Text as Name

_PERSON: Final = bindparam("person_id", type_=Text)
_BY_NAME: Final = Statement(
    select(account.c.person_id, account.c.password_digest, person.c.disabled_at)
    .join(person, person.c.id == account.c.person_id)
    .where(account.c.username_folded == bindparam("username_folded", type_=Text))
)
_OF_PERSON: Final = (
    select(
        account.c.id,
        account.c.username,
        account.c.password_digest,
        account.c.changed_at,
        person.c.name,
    )
    .join(person, person.c.id == account.c.person_id)
    .where(account.c.person_id == _PERSON)
)
_ACCOUNT: Final = Statement(_OF_PERSON)
_LOCKED: Final = Statement(_OF_PERSON.with_for_update(of=account))
_NAME_TAKEN: Final = Statement(
    select(
        select(account.c.id)
        .where(account.c.username_folded == bindparam("username_folded", type_=Text))
        .exists(),
        select(account.c.id).where(account.c.person_id == _PERSON).exists(),
    )
)
_SESSION: Final = Statement(
    select(login_session.c.person_id, login_session.c.acr, login_session.c.authenticated_at)
    .join(person, person.c.id == login_session.c.person_id)
    .where(login_session.c.digest == bindparam("digest", type_=LargeBinary))
    .where(login_session.c.expires_at > func.clock_timestamp())
    .where(person.c.disabled_at.is_(None))
)
_SESSION_HELD: Final = Statement(
    select(login_session.c.person_id)
    .join(person, person.c.id == login_session.c.person_id)
    .where(login_session.c.digest == bindparam("digest", type_=LargeBinary))
    .where(login_session.c.expires_at > func.clock_timestamp())
    .where(person.c.disabled_at.is_(None))
    .with_for_update(read=True, of=login_session)
)
_SESSIONS: Final = Statement(
    select(
        login_session.c.digest,
        login_session.c.acr,
        login_session.c.browser,
        login_session.c.authenticated_at,
    )
    .where(login_session.c.person_id == _PERSON)
    .where(login_session.c.expires_at > func.clock_timestamp())
    .order_by(login_session.c.authenticated_at.desc())
)
_ORGANISATIONS: Final = Statement(
    select(organisation.c.name)
    .where(
        organisation.c.id.in_(
            select(membership.c.organisation_id).where(membership.c.person_id == _PERSON)
        )
    )
    .order_by(organisation.c.id)
)
_HOUSE: Final = Statement(
    select(
        organisation.c.id,
        organisation.c.number,
        organisation.c.kind,
        organisation.c.jurisdiction,
    )
    .where(
        organisation.c.id.in_(
            select(membership.c.organisation_id).where(membership.c.person_id == _PERSON)
        )
        | (organisation.c.number == 0)
    )
    .order_by(organisation.c.number == 0, organisation.c.id)
    .limit(1)
)
_COUNTERS: Final = Statement(
    select(
        login_counter.c.digest,
        login_counter.c.failures,
        login_counter.c.free_at,
        login_counter.c.last_at,
    )
    .where(login_counter.c.digest == any_(bindparam("digests", type_=ARRAY(LargeBinary))))
    .order_by(login_counter.c.digest)
    .with_for_update()
)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An account that a name leads to, with what a password is compared with."""

    person_id: str
    password_digest: str
    is_active: bool


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own account."""

    id: str
    username: str
    password_digest: str
    changed_at: datetime
    name: Name


class SessionFound(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in, and since when."""

    person_id: str
    acr: Assurance
    authenticated_at: datetime


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """A browser in which a person is logged in."""

    digest: bytes
    acr: Assurance
    browser: str
    authenticated_at: datetime


async def known(tx: Tx, username_folded: str) -> Known | None:
    """Return the account that a name leads to, or None."""
    row = await tx.row(_BY_NAME, username_folded=username_folded)
    if row is None:
        return None
    return Known(
        person_id=row["person_id"],
        password_digest=row["password_digest"],
        is_active=row["disabled_at"] is None,
    )


async def account_of(tx: Tx, person_id: str, *, lock: bool = False) -> Account:
    """Return the account of a person who has one, locked where it is to be changed."""
    row = await tx.row(_LOCKED if lock else _ACCOUNT, person_id=person_id)
    if row is None:
        raise LookupError(person_id)
    return Account(
        id=row["id"],
        username=row["username"],
        password_digest=row["password_digest"],
        changed_at=row["changed_at"],
        name=msgspec.json.decode(row["name"], type=Name),
    )


async def taken(tx: Tx, username_folded: str, *, person_id: str) -> tuple[bool, bool]:
    """Tell whether a name is taken, and whether a person has an account."""
    row = await tx.row(_NAME_TAKEN, username_folded=username_folded, person_id=person_id)
    return (False, False) if row is None else (row[0], row[1])


async def session(tx: Tx, digest: bytes) -> SessionFound | None:
    """Return who is logged in by a cookie's digest: nobody who is disabled, or for too long."""
    row = await tx.row(_SESSION, digest=digest)
    if row is None:
        return None
    return SessionFound(
        person_id=row["person_id"],
        acr=Assurance(row["acr"]),
        authenticated_at=row["authenticated_at"],
    )


async def hold(tx: Tx, digest: bytes) -> bool:
    """Tell whether there is a session, by its cookie's digest; lock it, so that it stays."""
    return await tx.row(_SESSION_HELD, digest=digest) is not None


async def browsers(tx: Tx, person_id: str) -> list[Browser]:
    """Return the browsers in which a person is logged in, the last first."""
    rows = await tx.rows(_SESSIONS, person_id=person_id)
    return [
        Browser(
            digest=row["digest"],
            acr=Assurance(row["acr"]),
            browser=row["browser"],
            authenticated_at=row["authenticated_at"],
        )
        for row in rows
    ]


async def organisations(tx: Tx, person_id: str) -> list[Name]:
    """Return the names of the organisations that a person belongs to."""
    rows = await tx.rows(_ORGANISATIONS, person_id=person_id)
    return [msgspec.json.decode(row["name"], type=Name) for row in rows]


async def herself(tx: Tx, person_id: str, *, client_id: str) -> Actor | None:
    """Return a person who acts on her own account, with no role.

    For the first organisation that she belongs to, or else as a guest of the platform's; None
    where there is neither.
    """
    row = await tx.row(_HOUSE, person_id=person_id)
    if row is None:
        return None
    return Actor(
        organisation_id=row["id"],
        organisation_number=row["number"],
        kind=OrganisationKind(row["kind"]),
        verified=False,
        jurisdiction=row["jurisdiction"],
        client_id=client_id,
        person_id=person_id,
    )


async def counters(tx: Tx, digests: Sequence[bytes]) -> dict[bytes, Counter]:
    """Return the counters that there are, locked in one order, by their digests."""
    rows = await tx.rows(_COUNTERS, digests=list(digests))
    return {
        row["digest"]: Counter(
            failures=row["failures"], free_at=row["free_at"], last_at=row["last_at"]
        )
        for row in rows
    }
