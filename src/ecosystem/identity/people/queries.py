"""Facts about invitations and memberships, locked; and views of them."""

import hashlib
from typing import Any, Final

import msgspec
from sqlalchemy import (
    LargeBinary,
    Text,
    any_,
    bindparam,
    or_,
    select,
)

from ecosystem.identity.people.model import (
    AcceptFacts,
    InvitationFacts,
    MembershipFacts,
    PersonFacts,
)
from ecosystem.identity.people.rules import NEVER_EMPTY
from ecosystem.identity.people.tables import invitation
from ecosystem.identity.queries import shown
from ecosystem.identity.tables import membership, organisation, person
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.identifiers import is_identifier
from ecosystem.values.refusal import Kind, Refusal
from ecosystem.values.text import Text as Name


class InvitationUnknown(Refusal):
    """There is no such invitation."""

    kind = Kind.MISSING
    remedy = "Check the link or the identifier, or ask for another invitation."


class PersonUnknown(Refusal):
    """There is no such person in the caller's organisation."""

    kind = Kind.MISSING
    remedy = "Look her up with GET /v1/organisations/{organisation_id}/people."


_ID: Final = bindparam("id", type_=Text)
_OWN: Final = bindparam("own", type_=Text)
_PERSON: Final = bindparam("person_id", type_=Text)


_KEPT: Final = (
    invitation.c.id,
    invitation.c.organisation_id,
    invitation.c.roles,
    invitation.c.name,
    invitation.c.accepted_at,
    invitation.c.withdrawn_at,
    invitation.c.expires_at,
    invitation.c.version,
)
_OF_CODE: Final = select(*_KEPT).where(
    invitation.c.digest == bindparam("digest", type_=LargeBinary)
)
_SEEN_BY_CODE: Final = Statement(_OF_CODE)
_BY_CODE: Final = Statement(_OF_CODE.with_for_update())
_BY_ID: Final = Statement(
    select(*_KEPT)
    .where(invitation.c.id == _ID, invitation.c.organisation_id == _OWN)
    .with_for_update()
)
_OF_ORGANISATION: Final = select(
    organisation.c.id,
    organisation.c.number,
    organisation.c.name,
    organisation.c.kind,
    organisation.c.state,
    organisation.c.jurisdiction,
).where(organisation.c.id == _ID)
_ORGANISATION_SEEN: Final = Statement(_OF_ORGANISATION)
_ORGANISATION: Final = Statement(_OF_ORGANISATION.with_for_update())
_IS_MEMBER: Final = Statement(
    select(membership.c.person_id)
    .where(membership.c.organisation_id == _OWN, membership.c.person_id == _PERSON)
)  # fmt: skip
_MEMBERSHIP: Final = Statement(
    select(membership.c.invitation_id, membership.c.roles, membership.c.version)
    .where(membership.c.organisation_id == _OWN, membership.c.person_id == _PERSON)
    .with_for_update()
)
_HOLDERS: Final = Statement(
    select(membership.c.person_id, membership.c.roles)
    .join(person, person.c.id == membership.c.person_id)
    .where(membership.c.organisation_id == _OWN)
    .where(or_(*(any_(membership.c.roles) == role.value for role in sorted(NEVER_EMPTY))))
    .where(person.c.disabled_at.is_(None))
)
_PERSON_LOCKED: Final = Statement(
    select(person.c.disabled_at, person.c.version).where(person.c.id == _ID).with_for_update()
)
_ORGANISATIONS_OF: Final = Statement(
    select(membership.c.organisation_id)
    .where(membership.c.person_id == _PERSON)
    .order_by(membership.c.organisation_id)
)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that somebody has the code of, with the organisation that she would join."""

    facts: InvitationFacts
    roles: tuple[Role, ...]
    name: Name
    organisation: Name
    as_member: Actor
    """Who she would be there."""


def digest_of(code: str) -> bytes:
    """Return what is kept of an invitation's code: its SHA-256."""
    return hashlib.sha256(code.encode()).digest()


async def seen(tx: Tx, code: str) -> Found:
    """Return the invitation behind a code as it is just now, or InvitationUnknown."""
    row = await tx.row(_SEEN_BY_CODE, digest=digest_of(code))
    of = None if row is None else await tx.row(_ORGANISATION_SEEN, id=row["organisation_id"])
    return _found(row, of)


async def found(tx: Tx, code: str) -> Found:
    """Return the invitation behind a code; lock it and its organisation, or InvitationUnknown."""
    row = await tx.row(_BY_CODE, digest=digest_of(code))
    of = None if row is None else await tx.row(_ORGANISATION, id=row["organisation_id"])
    return _found(row, of)


def _found(row: Record | None, of: Record | None) -> Found:
    if row is None or of is None:
        message = "There is no invitation with this code."
        raise InvitationUnknown(message)
    roles = roles_of(row["roles"])
    return Found(
        facts=_invitation(row),
        roles=roles,
        name=msgspec.json.decode(row["name"], type=Name),
        organisation=msgspec.json.decode(of["name"], type=Name),
        as_member=Actor(
            organisation_id=of["id"],
            organisation_number=of["number"],
            kind=OrganisationKind(of["kind"]),
            verified=of["state"] == "verified",
            jurisdiction=of["jurisdiction"],
            client_id="",
            roles=roles,
        ),
    )


async def accept_facts(tx: Tx, one: Found, *, person_id: str | None) -> AcceptFacts:
    """Return what is known of who accepts, by her identifier, or a new one for who is new."""
    row = None if person_id is None else await tx.row(_PERSON_LOCKED, id=person_id)
    own = one.facts.organisation_id
    return AcceptFacts(
        invitation=one.facts,
        roles=one.roles,
        person_id=person_id or mint("person"),
        is_active=person_id is None or (row is not None and row["disabled_at"] is None),
        is_member=person_id is not None
        and await tx.value(_IS_MEMBER, own=own, person_id=person_id) is not None,
    )


async def invitation_facts(tx: Tx, invitation_id: str, *, by: Actor) -> InvitationFacts:
    """Return an invitation of the caller's organisation, locked, or InvitationUnknown."""
    row = None
    if is_identifier(invitation_id, "invitation"):
        row = await tx.row(_BY_ID, id=invitation_id, own=by.organisation_id)
    if row is None:
        raise no_invitation(invitation_id)
    return _invitation(row)


async def membership_facts(
    tx: Tx, person_id: str, *, by: Actor, asked: tuple[Role, ...] = ()
) -> MembershipFacts:
    """Return a membership of the caller's organisation, or PersonUnknown.

    Locks the organisation, so that of two administrators who remove each other one acts on
    what the other has done.
    """
    own = by.organisation_id
    row = None
    if is_identifier(person_id, "person"):
        await tx.row(_ORGANISATION, id=own)
        row = await tx.row(_MEMBERSHIP, own=own, person_id=person_id)
    if row is None:
        raise no_person(person_id)
    holders = {one["person_id"]: one["roles"] for one in await tx.rows(_HOLDERS, own=own)}
    roles = roles_of(row["roles"])
    others = {role for who, held in holders.items() if who != person_id for role in held}
    return MembershipFacts(
        invitation_id=row["invitation_id"],
        organisation_id=own,
        kind=by.kind,
        person_id=person_id,
        roles=roles,
        sole=tuple(role for role in roles if role in NEVER_EMPTY and role not in others),
        acting=roles_of(holders.get(by.person_id or "", ())),
        version=row["version"],
        asked=asked,
    )


async def person_facts(tx: Tx, person_id: str, *, by: Actor, reason: str) -> PersonFacts:
    """Return whether a person of any organisation is active, or PersonUnknown; lock her.

    Locks the caller's organisation too, so that of two operators who disable each other one
    acts on what the other has done. The version is the one that the operator is shown.
    """
    row = None
    if is_identifier(person_id, "person"):
        await tx.row(_ORGANISATION, id=by.organisation_id)
        row = await tx.row(_PERSON_LOCKED, id=person_id)
    if row is None:
        raise no_person(person_id)
    member = await tx.row(_MEMBERSHIP, own=by.organisation_id, person_id=person_id)
    holders = await tx.rows(_HOLDERS, own=by.organisation_id)
    operators = [one["person_id"] for one in holders if Role.OPERATOR in one["roles"]]
    return PersonFacts(
        person_id=person_id,
        is_active=row["disabled_at"] is None,
        is_last_operator=operators == [person_id],
        by_operator=by.person_id in operators,
        version=row["version"] if member is None else member["version"],
        reason=reason,
    )


async def has_administrator(tx: Tx, organisation_id: str) -> bool:
    """Tell whether anybody active administers an organisation, which the caller has locked."""
    holders = await tx.rows(_HOLDERS, own=organisation_id)
    return any(Role.ADMINISTRATOR in one["roles"] for one in holders)


async def organisations_of(tx: Tx, person_id: str) -> tuple[str, ...]:
    """Return the organisations that a person belongs to."""
    rows = await tx.rows(_ORGANISATIONS_OF, person_id=person_id)
    return tuple(row["organisation_id"] for row in rows)


def _invitation(row: Record) -> InvitationFacts:
    return InvitationFacts(
        invitation_id=row["id"],
        organisation_id=row["organisation_id"],
        is_accepted=row["accepted_at"] is not None,
        is_withdrawn=row["withdrawn_at"] is not None,
        expires_at=row["expires_at"],
        version=row["version"],
    )


def roles_of(held: Any) -> tuple[Role, ...]:
    """Return what the database holds as roles, in the order of the list."""
    return tuple(role for role in Role if role in held)


def no_invitation(invitation_id: str) -> InvitationUnknown:
    """Return the refusal of an invitation that nobody may know of."""
    return InvitationUnknown(f"There is no invitation {shown(invitation_id)}.")


def no_person(person_id: str) -> PersonUnknown:
    """Return the refusal of a person whom the caller may not know of."""
    return PersonUnknown(f"There is no person {shown(person_id)}.")
