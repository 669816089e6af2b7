"""What has arrived of uploads so far: a file for each, written by one request at a time."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path


class PartHeld(Exception):
    """Another request is at this upload just now."""


@dataclass(frozen=True)
class Parts:
    """The parts of uploads in a local folder, named by the uploads' identifiers.

    How far an upload has come is the size of its file, so it holds whatever is killed.
    """

    folder: Path

    def path(self, upload_id: str) -> Path:
        """Return where the part of an upload lies; it may not be there."""
        return self.folder / upload_id

    def offset(self, upload_id: str) -> int:
        """Return how many bytes of an upload have arrived."""
        try:
            return self.path(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def held(self, upload_id: str) -> Generator[FileIO]:
        """Hold an upload's file open at its end, for this request alone.

        Raises PartHeld where another request does. A process that is killed lets go of it.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        with FileIO(os.open(self.path(upload_id), flags, 0o600), "ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PartHeld from None
            yield file

    def discard(self, upload_id: str) -> None:
        """Remove what has arrived of an upload."""
        self.path(upload_id).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """Return the identifiers of the uploads of which there is a file."""
        return sorted(one.name for one in self.folder.iterdir()) if self.folder.is_dir() else []
