"""Proof that the sender of a request holds a key. Source: RFC 9449."""

from datetime import datetime
from typing import Final

from ecosystem.runtime.database import Tx

ALGORITHMS: Final = ("ES256",)


class DpopInvalid(Exception):
    """A DPoP proof proves nothing; the text is a sentence that says why."""


async def proven(
    tx: Tx, header: str | None, *, method: str, url: str, now: datetime, token: str | None = None
) -> str | None:
    """Return the thumbprint of the key that a proof shows the holder of; None without one."""
    del tx, method, url, now, token
    if header is None:
        return None
    raise DpopInvalid("Proofs are not read yet.")
