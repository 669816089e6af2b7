"""Which tokens this process has verified: kept until they expire, or are told to have died."""

from dataclasses import dataclass, field
from typing import Final
from weakref import WeakSet

from ecosystem.runtime.database import Tx
from ecosystem.runtime.listener import tell
from ecosystem.values.actor import Actor

ACCESS_CHANNEL: Final = "ecosystem_access"
"""Where PostgreSQL tells every process whose tokens may have died: an identifier each."""

_KEPT_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token is good for, as long as nothing is told of its death."""

    actor: Actor
    expires_at: float
    identity_id: str | None = None
    """The outside identity that it dies with."""
    jkt: str | None = None
    """Thumbprint of the key whose holder alone may use it."""
    grant_id: str | None = None
    """The authorisation that it dies with."""
    jti: str | None = None

    @property
    def names(self) -> set[str | None]:
        """Whoever and whatever it dies with: identifiers."""
        by = self.actor
        return {
            by.client_id, by.person_id, by.organisation_id,
            self.identity_id, self.grant_id, self.jti,
        }  # fmt: skip


@dataclass(eq=False)
class Known:
    """Tokens by their SHA-256, at most 10,000; the oldest leave first."""

    _tokens: dict[bytes, Verified] = field(default_factory=dict[bytes, Verified])
    generation: int = 0
    """Counts whatever was forgotten: what was read before must not be kept after."""

    def __post_init__(self) -> None:
        """Be told, too, of what this process itself changes."""
        _ALL.add(self)

    def get(self, digest: bytes, *, now: float) -> Verified | None:
        """Return what the token with this digest is good for, while it has not expired."""
        known = self._tokens.get(digest)
        if known is None:
            return None
        if known.expires_at <= now:
            del self._tokens[digest]
            return None
        return known

    def keep(self, digest: bytes, verified: Verified, *, generation: int) -> None:
        """Keep what was read in `generation`, unless something was forgotten since."""
        if generation != self.generation:
            return
        while len(self._tokens) >= _KEPT_MAX:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[digest] = verified

    def forget(self, who: str) -> None:
        """Forget all tokens of a person, a client, an organisation or an authorisation.

        `who` may also be an outside identity, or a single token.
        """
        self.generation += 1
        dead = [digest for digest, known in self._tokens.items() if who in known.names]
        for digest in dead:
            del self._tokens[digest]

    def forget_all(self) -> None:
        """Forget every token."""
        self.generation += 1
        self._tokens.clear()


_ALL: Final[WeakSet[Known]] = WeakSet()


def forget_everywhere(who: str) -> None:
    """Forget all tokens of `who` in every part of this process."""
    for known in list(_ALL):
        known.forget(who)


async def tokens_die(tx: Tx, who: str) -> None:
    """Have every process forget what it knows of `who`: this one when the commit is done."""
    await tell(tx, channel=ACCESS_CHANNEL, word=who)
    tx.afterwards(lambda: forget_everywhere(who))
