"""The authorisation server over HTTP; its errors are those of RFC 6749, not problems."""

from typing import Any, Final

import msgspec
from litestar import Response

from ecosystem.identity import access
from ecosystem.identity.model import AuthMethod
from ecosystem.identity.oauth import server, tokens
from ecosystem.identity.oauth.assertions import ALGORITHMS
from ecosystem.identity.oauth.server import TokenAnswer
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Call, get, post
from ecosystem.values.scopes import SCOPES

FORM: Final = "application/x-www-form-urlencoded"


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """How to use this authorisation server. Source: RFC 8414, section 2."""

    issuer: str
    token_endpoint: str
    jwks_uri: str
    scopes_supported: tuple[str, ...]
    response_types_supported: tuple[str, ...]
    grant_types_supported: tuple[str, ...]
    token_endpoint_auth_methods_supported: tuple[str, ...]
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...]
    service_documentation: str


class PublicKeys(msgspec.Struct, frozen=True):
    """The keys that access tokens are signed with. Source: RFC 7517."""

    keys: tuple[dict[str, Any], ...]


@post(
    "/oauth/token",
    permit=access.GET_TOKEN,
    answers=TokenAnswer,
    status=200,
    accepts=FORM,
)
async def get_token(request: Call) -> Response[bytes]:
    """Get an access token.

    The grant is `client_credentials`. A client with keys sends a signed assertion
    (`client_assertion`, RFC 7523) whose `aud` is the issuer, which expires within five
    minutes and is used once; a client with a secret sends it as HTTP Basic. `scope` narrows
    what the token is good for. Errors are JSON of RFC 6749, section 5.2.
    """
    visit, house = request.visit, request.house
    visit.commits_always = True
    now = visit.real_now
    if now is None:
        message = "the desk has read no clock"
        raise RuntimeError(message)
    answer = await server.token(
        request.tx,
        server.Asked(
            body=visit.body,
            authorization=request.headers.get("authorization"),
            issuer=house.settings.public_url,
            key=house.keys.tokens,
            jti=mint("token"),
            now=now,
            lifetime_s=house.settings.token_lifetime_s,
        ),
    )
    return Response(
        msgspec.json.encode(answer.body),
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type="application/json",
    )


@get("/.well-known/oauth-authorization-server", permit=access.READ, answers=Metadata)
async def describe_authorization_server(request: Call) -> Response[bytes]:
    """Describe the authorisation server.

    Its addresses, and what it supports (RFC 8414).
    """
    root = request.house.settings.public_url
    return request.answer(
        Metadata(
            issuer=root,
            token_endpoint=f"{root}/oauth/token",
            jwks_uri=f"{root}/oauth/jwks",
            scopes_supported=SCOPES,
            response_types_supported=(),
            grant_types_supported=(server.GRANT_TYPE,),
            token_endpoint_auth_methods_supported=tuple(method.value for method in AuthMethod),
            token_endpoint_auth_signing_alg_values_supported=ALGORITHMS,
            service_documentation=f"{root}/docs",
        )
    )


@get("/oauth/jwks", permit=access.READ, answers=PublicKeys)
async def list_token_keys(request: Call) -> Response[bytes]:
    """List the keys of access tokens.

    The public keys by which anyone can check an access token's signature (RFC 7517).
    """
    key = request.house.keys.tokens.as_dict(private=False)
    return request.answer(PublicKeys(({**key, "alg": tokens.ALGORITHM, "use": "sig"},)))


ROUTES = (get_token, describe_authorization_server, list_token_keys)
