"""Signatures that a party makes with a key of its own, and what refuses them.

The party signs a statement that names the contract, the edition of its terms and their digest,
as a JWS without its payload: whoever has the terms writes the statement again, and needs nobody
to check the signature.

Sources: RFC 7515, section 5 and appendix F (detached content); RFC 7797 (`b64`); RFC 7638
(thumbprints).
"""

import warnings
from typing import Annotated, Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry
from msgspec import Meta

from ecosystem.contracts import canonical
from ecosystem.identity.clients.model import Jwk
from ecosystem.values.patterns import whole
from ecosystem.values.refusal import Kind, Refusal

ALGORITHMS: Final = ("ES256", "PS256", "Ed25519", "EdDSA")
_POINTER: Final = "/jws"
_UNDERSTOOD: Final[tuple[list[str], ...]] = ([], ["b64"])
"""What a header may call critical: nothing, or that the payload is signed as it is."""

DetachedJws = Annotated[
    str,
    Meta(
        pattern=whole(r"[0-9A-Za-z_-]+\.\.[0-9A-Za-z_-]+"),
        max_length=2_000,
        description="A JWS in compact form whose payload is left out (RFC 7515, appendix F).",
        examples=["eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ..c2lnbmF0dXJl"],
    ),
]


class JwsUnfit(Refusal):
    """The JWS is not made as a signature of a contract is."""

    kind = Kind.UNMET
    remedy = "Sign with ES256, PS256 or Ed25519, name the key by `kid`, and leave the payload out."


class JwsKeyUnregistered(Refusal):
    """No client of the organisation has the key that the JWS names."""

    kind = Kind.UNMET
    remedy = "Register the key in the `jwks` of an active client of the organisation first."


class JwsDiffers(Refusal):
    """The JWS is not the registered key's signature of this edition of these terms."""

    kind = Kind.UNMET
    remedy = "Sign the canonical JSON of contract_id, digest and edition, as the contract has them."


class RegisteredKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key of an organisation, and the client under which it is registered."""

    client_id: str
    key: Jwk


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """A signature by an own key, and what it is checked against."""

    jws: str
    contract_id: str
    edition: int
    keys: tuple[RegisteredKey, ...]
    """Keys of the signing organisation, those that bear the name that the JWS gives."""


class OwnKey(msgspec.Struct, frozen=True, kw_only=True):
    """A signature by a party's own key: with the terms all that checks it."""

    jws: DetachedJws
    key: Jwk
    """The public key, as it was registered when it signed."""
    thumbprint: str
    """SHA-256 of the key, in base64url (RFC 7638): compare it with the party's own."""


def statement(*, contract_id: str, edition: int, digest: str) -> bytes:
    """Return the payload that is signed: canonical JSON (RFC 8785)."""
    said = {"contract_id": contract_id, "digest": digest, "edition": edition}
    return canonical.canonical(said)


def kid_of(signature: str) -> str | None:
    """Return the name of the key that a JWS gives; None where it gives none."""
    try:
        kid = jws.extract_compact(signature.encode(), b"-").headers().get("kid")
    except (JoseError, ValueError, TypeError, AttributeError):
        return None
    return kid if isinstance(kid, str) else None


def check(presented: Presented, *, digest: str) -> OwnKey:
    """Return what is kept of a signature by an own key over `digest`.

    Refuses with JwsUnfit, JwsKeyUnregistered or JwsDiffers, in that order.
    """
    said = statement(contract_id=presented.contract_id, edition=presented.edition, digest=digest)
    header = _header(presented.jws)
    kid = _checked(header)
    named = [one.key for one in presented.keys if one.key.kid == kid]
    if not named:
        message = f"No active client of the organisation has a key {kid!a} in its `jwks`."
        raise JwsKeyUnregistered(message, pointer=_POINTER)
    for key in named:
        if _is_signed(presented.jws, said, key):
            return OwnKey(jws=presented.jws, key=key, thumbprint=thumbprint(key))
    message = f"The key {kid} has not signed {said.decode()}."
    raise JwsDiffers(message, pointer=_POINTER)


def checked(presented: Presented | None, *, digest: str) -> OwnKey | None:
    """Return what `check` does, or None where nothing is presented."""
    return None if presented is None else check(presented, digest=digest)


def is_sound(own: OwnKey, *, contract_id: str, edition: int, digest: str) -> bool:
    """Tell whether a kept signature is its key's, over this edition of these terms."""
    said = statement(contract_id=contract_id, edition=edition, digest=digest)
    return own.thumbprint == thumbprint(own.key) and _is_signed(own.jws, said, own.key)


def thumbprint(key: Jwk) -> str:
    """Return the SHA-256 of a public key, in base64url. Source: RFC 7638."""
    return str(JWKRegistry.import_key(msgspec.to_builtins(key)).thumbprint())


def _header(signature: str) -> dict[str, Any]:
    try:
        return dict(jws.extract_compact(signature.encode(), b"-").headers())
    except (JoseError, ValueError, TypeError, AttributeError):
        message = "The JWS has no header that can be read."
        raise JwsUnfit(message, pointer=_POINTER) from None


def _checked(header: dict[str, Any]) -> str:
    """Return the name of the key, where the header is one of a signature of a contract."""
    if header.get("alg") not in ALGORITHMS:
        message = f"The algorithm is {header.get('alg')!a}, and none of {', '.join(ALGORITHMS)}."
        raise JwsUnfit(message, pointer=_POINTER)
    critical = header.get("crit", [])
    if critical not in _UNDERSTOOD:
        message = "The header calls something critical that is not understood here."
        raise JwsUnfit(message, pointer=_POINTER)
    if "b64" in header and "b64" not in critical:
        message = "The header says `b64`, and does not list it in `crit`."
        raise JwsUnfit(message, pointer=_POINTER)
    kid = header.get("kid")
    if not isinstance(kid, str):
        message = "The header does not name the key by `kid`."
        raise JwsUnfit(message, pointer=_POINTER)
    return kid


def _is_signed(signature: str, said: bytes, key: Jwk) -> bool:
    algorithms = ALGORITHMS if isinstance(key.alg, msgspec.UnsetType) else _meant(key.alg)
    try:
        with warnings.catch_warnings():
            # RFC 9864 calls Ed25519 by its own name; most programs still say EdDSA, and mean it.
            warnings.simplefilter("ignore", SecurityWarning)
            jws.deserialize_compact(
                signature,
                JWKRegistry.import_key(msgspec.to_builtins(key)),
                algorithms=algorithms,
                payload=said,
            )
    except (JoseError, ValueError, TypeError):
        return False
    return True


def _meant(algorithm: str) -> tuple[str, ...]:
    edwards = ("Ed25519", "EdDSA")
    return edwards if algorithm in edwards else (algorithm,)
