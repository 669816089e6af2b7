"""Clients over HTTP."""

from datetime import timedelta

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.identity import access
from ecosystem.identity.clients import actions, queries, rules
from ecosystem.identity.clients.model import ClientChange, NewClient, NewSecret
from ecosystem.identity.clients.schemas import (
    ClientView,
    ListedClient,
    NewClientView,
    ReplacedSecret,
)
from ecosystem.identity.queries import OrganisationUnknown
from ecosystem.identity.rules import Inactive, NotYourOrganisation, RoleNotOfKind
from ecosystem.runtime import paging
from ecosystem.runtime.web import (
    Call,
    PageCursor,
    PageLimit,
    Standing,
    get,
    patch,
    post,
)
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/organisations/{organisation_id:str}/clients",
    permit=access.MANAGE_CLIENTS,
    answers=NewClientView,
    refuses=(
        OrganisationUnknown,
        NotYourOrganisation,
        RoleNotOfKind,
        rules.RoleOfPeopleOnly,
        rules.RoleNotYours,
        rules.ScopeNotYours,
        rules.KeysTwice,
        rules.PublicActsForPeople,
        rules.KeysNeeded,
        rules.ScopeNeedsKeys,
        rules.KeyUnusable,
        rules.KeyAddressUnusable,
        rules.RedirectUnusable,
    ),
)
async def add_client(
    request: Call, organisation_id: FromPath[str], data: JSONBody[NewClient]
) -> Response[bytes]:
    """Add a client.

    A program of the caller's own organisation, with no scope that the caller's token lacks;
    an administrator gives it any role of the organisation, others their own. With `jwks` or
    `jwks_uri` it proves itself by its keys; a `public` one does not, and acts for people alone,
    who return to its `redirect_uris`; of any other a secret is made and shown this once, and
    it only reads and drafts. An answer with a secret is not kept under an Idempotency-Key: a
    retry makes another client.
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


@get("/v1/clients", permit=access.READ_CLIENT, answers=Page[ListedClient])
async def list_clients(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List your clients.

    Those of the caller's own organisation, newest first, also those that act no more; each with
    when it was last used.
    """
    return await paging.page(
        request,
        request.tx,
        queries.CLIENTS,
        cursor=cursor,
        limit=limit,
        own=request.by.organisation_id,
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


@patch(
    "/v1/clients/{client_id:str}",
    permit=access.MANAGE_CLIENTS,
    answers=Standing,
    refuses=(
        queries.ClientUnknown,
        RevisionStale,
        Inactive,
        rules.RoleNotYours,
        rules.ScopeNotYours,
        rules.MethodStays,
        rules.ScopesOnlyNarrow,
        rules.KeysTwice,
        rules.PublicActsForPeople,
        rules.KeyUnusable,
        rules.KeyAddressUnusable,
        rules.RedirectUnusable,
    ),
)
async def change_client(
    request: Call, client_id: FromPath[str], data: JSONBody[ClientChange]
) -> Response[bytes]:
    """Change a client.

    Its name, its keys, where people return to it, and fewer scopes; what is left out stays. To
    replace a key, send the old and the new one, have the program use the new one, and send the new
    one alone. Whoever changes a client might have added it: she has its scopes, and its roles
    unless she administers. It counts at once, also for tokens that were given before; where a
    key is taken away, those are worth nothing.
    """
    standing = await actions.change_client(
        request.tx, client_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(standing, version=standing.version)


@post(
    "/v1/clients/{client_id:str}/secrets",
    permit=access.MANAGE_CLIENTS,
    answers=ReplacedSecret,
    changes=True,
    refuses=(
        queries.ClientUnknown,
        RevisionStale,
        Inactive,
        rules.RoleNotYours,
        rules.ScopeNotYours,
        rules.MethodStays,
    ),
)
async def replace_client_secret(
    request: Call, client_id: FromPath[str], data: JSONBody[NewSecret]
) -> Response[bytes]:
    """Replace a client's secret.

    The new one is shown this once; the present one stays good beside it for `keeps_days`, so that
    the program changes over without a break; with 0 it ends at once, and so do the tokens that were
    given for it. The answer is not kept under an Idempotency-Key: a
    retry makes another secret.
    """
    until = request.real_now + timedelta(days=data.keeps_days)
    made, version = await actions.replace_secret(
        request.tx, client_id, until=until, by=request.by, at=request.at, expected=request.expected
    )
    request.visit.key = None
    shown = ReplacedSecret(client_secret=made, old_secret_until=until, version=version)
    return request.answer(shown, version=version)


@post(
    "/v1/clients/{client_id:str}/deactivation",
    permit=access.MANAGE_CLIENTS,
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


ROUTES = (
    add_client,
    list_clients,
    read_client,
    change_client,
    replace_client_secret,
    deactivate_client,
)
