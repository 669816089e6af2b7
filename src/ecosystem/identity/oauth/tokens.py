"""Access tokens: made and checked. Source: RFC 9068."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol

from ecosystem.values.actor import Assurance

ALGORITHM: Final = "ES256"
_TYPE: Final = "at+jwt"
_BYTES_MAX: Final = 4_096
_SKEW_S: Final = 15
"""How far the clocks of two machines that serve together may be apart."""


class TokenWrong(Exception):
    """A token is not one of ours, or has expired; the text is a sentence that says which."""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What one token is good for."""

    client_id: str
    organisation_id: str
    scopes: tuple[str, ...]
    person_id: str | None = None
    acr: Assurance | None = None
    """How the person proved who she is."""
    authenticated_at: datetime | None = None
    """When she did, in real time."""
    grant_id: str | None = None
    """The authorisation that a person gave, whose end is the token's end."""
    jkt: str | None = None
    """Thumbprint of the key whose holder alone may use the token (RFC 9449); None for anyone."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An access token of this service that has not expired."""

    grant: Grant
    jti: str
    issued_at: int
    """In seconds of Unix time."""
    expires_at: int


class Confirmation(msgspec.Struct, frozen=True):
    """The key that a token is bound to. Source: RFC 7800, section 3."""

    jkt: str


class Claims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an access token says, all of it."""

    iss: str
    aud: str
    sub: str
    client_id: str
    organisation_id: str
    scope: str
    iat: int
    exp: int
    jti: str
    nbf: int | None = None
    acr: Assurance | None = None
    auth_time: int | None = None
    grant_id: str | None = None
    cnf: Confirmation | None = None


def issue(
    grant: Grant, *, key: ECKey, issuer: str, jti: str, now: datetime, lifetime_s: int
) -> str:
    """Return a signed access token; `now` is real time, whatever a sandbox's clock says."""
    issued_at = int(now.timestamp())
    claims = Claims(
        iss=issuer,
        aud=issuer,
        sub=grant.person_id or grant.client_id,
        client_id=grant.client_id,
        organisation_id=grant.organisation_id,
        scope=" ".join(grant.scopes),
        iat=issued_at,
        exp=issued_at + lifetime_s,
        jti=jti,
        acr=grant.acr,
        auth_time=int(grant.authenticated_at.timestamp()) if grant.authenticated_at else None,
        grant_id=grant.grant_id,
        cnf=Confirmation(grant.jkt) if grant.jkt else None,
    )
    header = {"alg": ALGORITHM, "typ": _TYPE, "kid": key.kid}
    return jwt.encode(header, msgspec.to_builtins(claims), key, algorithms=[ALGORITHM])


def verify(token: str, *, keys: Mapping[str, ECKey], issuer: str, now: float) -> Opened:
    """Return what a token says, and is good for.

    Algorithm, type, issuer and audience are pinned, and `keys` are those that count, by name;
    refuses with TokenWrong.
    """
    if len(token) > _BYTES_MAX:
        raise TokenWrong("The access token is not one of this service.")
    try:
        decoded = jwt.decode(token, _named(keys), algorithms=[ALGORITHM])
        claims = msgspec.convert(decoded.claims, Claims)
    except (JoseError, msgspec.ValidationError, ValueError, TypeError, KeyError, RecursionError):
        raise TokenWrong("The access token is not one of this service.") from None
    # Whatever else a header says (jku, jwk, x5u, crit), this service has not said it.
    if decoded.header != {"alg": ALGORITHM, "typ": _TYPE, "kid": decoded.header["kid"]}:
        raise TokenWrong("The access token is not one of this service.")
    if claims.iss != issuer or claims.aud != issuer:
        raise TokenWrong("The access token is for another service.")
    if claims.exp <= now:
        raise TokenWrong("The access token has expired.")
    if max(claims.iat, claims.nbf or 0) > now + _SKEW_S:
        raise TokenWrong("The access token is not valid yet.")
    return Opened(grant=_grant(claims), jti=claims.jti, issued_at=claims.iat, expires_at=claims.exp)


def _named(keys: Mapping[str, ECKey]) -> Callable[[GuestProtocol], ECKey]:
    """Return what finds the key that a token names; KeyError where it names none of `keys`."""
    return lambda token: keys[token.headers()["kid"]]


def _grant(claims: Claims) -> Grant:
    return Grant(
        client_id=claims.client_id,
        organisation_id=claims.organisation_id,
        scopes=tuple(claims.scope.split()),
        person_id=None if claims.sub == claims.client_id else claims.sub,
        acr=claims.acr,
        authenticated_at=(
            None if claims.auth_time is None else datetime.fromtimestamp(claims.auth_time, UTC)
        ),
        grant_id=claims.grant_id,
        jkt=None if claims.cnf is None else claims.cnf.jkt,
    )
