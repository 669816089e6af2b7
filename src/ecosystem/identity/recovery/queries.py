"""Facts about recoveries and their people, locked."""

import hashlib
from typing import Any, Final

from sqlalchemy import Boolean, LargeBinary, Text, any_, bindparam, exists, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from ecosystem.identity.login.tables import account
from ecosystem.identity.people import queries as people
from ecosystem.identity.recovery.model import OfferFacts, RecoveryFacts
from ecosystem.identity.recovery.tables import recovery
from ecosystem.identity.tables import membership, person
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, Role
from ecosystem.values.identifiers import is_identifier
from ecosystem.values.refusal import Kind, Refusal

_ID: Final = bindparam("id", type_=Text)
_DIGEST: Final = bindparam("digest", type_=LargeBinary)
_PERSON: Final = Statement(
    select(person.c.disabled_at, account.c.id.label("account_id"))
    .select_from(person.outerjoin(account, account.c.person_id == person.c.id))
    .where(person.c.id == _ID)
    .where(
        or_(
            bindparam("of_all", type_=Boolean),
            exists()
            .where(membership.c.person_id == person.c.id)
            .where(membership.c.organisation_id == bindparam("own", type_=Text)),
        )
    )
    .with_for_update(of=person)
)
_IS_ADMINISTERED: Final = Statement(
    select(
        exists()
        .where(membership.c.organisation_id == any_(bindparam("organisations", type_=ARRAY(Text))))
        .where(any_(membership.c.roles) == Role.ADMINISTRATOR.value)
        .where(membership.c.person_id != _ID)
        .where(person.c.id == membership.c.person_id, person.c.disabled_at.is_(None))
    )
)
_OWNER: Final = Statement(select(recovery.c.person_id).where(recovery.c.digest == _DIGEST))
_OF_CODE: Final = select(recovery).where(recovery.c.digest == _DIGEST)
_SEEN: Final = Statement(_OF_CODE)
_LOCKED: Final = Statement(_OF_CODE.with_for_update())
_IS_DISABLED: Final = Statement(select(person.c.disabled_at).where(person.c.id == _ID))
_DISABLED_LOCKED: Final = Statement(
    select(person.c.disabled_at).where(person.c.id == _ID).with_for_update()
)


class RecoveryUnknown(Refusal):
    """There is no such recovery."""

    kind = Kind.MISSING
    remedy = "Check that the link is whole, or ask for another."


def digest_of(code: str) -> bytes:
    """Return what is kept of a recovery's code: its SHA-256."""
    return hashlib.sha256(code.encode()).digest()


async def offer_facts(tx: Tx, person_id: str, *, by: Actor) -> OfferFacts:
    """Return what is known of a person who has lost her way in, locked, or PersonUnknown.

    Of the caller's organisation; the operator knows everyone.
    """
    row = None
    if is_identifier(person_id, "person"):
        of_all = by.has(Role.OPERATOR)
        row = await tx.row(_PERSON, id=person_id, own=by.organisation_id, of_all=of_all)
    if row is None:
        raise people.no_person(person_id)
    organisations = await people.organisations_of(tx, person_id)
    return OfferFacts(
        recovery_id=mint("recovery"),
        person_id=person_id,
        organisations=organisations,
        is_administered=await tx.value(
            _IS_ADMINISTERED, id=person_id, organisations=list(organisations)
        ),
        is_active=row["disabled_at"] is None,
        has_account=row["account_id"] is not None,
    )


async def seen(tx: Tx, code: str) -> RecoveryFacts:
    """Return what is known of the recovery behind a code just now, or RecoveryUnknown."""
    row = await tx.row(_SEEN, digest=digest_of(code))
    if row is None:
        raise _unknown()
    return await _facts(tx, row, await tx.value(_IS_DISABLED, id=row["person_id"]))


async def found(tx: Tx, code: str) -> RecoveryFacts:
    """Do as `seen`; lock the person first, and then the recovery."""
    person_id = await tx.value(_OWNER, digest=digest_of(code))
    if person_id is None:
        raise _unknown()
    disabled_at = await tx.value(_DISABLED_LOCKED, id=person_id)
    row = await tx.row(_LOCKED, digest=digest_of(code))
    if row is None:
        raise _unknown()
    return await _facts(tx, row, disabled_at)


async def _facts(tx: Tx, row: Record, disabled_at: Any) -> RecoveryFacts:
    return RecoveryFacts(
        recovery_id=row["id"],
        person_id=row["person_id"],
        offered_in=tuple(row["offered_in"]),
        organisations=await people.organisations_of(tx, row["person_id"]),
        is_active=disabled_at is None,
        is_used=row["used_at"] is not None,
        is_replaced=row["replaced_at"] is not None,
        expires_at=row["expires_at"],
    )


def _unknown() -> RecoveryUnknown:
    return RecoveryUnknown("There is no recovery with this code.")
