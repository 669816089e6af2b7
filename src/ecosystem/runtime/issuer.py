"""The outside issuer of tokens: where it says that its keys are, and the keys.

Source: OpenID Connect Discovery 1.0, section 4; RFC 8414, section 3; RFC 7517.
"""

import warnings
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from ecosystem.runtime.fetching import Unfetched, fetch
from ecosystem.runtime.remembered import Remembered

PublicKey = ECKey | RSAKey
_KEYS_MAX: Final = 50
_PUBLIC: Final = frozenset({"kty", "crv", "x", "y", "n", "e"})
_RSA_BITS_MIN: Final = 2_048


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _Listed(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class Issuer:
    """An issuer whose keys are fetched from where it publishes them, and remembered."""

    def __init__(self, name: str) -> None:
        """Fetch nothing yet; `name` is what stands in its tokens as `iss`."""
        self.name = name
        self._keys = Remembered(self._load)

    async def key(self, kid: str, *, now: float) -> PublicKey | None:
        """Return the key of this name, or None; raise Away where its keys cannot be had."""
        keys = await self._keys.get(now=now, has=lambda keys: kid in keys)
        return keys.get(kid)

    async def _load(self) -> dict[str, PublicKey]:
        metadata = await self._metadata()
        if metadata.issuer != self.name:
            message = f"{self.name} says that it is {metadata.issuer[:200]}."
            raise Unfetched(message)
        if urlsplit(metadata.jwks_uri).scheme not in {"https", urlsplit(self.name).scheme}:
            message = f"{self.name} has its keys where anybody can change them on the way."
            raise Unfetched(message)
        return public_keys(await fetch(metadata.jwks_uri))

    async def _metadata(self) -> _Metadata:
        said = urlsplit(self.name)
        path = said.path.rstrip("/")
        root = f"{said.scheme}://{said.netloc}"
        try:
            found = await fetch(f"{root}{path}/.well-known/openid-configuration")
        except Unfetched:
            found = await fetch(f"{root}/.well-known/oauth-authorization-server{path}")
        try:
            return msgspec.json.decode(found, type=_Metadata)
        except (msgspec.DecodeError, RecursionError):
            message = f"{self.name} does not describe itself as RFC 8414 says."
            raise Unfetched(message) from None


def public_keys(document: bytes) -> dict[str, PublicKey]:
    """Return the keys of a JWKS that can check signatures, by their names.

    EC keys on P-256 and RSA keys of 2,048 bits or more; others, and those without a name,
    are left out, and so is a name that two keys have. Raises Unfetched where it is no JWKS.
    """
    try:
        listed = msgspec.json.decode(document, type=_Listed).keys[:_KEYS_MAX]
    except (msgspec.DecodeError, RecursionError):
        message = "What should be keys is no JWKS."
        raise Unfetched(message) from None
    names = [one.get("kid") for one in listed]
    found: dict[str, PublicKey] = {}
    for one in listed:
        kid = one.get("kid")
        if isinstance(kid, str) and names.count(kid) == 1 and one.get("use", "sig") == "sig":
            key = _key(one)
            if key is not None:
                found[kid] = key
    return found


def _key(one: dict[str, Any]) -> PublicKey | None:
    said: dict[str, str | list[str]] = {
        name: str(value) for name, value in one.items() if name in _PUBLIC
    }
    try:
        with warnings.catch_warnings():
            # A key that is too small is left out below.
            warnings.simplefilter("ignore", SecurityWarning)
            key = JWKRegistry.import_key(said)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, ECKey):
        return key if key.curve_name == "P-256" else None
    if isinstance(key, RSAKey):
        return key if key.public_key.key_size >= _RSA_BITS_MIN else None
    return None
