"""Invitations and memberships over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.identity import access
from ecosystem.identity.people import actions, doors, queries, rules, views
from ecosystem.identity.people.model import (
    Acceptance,
    Herself,
    NewInvitation,
    NewRoles,
    Reason,
)
from ecosystem.identity.people.schemas import InvitationView, InvitedView, JoinedView, PersonView
from ecosystem.identity.queries import OrganisationUnknown
from ecosystem.identity.rules import Inactive, NotYourOrganisation, RoleNotOfKind
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/organisations/{organisation_id:str}/invitations",
    permit=access.INVITE,
    answers=InvitedView,
    refuses=(OrganisationUnknown, NotYourOrganisation, RoleNotOfKind),
)
async def invite_person(
    request: Call, organisation_id: FromPath[str], data: JSONBody[NewInvitation]
) -> Response[bytes]:
    """Invite a person.

    The answer holds a link, which is shown this once: hand it to whom you invite. Whoever opens
    it within seven days joins the caller's own organisation in these roles, with the account
    that she has, or with one that she makes there; it works once. The answer is not kept under
    an Idempotency-Key: a retry makes another invitation. To an organisation that nobody
    administers, as when its first link was lost, the operator invites an administrator.
    """
    made = await actions.invite(request.tx, organisation_id, data, by=request.by, at=request.at)
    request.visit.key = None
    return request.answer(
        invited(made, root=request.house.settings.public_url),
        version=made.version,
        location=f"/v1/invitations/{made.invitation_id}",
    )


@get(
    "/v1/organisations/{organisation_id:str}/invitations",
    permit=access.READ_INVITATIONS,
    answers=Page[InvitationView],
    refuses=(OrganisationUnknown, NotYourOrganisation),
)
async def list_invitations(
    request: Call,
    organisation_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List invitations.

    Of the caller's own organisation, newest first, with what became of each.
    """
    await views.check_own(request.tx, organisation_id, by=request.by)
    return await paging.page(
        request,
        request.tx,
        views.INVITATIONS,
        cursor=cursor,
        limit=limit,
        unbound={"at": request.at},
        own=organisation_id,
    )


@get(
    "/v1/invitations/{invitation_id:str}",
    permit=access.READ_INVITATIONS,
    answers=InvitationView,
    refuses=(queries.InvitationUnknown,),
)
async def read_invitation(request: Call, invitation_id: FromPath[str]) -> Response[bytes]:
    """Read an invitation.

    Only of the caller's own organisation, and never with its link.
    """
    body, version, is_expired = await views.invitation_view(
        request.tx, invitation_id, by=request.by, at=request.at
    )
    return request.answer(body, version=version, mark="expired" if is_expired else None)


@post(
    "/v1/invitations/{invitation_id:str}/withdrawal",
    permit=access.WITHDRAW_INVITATION,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(
        queries.InvitationUnknown,
        RevisionStale,
        rules.InvitationAccepted,
        rules.InvitationWithdrawn,
        rules.InvitationExpired,
    ),
)
async def withdraw_invitation(request: Call, invitation_id: FromPath[str]) -> Response[bytes]:
    """Withdraw an invitation.

    Its link works no more. Who has accepted it already is a member, who can be removed.
    """
    standing = await actions.withdraw(
        request.tx, invitation_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(standing, version=standing.version)


@post(
    "/v1/invitation-acceptances",
    permit=access.ACCEPT_INVITATION,
    answers=JoinedView,
    refuses=(
        queries.InvitationUnknown,
        rules.InvitationAccepted,
        rules.InvitationWithdrawn,
        rules.InvitationExpired,
        Inactive,
        rules.MemberAlready,
    ),
)
async def accept_invitation(request: Call, data: JSONBody[Acceptance]) -> Response[bytes]:
    """Accept an invitation.

    The person whom the token stands for joins a further organisation, with the code of its
    link. Tokens for it are got by choosing that organisation when she authorises a client.
    Someone without an account opens the link in a browser instead.
    """
    by = request.by
    herself = Herself(
        person_id=by.person_id,
        client_id=by.client_id,
        acr=by.acr,
        authenticated_at=by.authenticated_at,
    )
    begun = await actions.accept(request.tx, data.code, herself=herself, at=request.at)
    joined = JoinedView(
        organisation_id=begun.organisation_id,
        person_id=begun.joined.person_id,
        roles=begun.joined.roles,
        version=begun.version,
    )
    return request.answer(joined, version=begun.version)


@get(
    "/v1/organisations/{organisation_id:str}/people",
    permit=access.READ_PERSON,
    answers=Page[PersonView],
    refuses=(OrganisationUnknown, NotYourOrganisation),
)
async def list_people(
    request: Call,
    organisation_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List people.

    The members of the caller's own organisation, with their roles there.
    """
    await views.check_own(request.tx, organisation_id, by=request.by)
    return await paging.page(
        request, request.tx, views.PEOPLE, cursor=cursor, limit=limit, own=organisation_id
    )


@get(
    "/v1/people/{person_id:str}",
    permit=access.READ_PERSON,
    answers=PersonView,
    refuses=(queries.PersonUnknown,),
)
async def read_person(request: Call, person_id: FromPath[str]) -> Response[bytes]:
    """Read a person.

    Only of the caller's own organisation; nobody else may know of her, but the operator.
    """
    body, version, is_active = await views.person_view(request.tx, person_id, by=request.by)
    return request.answer(body, version=version, mark=None if is_active else "inactive")


@post(
    "/v1/people/{person_id:str}/roles",
    permit=access.ADMINISTER,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(
        queries.PersonUnknown,
        RevisionStale,
        rules.NotAdministrator,
        RoleNotOfKind,
        rules.LastAdministrator,
        rules.LastOperator,
    ),
)
async def change_roles(
    request: Call, person_id: FromPath[str], data: JSONBody[NewRoles]
) -> Response[bytes]:
    """Change a member's roles.

    The new roles replace the old, and count from the next request on, also for tokens that
    were given before. An organisation keeps at least one administrator.
    """
    standing = await actions.change_roles(
        request.tx, person_id, data.roles,
        by=request.by, at=request.at, expected=request.expected,
    )  # fmt: skip
    return request.answer(standing, version=standing.version)


@post(
    "/v1/people/{person_id:str}/leaving",
    permit=access.LEAVE,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(
        queries.PersonUnknown,
        RevisionStale,
        rules.NotAdministrator,
        rules.LastAdministrator,
        rules.LastOperator,
    ),
)
async def leave_organisation(request: Call, person_id: FromPath[str]) -> Response[bytes]:
    """Leave the organisation.

    A person ends her membership herself, or an administrator ends it. The tokens that stand for
    it die at once, in every process within a second, and what she authorised there is revoked;
    in other organisations she acts on. An organisation keeps at least one administrator.
    """
    standing = await actions.leave(
        request.tx, person_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(standing, version=standing.version)


@post(
    "/v1/people/{person_id:str}/deactivation",
    permit=access.DEACTIVATE_PERSON,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(queries.PersonUnknown, RevisionStale, rules.NotOperator, Inactive, rules.LastOperator),
)
async def deactivate_person(
    request: Call, person_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Deactivate a person.

    The platform's operator disables her in every organisation; an administrator only ends the
    membership in the own one. All her tokens die at once, and she can log in no more.
    """
    standing = await actions.deactivate(
        request.tx, person_id, reason=data.reason,
        by=request.by, at=request.at, expected=request.expected,
    )  # fmt: skip
    return request.answer(standing, version=standing.version, mark="inactive")


@post(
    "/v1/people/{person_id:str}/reactivation",
    permit=access.REACTIVATE_PERSON,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(queries.PersonUnknown, RevisionStale, rules.NotOperator, rules.PersonActive),
)
async def reactivate_person(
    request: Call, person_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Reactivate a person.

    She acts again wherever she is a member, once she has logged in anew.
    """
    standing = await actions.reactivate(
        request.tx, person_id, reason=data.reason,
        by=request.by, at=request.at, expected=request.expected,
    )  # fmt: skip
    return request.answer(standing, version=standing.version)


def invited(made: actions.Issued, *, root: str) -> InvitedView:
    """Return an invitation as whoever made it sees it, this once."""
    return InvitedView(
        id=made.invitation_id,
        link=made.link(root),
        expires_at=made.expires_at,
        version=made.version,
    )


ROUTES = (
    invite_person,
    list_invitations,
    read_invitation,
    withdraw_invitation,
    accept_invitation,
    list_people,
    read_person,
    change_roles,
    leave_organisation,
    deactivate_person,
    reactivate_person,
    *doors.ROUTES,
)
