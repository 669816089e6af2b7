"""Calculate what is proved under many contracts and was calculated by nobody yet."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from ecosystem.payments import actions as payments
from ecosystem.payments.calculating import queries
from ecosystem.payments.queries import PURPOSE
from ecosystem.runtime import due, idempotency
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record
from ecosystem.values.period import Period
from ecosystem.values.refusal import Refusal

RULE: Final = "rule:calculation"
"""Stands where a client stands: nobody acted."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A contract that could not be calculated, and why."""

    contract_id: str
    code: str
    detail: str


async def pages(database: Database, *, period: Period) -> AsyncIterator[list[Record]]:
    """Yield all contracts in force in pages, as `queries.page` does, each read when it is due."""
    after = (0, "")
    while True:
        async with database.reading({"purpose": PURPOSE}) as tx:
            found = await queries.page(tx, after=after, period=period)
        if not found:
            return
        yield found
        after = (found[-1]["authority_id"], found[-1]["id"])


async def calculate(database: Database, clock: Clock, one: Record) -> int | Refused:
    """Calculate one contract of a page; return how many calculations are new, or why none is.

    It is a transaction of its own, so that whatever ends the run leaves it done or not begun.
    Whoever else calculated it in between has done it: then none is new.
    """
    local = {"authority": str(one["authority_id"]), "organisation": one["organisation_id"]}
    try:
        async with database.transaction(local) as tx:
            at = clock.at(await idempotency.clock(tx))
            return await payments.calculate(tx, one["id"], by=due.authority(one, rule=RULE), at=at)
    except Refusal as refusal:
        detail = f"{refusal.detail.rstrip('.')}. {refusal.remedy}"
        return Refused(contract_id=one["id"], code=refusal.code(), detail=detail)
