"""Whether an officer holds the private half of an opening key: asked for, answered, compared.

The answer is sealed to the key and follows from the house's own secret, so that nothing is
kept between question and answer. Source: HPKE of RFC 9180, in base mode.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ecosystem.values.refusal import Kind, Refusal

INFO: Final = b"ecosystem opening key attestation 1"
"""HPKE's `info`, so that no challenge can be taken for a share of an offer."""
WINDOW_S: Final = 600
"""A challenge is good until the end of the window after the one in which it was made."""
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class KeyUnsound(Refusal):
    """The key is not one to which a share can be sealed."""

    kind = Kind.UNMET
    remedy = "Give the public half of an X25519 key that the officer's program has generated."


def challenge(public_key: str, *, person_id: str, secret: bytes, at: datetime) -> bytes:
    """Return what only the holder of the private half can open. Refuses with KeyUnsound."""
    answer = _answer(public_key, person_id=person_id, secret=secret, window=_window(at))
    try:
        key = X25519PublicKey.from_public_bytes(_decoded(public_key))
        return _SUITE.encrypt(answer, key, info=INFO)
    except ValueError:
        raise KeyUnsound("This is no sound X25519 key.", pointer="/public_key") from None


def is_answered(
    given: str, *, public_key: str, person_id: str, secret: bytes, at: datetime
) -> bool:
    """Tell whether `given` is what a challenge of now, or of the window before, has sealed."""
    now = _window(at)
    return any(
        hmac.compare_digest(
            given.encode(),
            base64.urlsafe_b64encode(
                _answer(public_key, person_id=person_id, secret=secret, window=window)
            ).rstrip(b"="),
        )
        for window in (now, now - 1)
    )


def _answer(public_key: str, *, person_id: str, secret: bytes, window: int) -> bytes:
    text = f"{person_id} {public_key} {window}"
    return hmac.digest(secret, INFO + b"\0" + text.encode(), hashlib.sha256)


def _window(at: datetime) -> int:
    return int(at.timestamp()) // WINDOW_S


def _decoded(public_key: str) -> bytes:
    """Return the bytes of which this is the one form; anything else is a ValueError."""
    octets = base64.urlsafe_b64decode(public_key + "=")
    if base64.urlsafe_b64encode(octets).rstrip(b"=").decode() != public_key:
        raise ValueError("stray last bits")
    return octets
