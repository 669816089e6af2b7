"""What falls due by the clock and is done by nobody's hand: found, and each done once."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol

from ecosystem.runtime import idempotency
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Tx
from ecosystem.values.actor import Actor, OrganisationKind


class Finds(Protocol):
    """Finds what is due by a time: rows with `authority_id`, `organisation_id`, `jurisdiction`."""

    def __call__(self, tx: Tx, *, at: datetime) -> Awaitable[list[Record]]:
        """Return them."""
        ...


class Acts(Protocol):
    """Does one of them, which it locks; tells whether it has, and nobody else was first."""

    def __call__(self, tx: Tx, one: Record, *, by: Actor, at: datetime) -> Awaitable[bool]:
        """Return whether it was done."""
        ...


async def settle(database: Database, clock: Clock, rule: str, *, find: Finds, act: Acts) -> int:
    """Do what is due, each in its own transaction, as the authority's own; return how many.

    `rule` stands where a client stands. Any number of processes may do it at once, and be killed
    at any instant: `act` passes over what another holds, and what is done is not found again.
    """
    async with database.transaction() as tx:
        found = await find(tx, at=clock.at(await idempotency.clock(tx)))
    return sum([await _settle(database, clock, one, rule=rule, act=act) for one in found])


async def _settle(database: Database, clock: Clock, one: Record, *, rule: str, act: Acts) -> bool:
    local = {"authority": str(one["authority_id"]), "organisation": one["organisation_id"]}
    async with database.transaction(local) as tx:
        at = clock.at(await idempotency.clock(tx))
        return await act(tx, one, by=authority(one, rule=rule), at=at)


def authority(one: Record, *, rule: str) -> Actor:
    """Return the authority of a row, for which a rule acts: no person, and no client."""
    return Actor(
        organisation_id=one["organisation_id"],
        organisation_number=one["authority_id"],
        kind=OrganisationKind.GOVERNMENT,
        verified=True,
        jurisdiction=one["jurisdiction"],
        client_id=rule,
    )
