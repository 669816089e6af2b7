"""Proof that the sender of a request holds a key. Source: RFC 9449.

What was bound to a key when it was given out is worth nothing to whoever copies it: each
request carries a new proof, signed by the key for this method, this address and this token.
"""

import base64
import hashlib
import re
import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey
from msgspec import Meta

from ecosystem.identity.oauth import actions
from ecosystem.runtime.database import Tx
from ecosystem.values.patterns import whole

ALGORITHMS: Final = ("ES256",)
AGE_MAX: Final = timedelta(seconds=60)
"""How old a proof may be."""
SKEW_MAX: Final = timedelta(seconds=15)
"""How far a client's clock may run ahead of ours: 10 s at least, less than 60 s.

Source: FAPI 2.0 Security Profile, section 5.3.2.1."""
_CHARACTERS_MAX: Final = 4_096
_PORTS: Final = {"https": 443, "http": 80}
_ESCAPED: Final = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = re.compile("[A-Za-z0-9._~-]")
"""What means the same escaped or not. Source: RFC 3986, section 2.3."""


_Instant = Annotated[int, Meta(ge=0, lt=2**53)] | Annotated[float, Meta(ge=0, lt=2**53)]
"""Seconds of Unix time; the bounds refuse what is no number, which is neither before nor after."""


class DpopInvalid(Exception):
    """A DPoP proof proves nothing; the text is a sentence that says why."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof says."""

    htm: str
    htu: str
    iat: _Instant
    jti: Annotated[str, Meta(min_length=1, max_length=128, pattern=whole(r"[\x21-\x7e]+"))]
    ath: str | None = None
    """SHA-256 of the access token, in base64url."""
    exp: _Instant | None = None
    nbf: _Instant | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a proof must be for."""

    method: str
    url: str
    """The address of this service, without query."""
    now: datetime
    """Real time, whatever a sandbox's clock says."""
    token: str | None = None
    """The access token that comes with it, at a resource."""


async def proven(tx: Tx, headers: Sequence[str], wanted: Wanted) -> str | None:
    """Return the thumbprint of the key that a proof shows the holder of; None without one.

    Refuses with DpopInvalid. Effects: the proof is spent; of two requests with one proof
    one is refused.
    """
    if not headers:
        return None
    if len(headers) > 1:
        raise DpopInvalid("The request has two DPoP headers.")
    jkt, claims = check(headers[0], wanted)
    spent = await actions.spend_proof(
        tx,
        jkt=jkt,
        jti=hashlib.sha256(claims.jti.encode()).digest(),
        expires_at=wanted.now + AGE_MAX + SKEW_MAX,
        before=wanted.now,
    )
    if not spent:
        raise DpopInvalid("The proof has been used before.")
    return jkt


def check(proof: str, wanted: Wanted) -> tuple[str, Claims]:
    """Return the thumbprint of a proof's key (RFC 7638) and what the proof says.

    Refuses with DpopInvalid. Source: RFC 9449, section 4.3.
    """
    key, claims = _opened(proof)
    if claims.htm != wanted.method:
        raise DpopInvalid(f"htm of the proof must be {wanted.method}.")
    if not _is_same(claims.htu, wanted.url):
        raise DpopInvalid(f"htu of the proof must be {wanted.url}.")
    _check_time(claims, now=wanted.now.timestamp())
    if wanted.token is not None and claims.ath != digest_of(wanted.token):
        raise DpopInvalid("ath of the proof must be the SHA-256 of the access token.")
    return str(key.thumbprint()), claims


def digest_of(token: str) -> str:
    """Return what a proof says of the token that it comes with."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")


def _opened(proof: str) -> tuple[ECKey, Claims]:
    if len(proof) > _CHARACTERS_MAX:
        raise DpopInvalid("The proof is longer than any needs to be.")
    try:
        header = jws.extract_compact(proof.encode()).headers()
        key = _key(header)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            said = jwt.decode(proof, key, algorithms=list(ALGORITHMS)).claims
        return key, msgspec.convert(said, Claims)
    except (JoseError, msgspec.ValidationError, ValueError, KeyError, TypeError, RecursionError):
        raise DpopInvalid(
            "The proof is no JWT of the type dpop+jwt, signed by ES256 with the public key of its "
            "header, with jti, htm, htu and iat."
        ) from None


def _key(header: dict[str, Any]) -> ECKey:
    """Return the key of a header that names nothing but type, algorithm and public key."""
    if header.keys() != {"typ", "alg", "jwk"} or header["typ"] != "dpop+jwt":
        raise ValueError(header)
    if header["alg"] not in ALGORITHMS:
        raise ValueError(header)
    key = ECKey.import_key(header["jwk"])
    if key.is_private or key.curve_name != "P-256":
        raise ValueError(header)
    return key


def _check_time(claims: Claims, *, now: float) -> None:
    ahead = now + SKEW_MAX.total_seconds()
    if claims.iat > ahead or (claims.nbf or 0) > ahead:
        raise DpopInvalid("The proof is not valid yet.")
    is_over = claims.exp is not None and claims.exp <= now
    if claims.iat < now - AGE_MAX.total_seconds() or is_over:
        raise DpopInvalid("The proof is too old: make one for each request.")


def _is_same(given: str, expected: str) -> bool:
    """Tell whether two addresses are the same but for query and fragment.

    Source: RFC 3986, sections 6.2.2 and 6.2.3; RFC 9449, section 4.3.
    """
    try:
        return _normal(given) == _normal(expected)
    except ValueError:
        return False


def _normal(url: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    port = _PORTS.get(scheme) if parts.port is None else parts.port
    path = _ESCAPED.sub(_unescaped, parts.path)
    return scheme, (parts.hostname or "").lower(), port, _without_dots(path)


def _unescaped(found: re.Match[str]) -> str:
    """Return a character that need not be escaped; any other stays so, in capitals."""
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()


def _without_dots(path: str) -> str:
    """Return a path without its segments `.` and `..`. Source: RFC 3986, section 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if segment not in {".", ".."}:
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept) or "/"
