"""What returns to the budget when a contract ends."""

from datetime import datetime
from decimal import Decimal

from ecosystem.contracts.turning.model import Kind
from ecosystem.contracts.turning.rules import PaymentsOpen
from ecosystem.payments.closing.model import Closed, CloseFacts
from ecosystem.values import money
from ecosystem.values.actor import Actor


def close(facts: CloseFacts, *, by: Actor, at: datetime) -> Closed:
    """Return what stays bound by a contract that has ended: what is retained, and no more.

    Refuses with PaymentsOpen where it is completed and something is not settled.
    """
    del by, at
    if facts.kind is Kind.COMPLETION and facts.unsettled:
        raise PaymentsOpen(f"{facts.unsettled} payments are not settled.")
    bound, retained = Decimal(facts.bound), Decimal(facts.retained)
    return Closed(
        bound=money.of(bound, facts.currency),
        kept=money.of(min(bound, max(retained, Decimal(0))), facts.currency),
    )
