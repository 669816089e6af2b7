"""What becomes of a payment whose money the bank has given back."""

from datetime import datetime

from ecosystem.payments.model import State
from ecosystem.payments.returning.model import GiveBackFacts, GivenBack
from ecosystem.payments.rules import PaymentNotOwned, PaymentOutOfTurn
from ecosystem.values.actor import Actor


def give_back(facts: GiveBackFacts, *, by: Actor, at: datetime) -> GivenBack:
    """Undo a settlement. Refuses with PaymentNotOwned or PaymentOutOfTurn."""
    del at
    payment = facts.payment
    if by.organisation_number != payment.authority_number:
        raise PaymentNotOwned("The caller's organisation is not the authority of this payment.")
    if payment.bank_reference is None or payment.settled_on is None:
        raise PaymentOutOfTurn(f"The payment is {payment.state}.")
    return GivenBack(
        state=State.RETURNED,
        bank_reference=payment.bank_reference,
        settled_on=payment.settled_on,
    )
