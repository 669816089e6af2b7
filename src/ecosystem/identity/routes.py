"""Organisations, people and clients over HTTP."""

from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from ecosystem.catalogue import queries as catalogue
from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.identity import access, actions, queries, rules
from ecosystem.identity.clients import routes as clients
from ecosystem.identity.login import routes as login
from ecosystem.identity.login.passkeys import routes as passkeys
from ecosystem.identity.model import (
    JurisdictionCode,
    OrganisationChange,
    Registration,
    Statement,
    Verification,
)
from ecosystem.identity.oauth import routes as oauth
from ecosystem.identity.outside import routes as outside
from ecosystem.identity.people import routes as people
from ecosystem.identity.people import views
from ecosystem.identity.people.model import Membership
from ecosystem.identity.people.schemas import Me, RegisteredView
from ecosystem.identity.recovery import routes as recovery
from ecosystem.identity.schemas import (
    OrganisationView,
)
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, patch, post
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale
from ecosystem.values.scopes import known

OfKind = Annotated[
    OrganisationKind | None,
    QueryParameter(description="Only organisations of this kind."),
]
InJurisdiction = Annotated[
    JurisdictionCode | None,
    QueryParameter(description="Only organisations in this jurisdiction, or in one below it."),
]


@post(
    "/v1/organisations",
    permit=access.REGISTER,
    answers=RegisteredView,
    refuses=(
        rules.PlatformNotRegistered,
        JurisdictionUnknown,
        rules.CheckDigitWrong,
        rules.IdentifierTaken,
        rules.OtherNameTwice,
        rules.CountryUnknown,
        rules.OwnersExceedWhole,
    ),
)
async def register_organisation(request: Call, data: JSONBody[Registration]) -> Response[bytes]:
    """Register an organisation.

    The organisation takes part at once, and publishes, offers, signs or is paid only once the
    platform's operator has verified it. Its first person joins, as administrator, by the link
    of the answer, which is shown this once. Check digits of `CN-USC` and `LEI` identifiers are
    verified; both may be sent in small letters, with spaces or hyphens, and are kept as their
    registers write them. An identifier that another organisation has, however it is spelt, is
    refused: duplicates are not made, and nothing here merges two organisations.
    """
    made = await actions.register(request.tx, data, at=request.at)
    request.visit.key = None
    registered = made.registered
    return request.answer(
        RegisteredView(
            organisation_id=registered.organisation_id,
            state=registered.state,
            version=1,
            invitation=people.invited(made.invitation, root=request.house.settings.public_url),
        ),
        version=1,
        location=f"/v1/organisations/{registered.organisation_id}",
    )


@get(
    "/v1/organisations",
    permit=access.READ,
    answers=Page[OrganisationView],
    refuses=(JurisdictionUnknown,),
)
async def list_organisations(
    request: Call,
    kind: OfKind = None,
    jurisdiction: InJurisdiction = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List organisations.

    Newest first; `kind` keeps those of one kind, `jurisdiction` those in it or below it.
    """
    await catalogue.sought(request.tx, jurisdiction, parameter="jurisdiction")
    return await paging.page(
        request,
        request.tx,
        queries.ORGANISATIONS,
        cursor=cursor,
        limit=limit,
        kind=kind.value if kind else None,
        within=jurisdiction,
    )


@get(
    "/v1/organisations/{organisation_id:str}",
    permit=access.READ,
    answers=OrganisationView,
    refuses=(queries.OrganisationUnknown,),
)
async def read_organisation(request: Call, organisation_id: FromPath[str]) -> Response[bytes]:
    """Read an organisation.

    Anyone may. Its bank account is shown to itself alone; who owns it in the end, and on what
    evidence it was verified, also to the operator and to auditors of its jurisdiction.
    """
    body, version, seen = await queries.organisation_view(
        request.tx, organisation_id, reader=request.reader
    )
    return request.answer(body, version=version, mark=seen)


@patch(
    "/v1/organisations/{organisation_id:str}",
    permit=access.CHANGE,
    answers=Standing,
    refuses=(
        queries.OrganisationUnknown,
        RevisionStale,
        rules.NotYourOrganisation,
        rules.OtherNameTwice,
        rules.CountryUnknown,
        rules.OwnersExceedWhole,
    ),
)
async def change_organisation(
    request: Call, organisation_id: FromPath[str], data: JSONBody[OrganisationChange]
) -> Response[bytes]:
    """Change your organisation.

    Its names, scale, bank account and beneficial owners; what is left out stays, and null takes
    away whatever but `name` it stands for: all further names, or all owners. Its kind,
    jurisdiction and identifiers stay as they were verified. Organisations are never merged: of two
    that are the same, have the operator suspend one, and go on with the other.
    """
    standing = await actions.change(
        request.tx, organisation_id, data, expected=request.expected, by=request.by,
        at=request.at,
    )  # fmt: skip
    return request.answer(standing, version=standing.version)


@post(
    "/v1/organisations/{organisation_id:str}/verification",
    permit=access.VERIFY,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(queries.OrganisationUnknown, RevisionStale, rules.OrganisationVerified),
)
async def verify_organisation(
    request: Call, organisation_id: FromPath[str], data: JSONBody[Verification]
) -> Response[bytes]:
    """Verify an organisation.

    From now on it publishes, offers, signs and is paid. The operator says what was seen, so that
    an auditor can see it again. A suspended one can be verified again.
    """
    standing = await actions.verify(
        request.tx, organisation_id, data, expected=request.expected, by=request.by, at=request.at
    )
    return request.answer(standing, version=standing.version)


@post(
    "/v1/organisations/{organisation_id:str}/suspension",
    permit=access.SUSPEND,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(
        queries.OrganisationUnknown,
        RevisionStale,
        rules.PlatformStays,
        rules.OrganisationSuspended,
    ),
)
async def suspend_organisation(
    request: Call, organisation_id: FromPath[str], data: JSONBody[Statement]
) -> Response[bytes]:
    """Suspend an organisation.

    It reads on, and neither publishes, offers, signs nor is paid until it is verified again.
    """
    standing = await actions.suspend(
        request.tx, organisation_id, reason=data.reason, expected=request.expected,
        by=request.by, at=request.at,
    )  # fmt: skip
    return request.answer(standing, version=standing.version)


@get("/v1/me", permit=access.WHO_AM_I, answers=Me)
async def read_me(request: Call) -> Response[bytes]:
    """Read who you are.

    The organisation, person, client, roles and scopes that the token stands for just now, and
    the organisations that the person belongs to.
    """
    by = request.by
    memberships: tuple[Membership, ...] = ()
    if by.person_id is not None:
        memberships = await views.memberships(request.tx, by.person_id, client_id=by.client_id)
    return request.answer(
        Me(
            organisation_id=by.organisation_id,
            kind=by.kind,
            verified=by.verified,
            jurisdiction=by.jurisdiction,
            client_id=by.client_id,
            person_id=by.person_id,
            roles=by.roles,
            scopes=known(by.scopes),
            memberships=memberships,
        )
    )


ROUTES = (
    register_organisation,
    list_organisations,
    read_organisation,
    change_organisation,
    verify_organisation,
    suspend_organisation,
    read_me,
    *clients.ROUTES,
    *people.ROUTES,
    *recovery.ROUTES,
    *outside.ROUTES,
    *oauth.ROUTES,
    *login.ROUTES,
    *passkeys.ROUTES,
)
