"""Secret keys that lie in files: made at first start, readable by their owner alone."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ecosystem.runtime.durable import keep_once
from ecosystem.runtime.keyring import KeyRing
from ecosystem.runtime.minting import entropy


@dataclass(frozen=True)
class Keys:
    """The keys of one installation, below `folder`."""

    folder: Path
    token_lifetime_s: int = 600
    """How long a key goes on checking tokens after its last signature."""

    @cached_property
    def tokens(self) -> KeyRing:
        """The keys that sign access tokens."""
        return KeyRing(self.folder, "tokens", lasting_s=self.token_lifetime_s)

    @cached_property
    def receipts(self) -> KeyRing:
        """The keys that sign receipts, which outlive every token."""
        return KeyRing(self.folder, "receipts", lasting_s=None)

    @cached_property
    def cursors(self) -> bytes:
        """The key that authenticates cursors of lists."""
        return keep_once(self.folder / "cursors.key", entropy(32))

    @cached_property
    def challenges(self) -> bytes:
        """The key from which the answers to challenges follow."""
        return keep_once(self.folder / "challenges.key", entropy(32))

    @cached_property
    def downloads(self) -> bytes:
        """The key that authenticates addresses from which a document is read without a token."""
        return keep_once(self.folder / "downloads.key", entropy(32))

    @cached_property
    def webhooks(self) -> bytes:
        """The key from which the secrets of webhooks follow."""
        return keep_once(self.folder / "webhooks.key", entropy(32))

    @cached_property
    def browsers(self) -> bytes:
        """The key that authenticates what browsers keep for us."""
        return keep_once(self.folder / "browsers.key", entropy(32))
