"""Keys for one purpose, each signing in its time, and published before that begins.

A ring is a folder's files of one name: `tokens.pem` has signed since the beginning, and
`tokens.1793000000.pem` signs from that second of Unix time on. Whoever adds or removes a file
tells every process that serves from the folder, which looks before it signs or checks.

Source: OpenID Connect Core 1.0, section 10.1.1 (rotation of signing keys).
"""

import hashlib
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import ECKey

from ecosystem.runtime.durable import keep_once, synced

PUBLISHED_S: Final = 600
"""How long readers may keep what is published, and so how long before it signs a key is there."""
CACHING: Final = {"cache-control": f"public, max-age={PUBLISHED_S}"}
_SKEW_S: Final = 15
_SETTLED_NS: Final = 2_000_000_000
"""A folder that changed just now may change again without a later date."""


class NextKeyWaits(Exception):
    """A key waits for its time to sign already; the text is a sentence that says which."""


@dataclass(frozen=True)
class RingKey:
    """One key, and from when on it signs."""

    key: ECKey
    file: Path
    signs_from: int
    """In seconds of Unix time; 0 for the first."""

    @property
    def kid(self) -> str:
        """Its name in what it signed: the first digits of the SHA-256 of its public half."""
        return self.key.kid or ""


class KeyRing:
    """The ES256 keys of one purpose below `folder`; the first is made where there is none."""

    def __init__(self, folder: Path, name: str, *, lasting_s: float | None) -> None:
        """Read nothing yet.

        `lasting_s` says how long a key goes on checking after its last signature; with None,
        for ever.
        """
        self.folder = folder
        self.name = name
        self._lasting_s = lasting_s
        self._keys: tuple[RingKey, ...] = ()
        self._seen = 0

    @property
    def state(self) -> int:
        """A number that is another one as soon as a key was added or removed.

        It is 0 while the folder is not there, or has changed so lately that it may change again
        without a later date: then it says nothing.
        """
        try:
            changed = self.folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0
        return changed if time.time_ns() - changed > _SETTLED_NS else 0

    def signing(self, now: float) -> ECKey:
        """Return the key that signs at `now`."""
        return self.current(now).key

    def current(self, now: float) -> RingKey:
        """Return the key that signs at `now`, with its file and time."""
        keys = self._all()
        return [keys[0], *(one for one in keys if one.signs_from <= now)][-1]

    def checking(self, now: float) -> Mapping[str, ECKey]:
        """Return the keys that check at `now`, by name, the ones yet to sign among them."""
        return {one.kid: one.key for one in self._all() if not self._is_over(one, now)}

    def public(self, now: float) -> tuple[dict[str, Any], ...]:
        """Return the public halves of the keys that check at `now`, as JWKs (RFC 7517)."""
        return tuple(
            one.as_dict(private=False, use="sig", alg="ES256")
            for one in self.checking(now).values()
        )

    def rotate(self, now: float, *, at_once: bool = False) -> RingKey:
        """Make the next key and return it; those that check nothing any more are removed.

        It signs after readers of the published keys must have seen it. With `at_once` it
        signs now, and every other key of the ring is removed: what they signed is worth
        nothing from now on. Raises NextKeyWaits where one waits already.
        """
        keys = self._all()
        waiting = [one for one in keys if one.signs_from > now]
        if waiting and not at_once:
            message = f"The key {waiting[0].kid} is published and waits to sign already."
            raise NextKeyWaits(message)
        soon = max(int(now), self.current(now).signs_from + 1)
        made = self._make(soon if at_once else int(now) + PUBLISHED_S)
        for one in keys:
            if at_once or self._is_over(one, now):
                one.file.unlink(missing_ok=True)
        synced(self.folder)
        self._seen = 0
        return made

    def ends_at(self, key: RingKey) -> int | None:
        """Return the second from which on `key` checks nothing, or None where none is known."""
        later = [one.signs_from for one in self._all() if one.signs_from > key.signs_from]
        if self._lasting_s is None or not later:
            return None
        return int(min(later) + self._lasting_s + _SKEW_S)

    def _is_over(self, key: RingKey, now: float) -> bool:
        end = self.ends_at(key)
        return end is not None and end <= now

    def _all(self) -> tuple[RingKey, ...]:
        """Return all keys, the earliest first, as the files are now."""
        state = self.state
        if state == 0 or state != self._seen:
            self._keys = self._read() or (self._make(0),)
            self._seen = state
        return self._keys

    def _read(self) -> tuple[RingKey, ...]:
        found: list[RingKey] = []
        for file in self.folder.glob(f"{self.name}*.pem"):
            said = re.fullmatch(rf"{self.name}(?:\.([0-9]{{1,12}}))?\.pem", file.name)
            with suppress(FileNotFoundError):
                # It may have been removed a moment ago.
                if said is not None:
                    found.append(_read(file.read_bytes(), file, int(said[1] or 0)))
        return tuple(sorted(found, key=lambda one: one.signs_from))

    def _make(self, signs_from: int) -> RingKey:
        name = f"{self.name}.{signs_from}.pem" if signs_from else f"{self.name}.pem"
        fresh = ECKey.generate_key("P-256").as_pem(private=True)
        return _read(keep_once(self.folder / name, fresh), self.folder / name, signs_from)


def _read(pem: bytes, file: Path, signs_from: int) -> RingKey:
    kid = hashlib.sha256(ECKey.import_key(pem).as_der(private=False)).hexdigest()[:16]
    key = ECKey.import_key(pem, {"kid": kid, "use": "sig", "alg": "ES256"})
    return RingKey(key, file, signs_from)
