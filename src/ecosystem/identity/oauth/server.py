"""Authlib's authorisation server, at home in our one transaction.

Authlib is synchronous, and decides in the middle of a grant what it must read: so the grant
runs in a greenlet, in which its callbacks await our statements on the same connection.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidRequestError,
    OAuth2Error,
    OAuth2Request,
    UnsupportedGrantTypeError,
)
from joserfc.errors import JoseError
from sqlalchemy.util import await_only, greenlet_spawn

from ecosystem.identity.clients.model import AuthMethod, Jwks
from ecosystem.identity.oauth import actions, assertions, forms, grants, queries, terms
from ecosystem.identity.oauth.grants import TokenAnswer, given, granted
from ecosystem.identity.oauth.terms import (
    GRANT_TYPES,
    Answer,
    Asked,
    Client,
    Request,
    registered_of,
    unauthenticated,
)
from ecosystem.runtime.database import Tx

__all__ = [
    "ASSERTION_TYPE", "GRANT_TYPES", "Answer", "Asked", "TokenAnswer", "authenticated", "given",
    "granted", "token",
]  # fmt: skip

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


_NOTED_EVERY: Final = timedelta(minutes=1)


class InvalidTarget(OAuth2Error):
    """A token is wanted for another resource. Source: RFC 8707, section 2."""

    error = "invalid_target"


async def token(tx: Tx, asked: Asked) -> Answer:
    """Answer a token request; the caller commits whatever the answer says.

    Refuses with invalid_request, unsupported_grant_type, invalid_client (one sentence for
    whatever an unknown caller got wrong), unauthorized_client, invalid_target,
    invalid_grant, invalid_scope, invalid_dpop_proof. Effects: a spent assertion, code or
    refresh token; a revoked authorisation where one was spent before.
    """
    try:
        form = _token_form(asked)
    except OAuth2Error as error:
        return terms.refused(error)
    untyped: Any = _Server(tx, asked, gives_tokens=True)
    return await greenlet_spawn(
        lambda: cast("Answer", untyped.create_token_response(Request(asked, form)))
    )


async def authenticated(
    tx: Tx, asked: Asked, form: dict[str, str], *, methods: Collection[str] = grants.ANY
) -> queries.Registered:
    """Return the client that sends a request, having proved itself as at the token endpoint.

    A public client only says who it is. Refuses with InvalidRequestError and
    InvalidClientError. Effects: a spent assertion.
    """
    one_way(asked, form)
    server = _Server(tx, asked)

    def answer() -> queries.Registered:
        return registered_of(server.authenticate_client(Request(asked, form), methods))

    return await greenlet_spawn(answer)


def one_way(asked: Asked, form: Mapping[str, str]) -> None:
    """Refuse two ways of client authentication at once, and a secret in the body."""
    if "client_secret" in form:
        raise InvalidRequestError("Send the secret as HTTP Basic authentication.")
    if asked.authorization is not None and "client_assertion" in form:
        raise InvalidRequestError("Two ways of client authentication are used at once.")


def _token_form(asked: Asked) -> dict[str, str]:
    form = forms.parameters(asked.body, of=forms.PLAIN)
    if "grant_type" not in form:
        raise InvalidRequestError("The parameter grant_type is missing.")
    if form["grant_type"] not in GRANT_TYPES:
        raise UnsupportedGrantTypeError(form["grant_type"])
    if form.get("resource", asked.issuer) != asked.issuer:
        raise InvalidTarget(f"The only resource here is {asked.issuer}.")
    one_way(asked, form)
    return form


class _Server(AuthorizationServer):
    """The server of one request."""

    def __init__(self, tx: Tx, asked: Asked, *, gives_tokens: bool = False) -> None:
        super().__init__()
        self.tx = tx
        self.asked = asked
        self._gives_tokens = gives_tokens
        untyped: Any = self
        untyped.register_client_auth_method(AuthMethod.KEYS.value, self._by_assertion)
        untyped.register_grant(grants.ByItself)
        untyped.register_grant(grants.ByCode, [grants.Pkce()])
        untyped.register_grant(grants.ByRefresh)

    def query_client(self, client_id: str) -> ClientMixin:
        return Client(self._registered(client_id))

    def authenticate_client(
        self, request: OAuth2Request, methods: Collection[str], endpoint: str = "token"
    ) -> ClientMixin:
        """Return the client, or say of all failures the same: nobody learns which clients are."""
        if self.asked.authorization is not None or "client_assertion" in request.form:
            # Who tries to prove himself and fails is not taken for a client that need not.
            methods = [method for method in methods if method != AuthMethod.NONE]
        try:
            client = super().authenticate_client(request, methods, endpoint)
        except assertions.Unproved:
            raise
        except (InvalidClientError, JoseError, ValueError, KeyError, TypeError):
            raise unauthenticated() from None
        registered = registered_of(client)
        if request.form.get("client_id", registered.id) != registered.id:
            raise unauthenticated()
        if self._gives_tokens and registered.dpop and self.asked.jkt is None:
            raise grants.InvalidDpopProof("The client sends a DPoP proof with each request.")
        self._note_use(registered)
        return client

    def _note_use(self, registered: queries.Registered) -> None:
        """Note when a client was last used, at most once a minute, so that it costs nothing."""
        before, now = registered.last_used_at, self.asked.now
        if before is None or now - before >= _NOTED_EVERY:
            await_only(actions.note_use(self.tx, registered.id, now=now))

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Mapping[str, Any], headers: Any) -> Answer:
        return terms.answered(status, body, headers)

    def save_token(self, token: object, request: object) -> None:
        """Keep nothing: an access token carries all that is asked of it."""

    def send_signal(self, name: object, *args: object, **kwargs: object) -> None:
        """Tell nobody: whatever happens is in the log."""

    def _registered(self, client_id: str) -> queries.Registered:
        found = await_only(queries.registered(self.tx, client_id, held=True))
        if found is None:
            raise unauthenticated()
        return found

    def _by_assertion(self, _: object, request: OAuth2Request) -> Client | None:
        """Return the client that signed the request's assertion, which is then spent."""
        assertion = request.form.get("client_assertion")
        if assertion is None or request.form.get("client_assertion_type") != ASSERTION_TYPE:
            return None
        registered = self._registered(assertions.said_to_be(assertion))
        now = self.asked.now
        claims = assertions.check(
            assertion,
            jwks=self._keys_of(registered),
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
        return Client(registered)

    def _keys_of(self, registered: queries.Registered) -> Jwks:
        """Return a client's keys; those at an address only while that is still its address."""
        jwks, published = registered.jwks, self.asked.published
        if published is not None and published.address == registered.jwks_uri:
            jwks = published.jwks
        if jwks is None:
            raise unauthenticated()
        return jwks
