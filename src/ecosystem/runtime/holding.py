"""Who takes bytes by their digest, and who erases them, one after the other."""

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from sqlalchemy import Text, bindparam, func, select

from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.database import Statement, Tx

PURPOSE: Final = "expiring"
"""Under which every row is seen that names bytes: they are erased when none does."""
_HOLD: Final = Statement(
    select(
        func.pg_advisory_xact_lock(
            func.hashtextextended("bytes " + bindparam("sha256", type_=Text), 0)
        )
    )
)


async def hold(tx: Tx, sha256: str) -> None:
    """Wait for whoever takes or erases the bytes of a digest, and let others wait.

    Effects: an advisory lock until the transaction ends, after the row that names the bytes.
    """
    await tx.value(_HOLD, sha256=sha256)


async def keep(tx: Tx, blobs: Blobs, content: bytes) -> str:
    """Keep bytes for a row of this transaction, and return their SHA-256. Effects: as `hold`."""
    sha256 = hashlib.sha256(content).hexdigest()
    await hold(tx, sha256)
    return await asyncio.to_thread(blobs.keep, content)


async def take(tx: Tx, blobs: Blobs, draft: Path, *, sha256: str) -> None:
    """Keep the bytes of a file for a row of this transaction. Effects: as `hold`."""
    await hold(tx, sha256)
    await asyncio.to_thread(blobs.take, draft, sha256)
