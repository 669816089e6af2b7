"""A passkey in software: for the demonstration and for tests, which log in over HTTP.

It does what a browser and its authenticator do together, and refuses as they refuse: it signs
for the origin of the page it is told of and no other, and for the domain of that origin alone.
It asks nobody who she is, and whoever reads its file is the person: never for real accounts.
Source: Web Authentication Level 3, sections 5.1.3, 5.1.4 and 6.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from joserfc.jwk import ECKey
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

from ecosystem.identity.login.passkeys.ceremony import public_key
from ecosystem.identity.login.passkeys.model import NewPasskey
from ecosystem.runtime.minting import entropy

Json = dict[str, Any]
_PRESENT: Final = 0x01
_VERIFIED: Final = 0x04
_ATTESTED: Final = 0x40
_ES256: Final = -7
_NO_MODEL: Final = bytes(16)


class OriginRefused(Exception):
    """A page asks for passkeys that are not its own, or whose maker it is not."""


@dataclass(kw_only=True)
class Authenticator:
    """One passkey at most, of one person, for pages of one origin."""

    origin: str
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    credential_id: bytes = field(default_factory=lambda: entropy(32))
    handle: bytes = field(default_factory=lambda: entropy(32))
    count: int = 0
    """How often it has signed; stays 0 where it does not count."""
    counts: bool = False
    verifies: bool = True
    """Whether it says that it has asked its person who she is."""

    def create(self, options: Json) -> str:
        """Return the answer to `navigator.credentials.create()`; raises OriginRefused."""
        asked = options["publicKey"]
        domain = self._domain(asked["rp"]["id"])
        known = [one["id"] for one in asked.get("excludeCredentials", ())]
        if bytes_to_base64url(self.credential_id) in known:
            raise OriginRefused("The passkey is registered there already.")
        if _ES256 not in [one["alg"] for one in asked["pubKeyCredParams"]]:
            raise OriginRefused("It signs with ES256, which is not asked for.")
        self.handle = base64url_to_bytes(asked["user"]["id"])
        length = len(self.credential_id).to_bytes(2, "big")
        attested = _NO_MODEL + length + self.credential_id + public_key(self._private.public_key())
        told = self._told(domain, attested=attested)
        return self._answer(
            clientDataJSON=self._said("webauthn.create", asked["challenge"]),
            attestationObject=encode_cbor({"fmt": "none", "attStmt": {}, "authData": told}),
        )

    def get(self, options: Json) -> str:
        """Return the answer to `navigator.credentials.get()`; raises OriginRefused."""
        asked = options["publicKey"]
        told = self._told(self._domain(asked["rpId"]))
        said = self._said("webauthn.get", asked["challenge"])
        signed = told + hashlib.sha256(said).digest()
        return self._answer(
            clientDataJSON=said,
            authenticatorData=told,
            signature=self._private.sign(signed, ECDSA(hashes.SHA256())),
            userHandle=self.handle,
        )

    @property
    def passkey(self) -> NewPasskey:
        """The passkey as a service keeps it, with which it need not be registered over HTTP."""
        return NewPasskey(
            credential_id=self.credential_id,
            public_key=public_key(self._private.public_key()),
            handle=self.handle,
            sign_count=self.count,
        )

    def written(self) -> Json:
        """Return all of it as JSON, with the private key, to be read by `read`."""
        return {
            "origin": self.origin,
            "credential_id": bytes_to_base64url(self.credential_id),
            "handle": bytes_to_base64url(self.handle),
            "private_key": self.key.as_dict(private=True),
        }

    @property
    def _private(self) -> EllipticCurvePrivateKey:
        key = self.key.private_key
        if key is None:
            message = "there is no private key"
            raise ValueError(message)
        return key

    def _domain(self, asked: str) -> str:
        host = urlsplit(self.origin).hostname or ""
        if asked != host and not host.endswith(f".{asked}"):
            raise OriginRefused(f"A page of {self.origin} asks for passkeys of {asked}.")
        return asked

    def _told(self, domain: str, *, attested: bytes = b"") -> bytes:
        if self.counts:
            self.count += 1
        flags = _PRESENT | (_VERIFIED if self.verifies else 0) | (_ATTESTED if attested else 0)
        digest = hashlib.sha256(domain.encode()).digest()
        return digest + bytes([flags]) + self.count.to_bytes(4, "big") + attested

    def _said(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> str:
        named = bytes_to_base64url(self.credential_id)
        return json.dumps(
            {
                "id": named,
                "rawId": named,
                "type": "public-key",
                "response": {name: bytes_to_base64url(part) for name, part in response.items()},
            }
        )


def read(written: Json) -> Authenticator:
    """Return the authenticator that `Authenticator.written` has written."""
    return Authenticator(
        origin=written["origin"],
        key=ECKey.import_key(written["private_key"]),
        credential_id=base64url_to_bytes(written["credential_id"]),
        handle=base64url_to_bytes(written["handle"]),
    )
