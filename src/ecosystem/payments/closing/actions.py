"""Return what a contract that has ended binds no more; let nothing be claimed meanwhile."""

from ecosystem.budgets import actions as budgets
from ecosystem.contracts.tables import CALCULATION
from ecosystem.contracts.turning import actions as turning
from ecosystem.contracts.turning.model import TurnFacts
from ecosystem.history.model import Occurrence
from ecosystem.payments.closing import queries, rules
from ecosystem.runtime.database import Tx


async def close(tx: Tx, occurrence: Occurrence) -> None:
    """Give back to the programme what a contract that has ended binds no more.

    Follows `contract.terminated` and `contract.completed`. Refuses with PaymentsOpen. Effects:
    as `budgets.adjust`.
    """
    turn: TurnFacts = occurrence.body.facts
    # Whoever ends a contract need not see each payment.
    async with tx.allowing("purpose", CALCULATION):
        facts, row = await queries.close_facts(
            tx, occurrence.stream, turn, at=occurrence.recorded_at
        )
    closed = rules.close(facts, by=occurrence.body.by, at=occurrence.recorded_at)
    await budgets.adjust(
        tx, programme_id=row["programme_id"], contract_id=occurrence.stream, before=closed.bound,
        after=closed.kept, by=occurrence.body.by, at=occurrence.recorded_at,
    )  # fmt: skip


async def claim(tx: Tx, occurrence: Occurrence) -> None:
    """Refuse a claim under a suspended contract; after an end, what was accepted stays payable.

    Follows `payment.claimed`. Refuses with ContractSuspended.
    """
    contract_id = await queries.contract_of(
        tx, occurrence.stream, authority=occurrence.authority_id
    )
    await turning.refuse_unless_running(tx, contract_id, is_open=False)
