"""Keep what a calculation withholds in an account of its own."""

from decimal import Decimal

from ecosystem.history.model import Occurrence
from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, Leg
from ecosystem.payments.calculation import Calculation
from ecosystem.payments.computing.accounts import account
from ecosystem.payments.taxing import queries
from ecosystem.runtime.database import Tx
from ecosystem.values import money


async def withhold(tx: Tx, occurrence: Occurrence) -> None:
    """Move what a new calculation withholds, less what the one that it supersedes did.

    Follows `calculation.made`, while its contract is held. Effects: money moves between
    encumbered and withheld. Refuses with FundsInsufficient where less is encumbered.
    """
    placed, made = occurrence.body.facts, occurrence.body.decision
    before = await queries.withheld_of(tx, placed.supersedes)
    more = Decimal(made.withheld) - before
    if more:
        await _move(tx, occurrence, made, more)


async def _move(tx: Tx, occurrence: Occurrence, made: Calculation, more: Decimal) -> None:
    contract_id = occurrence.body.facts.contract_id
    row = await queries.contract_row(tx, contract_id)
    way = [AccountKind.ENCUMBERED, AccountKind.WITHHELD]
    debit, credit = (
        account(kind, row, contract_id) for kind in (way if more > 0 else reversed(way))
    )
    leg = Leg(debit=debit, credit=credit, amount=money.of(abs(more), made.currency))
    await ledger.move(
        tx, (leg,), by=occurrence.body.by, at=occurrence.recorded_at, act="withhold",
        reference=occurrence.stream,
    )  # fmt: skip
