"""Requests, clients and answers of the token endpoint, in Authlib's terms."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from joserfc.jwk import ECKey

from ecosystem.identity.clients.model import AuthMethod
from ecosystem.identity.oauth import queries
from ecosystem.identity.oauth.published import Published
from ecosystem.runtime.web import House

PROGRAM: Final = "client_credentials"
CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
GRANT_TYPES: Final = (PROGRAM, CODE, REFRESH)
_NO_SECRET: Final = bytes(32)


@dataclass(frozen=True, kw_only=True)
class Signing:
    """What tokens are signed with, and how long they live."""

    issuer: str
    key: ECKey
    keys: Mapping[str, ECKey]
    """What tokens are checked with, by name."""
    now: datetime
    """Real time, whatever a sandbox's clock says."""
    lifetime_s: int


def signing(house: House, *, now: datetime) -> Signing:
    """Return what this house signs tokens with, `now` in real time."""
    return Signing(
        issuer=house.settings.public_url,
        key=house.keys.tokens.signing(now.timestamp()),
        keys=house.keys.tokens.checking(now.timestamp()),
        now=now,
        lifetime_s=house.settings.token_lifetime_s,
    )


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request of a client as it came, and what it is answered with."""

    body: bytes
    authorization: str | None
    signing: Signing
    published: Published | None = None
    """The keys at the address of the client that says it asks."""
    jkt: str | None = None
    """Thumbprint of the key that the request's DPoP proof shows the holder of."""

    @property
    def issuer(self) -> str:
        """Who answers, as the audience of whatever the client signs."""
        return self.signing.issuer

    @property
    def now(self) -> datetime:
        """When, in real time."""
        return self.signing.now


@dataclass(frozen=True)
class Answer:
    """The answer to a token request, in the form of RFC 6749, section 5."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


def answered(status: int, body: Mapping[str, Any], headers: Any) -> Answer:
    """Return Authlib's answer, with a challenge that names its realm (RFC 7617)."""
    given = {"Cache-Control": "no-store"}
    if any(name.lower() == "www-authenticate" for name, _ in headers):
        given["WWW-Authenticate"] = 'Basic realm="ecosystem"'
    return Answer(status, body, given)


def refused(error: OAuth2Error) -> Answer:
    """Return the answer that an error of OAuth is."""
    untyped: Any = error
    return answered(*untyped())


class Request(OAuth2Request):
    """A client's request in Authlib's terms; its address is the issuer's, never what Host says."""

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
        """Return the parameters of the body."""
        return self._form

    @property
    def args(self) -> dict[str, str | None]:
        """Return nothing: no parameter stands in the address."""
        return {}


class Client(ClientMixin):
    """A client in Authlib's terms."""

    def __init__(self, registered: queries.Registered) -> None:
        self.registered = registered

    def check_client_secret(self, client_secret: str) -> bool:
        """Tell whether the secret is the client's, in time that says nothing of it."""
        given = hashlib.sha256(client_secret.encode()).digest()
        kept = (*self.registered.secret_digests, _NO_SECRET, _NO_SECRET)[:2]
        return any(hmac.compare_digest(given, one) for one in kept)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Tell whether this is the way in which the client proves itself, anywhere."""
        del endpoint
        return self.registered.method == method

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether the client may use a grant: a public one never acts by itself."""
        if grant_type == PROGRAM:
            return self.registered.method != AuthMethod.NONE
        return bool(self.registered.redirect_uris)


def registered_of(client: object) -> queries.Registered:
    """Return the registration behind a client of Authlib's."""
    if not isinstance(client, Client):
        raise TypeError(client)
    return client.registered


def unauthenticated() -> InvalidClientError:
    """Return the one error of whatever an unknown caller got wrong."""
    return InvalidClientError(description="Client authentication failed.", status_code=401)
