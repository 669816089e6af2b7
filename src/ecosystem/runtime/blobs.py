"""Where documents lie: bytes kept by their SHA-256, each once."""

import hashlib
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import FileIO
from pathlib import Path

from ecosystem.runtime.minting import mint
from ecosystem.runtime.parts import Parts
from ecosystem.runtime.stores import LocalFolder, Store


@dataclass(frozen=True)
class Blobs:
    """Bytes named by their digest, in a local folder or in the store that is given.

    What is still arriving lies in the folder either way.
    """

    folder: Path
    elsewhere: Store | None = None

    @cached_property
    def store(self) -> Store:
        """Return where bytes are kept."""
        return self.elsewhere or LocalFolder(self.folder)

    @property
    def arriving(self) -> Path:
        """Return the folder of what arrives in one request."""
        return self.folder / ".arriving"

    @cached_property
    def parts(self) -> Parts:
        """Return what has arrived of uploads that take several requests."""
        return Parts(self.folder / ".uploads")

    def keep(self, content: bytes) -> str:
        """Keep `content`, durably, and return its SHA-256 as hexadecimal digits."""
        digest = hashlib.sha256(content).hexdigest()
        if self.store.size(digest) is None:
            with self._draft(content) as draft:
                self.store.put(digest, draft)
        return digest

    def take(self, draft: Path, digest: str) -> None:
        """Keep the bytes of a file of which `digest` is the SHA-256; the file stays."""
        self.store.put(digest, draft)

    def read(self, digest: str) -> bytes:
        """Return the bytes with this digest; FileNotFoundError where there are none."""
        return b"".join(self.store.stream(digest))

    @contextmanager
    def _draft(self, content: bytes) -> Generator[Path]:
        self.arriving.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.arriving / mint("draft")
        try:
            with FileIO(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                rest = memoryview(content)
                while rest:
                    rest = rest[file.write(rest) or 0 :]
                os.fsync(file.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)
