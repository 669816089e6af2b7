"""Authlib's authorisation server, at home in our one transaction.

Authlib is synchronous, and decides in the middle of a grant what it must read: so the grant
runs in a greenlet, in which its callbacks await our statements on the same connection.
"""

import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidClientError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy.util import await_only, greenlet_spawn

from ecosystem.identity.oauth import actions, assertions, queries, tokens
from ecosystem.runtime.database import Tx

GRANT_TYPE: Final = "client_credentials"
_PRINTABLE: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
_FIELDS_MAX: Final = 20
_METHODS: Final = ("private_key_jwt", "client_secret_basic")
_NO_SECRET: Final = bytes(32)


@dataclass(frozen=True)
class Asked:
    """A token request as it came, and what it is answered with."""

    body: bytes
    authorization: str | None
    issuer: str
    key: ECKey
    jti: str
    """Identifier of the token, should there be one."""
    now: datetime
    """Real time, whatever a sandbox's clock says."""
    lifetime_s: int


@dataclass(frozen=True)
class Answer:
    """The answer to a token request, in the form of RFC 6749, section 5."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


async def token(tx: Tx, asked: Asked) -> Answer:
    """Answer a token request; the caller commits whatever the answer says.

    Refuses with invalid_request, unsupported_grant_type, invalid_client (one sentence for
    whatever an unknown caller got wrong), invalid_scope. Effects: a spent assertion.
    """
    try:
        form = _form(asked)
    except OAuth2Error as error:
        return _answer(*error())
    server = _Server(tx, asked)
    request = _Request(asked, form)
    answer: Answer = await greenlet_spawn(server.create_token_response, request)
    return answer


def _form(asked: Asked) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            asked.body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(asked.body),
            max_num_fields=_FIELDS_MAX,
            errors="strict",
        )
    except ValueError:
        raise InvalidRequestError("The body is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidRequestError("A parameter is given twice.")
    if not all(_PRINTABLE.fullmatch(part) for pair in pairs for part in pair):
        raise InvalidRequestError("A parameter holds characters that none may hold.")
    if "grant_type" not in form:
        raise InvalidRequestError("The parameter grant_type is missing.")
    if form["grant_type"] != GRANT_TYPE:
        error = UnsupportedGrantTypeError(GRANT_TYPE)
        error.description = f"The only grant_type here is {GRANT_TYPE}."
        raise error
    if "client_secret" in form:
        raise InvalidRequestError("Send the secret as HTTP Basic authentication.")
    if asked.authorization is not None and "client_assertion" in form:
        raise InvalidRequestError("Two ways of client authentication are used at once.")
    return form


def _answer(status: int, body: Mapping[str, Any], headers: Any) -> Answer:
    """Return Authlib's answer, with a challenge that names its realm (RFC 7617)."""
    given = {"Cache-Control": "no-store"}
    if any(name.lower() == "www-authenticate" for name, _ in headers):
        given["WWW-Authenticate"] = 'Basic realm="ecosystem"'
    return Answer(status, body, given)


class _Request(OAuth2Request):
    """A token request in Authlib's terms; its address is the issuer's, never what Host says."""

    def __init__(self, asked: Asked, form: dict[str, str]) -> None:
        # Behind a proxy or in a test the issuer is plain HTTP, which Authlib would refuse.
        address = re.sub("^http:", "https:", asked.issuer) + "/oauth/token"
        headers = {"Authorization": asked.authorization} if asked.authorization else {}
        super().__init__("POST", address, headers=headers)
        self.payload = BasicOAuth2Payload(form)
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        return self._form

    @property
    def args(self) -> dict[str, str]:
        return {}


class _Client:
    """A client in Authlib's terms."""

    def __init__(self, registered: queries.Registered) -> None:
        self.registered = registered

    def check_client_secret(self, given: str) -> bool:
        kept = self.registered.secret_digest or _NO_SECRET
        return hmac.compare_digest(hashlib.sha256(given.encode()).digest(), kept)

    def check_endpoint_auth_method(self, method: str, _: str) -> bool:
        registered = self.registered
        kept = registered.jwks if method == "private_key_jwt" else registered.secret_digest
        return kept is not None

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == GRANT_TYPE


class _Server(AuthorizationServer):  # type: ignore[misc]
    """The server of one request."""

    def __init__(self, tx: Tx, asked: Asked) -> None:
        super().__init__()
        self.tx = tx
        self.asked = asked
        self.register_client_auth_method("private_key_jwt", _Assertion(self))
        self.register_grant(_Grant)

    def query_client(self, client_id: str) -> _Client | None:
        found = await_only(queries.registered(self.tx, client_id))
        return _Client(found) if found else None

    def authenticate_client(
        self, request: OAuth2Request, methods: tuple[str, ...], endpoint: str = "token"
    ) -> _Client:
        """Return the client, or say of all failures the same: nobody learns which clients are."""
        try:
            client: _Client = super().authenticate_client(request, methods, endpoint)
        except assertions.Unproved:
            raise
        except (InvalidClientError, JoseError, ValueError, KeyError, TypeError, binascii.Error):
            raise _unauthenticated() from None
        if request.form.get("client_id", client.registered.id) != client.registered.id:
            raise _unauthenticated()
        return client

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Mapping[str, Any], headers: Any) -> Answer:
        return _answer(status, body, headers)

    def save_token(self, *_: object) -> None:
        """Keep nothing: an access token carries all that is asked of it."""

    def send_signal(self, *_: object, **__: object) -> None:
        """Tell nobody: whatever happens is in the log."""


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """Authentication by an assertion, bounded and spent once."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, server: _Server) -> None:
        super().__init__()
        self._server = server

    def resolve_client_public_key(self, client: _Client) -> _Client:
        """Hand the client on: which of its keys is meant, the assertion says."""
        return client

    def process_assertion_claims(self, assertion: str, client: _Client) -> None:
        asked = self._server.asked
        registered = client.registered
        if registered.jwks is None:
            raise _unauthenticated()
        claims = assertions.check(
            assertion,
            jwks=registered.jwks,
            client_id=registered.id,
            issuer=asked.issuer,
            now=asked.now.timestamp(),
        )
        spent = actions.spend_assertion(
            self._server.tx,
            client_id=registered.id,
            jti=claims.jti,
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
            before=asked.now,
        )
        if not await_only(spent):
            raise assertions.Unproved(
                description="The assertion has been used before.", status_code=401
            )


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]
    """Client credentials: a program acts for its own organisation."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def validate_requested_scope(self) -> None:
        """Narrow the token to the scopes that are asked for, all of which the client holds."""
        held = self.request.client.registered.scopes
        wanted = (self.request.payload.scope or "").split()
        beyond = sorted(set(wanted) - set(held))
        if beyond:
            raise InvalidScopeError("The client does not hold all of these scopes.")
        self.scopes = tuple(scope for scope in held if not wanted or scope in wanted)

    def generate_token(self, **_: object) -> dict[str, Any]:
        asked: Asked = self.server.asked
        registered: queries.Registered = self.request.client.registered
        grant = tokens.Grant(
            client_id=registered.id,
            organisation_id=registered.organisation_id,
            scopes=self.scopes,
        )
        return msgspec.to_builtins(  # type: ignore[no-any-return]
            given(grant, key=asked.key, issuer=asked.issuer, jti=asked.jti, now=asked.now,
                  lifetime_s=asked.lifetime_s)
        )  # fmt: skip


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An access token. Source: RFC 6749, section 5.1."""

    access_token: str
    """A JWT; send it as `Authorization: Bearer ...`."""
    token_type: str
    """`Bearer`."""
    expires_in: int
    """Seconds for which it is good."""
    scope: str
    """What it is good for: scopes, with a space between."""


def given(
    grant: tokens.Grant, *, key: ECKey, issuer: str, jti: str, now: datetime, lifetime_s: int
) -> TokenAnswer:
    """Return the answer with a new access token for `grant`."""
    return TokenAnswer(
        access_token=tokens.issue(
            grant, key=key, issuer=issuer, jti=jti, now=now, lifetime_s=lifetime_s
        ),
        token_type="Bearer",  # noqa: S106 - the name of a type, not a secret
        expires_in=lifetime_s,
        scope=" ".join(grant.scopes),
    )


def _unauthenticated() -> InvalidClientError:
    return InvalidClientError(description="Client authentication failed.", status_code=401)
