"""What an opening officer's own client does: keep a key, and open shares with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ecosystem.needs import attesting
from ecosystem.offers import envelope, sealing
from ecosystem.offers.envelope import Envelope

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _quietly(done: int, of: int) -> None:
    del done, of


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
        key = X25519PrivateKey.from_private_bytes(self.private_key)
        return envelope.encode(key.public_key().public_bytes_raw())

    def answer(self, sealed: str) -> str:
        """Return what a challenge to this officer's key holds: the proof that she holds it."""
        key = X25519PrivateKey.from_private_bytes(self.private_key)
        opened = _SUITE.decrypt(envelope.decode(sealed), key, info=attesting.INFO)
        return envelope.encode(opened)

    def open(
        self, sealed: Mapping[str, Any], *, progress: Callable[[int, int], None] = _quietly
    ) -> dict[str, Any]:
        """Open this officer's share of every offer, and return what the officer hands in.

        `sealed` is what the service answers to `/v1/needs/{need_id}/sealed-shares`.

        A share that does not open with the right key is named as unreadable. Calls `progress`
        with how many are done, and of how many. Refuses with PrivateKeyOfAnother, also where the
        shares were given out to somebody else: handed in, they would be false; OfficerUnknown.
        """
        shares: list[dict[str, str]] = []
        unreadable: list[str] = []
        if others := {one["officer_id"] for one in sealed["data"]} - {self.person_id}:
            detail = f"These are sealed shares of {', '.join(others)}, not of {self.person_id}."
            raise sealing.PrivateKeyOfAnother(detail)
        for done, one in enumerate(sealed["data"], start=1):
            try:
                shares.append({"offer_id": one["offer_id"], "share": self._share(one["envelope"])})
            except sealing.EnvelopeAltered:
                unreadable.append(one["offer_id"])
            progress(done, len(sealed["data"]))
        return {"shares": shares, "unreadable": unreadable, "digest": sealed["digest"]}

    def _share(self, document: object) -> str:
        sealed = msgspec.convert(document, Envelope)
        share = sealing.open_share(sealed, officer_id=self.person_id, private_key=self.private_key)
        return envelope.encode(share)
