"""A body as it arrives: written to the disk piece by piece, and never whole in memory."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Final

from ecosystem.runtime import problems
from ecosystem.runtime.call import Call, EdgeFinding
from ecosystem.runtime.minting import mint

_BATCH_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that has arrived, and is not kept yet."""

    path: Path
    bytes: int
    sha256: str


@asynccontextmanager
async def arrived(call: Call, *, folder: Path, bytes_max: int) -> AsyncGenerator[Draft]:
    """Give the body as a file of its own in `folder`, which is gone when the context ends.

    Raises as `pieces` does; OSError where the disk is full.
    """
    path = _fresh(folder)
    digest = hashlib.sha256()
    try:
        with FileIO(path, "x", opener=_private) as file:
            await pour(pieces(call, bytes_max=bytes_max), file, digest=digest)
            length = file.tell()
        yield Draft(path, length, digest.hexdigest())
    finally:
        path.unlink(missing_ok=True)


async def pieces(call: Call, *, bytes_max: int) -> AsyncIterator[bytes]:
    """Yield the body as it comes.

    Raises EdgeFinding where it is longer than `bytes_max`, ends before the length that was
    announced, or lets nothing be heard for as long as a whole body may take.
    """
    announced = int(call.header(b"content-length") or -1)
    if announced > bytes_max:
        raise EdgeFinding(problems.TOO_LARGE, f"The limit is {bytes_max} bytes.")
    taken, more = 0, True
    while more:
        message = await _message(call)
        more = message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        taken += len(piece)
        if taken > bytes_max:
            raise EdgeFinding(problems.TOO_LARGE, f"The limit is {bytes_max} bytes.")
        if piece:
            yield piece
        if message["type"] == "http.disconnect" or (not more and taken < announced):
            raise EdgeFinding(problems.BODY_CUT_OFF, f"{taken} bytes of it arrived.")


async def pour(body: AsyncIterator[bytes], file: FileIO, *, digest: Any = None) -> None:
    """Write a body at the end of `file`, durably; what has come stays, however this ends.

    Raises OSError where the disk is full: what still found room stays as well.
    """
    waiting = bytearray()
    try:
        async for piece in body:
            waiting += piece
            if len(waiting) >= _BATCH_BYTES:
                full, waiting = waiting, bytearray()
                await asyncio.to_thread(_write, file, full, digest)
    finally:
        try:
            await asyncio.to_thread(_write, file, waiting, digest)
        finally:
            await asyncio.to_thread(os.fsync, file.fileno())


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _message(call: Call) -> Any:
    seconds = call.house.settings.body_wait_s_max
    try:
        async with asyncio.timeout(seconds):
            return await call.receive()
    except TimeoutError:
        message = f"Nothing came for {seconds} s."
        raise EdgeFinding(problems.BODY_TOO_SLOW, message) from None


def _write(file: FileIO, content: bytearray, digest: Any) -> None:
    rest = memoryview(content)
    while rest:
        written = file.write(rest) or 0
        if digest is not None:
            digest.update(rest[:written])
        rest = rest[written:]


def _fresh(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / mint("draft")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
