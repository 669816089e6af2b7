"""Where bytes lie by their SHA-256: the interface of a store, and a local folder as one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from ecosystem.runtime.durable import synced

PIECE_BYTES: Final = 1 << 20
_HEX: Final = 64


class StoreUnreachable(OSError):
    """The store of documents does not answer, or does not let this service in."""


class Store(Protocol):
    """Keeps bytes by their digest. All of it waits for the disk or the network: use threads."""

    def put(self, digest: str, draft: Path) -> None:
        """Keep the bytes of a file, durably, and whole or not at all; the file stays."""
        ...

    def size(self, digest: str) -> int | None:
        """Return how many bytes there are, or None where the digest is not kept."""
        ...

    def stream(self, digest: str, *, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `first` up to `end`; FileNotFoundError where there are none."""
        ...

    def remove(self, digest: str) -> None:
        """Remove the bytes; that they are not there is no error."""
        ...

    def digests(self) -> Iterator[str]:
        """Yield every digest that is kept."""
        ...


@dataclass(frozen=True)
class LocalFolder:
    """A store in a folder that is the service's alone."""

    folder: Path

    def put(self, digest: str, draft: Path) -> None:
        """Keep the bytes of a file of the same file system."""
        place = self._place(digest)
        if place.exists():
            return
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        synced(draft)
        try:
            # A second name, and not a new one: should the transaction fail, the draft is there.
            place.hardlink_to(draft)
        except FileExistsError:
            return
        for folder in (place.parent, self.folder):
            synced(folder)

    def size(self, digest: str) -> int | None:
        """Return how many bytes there are, or None where the digest is not kept."""
        try:
            return self._place(digest).stat().st_size
        except FileNotFoundError:
            return None

    def stream(self, digest: str, *, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `first` up to `end`."""
        with self._place(digest).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            left = (size if end is None else min(end, size)) - first
            file.seek(first)
            while left > 0 and (piece := file.read(min(PIECE_BYTES, left))):
                left -= len(piece)
                yield piece

    def remove(self, digest: str) -> None:
        """Remove the bytes."""
        self._place(digest).unlink(missing_ok=True)
        if self._place(digest).parent.is_dir():
            synced(self._place(digest).parent)

    def digests(self) -> Iterator[str]:
        """Yield every digest that is kept."""
        for place in sorted(self.folder.glob("[0-9a-f][0-9a-f]/*")):
            if len(place.name) == _HEX:
                yield place.name

    def _place(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
