"""What a late payment earns, and what of it is not payable yet."""

from datetime import datetime
from decimal import Decimal

from ecosystem.payments import engine
from ecosystem.payments.calculation import Facts, LatePayment, LateRate
from ecosystem.payments.late.model import (
    Accrued,
    InterestDue,
    PayInterestFacts,
    SettledLateFacts,
)
from ecosystem.payments.rules import PaymentNotOwned
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class NothingLate(Refusal):
    """The payment has earned no interest that is not payable already."""

    kind = Kind.CONFLICT
    remedy = "Only what is settled after its due date earns interest, where the profile says so."


def accrue(facts: SettledLateFacts, *, by: Actor, at: datetime) -> Accrued | None:
    """Calculate what a payment has earned by being late; None where it was not, or earns nothing.

    Requires a settlement. What came back and was paid again is late to the day on which it was;
    what stayed, to its own day. Interest earns no interest.
    """
    del by, at
    due_on, terms = facts.due_on, facts.terms
    if due_on is None or terms is None or facts.is_interest:
        return None
    late = tuple(
        LatePayment(
            id=facts.payment_id,
            version=facts.version,
            amount=part.amount,
            due_on=due_on,
            settled_on=part.settled_on,
            day_count=terms.day_count,
            rates=tuple(
                LateRate(starts_on=one.starts_on, per_year=one.per_year) for one in terms.rates
            ),
        )
        for part in facts.parts
        if part.settled_on > due_on
    )
    if not late:
        return None
    calculation = engine.calculate(
        (),
        Facts(late=late),
        currency=facts.currency,
        contract_value=Decimal(facts.contract_value),
        paid_before=Decimal(0),
    )
    return Accrued(calculation=calculation) if Decimal(calculation.total) else None


def pay(facts: PayInterestFacts, *, by: Actor, at: datetime) -> InterestDue:
    """Make payable what a late payment has earned.

    Refuses with PaymentNotOwned or NothingLate, in that order.
    """
    del at
    if by.organisation_number != facts.authority_number:
        raise PaymentNotOwned("The caller's organisation is not the authority of this payment.")
    left = Decimal(facts.accrued) - Decimal(facts.owed)
    if facts.calculation_id is None or left <= 0:
        earned = money.said(Decimal(facts.accrued), facts.currency)
        owed = money.said(Decimal(facts.owed), facts.currency)
        raise NothingLate(f"It has earned {earned}, of which {owed} is payable.")
    return InterestDue(amount=money.of(left, facts.currency), owed_before=facts.owed)
