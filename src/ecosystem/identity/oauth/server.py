"""Authlib's authorisation server, at home in our one transaction.

Authlib is synchronous, and decides in the middle of a grant what it must read: so the grant
runs in a greenlet, in which its callbacks await our statements on the same connection.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast
from urllib.parse import parse_qsl

import msgspec
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Request,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy.util import await_only, greenlet_spawn

from ecosystem.identity.model import AuthMethod
from ecosystem.identity.oauth import actions, assertions, queries, tokens
from ecosystem.runtime.database import Tx

GRANT_TYPE: Final = "client_credentials"
_PRINTABLE: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
_FIELDS_MAX: Final = 20
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
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
        refused: Any = error
        return _answer(*refused())
    untyped: Any = _Server(tx, asked)
    request = _Request(asked, form)

    def answer() -> Answer:
        answered: Any = untyped.create_token_response(request)
        return cast("Answer", answered)

    return await greenlet_spawn(answer)


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
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "POST", address, headers=headers
        )
        self.payload = BasicOAuth2Payload(form)
        self._form = form

    @property
    def form(self) -> dict[str, str]:
        return self._form

    @property
    def args(self) -> dict[str, str | None]:
        return {}


class _Client(ClientMixin):
    """A client in Authlib's terms."""

    def __init__(self, registered: queries.Registered) -> None:
        self.registered = registered

    def check_client_secret(self, client_secret: str) -> bool:
        kept = self.registered.secret_digest or _NO_SECRET
        return hmac.compare_digest(hashlib.sha256(client_secret.encode()).digest(), kept)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        del endpoint
        registered = self.registered
        kept = registered.jwks if method == AuthMethod.KEYS else registered.secret_digest
        return kept is not None

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == GRANT_TYPE


class _Server(AuthorizationServer):
    """The server of one request."""

    def __init__(self, tx: Tx, asked: Asked) -> None:
        super().__init__()
        self.tx = tx
        self.asked = asked
        untyped: Any = self
        untyped.register_client_auth_method(AuthMethod.KEYS.value, self._by_assertion)
        untyped.register_grant(_Grant)

    def query_client(self, client_id: str) -> ClientMixin:
        return _Client(self._registered(client_id))

    def authenticate_client(
        self, request: OAuth2Request, methods: Collection[str], endpoint: str = "token"
    ) -> ClientMixin:
        """Return the client, or say of all failures the same: nobody learns which clients are."""
        try:
            client = super().authenticate_client(request, methods, endpoint)
        except assertions.Unproved:
            raise
        except (InvalidClientError, JoseError, ValueError, KeyError, TypeError):
            raise _unauthenticated() from None
        client_id = _registered(client).id
        if request.form.get("client_id", client_id) != client_id:
            raise _unauthenticated()
        return client

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Mapping[str, Any], headers: Any) -> Answer:
        return _answer(status, body, headers)

    def save_token(self, token: object, request: object) -> None:
        """Keep nothing: an access token carries all that is asked of it."""

    def send_signal(self, name: object, *args: object, **kwargs: object) -> None:
        """Tell nobody: whatever happens is in the log."""

    def _registered(self, client_id: str) -> queries.Registered:
        found = await_only(queries.registered(self.tx, client_id))
        if found is None:
            raise _unauthenticated()
        return found

    def _by_assertion(self, _: object, request: OAuth2Request) -> _Client | None:
        """Return the client that signed the request's assertion, which is then spent."""
        assertion = request.form.get("client_assertion")
        if assertion is None or request.form.get("client_assertion_type") != ASSERTION_TYPE:
            return None
        registered = self._registered(assertions.said_to_be(assertion))
        if registered.jwks is None:
            raise _unauthenticated()
        now = self.asked.now
        claims = assertions.check(
            assertion,
            jwks=registered.jwks,
            client_id=registered.id,
            issuer=self.asked.issuer,
            now=now.timestamp(),
        )
        spent = actions.spend_assertion(
            self.tx,
            client_id=registered.id,
            jti=claims.jti,
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
            before=now,
        )
        if not await_only(spent):
            raise assertions.Unproved(
                description="The assertion has been used before.", status_code=401
            )
        return _Client(registered)


class _Grant(ClientCredentialsGrant):
    """Client credentials: a program acts for its own organisation."""

    TOKEN_ENDPOINT_AUTH_METHODS: Collection[str] = (AuthMethod.KEYS, AuthMethod.SECRET)
    scopes: tuple[str, ...] = ()

    def validate_requested_scope(self) -> None:
        """Narrow the token to the scopes that are asked for, all of which the client holds."""
        held = _registered(self.request.client).scopes
        wanted = str(self.request.form.get("scope", "")).split()
        if not set(wanted) <= set(held):
            raise InvalidScopeError("The client does not hold all of these scopes.")
        self.scopes = tuple(scope for scope in held if not wanted or scope in wanted)

    def generate_token(
        self,
        user: object = None,
        scope: str | None = None,
        grant_type: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,  # noqa: FBT001, FBT002 - Authlib's signature
    ) -> dict[str, str | int]:
        """Sign a token of our own kind: Authlib's would live for ten days."""
        del user, scope, grant_type, expires_in, include_refresh_token
        asked: Asked = self.server.asked
        registered = _registered(self.request.client)
        grant = tokens.Grant(
            client_id=registered.id,
            organisation_id=registered.organisation_id,
            scopes=self.scopes,
        )
        answer = given(
            grant,
            key=asked.key,
            issuer=asked.issuer,
            jti=asked.jti,
            now=asked.now,
            lifetime_s=asked.lifetime_s,
        )
        return msgspec.structs.asdict(answer)


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


def _registered(client: object) -> queries.Registered:
    if not isinstance(client, _Client):
        raise TypeError(client)
    return client.registered


def _unauthenticated() -> InvalidClientError:
    return InvalidClientError(description="Client authentication failed.", status_code=401)
