"""Calculate what is proved under many contracts and was calculated by nobody yet."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Final

import asyncpg
import msgspec
import structlog

from ecosystem.contracts.tables import CALCULATION
from ecosystem.history.model import Occurrence
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountName
from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.outcomes.demonstrating import queries as demonstrating
from ecosystem.outcomes.together.model import TogetherFacts
from ecosystem.payments.calculating import queries
from ecosystem.payments.computing import actions as computing
from ecosystem.payments.computing.accounts import earning
from ecosystem.payments.covering import queries as covering
from ecosystem.runtime import due, idempotency
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Transaction, Tx, is_away
from ecosystem.runtime.pool import DatabaseBusy
from ecosystem.values import money
from ecosystem.values.period import Period
from ecosystem.values.refusal import Refusal

_log: Final = structlog.get_logger("ecosystem.payments")
Finding = Callable[..., Awaitable[list[Record]]]
"""Returns from a `tx` the next contracts that are due `at` a time, `after` one."""
RULE: Final = "rule:calculation"
"""Stands where a client stands: nobody acted."""
TOGETHER: Final = 25
"""How many contracts are calculated in one transaction: for so long whoever needs one waits."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A contract that could not be calculated, and why."""

    contract_id: str
    code: str
    detail: str


async def follow(tx: Tx, occurrence: Occurrence) -> None:
    """Calculate what is due under a contract after one of its milestones has changed.

    Follows `milestone.accepted` and `milestone.partly_accepted`.
    """
    contract_id = await queries.contract_of(tx, occurrence.stream)
    await computing.calculate(tx, contract_id, by=occurrence.body.by, at=occurrence.recorded_at)


async def observe(tx: Tx, occurrence: Occurrence) -> None:
    """Calculate what is due after an observation is verified.

    Follows `observation.verified`. Where its window is shorter than the metric's period nothing
    is calculated until the period is proved.
    """
    metric_id, days = await demonstrating.window_of(tx, occurrence.stream)
    await _prove(tx, metric_id, days, occurrence)


async def observe_together(tx: Tx, occurrence: Occurrence) -> None:
    """Calculate what is due after many observations are verified; follows `observations.verified`.

    Nothing is calculated where no period of them is proved.
    """
    facts: TogetherFacts = occurrence.body.facts
    days = Period(
        min(one.starts_on for one in facts.chosen), max(one.ends_on for one in facts.chosen)
    )
    await _prove(tx, facts.metric_id, days, occurrence)


async def excuse(tx: Tx, occurrence: Occurrence) -> None:
    """Calculate what is due after a time is excused, or not; follows `excusal.decided`."""
    contract_id = await queries.contract_of(tx, occurrence.stream)
    by, at = occurrence.body.by, occurrence.recorded_at
    await computing.calculate(tx, contract_id, by=by, at=at)


async def _prove(tx: Tx, metric_id: str, days: Period, occurrence: Occurrence) -> None:
    at = occurrence.recorded_at
    if await demonstrating.is_proved(tx, metric_id, days, at=at):
        contract_id = await queries.contract_of(tx, metric_id)
        await computing.calculate(tx, contract_id, by=occurrence.body.by, at=at)


async def cover(database: Database, clock: Clock) -> int:
    """Calculate what waits for money that its programme has again; return for how many contracts.

    As `each` does.
    """
    return await each(database, clock, covering.payable, otherwise="not covered")


async def each(database: Database, clock: Clock, find: Finding, *, otherwise: str) -> int:
    """Calculate each contract that `find` returns; return how many there were.

    Each is a transaction of its own, so any number of processes may do it at once, and be killed
    at any instant. One that cannot be calculated is told to the log with the words `otherwise`,
    and left, and found again.
    """
    done, after = 0, ""
    while True:
        async with database.transaction({"purpose": CALCULATION}) as tx:
            at = clock.at(await idempotency.clock(tx))
            found = await find(tx, at=at, after=after)
        if not found:
            return done
        for one in found:
            done += await _calculated(database, clock, one, otherwise=otherwise)
        after = found[-1]["id"]


async def _calculated(database: Database, clock: Clock, one: Record, *, otherwise: str) -> bool:
    """Calculate one contract; whatever is wrong with it holds up none of those behind it."""
    try:
        made = await calculate(database, clock, one)
    except Exception as error:
        if isinstance(error, DatabaseBusy) or is_away(error):
            raise
        _log.exception(otherwise, contract=one["id"])
        return False
    if isinstance(made, Refused):
        _log.warning(otherwise, contract=made.contract_id, code=made.code)
        return False
    return True


async def pages(database: Database, clock: Clock, *, period: Period) -> AsyncIterator[list[Record]]:
    """Yield all contracts in force in pages, as `queries.page` does, each read when it is due."""
    after = (0, "")
    while True:
        async with database.reading({"purpose": CALCULATION}) as tx:
            at = clock.at(await idempotency.clock(tx))
            found = await queries.page(tx, after=after, period=period, at=at)
        if not found:
            return
        yield found
        after = (found[-1]["authority_id"], found[-1]["id"])


def together(found: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield what is due of a page in parts that `calculate_together` takes, in their order."""
    for _, of_one in groupby((one for one in found if one["is_due"]), itemgetter("authority_id")):
        while part := list(islice(of_one, TOGETHER)):
            yield part


async def calculate_together(
    database: Database, clock: Clock, some: Sequence[Record]
) -> list[int | Refused]:
    """Calculate contracts of one authority, in the order of their identifiers; return as of each.

    In one transaction, so that whatever ends the run leaves all of them done or not begun, and
    each as `calculate` does where one of them is refused or in the way of somebody else.
    """
    with suppress(Refusal, asyncpg.DeadlockDetectedError):
        async with _acting(database, some[0], purpose=CALCULATION) as tx:
            rows = await queries.read_ahead(tx, [one["id"] for one in some])
            await ledger.hold_all(tx, [at for row in rows for at in _places(row)])
            at = clock.at(await idempotency.clock(tx))
            return [await _calculate(tx, one, at=at) for one in some]
    return [await calculate(database, clock, one) for one in some]


async def calculate(database: Database, clock: Clock, one: Record) -> int | Refused:
    """Calculate one contract of a page; return how many calculations are new, or why none is.

    It is a transaction of its own, so that whatever ends the run leaves it done or not begun.
    Whoever else calculated it in between has done it: then none is new.
    """
    try:
        async with _acting(database, one) as tx:
            return await _calculate(tx, one, at=clock.at(await idempotency.clock(tx)))
    except Refusal as refusal:
        return _refused(one["id"], refusal)


def _acting(database: Database, one: Record, **more: str) -> Transaction:
    """Return a transaction of the authority of a contract."""
    local = {"authority": str(one["authority_id"]), "organisation": one["organisation_id"]}
    return database.transaction(local | more)


async def _calculate(tx: Tx, one: Record, *, at: datetime) -> int | Refused:
    made = await computing.calculate(tx, one["id"], by=due.authority(one, rule=RULE), at=at)
    if made:
        return made
    waits = await covering.waiting(tx, one["id"], authority=one["authority_id"])
    return 0 if waits is None else _waiting(one["id"], waits)


def _places(row: Record) -> Iterator[tuple[AccountName, str]]:
    """Yield the accounts between which the calculation of a contract moves money."""
    for account in earning(row, row["id"]):
        yield account, row["currency"]


def _waiting(contract_id: str, waits: Record) -> Refused:
    amount = money.of(waits["amount"], waits["currency"])
    said = f"The programme lacks {amount.amount} {amount.currency} that a contract waits for."
    return _refused(contract_id, FundsInsufficient(said))


def _refused(contract_id: str, refusal: Refusal) -> Refused:
    detail = f"{refusal.detail.rstrip('.')}. {refusal.remedy}"
    return Refused(contract_id=contract_id, code=refusal.code(), detail=detail)
