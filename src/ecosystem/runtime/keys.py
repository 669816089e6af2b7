"""Secret keys that lie in files: made at first start, readable by their owner alone."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from joserfc.jwk import ECKey

from ecosystem.runtime.durable import synced
from ecosystem.runtime.minting import entropy


@dataclass(frozen=True)
class Keys:
    """The keys of one installation, below `folder`."""

    folder: Path

    @cached_property
    def tokens(self) -> ECKey:
        """The ES256 key that signs access tokens."""
        return self._ec_key("tokens")

    @cached_property
    def receipts(self) -> ECKey:
        """The ES256 key that signs receipts, which outlive every token."""
        return self._ec_key("receipts")

    @cached_property
    def cursors(self) -> bytes:
        """The key that authenticates cursors of lists."""
        return self._kept("cursors.key", entropy(32))

    @cached_property
    def browsers(self) -> bytes:
        """The key that authenticates what browsers keep for us."""
        return self._kept("browsers.key", entropy(32))

    def _ec_key(self, name: str) -> ECKey:
        fresh = ECKey.generate_key("P-256").as_pem(private=True)
        kept = self._kept(f"{name}.pem", fresh)
        key_id = hashlib.sha256(ECKey.import_key(kept).as_der(private=False)).hexdigest()[:16]
        return ECKey.import_key(kept, {"kid": key_id, "use": "sig", "alg": "ES256"})

    def _kept(self, name: str, fresh: bytes) -> bytes:
        """Return what the file holds; where there is none, `fresh`, which is then kept."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / name
        if not file.exists():
            draft = self.folder / f".{name}.{os.getpid()}"
            draft.touch(mode=0o600)
            draft.write_bytes(fresh)
            synced(draft)
            try:
                # A link fails where another process was first, and never leaves half a file.
                file.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
                synced(self.folder)
        return file.read_bytes()
