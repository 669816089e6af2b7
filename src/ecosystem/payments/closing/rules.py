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

    That is what is retained, what is deducted and not final, and what was rejected and is earned,
    unless the supplier agrees to complete without it. Refuses with PaymentsOpen where it is
    completed and something is not settled, not final, or earned and rejected.
    """
    del by, at
    if facts.kind is Kind.COMPLETION and facts.unsettled:
        raise PaymentsOpen(f"{facts.unsettled} payments are not settled.")
    contested, unpaid = Decimal(facts.contested), Decimal(facts.unpaid)
    completes = facts.kind is Kind.COMPLETION
    if completes and facts.by_agreement:
        unpaid = Decimal(0)
    if completes and unpaid:
        raise PaymentsOpen(f"{facts.unpaid} {facts.currency} is earned, and was rejected.")
    if facts.kind is Kind.COMPLETION and contested:
        raise PaymentsOpen(f"Deductions of {facts.contested} {facts.currency} are not final.")
    bound, retained = Decimal(facts.bound), max(Decimal(facts.retained), Decimal(0))
    return Closed(
        bound=money.of(bound, facts.currency),
        kept=money.of(min(bound, retained + contested + unpaid), facts.currency),
    )
