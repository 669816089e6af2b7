"""What returns to the budget when a contract ends."""

from datetime import datetime
from decimal import Decimal

from ecosystem.contracts.turning.model import Kind
from ecosystem.contracts.turning.rules import PaymentsOpen
from ecosystem.payments.closing.model import Closed, CloseFacts
from ecosystem.values import money
from ecosystem.values.actor import Actor


def close(facts: CloseFacts, *, by: Actor, at: datetime) -> Closed:
    """Return what stays bound by a contract that has ended, and no more.

    That is what is retained, and what is deducted and not final. Refuses with PaymentsOpen where
    it is completed and something is not settled, or not final.
    """
    del by, at
    if facts.kind is Kind.COMPLETION and facts.unsettled:
        raise PaymentsOpen(f"{facts.unsettled} payments are not settled.")
    contested = Decimal(facts.contested)
    if facts.kind is Kind.COMPLETION and contested:
        raise PaymentsOpen(f"Deductions of {facts.contested} {facts.currency} are not final.")
    bound, retained = Decimal(facts.bound), max(Decimal(facts.retained), Decimal(0))
    return Closed(
        bound=money.of(bound, facts.currency),
        kept=money.of(min(bound, retained + contested), facts.currency),
    )
