"""The assertion by which a client with keys proves itself. Source: RFC 7523, section 3."""

import warnings
from typing import Annotated, Any, Final

import msgspec
from authlib.oauth2.rfc6749 import InvalidClientError
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import JWKRegistry, Key
from msgspec import Meta

from ecosystem.identity.clients.model import Jwk, Jwks
from ecosystem.identity.clients.rules import is_usable
from ecosystem.values.patterns import whole

ALGORITHMS: Final = ("ES256", "PS256", "Ed25519", "EdDSA")
_LIFETIME_S_MAX: Final = 300
_SKEW_S: Final = 15
"""How far a client's clock may run ahead of ours: 10 s at least, less than 60 s.

Source: FAPI 2.0 Security Profile, section 5.3.2.1."""


class Unproved(InvalidClientError):
    """The signature is the client's own, so it may be told what else is wrong."""


class _Subject(msgspec.Struct, frozen=True):
    sub: str


class Assertion(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of an assertion."""

    iss: str
    sub: str
    aud: str
    """The issuer, as a string, so that no other server's assertion works here."""
    exp: int | float
    jti: Annotated[str, Meta(min_length=1, max_length=128, pattern=whole(r"[\x21-\x7e]+"))]
    iat: int | float | None = None
    nbf: int | float | None = None


def said_to_be(assertion: str) -> str:
    """Return the client that an assertion says it is of; nothing of it is proved yet.

    Raises ValueError or JoseError where it says nothing of the kind.
    """
    payload = jws.extract_compact(assertion.encode()).payload or b""
    return msgspec.json.decode(payload, type=_Subject).sub


def kid_of(assertion: str) -> str | None:
    """Return the name of the key that an assertion names, if any.

    Raises ValueError or JoseError where it is no JWS, or names its key by something else.
    """
    kid = jws.extract_compact(assertion.encode()).headers().get("kid")
    if kid is None or isinstance(kid, str):
        return kid
    message = "the name of a key is a text"
    raise ValueError(message)


def usable(listed: tuple[dict[str, Any], ...], *, kid: str | None) -> Jwks | None:
    """Return those of the published keys that have this name and could be registered.

    What else a key says of itself is left unread.
    """
    found: list[Jwk] = []
    for one in listed:
        said = {name: one[name] for name in Jwk.__struct_fields__ if name in one}
        try:
            key = msgspec.convert(said, Jwk)
        except msgspec.ValidationError:
            continue
        if (kid is None or key.kid == kid) and is_usable(key):
            found.append(key)
    return Jwks(tuple(found)) if found else None


def key_for(assertion: str, jwks: Jwks) -> Key:
    """Return the client's key that the assertion names; its only one where it names none.

    Raises ValueError where there is no such key, JoseError where the assertion is no JWS.
    """
    kid = jws.extract_compact(assertion.encode()).headers().get("kid")
    found = [key for key in jwks.keys if kid is None or key.kid == kid]
    if len(found) != 1:
        message = "the assertion names no key of the client"
        raise ValueError(message)
    return JWKRegistry.import_key(msgspec.to_builtins(found[0]))


def check(assertion: str, *, jwks: Jwks, client_id: str, issuer: str, now: float) -> Assertion:
    """Return the claims of an assertion that the client signed for this server, just now.

    Raises Unproved with a sentence where the signature is the client's, else a ValueError
    or JoseError about which nothing is said.
    """
    read = _decoded(assertion, key_for(assertion, jwks))
    try:
        claims = msgspec.convert(read, Assertion)
    except msgspec.ValidationError:
        raise _unproved("The assertion needs iss, sub, aud as one string, exp and jti.") from None
    if (claims.iss, claims.sub) != (client_id, client_id):
        raise _unproved("iss and sub of the assertion must be the client_id.")
    if claims.aud != issuer:
        raise _unproved(f"aud of the assertion must be {issuer}.")
    if claims.exp <= now:
        raise _unproved("The assertion has expired.")
    if claims.exp > now + _LIFETIME_S_MAX + _SKEW_S:
        raise _unproved(f"The assertion must expire within {_LIFETIME_S_MAX} s.")
    if max(claims.iat or 0, claims.nbf or 0) > now + _SKEW_S:
        raise _unproved("The assertion is not valid yet.")
    return claims


def _decoded(assertion: str, key: Key) -> dict[str, object]:
    with warnings.catch_warnings():
        # RFC 9864 calls Ed25519 by its own name; most clients still say EdDSA, and mean it.
        warnings.simplefilter("ignore", SecurityWarning)
        claims: dict[str, object] = jwt.decode(assertion, key, algorithms=ALGORITHMS).claims
    return claims


def _unproved(description: str) -> Unproved:
    return Unproved(description=description, status_code=401)
