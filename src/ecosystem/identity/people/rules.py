"""What decides about invitations and memberships."""

from datetime import datetime, timedelta
from typing import Final

from ecosystem.identity.people.model import (
    AcceptFacts,
    Deactivated,
    InvitationFacts,
    Invited,
    InviteFacts,
    Joined,
    Left,
    MembershipFacts,
    PersonFacts,
    Reactivated,
    RolesChanged,
    Withdrawn,
)
from ecosystem.identity.rules import Inactive, check_own, check_roles, once
from ecosystem.values.actor import Actor, Role
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal

VALID: Final = timedelta(days=7)
"""How long an invitation can be accepted."""


class InvitationAccepted(Refusal):
    """The invitation has been accepted, and works once."""

    kind = Kind.GONE
    remedy = "Ask an administrator of the organisation for another."


class InvitationWithdrawn(Refusal):
    """The invitation has been withdrawn."""

    kind = Kind.GONE
    remedy = "Ask an administrator of the organisation for another."


class InvitationExpired(Refusal):
    """The invitation has expired: it was good for seven days."""

    kind = Kind.GONE
    remedy = "Ask an administrator of the organisation for another."


class MemberAlready(Refusal):
    """The person belongs to the organisation already."""

    kind = Kind.CONFLICT
    remedy = "Have an administrator change your roles, or let somebody else accept."


class NotAdministrator(Refusal):
    """Only an administrator of the organisation does this to other members."""

    kind = Kind.FORBIDDEN
    remedy = "Ask an administrator of the organisation."


class NotOperator(Refusal):
    """Only an operator of the platform does this."""

    kind = Kind.FORBIDDEN
    remedy = "Ask an operator of the platform."


class LastAdministrator(Refusal):
    """The organisation would have no administrator left."""

    kind = Kind.CONFLICT
    remedy = "Make somebody else an administrator first."


class LastOperator(Refusal):
    """The platform would have no operator left."""

    kind = Kind.CONFLICT
    remedy = "Make somebody else an operator first."


class PersonActive(Refusal):
    """The person is active."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


_NEVER_EMPTY: Final = {Role.ADMINISTRATOR: LastAdministrator, Role.OPERATOR: LastOperator}
NEVER_EMPTY: Final = frozenset(_NEVER_EMPTY)
"""The roles that an organisation which has somebody in them always keeps somebody in."""


def invite(facts: InviteFacts, *, by: Actor, at: datetime) -> Invited:
    """Let somebody join within seven days; refuse with NotYourOrganisation, RoleNotOfKind.

    Where nobody administers an organisation, since its link was lost or its last administrator
    is disabled, the platform's operator invites an administrator, and nobody else.
    """
    only = facts.asked.roles == (Role.ADMINISTRATOR,)
    if facts.has_administrator or not only or not by.has(Role.OPERATOR):
        check_own(facts.organisation_id, by=by)
    check_roles(facts.asked.roles, kind=facts.kind)
    return Invited(roles=once(facts.asked.roles), expires_at=at + VALID)


def withdraw(facts: InvitationFacts, *, by: Actor, at: datetime) -> Withdrawn:
    """Take an invitation back.

    Refuses with InvitationAccepted, InvitationWithdrawn, InvitationExpired.
    """
    del by
    check_open(facts, at=at)
    return Withdrawn(facts.invitation_id)


def accept(facts: AcceptFacts, *, by: Actor, at: datetime) -> Joined:
    """Make who holds the code a member, in the roles that the invitation names.

    Refuses with InvitationAccepted, InvitationWithdrawn, InvitationExpired, Inactive,
    MemberAlready, in that order.
    """
    del by
    check_open(facts.invitation, at=at)
    if not facts.is_active:
        message = f"{facts.person_id} is not active."
        raise Inactive(message)
    if facts.is_member:
        message = f"{facts.person_id} belongs to {facts.invitation.organisation_id}."
        raise MemberAlready(message)
    return Joined(person_id=facts.person_id, roles=facts.roles)


def change_roles(facts: MembershipFacts, *, by: Actor, at: datetime) -> RolesChanged:
    """Give a member other roles.

    Refuses with NotAdministrator, RoleNotOfKind, LastAdministrator, LastOperator.
    """
    del by, at
    _check_administers(facts)
    check_roles(facts.asked, kind=facts.kind)
    _check_not_empty(facts, kept=facts.asked)
    return RolesChanged(once(facts.asked))


def leave(facts: MembershipFacts, *, by: Actor, at: datetime) -> Left:
    """End a membership: of her own accord, or by an administrator.

    Refuses with NotAdministrator, LastAdministrator, LastOperator.
    """
    del at
    if by.person_id != facts.person_id:
        _check_administers(facts)
    _check_not_empty(facts, kept=())
    return Left(facts.person_id)


def deactivate(facts: PersonFacts, *, by: Actor, at: datetime) -> Deactivated:
    """Disable a person everywhere; refuse with NotOperator, Inactive, LastOperator."""
    del at
    _check_operates(facts, by=by)
    if not facts.is_active:
        message = f"{facts.person_id} is not active."
        raise Inactive(message)
    if facts.is_last_operator:
        message = f"{facts.person_id} is the only operator."
        raise LastOperator(message)
    return Deactivated(facts.person_id)


def reactivate(facts: PersonFacts, *, by: Actor, at: datetime) -> Reactivated:
    """Let a person act again, wherever she is a member; refuse with NotOperator, PersonActive."""
    del at
    _check_operates(facts, by=by)
    if facts.is_active:
        message = f"{facts.person_id} is active."
        raise PersonActive(message)
    return Reactivated(facts.person_id)


def check_open(facts: InvitationFacts, *, at: datetime) -> None:
    """Refuse with InvitationAccepted, InvitationWithdrawn, InvitationExpired."""
    if facts.is_accepted:
        message = "The invitation has been accepted."
        raise InvitationAccepted(message)
    if facts.is_withdrawn:
        message = "The invitation has been withdrawn."
        raise InvitationWithdrawn(message)
    if at >= facts.expires_at:
        message = f"The invitation expired at {shown(facts.expires_at)}."
        raise InvitationExpired(message)


def _check_administers(facts: MembershipFacts) -> None:
    if Role.ADMINISTRATOR not in facts.acting:
        message = f"The caller does not administer {facts.organisation_id}."
        raise NotAdministrator(message)


def _check_operates(facts: PersonFacts, *, by: Actor) -> None:
    if not facts.by_operator:
        message = f"{by.person_id} is no operator."
        raise NotOperator(message)


def _check_not_empty(facts: MembershipFacts, *, kept: tuple[Role, ...]) -> None:
    for role, refusal in _NEVER_EMPTY.items():
        if role in facts.sole and role not in kept:
            message = f"{facts.person_id} is the only {role.value}."
            raise refusal(message)
