"""Plan the days on which a contract releases something, and calculate those that have come."""

from typing import Final

from sqlalchemy import text

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.payment_rules import days_of
from ecosystem.history.model import Occurrence
from ecosystem.payments.calculating import actions as calculating
from ecosystem.payments.calculation import Calculation
from ecosystem.payments.releasing import queries
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Statement, Tx
from ecosystem.runtime.minting import mint

_OF: Final = "authority_id = :authority_id AND contract_id = :contract_id"
_PLAN: Final = Statement(
    text("""
INSERT INTO release_day (authority_id, id, contract_id, released_on, state)
VALUES (:authority_id, :id, :contract_id, :released_on, 'ahead')
ON CONFLICT ON CONSTRAINT a_day_of_a_contract_is_one DO UPDATE SET state = 'ahead'
WHERE release_day.state = 'dropped'""")
)
_DROP: Final = Statement(
    text(f"""
UPDATE release_day SET state = 'dropped'
WHERE {_OF} AND state = 'ahead' AND released_on <> ALL (:days)""")  # noqa: S608 - ours
)
_CALCULATED: Final = Statement(
    text(f"""
UPDATE release_day SET state = 'calculated'
WHERE {_OF} AND state <> 'calculated' AND released_on = ANY (:days)""")  # noqa: S608 - ours
)


async def plan(tx: Tx, occurrence: Occurrence) -> None:
    """Plan the days on which a contract releases something, by its terms as they are now.

    Follows `contract.activated` and `contract.changed`. Effects: a row for each day; those ahead
    that the terms name no longer are dropped.
    """
    terms, _ = await contracts.terms(tx, occurrence.stream)
    days = sorted({day for rule in terms.payment_rules for day in days_of(rule)})
    of = {"authority_id": occurrence.authority_id, "contract_id": occurrence.stream}
    await tx.run(_DROP, **of, days=days)
    for day in days:
        release_id = mint("release", authority=occurrence.authority_id)
        await tx.run(_PLAN, **of, id=release_id, released_on=day)


async def settle(tx: Tx, occurrence: Occurrence) -> None:
    """Tell the days of release of a calculation from those that are still ahead.

    Follows `calculation.made`, while its contract is held.
    """
    made: Calculation = occurrence.body.decision
    if made.facts.days:
        await tx.run(
            _CALCULATED, authority_id=occurrence.authority_id,
            contract_id=occurrence.body.facts.contract_id, days=list(made.facts.days),
        )  # fmt: skip


async def release(database: Database, clock: Clock) -> int:
    """Calculate each contract under which a day of release has come; return how many there were.

    As `calculating.each` does.
    """
    return await calculating.each(database, clock, queries.due, otherwise="not released")
