"""Clients over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.identity import access
from ecosystem.identity.clients import actions, queries, rules
from ecosystem.identity.clients.model import NewClient
from ecosystem.identity.clients.schemas import ClientView, NewClientView
from ecosystem.identity.queries import OrganisationUnknown
from ecosystem.identity.rules import Inactive, NotYourOrganisation, RoleNotOfKind
from ecosystem.runtime.web import Call, Standing, get, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/organisations/{organisation_id:str}/clients",
    permit=access.ADMINISTER,
    answers=NewClientView,
    refuses=(
        OrganisationUnknown,
        NotYourOrganisation,
        RoleNotOfKind,
        rules.RoleOfPeopleOnly,
        rules.KeysNeeded,
        rules.ScopeNeedsKeys,
        rules.KeyUnusable,
    ),
)
async def add_client(
    request: Call, organisation_id: FromPath[str], data: JSONBody[NewClient]
) -> Response[bytes]:
    """Add a client.

    A program of the caller's own organisation. With `jwks` it proves itself by its keys;
    without, a secret is made and shown this once, and the client only reads and drafts. An
    answer with a secret is not kept under an Idempotency-Key: a retry makes another client.
    """
    made = await actions.add_client(request.tx, organisation_id, data, by=request.by, at=request.at)
    if made.client_secret is not None:
        request.visit.key = None
    return request.answer(
        NewClientView(
            id=made.client_id,
            method=made.added.method,
            version=made.version,
            client_secret=made.client_secret,
        ),
        version=made.version,
        location=f"/v1/clients/{made.client_id}",
    )


@get(
    "/v1/clients/{client_id:str}",
    permit=access.READ_CLIENT,
    answers=ClientView,
    refuses=(queries.ClientUnknown,),
)
async def read_client(request: Call, client_id: FromPath[str]) -> Response[bytes]:
    """Read a client.

    Only of the caller's own organisation; nobody else may know of it.
    """
    body, version = await queries.client_view(request.tx, client_id, by=request.by)
    return request.answer(body, version=version)


@post(
    "/v1/clients/{client_id:str}/deactivation",
    permit=access.ADMINISTER,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(queries.ClientUnknown, RevisionStale, Inactive),
)
async def deactivate_client(request: Call, client_id: FromPath[str]) -> Response[bytes]:
    """Deactivate a client.

    Its tokens die at once, in every process within a second, and it gets no more.
    """
    standing = await actions.deactivate_client(
        request.tx, client_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(standing, version=standing.version)


ROUTES = (add_client, read_client, deactivate_client)
