"""Have silence accept what nobody judged in time."""

from datetime import timedelta
from typing import Final

from ecosystem.milestones.deeming import queries
from ecosystem.milestones.judging import actions as judging
from ecosystem.runtime import idempotency
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record
from ecosystem.values.actor import Actor, OrganisationKind

RULE: Final = "rule:deemed-acceptance"
"""Stands where a client stands: nobody acted."""
PATIENCE: Final = timedelta(seconds=60)
"""How long after the instant it is written down: no request that began before still runs."""


async def deem(database: Database, clock: Clock) -> int:
    """Accept what nobody judged in time, each in its own transaction; return how many.

    Any number of processes may do it at once, and be killed at any instant: one takes what
    another does not hold, and what is accepted is not found again.
    """
    async with database.transaction() as tx:
        lapsed_at = clock.at(await idempotency.clock(tx)) - PATIENCE
        found = await queries.due(tx, lapsed_at=lapsed_at)
    return sum([await _deem(database, clock, one) for one in found])


async def _deem(database: Database, clock: Clock, one: Record) -> bool:
    local = {"authority": str(one["authority_id"]), "organisation": one["organisation_id"]}
    async with database.transaction(local) as tx:
        at = clock.at(await idempotency.clock(tx))
        row = await queries.locked(tx, one, lapsed_at=at - PATIENCE)
        if row is not None:
            await judging.deem(tx, row, by=_silent(one), at=at)
    return row is not None


def _silent(one: Record) -> Actor:
    """Return the authority that said nothing, for which the rule acts."""
    return Actor(
        organisation_id=one["organisation_id"],
        organisation_number=one["authority_id"],
        kind=OrganisationKind.GOVERNMENT,
        verified=True,
        jurisdiction=one["jurisdiction"],
        client_id=RULE,
    )
