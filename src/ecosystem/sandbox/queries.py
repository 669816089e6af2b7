"""Read the sandbox's clock and parties."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import select

from ecosystem.runtime.database import Statement, Tx
from ecosystem.sandbox.model import Parties
from ecosystem.sandbox.tables import sandbox_clock, sandbox_parties
from ecosystem.values.refusal import Kind, Refusal

_CLOCK: Final = Statement(select(sandbox_clock.c.ahead, sandbox_clock.c.stands_at))
_CLOCK_LOCKED: Final = Statement(
    select(sandbox_clock.c.ahead, sandbox_clock.c.stands_at).with_for_update()
)
_PARTIES: Final = Statement(select(sandbox_parties.c.parties))
_CLIENT: Final = Statement(select(sandbox_parties.c.client_id))


class PersonNotThere(Refusal):
    """There is no such person in that organisation."""

    kind = Kind.MISSING
    remedy = "Choose a person and her organisation from GET /v1/sandbox/parties."


class Hands(msgspec.Struct, frozen=True):
    """Where the clock's hands are."""

    ahead: timedelta
    """How far the clock is ahead of real time, while it runs."""
    stands_at: datetime | None
    """Where it stands, while it does not."""

    def at(self, real: datetime) -> datetime:
        """Return the clock's time at the `real` instant."""
        return self.stands_at if self.stands_at is not None else real + self.ahead


async def hands(tx: Tx, *, lock: bool = False) -> Hands | None:
    """Return where the clock's hands are, or None where nobody ever moved them."""
    row = await tx.row(_CLOCK_LOCKED if lock else _CLOCK)
    return None if row is None else Hands(row["ahead"], row["stands_at"])


async def parties(tx: Tx) -> Parties | None:
    """Return the seeded parties, or None before there are any."""
    content: bytes | None = await tx.value(_PARTIES)
    return None if content is None else msgspec.json.decode(content, type=Parties)


async def token_client(tx: Tx) -> str:
    """Return the client that tokens of the sandbox are given to."""
    client_id: str = await tx.value(_CLIENT)
    return client_id
