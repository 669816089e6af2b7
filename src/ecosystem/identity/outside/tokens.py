"""Access tokens of the outside issuer: read, and believed only as far as RFC 9068 goes."""

import math
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError

from ecosystem.identity.oauth.tokens import TokenWrong
from ecosystem.runtime.issuer import PublicKey
from ecosystem.values.actor import Assurance
from ecosystem.values.scopes import known

ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""RS256, which this service uses nowhere else, is what most outside issuers sign with."""
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})
_NEVER: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit"})
"""What a header says of keys is not asked: it would choose by which key it is believed."""
_CHARACTERS_MAX: Final = 8_192
_SUBJECT_MAX: Final = 255
_SKEW_S: Final = 15
_LAST: Final = 2**40
_SAID: Final = {way.value: way for way in Assurance}


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """Who may have given a token, and for whom."""

    issuer: str
    audience: str
    person_claim: str


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What a token of the outside issuer says, all that counts here."""

    subject: str
    """The person, as the issuer knows her."""
    scopes: tuple[str, ...]
    expires_at: float
    """In seconds of Unix time."""
    acr: Assurance | None = None
    authenticated_at: datetime | None = None


class _Issued(msgspec.Struct, frozen=True):
    iss: str


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    iss: str
    aud: str | list[str]
    exp: int | float
    iat: int | float
    nbf: int | float = 0
    scope: str = ""
    acr: str | None = None
    auth_time: int | float | None = None
    cnf: dict[str, Any] | None = None


def issuer_of(token: str) -> str | None:
    """Return who a token says has given it; nothing of it is proved yet."""
    try:
        payload = jws.extract_compact(token.encode()).payload or b""
        return msgspec.json.decode(payload, type=_Issued).iss
    except (JoseError, ValueError, TypeError, RecursionError):
        return None


def kid_of(token: str) -> str:
    """Return the name of the key that a token says it is signed with.

    Refuses with TokenWrong where its algorithm, its type or its header is not as it must be.
    """
    if len(token) > _CHARACTERS_MAX:
        raise TokenWrong("The access token is longer than any that is accepted.")
    try:
        header: dict[str, Any] = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenWrong("The access token cannot be read.") from None
    if header.get("alg") not in ALGORITHMS:
        raise TokenWrong(f"The access token must be signed by one of {', '.join(ALGORITHMS)}.")
    if str(header.get("typ")).lower() not in _TYPES:
        raise TokenWrong("The token is of another type than at+jwt: it is no access token.")
    if not _NEVER.isdisjoint(header):
        raise TokenWrong(f"The header of the access token has one of {', '.join(sorted(_NEVER))}.")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise TokenWrong("The access token names no key.")
    return kid


def read(token: str, *, key: PublicKey | None, bound: Bound, now: float) -> Outside:
    """Return what a token says whose header `kid_of` has accepted; `key` is its issuer's.

    Refuses with TokenWrong: no such key, a wrong signature, another issuer or audience,
    expired, not valid yet, bound to a key, a person not named.
    """
    if key is None:
        raise TokenWrong("The access token names a key that its issuer does not publish.")
    try:
        said = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
        claims = msgspec.convert(said, _Claims)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenWrong("The access token is not one that its issuer has signed.") from None
    _check_for_us(claims, bound=bound, now=now)
    acr = _SAID.get(claims.acr or "")
    return Outside(
        subject=_subject(said.get(bound.person_claim)),
        scopes=known(claims.scope.split()),
        expires_at=float(claims.exp),
        acr=acr,
        authenticated_at=None if acr is None else _instant(claims.auth_time, now=now),
    )


def _check_for_us(claims: _Claims, *, bound: Bound, now: float) -> None:
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if claims.iss != bound.issuer or bound.audience not in audiences:
        raise TokenWrong("The access token is for another service.")
    if not all(0 <= instant <= _LAST for instant in (claims.exp, claims.iat, claims.nbf)):
        raise TokenWrong("The access token has times that are none.")
    if claims.cnf is not None:
        raise TokenWrong("The access token is bound to a key, which is not looked at here.")
    if claims.exp <= now:
        raise TokenWrong("The access token has expired.")
    if max(claims.iat, claims.nbf) > now + _SKEW_S:
        raise TokenWrong("The access token is not valid yet.")


def _subject(said: object) -> str:
    if isinstance(said, str) and 0 < len(said) <= _SUBJECT_MAX and said.isprintable():
        return said
    raise TokenWrong("The access token does not name its person.")


def _instant(seconds: float | None, *, now: float) -> datetime | None:
    """Return when she proved who she is, or None where that is not said, or is not past."""
    if seconds is None or not math.isfinite(seconds) or not 0 <= seconds <= now + _SKEW_S:
        return None
    return datetime.fromtimestamp(min(seconds, now), UTC)
