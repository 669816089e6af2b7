"""Views of invitations and memberships, for those who may see them."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)

from ecosystem.identity.clients.tables import client
from ecosystem.identity.people import queries
from ecosystem.identity.people.model import InvitationState, Membership
from ecosystem.identity.people.tables import invitation
from ecosystem.identity.queries import NO_ROLES, OrganisationUnknown, shown, versioned
from ecosystem.identity.rules import NotYourOrganisation
from ecosystem.identity.tables import membership, organisation, person
from ecosystem.runtime.columns import instant
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.identifiers import is_identifier
from ecosystem.values.text import Text as Name

_ID: Final = bindparam("id", type_=Text)
_OWN: Final = bindparam("own", type_=Text)
_PERSON: Final = bindparam("person_id", type_=Text)
_AT: Final = bindparam("at", type_=DateTime(timezone=True))
_EXISTS: Final = Statement(select(organisation.c.id).where(organisation.c.id == _ID))


def _words(*states: tuple[ColumnElement[bool], InvitationState]) -> ColumnElement[str]:
    told = [(when, literal(state.value, literal_execute=True)) for when, state in states]
    return case(*told, else_=literal(InvitationState.OPEN.value, literal_execute=True))


_STATE: Final = _words(
    (invitation.c.accepted_at.is_not(None), InvitationState.ACCEPTED),
    (invitation.c.withdrawn_at.is_not(None), InvitationState.WITHDRAWN),
    (invitation.c.expires_at <= _AT, InvitationState.EXPIRED),
)
_INVITATION_SEEN: Final[tuple[ColumnElement[Any], ...]] = (
    invitation.c.id,
    invitation.c.organisation_id,
    invitation.c.name,
    invitation.c.roles,
    _STATE.label("state"),
    instant(invitation.c.invited_at).label("invited_at"),
    instant(invitation.c.expires_at).label("expires_at"),
    invitation.c.accepted_by,
    invitation.c.version,
)
INVITATIONS: Final = page_of(select(*_INVITATION_SEEN).where(invitation.c.organisation_id == _OWN))
"""A page of an organisation's invitations, as of `at`."""
_INVITATION: Final = versioned(
    *_INVITATION_SEEN,
    where=and_(invitation.c.id == _ID, invitation.c.organisation_id == _OWN),
    besides=("state",),
)
_PERSON_SEEN: Final[tuple[ColumnElement[Any], ...]] = (
    person.c.id,
    membership.c.organisation_id,
    person.c.name,
    func.coalesce(membership.c.roles, NO_ROLES).label("roles"),
    person.c.disabled_at.is_(None).label("active"),
    func.coalesce(membership.c.version, person.c.version).label("version"),
)
_MEMBER: Final = and_(membership.c.person_id == person.c.id, membership.c.organisation_id == _OWN)
PEOPLE: Final = page_of(select(*_PERSON_SEEN).join(membership, _MEMBER))
"""A page of the people of an organisation."""
_PERSON_ROW: Final = versioned(
    *_PERSON_SEEN,
    source=person.outerjoin(membership, _MEMBER),
    where=and_(
        person.c.id == _ID,
        or_(membership.c.organisation_id.is_not(None), bindparam("of_all", type_=Boolean)),
    ),
    besides=("active",),
)
_MEMBERSHIPS: Final = Statement(
    select(
        organisation.c.id,
        organisation.c.name,
        organisation.c.kind,
        membership.c.roles,
    )
    .join(membership, membership.c.organisation_id == organisation.c.id)
    .where(membership.c.person_id == _PERSON)
    .where(
        select(client.c.organisation_id)
        .where(client.c.id == bindparam("client_id", type_=Text))
        .where(
            or_(
                client.c.organisation_id == organisation.c.id,
                client.c.organisation_id.in_(
                    select(organisation.c.id).where(organisation.c.number == 0).correlate(None)
                ),
            )
        )
        .exists()
    )
    .order_by(organisation.c.id)
)


async def invitation_view(
    tx: Tx, invitation_id: str, *, by: Actor, at: datetime
) -> tuple[bytes, int, bool]:
    """Return an invitation of the caller's organisation as JSON, its version, if it expired."""
    row = None
    if is_identifier(invitation_id, "invitation"):
        row = await tx.row(_INVITATION, id=invitation_id, own=by.organisation_id, at=at)
    if row is None:
        raise queries.no_invitation(invitation_id)
    return row["body"], row["version"], row["state"] == InvitationState.EXPIRED


async def person_view(tx: Tx, person_id: str, *, by: Actor) -> tuple[bytes, int, bool]:
    """Return a person as JSON, the version, and whether she is active.

    Of the caller's organisation; the operator sees everyone.
    """
    row = None
    if is_identifier(person_id, "person"):
        row = await tx.row(
            _PERSON_ROW, id=person_id, own=by.organisation_id, of_all=by.has(Role.OPERATOR)
        )
    if row is None:
        raise queries.no_person(person_id)
    return row["body"], row["version"], row["active"]


async def memberships(tx: Tx, person_id: str, *, client_id: str) -> tuple[Membership, ...]:
    """Return the organisations of a person in which this client may act for her.

    A client acts for people of its own organisation; the operator's for anybody.
    """
    rows = await tx.rows(_MEMBERSHIPS, person_id=person_id, client_id=client_id)
    return tuple(
        Membership(
            organisation_id=row["id"],
            name=msgspec.json.decode(row["name"], type=Name),
            kind=OrganisationKind(row["kind"]),
            roles=queries.roles_of(row["roles"]),
        )
        for row in rows
    )


async def check_own(tx: Tx, organisation_id: str, *, by: Actor) -> None:
    """Refuse with OrganisationUnknown, NotYourOrganisation to list what is another's."""
    if organisation_id == by.organisation_id:
        return
    known = is_identifier(organisation_id, "org") and await tx.value(_EXISTS, id=organisation_id)
    if not known:
        message = f"There is no organisation {shown(organisation_id)}."
        raise OrganisationUnknown(message)
    message = f"The caller belongs to {by.organisation_id}."
    raise NotYourOrganisation(message)
