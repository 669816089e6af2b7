"""Signed addresses of documents: whoever has one reads one document, for a while.

Source: RFC 2104 (HMAC), with SHA-256.
"""

import base64
import hashlib
import hmac

from ecosystem.values.refusal import Kind, Refusal


class AddressAltered(Refusal):
    """The address is not one that this service made for this document as it is."""

    kind = Kind.FORBIDDEN
    remedy = "Use the address as POST /v1/documents/{id}/addresses answered it, or make a new one."


class AddressExpired(Refusal):
    """The time of the address is over."""

    kind = Kind.FORBIDDEN
    remedy = "Make a new one with POST /v1/documents/{id}/addresses."


def path_of(document_id: str, *, sha256: str, expires: int, key: bytes) -> str:
    """Return the path from which a document is read until `expires`, in seconds of Unix time."""
    mac = _mac(document_id, sha256=sha256, expires=expires, key=key)
    return f"/v1/documents/{document_id}/download?expires={expires}&signature={mac}"


def check(
    document_id: str, *, sha256: str, expires: int, signature: str, key: bytes, now: int
) -> None:
    """Refuse with AddressAltered or AddressExpired, in that order."""
    made = _mac(document_id, sha256=sha256, expires=expires, key=key)
    if not hmac.compare_digest(made, signature):
        raise AddressAltered("The signature is of another document, time or content.")
    if now >= expires:
        raise AddressExpired(f"It ended {now - expires} s ago.")


def _mac(document_id: str, *, sha256: str, expires: int, key: bytes) -> str:
    # The digest is among it: an address is good for the bytes that its maker could read.
    said = f"{document_id}\n{sha256}\n{expires}".encode("ascii", errors="replace")
    mac = hmac.digest(key, said, hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
