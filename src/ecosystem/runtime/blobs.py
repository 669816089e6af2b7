"""Where documents lie: bytes kept by their SHA-256, each once."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from ecosystem.runtime.durable import synced


@dataclass(frozen=True)
class Blobs:
    """Bytes in a local folder, named by their digest."""

    folder: Path

    def keep(self, content: bytes) -> str:
        """Keep `content`, durably, and return its SHA-256 as hexadecimal digits."""
        digest = hashlib.sha256(content).hexdigest()
        place = self._place(digest)
        if place.exists():
            return digest
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place.with_name(f".{digest}.{os.getpid()}.{id(content)}")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
        for folder in (place.parent, self.folder):
            synced(folder)
        return digest

    def read(self, digest: str) -> bytes:
        """Return the bytes with this digest; FileNotFoundError where there are none."""
        return self._place(digest).read_bytes()

    def _place(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
