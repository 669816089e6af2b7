"""Facts about passkeys."""

from typing import Final

import msgspec
from sqlalchemy import LargeBinary, Text, bindparam, func, select

from ecosystem.identity.login import queries as accounts
from ecosystem.identity.login.passkeys.model import Passkey
from ecosystem.identity.login.passkeys.tables import passkey
from ecosystem.identity.tables import person
from ecosystem.runtime.database import Statement, Tx

_PERSON: Final = bindparam("person_id", type_=Text)
_OF_PERSON: Final = Statement(
    select(
        passkey.c.id,
        passkey.c.label,
        passkey.c.backed_up,
        passkey.c.created_at,
        passkey.c.used_at,
        passkey.c.suspected_at,
    )
    .where(passkey.c.person_id == _PERSON)
    .order_by(passkey.c.id)
)
_COUNT: Final = Statement(
    select(func.count()).select_from(passkey).where(passkey.c.person_id == _PERSON)
)
_CREDENTIALS: Final = Statement(
    select(passkey.c.credential_id).where(passkey.c.person_id == _PERSON).order_by(passkey.c.id)
)
_KNOWN: Final = Statement(
    select(passkey.c.id).where(passkey.c.credential_id == bindparam("credential_id"))
)
_OWNER: Final = Statement(
    select(passkey.c.person_id)
    .join(person, person.c.id == passkey.c.person_id)
    .where(passkey.c.credential_id == bindparam("credential_id", type_=LargeBinary))
    .where(person.c.disabled_at.is_(None))
)
_USED: Final = Statement(
    select(
        passkey.c.id,
        passkey.c.person_id,
        passkey.c.public_key,
        passkey.c.handle,
        passkey.c.sign_count,
    )
    .where(passkey.c.credential_id == bindparam("credential_id", type_=LargeBinary))
    .where(passkey.c.person_id == _PERSON)
    .with_for_update()
)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey by which an active person logs in, with what its signature is verified with."""

    id: str
    person_id: str
    account_id: str
    public_key: bytes
    handle: bytes
    sign_count: int


async def passkeys(tx: Tx, person_id: str) -> list[Passkey]:
    """Return a person's passkeys, the oldest first."""
    rows = await tx.rows(_OF_PERSON, person_id=person_id)
    return [Passkey(**row) for row in rows]


async def count(tx: Tx, person_id: str) -> int:
    """Return how many passkeys a person has."""
    found: int = await tx.value(_COUNT, person_id=person_id)
    return found


async def has(tx: Tx, person_id: str) -> bool:
    """Tell whether a person has a passkey."""
    return await count(tx, person_id) > 0


async def credentials(tx: Tx, person_id: str) -> list[bytes]:
    """Return by what authenticators know a person's passkeys, so that none makes a second."""
    return [row["credential_id"] for row in await tx.rows(_CREDENTIALS, person_id=person_id)]


async def is_known(tx: Tx, credential_id: bytes) -> bool:
    """Tell whether a passkey is registered, for whomever."""
    return await tx.row(_KNOWN, credential_id=credential_id) is not None


async def used(tx: Tx, credential_id: bytes) -> Found | None:
    """Return the passkey of an active person, locked, or None.

    The account is locked first, as by all that changes passkeys.
    """
    person_id = await tx.value(_OWNER, credential_id=credential_id)
    if person_id is None:
        return None
    account = await accounts.account_of(tx, person_id, lock=True)
    row = await tx.row(_USED, credential_id=credential_id, person_id=person_id)
    if row is None:
        return None
    return Found(account_id=account.id, **row)
