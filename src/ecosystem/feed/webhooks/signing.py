"""Secrets of webhooks, and the signatures that they make.

A secret lies nowhere: it follows from the key of the installation, the webhook, and a salt in
the webhook's row. So the database without the key, or a copy of it, tells no secret.

Source: Standard Webhooks 1.0.0, "Signature scheme" (`v1`: HMAC-SHA256; `v1a`: Ed25519).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Pen:
    """What signs the messages of one webhook under one salt."""

    symmetric: bytes
    asymmetric: Ed25519PrivateKey

    @property
    def secret(self) -> str:
        """The secret as its owner is shown it."""
        return f"whsec_{base64.b64encode(self.symmetric).decode()}"

    @property
    def public_key(self) -> str:
        """The public key as everybody may see it."""
        raw = self.asymmetric.public_key().public_bytes_raw()
        return f"whpk_{base64.b64encode(raw).decode()}"

    def sign(self, content: bytes) -> str:
        """Return both signatures of what a message is signed over."""
        first = hmac.digest(self.symmetric, content, hashlib.sha256)
        second = self.asymmetric.sign(content)
        return f"v1,{base64.b64encode(first).decode()} v1a,{base64.b64encode(second).decode()}"


def pen(key: bytes, webhook_id: str, *, salt: bytes) -> Pen:
    """Return what signs for a webhook under a salt; `key` is the installation's."""

    def derived(scheme: str) -> bytes:
        return hmac.digest(key, f"{scheme} {webhook_id} ".encode() + salt, hashlib.sha256)

    return Pen(derived("v1"), Ed25519PrivateKey.from_private_bytes(derived("v1a")))


def headers(
    pens: Iterable[Pen], *, message_id: str, sent_at: datetime, content: bytes
) -> Mapping[str, str]:
    """Return the headers of a message; every one of `pens` signs it."""
    seconds = int(sent_at.timestamp())
    signed = f"{message_id}.{seconds}.".encode() + content
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(one.sign(signed) for one in pens),
    }
