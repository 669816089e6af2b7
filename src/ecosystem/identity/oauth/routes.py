"""The authorisation server over HTTP; its errors are those of RFC 6749, not problems."""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Response

from ecosystem.identity import access
from ecosystem.identity.clients.model import AuthMethod
from ecosystem.identity.login import pages, queries, sessions
from ecosystem.identity.login.pages import language_for
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.oauth import (
    authorising,
    consent,
    described,
    dpop,
    given,
    server,
    terms,
)
from ecosystem.identity.oauth.assertions import ALGORITHMS
from ecosystem.identity.oauth.authorising import Browser, Onward, Question, Trouble
from ecosystem.identity.oauth.given import Introspection
from ecosystem.identity.oauth.grants import TokenAnswer
from ecosystem.identity.oauth.published import Published, published
from ecosystem.identity.oauth.terms import Answer, Asked
from ecosystem.runtime import idempotency, keyring
from ecosystem.runtime.database import Tx
from ecosystem.runtime.web import Call, get, post
from ecosystem.values.actor import Assurance
from ecosystem.values.scopes import SCOPES

HTML: Final = "text/html"
_STATUS: Final[Mapping[Trouble, int]] = defaultdict(lambda: 400, {Trouble.FORGED: 403})
FORM: Final = "application/x-www-form-urlencoded"
_ANY: Final = tuple(method.value for method in AuthMethod)
_PROVING: Final = tuple(method.value for method in AuthMethod if method is not AuthMethod.NONE)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """How to use this authorisation server. Source: RFC 8414, section 2; RFC 9126; RFC 9207."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    introspection_endpoint: str
    revocation_endpoint: str
    jwks_uri: str
    scopes_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...]
    response_modes_supported: tuple[str, ...]
    grant_types_supported: tuple[str, ...]
    code_challenge_methods_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...]
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
    introspection_endpoint_auth_methods_supported: tuple[str, ...]
    introspection_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
    revocation_endpoint_auth_methods_supported: tuple[str, ...]
    revocation_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
    dpop_signing_alg_values_supported: tuple[str, ...]
    acr_values_supported: tuple[str, ...]
    prompt_values_supported: tuple[str, ...]
    ui_locales_supported: tuple[str, ...]
    authorization_response_iss_parameter_supported: bool
    require_pushed_authorization_requests: bool
    """Only clients of the profile `high` must push."""
    service_documentation: str


class PushAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pushed request waits. Source: RFC 9126, section 2.2."""

    request_uri: str
    """Send the person's browser to `/oauth/authorize` with this and `client_id`."""
    expires_in: int
    """Seconds within which she must come."""


class PublicKeys(msgspec.Struct, frozen=True):
    """The keys that access tokens are signed with. Source: RFC 7517."""

    keys: tuple[dict[str, Any], ...]


@post(
    "/oauth/token",
    permit=access.GET_TOKEN,
    late=True,
    answers=TokenAnswer,
    status=200,
    accepts=FORM,
    form=described.TOKEN,
)
async def get_token(request: Call) -> Response[bytes]:
    """Get an access token.

    The grant is `client_credentials` for what a program does by itself,
    `authorization_code` for what a person authorised it to do, and `refresh_token` for more
    of that. A client with keys sends a signed assertion (`client_assertion`, RFC 7523) whose
    `aud` is the issuer, which expires within five minutes and is used once; a client with a
    secret sends it as HTTP Basic; a public client sends its `client_id`. `scope` narrows what
    the token is good for. With a DPoP proof (RFC 9449) the token is bound to its key. Errors
    are JSON of RFC 6749, section 5.2.
    """
    return await _answered(request, server.token)


@post(
    "/oauth/par",
    permit=access.GET_TOKEN,
    late=True,
    answers=PushAnswer,
    accepts=FORM,
    form=described.AUTHORISATION,
)
async def push_authorization_request(request: Call) -> Response[bytes]:
    """Push an authorisation request.

    The client sends what it would ask in the address of `/oauth/authorize`, proving itself as
    at the token endpoint, and gets a `request_uri` that is good for 90 s, for one person and
    this client alone (RFC 9126). Clients of the profile `high` ask in no other way.
    """
    return await _answered(request, authorising.push)


@post(
    "/oauth/introspect",
    permit=access.GET_TOKEN,
    late=True,
    answers=Introspection,
    status=200,
    accepts=FORM,
    form=described.TOKEN_NAMED,
)
async def introspect_token(request: Call) -> Response[bytes]:
    """Ask what a token is good for.

    At this moment, as the next request with it would find (RFC 7662). A client, which proves
    itself as at the token endpoint, asks about its own access and refresh tokens; whatever
    else it asks about is `{"active": false}`. Clients of the operator may ask about any.
    """
    return await _answered(request, given.introspect)


@post(
    "/oauth/revoke",
    permit=access.GET_TOKEN,
    late=True,
    answers=dict[str, str],
    status=200,
    accepts=FORM,
    form=described.TOKEN_NAMED,
)
async def revoke_token(request: Call) -> Response[bytes]:
    """Give a token back.

    What a person authorised ends, with its access and refresh tokens; a program's own access
    token is worth nothing any more: at once in this process, within a second in every other
    (RFC 7009). The answer is an empty object, also where there was nothing to give back; a
    token of another client is left alone.
    """
    return await _answered(request, given.revoke)


@get(
    "/oauth/authorize",
    permit=access.AUTHORISE,
    answers=str,
    produces=HTML,
    reads=described.QUERY,
    leads="To the login, to this page again, or back to the client with what is wrong.",
)
async def ask_person(request: Call) -> Response[bytes]:
    """Ask a person to authorise a client.

    Where a client sends a person's browser: with `client_id` and the `request_uri` of a pushed
    request, or with the whole request, of which the response type is `code` and the challenge
    of PKCE is made by `S256`. The person logs in, chooses the organisation that she acts for,
    and is sent back with `code`, `state` and `iss`, or with `error` (RFC 6749, 9207).
    """
    session = await sessions.current(request)
    query: bytes = request.scope["query_string"]
    async with request.house.database.transaction() as tx:
        now = await idempotency.clock(tx)
        outcome = await authorising.authorise(
            tx, query, browser=_browser(request, session, now=now)
        )
    return await _shown(request, outcome, session)


@post(
    "/oauth/consent",
    permit=access.AUTHORISE,
    answers=str,
    status=200,
    accepts=FORM,
    produces=HTML,
    form=described.ANSWER,
    leads="Back to the client, with a code or with `access_denied`.",
)
async def answer_client(request: Call) -> Response[bytes]:
    """Answer a client.

    What the page of `/oauth/authorize` sends when the person agrees or refuses. It works only
    from that page, in the browser in which she logged in, and once.
    """
    session = await sessions.current(request)
    outcome = await authorising.decide(
        request.tx, request.visit.body, browser=_browser(request, session, now=request.real_now)
    )
    return await _shown(request, outcome, session)


@get("/.well-known/oauth-authorization-server", permit=access.READ, answers=Metadata)
async def describe_authorization_server(request: Call) -> Response[bytes]:
    """Describe the authorisation server.

    Its addresses, and what it supports (RFC 8414).
    """
    root = request.house.settings.public_url
    return request.answer(
        Metadata(
            issuer=root,
            authorization_endpoint=f"{root}{authorising.PATH}",
            token_endpoint=f"{root}/oauth/token",
            pushed_authorization_request_endpoint=f"{root}/oauth/par",
            introspection_endpoint=f"{root}/oauth/introspect",
            revocation_endpoint=f"{root}/oauth/revoke",
            jwks_uri=f"{root}/oauth/jwks",
            scopes_supported=SCOPES,
            response_types_supported=("code",),
            response_modes_supported=("query",),
            grant_types_supported=terms.GRANT_TYPES,
            code_challenge_methods_supported=("S256",),
            token_endpoint_auth_methods_supported=_ANY,
            token_endpoint_auth_signing_alg_values_supported=ALGORITHMS,
            introspection_endpoint_auth_methods_supported=_PROVING,
            introspection_endpoint_auth_signing_alg_values_supported=ALGORITHMS,
            revocation_endpoint_auth_methods_supported=_ANY,
            revocation_endpoint_auth_signing_alg_values_supported=ALGORITHMS,
            dpop_signing_alg_values_supported=dpop.ALGORITHMS,
            acr_values_supported=tuple(way.value for way in Assurance),
            prompt_values_supported=("none", "login", "consent", "select_account"),
            ui_locales_supported=("zh", "en"),
            authorization_response_iss_parameter_supported=True,
            require_pushed_authorization_requests=False,
            service_documentation=f"{root}/docs",
        )
    )


@get("/oauth/jwks", permit=access.READ, answers=PublicKeys)
async def list_token_keys(request: Call) -> Response[bytes]:
    """List the keys of access tokens.

    The public keys by which anyone can check an access token's signature (RFC 7517).
    """
    ring = request.house.keys.tokens
    return request.answer(PublicKeys(ring.public(time.time())), headers=keyring.CACHING)


async def _answered(
    request: Call, answer: Callable[[Tx, Asked], Awaitable[Answer]]
) -> Response[bytes]:
    """Answer a client, in one transaction that commits whatever the answer says.

    So what was spent or revoked on the way to a refusal stays so. The keys that the client
    publishes are fetched before it begins.
    """
    house = request.house
    keys = await published(
        house.database.plain(), request.visit.body, addresses=house.key_addresses, now=time.time()
    )
    async with house.database.transaction() as tx:
        tx.request_id = request.visit.request_id
        asked = await _asked(request, tx, keys)
        told = asked if isinstance(asked, Answer) else await answer(tx, asked)
    return _json(told)


async def _asked(request: Call, tx: Tx, keys: Published | None) -> Asked | Answer:
    """Return the request in the terms of the token endpoint, or why its proof is wrong."""
    signing = terms.signing(request.house, now=await idempotency.clock(tx))
    wanted = dpop.Wanted(
        method="POST", url=f"{signing.issuer}{request.scope['path']}", now=signing.now
    )
    try:
        jkt = await dpop.proven(tx, request.headers.getall("dpop", []), wanted)
    except dpop.DpopInvalid as wrong:
        body = {"error": "invalid_dpop_proof", "error_description": str(wrong)}
        return terms.answered(400, body, ())
    return Asked(
        body=request.visit.body,
        authorization=request.headers.get("authorization"),
        signing=signing,
        published=keys,
        jkt=jkt,
    )


def _browser(request: Call, session: Session | None, *, now: datetime) -> Browser:
    return Browser(session=session, issuer=request.house.settings.public_url, now=now)


def _json(answer: Answer) -> Response[bytes]:
    return Response(
        msgspec.json.encode(answer.body),
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type="application/json",
    )


async def _shown(
    request: Call, outcome: Onward | Question | Trouble, session: Session | None
) -> Response[bytes]:
    """Return the page, or send the browser on; neither is kept anywhere."""
    if isinstance(outcome, Onward):
        headers = {"cache-control": "no-store"}
        return request.answer(b"", status=303, location=outcome.location, headers=headers)
    if isinstance(outcome, Trouble) or session is None:
        why = outcome if isinstance(outcome, Trouble) else Trouble.FORGED
        language = language_for(request)
        title, content = consent.trouble(why, language=language)
        return pages.page(request, title, content, language=language, status=_STATUS[why])
    language = language_for(request, asked=outcome.wanted.ui_locales)
    account = await queries.account_of(request.reading, session.person_id)
    title, content = consent.question(outcome, person=account.name, language=language)
    leads = consent.origin(outcome.wanted.redirect_uri)
    return pages.page(request, title, content, language=language, leads=leads)


ROUTES = (
    get_token,
    push_authorization_request,
    introspect_token,
    revoke_token,
    ask_person,
    answer_client,
    describe_authorization_server,
    list_token_keys,
)
