"""What an opening officer's own client does: keep a key, and open shares with it."""

import base64
from dataclasses import dataclass
from typing import Any, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ecosystem.offers import sealing
from ecosystem.offers.envelope import Envelope


@dataclass(frozen=True)
class OpeningOfficer:
    """An officer with a private key that never leaves the officer's machine."""

    person_id: str
    private_key: bytes

    @classmethod
    def new(cls, person_id: str) -> Self:
        """Make a key for an officer."""
        return cls(person_id, X25519PrivateKey.generate().private_bytes_raw())

    @property
    def public_key(self) -> str:
        """Return the public half, as the API takes it."""
        raw = X25519PrivateKey.from_private_bytes(self.private_key).public_key().public_bytes_raw()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def open(self, sealed: list[dict[str, Any]]) -> list[dict[str, str]]:
        """Open this officer's share of every offer."""
        return [
            {"offer_id": one["offer_id"], "share": self._share(one["envelope"])} for one in sealed
        ]

    def _share(self, document: object) -> str:
        envelope = msgspec.convert(document, Envelope)
        share = sealing.open_share(
            envelope, officer_id=self.person_id, private_key=self.private_key
        )
        return base64.urlsafe_b64encode(share).decode().rstrip("=")
