"""What becomes of a payment of which the bank has given back money."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from ecosystem.payments.model import PaymentFacts, State
from ecosystem.payments.returning.model import GiveBackFacts, GivenBack, SettledPart
from ecosystem.payments.rules import PaymentNotOwned, PaymentOutOfTurn
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from ecosystem.values.refusal import Kind, Refusal

_FROM = frozenset({State.SETTLED, State.RETURNED, State.APPROVED, State.REVERSED})
"""What was paid comes back also after the rest was taken back.

While the bank is told to pay the rest, what comes back waits for its answer.
"""


class ReturnTooLarge(Refusal):
    """More came back than stands of the settlement, or can be undone of it."""

    kind = Kind.CONFLICT
    remedy = "Ask the bank which of its transactions it gives back."


def give_back(facts: GiveBackFacts, *, by: Actor, at: datetime) -> GivenBack:
    """Undo a settlement, or a part of it.

    Refuses with PaymentNotOwned, PaymentOutOfTurn or ReturnTooLarge, in that order.
    """
    del at
    payment, settled, amount = facts.payment, facts.settled, facts.amount.decimal()
    if by.organisation_number != payment.authority_number:
        raise PaymentNotOwned("The caller's organisation is not the authority of this payment.")
    if payment.state not in _FROM:
        raise PaymentOutOfTurn(f"The payment is {payment.state}.")
    if not 0 < amount <= min(Decimal(settled.standing), Decimal(settled.undoable)):
        raise ReturnTooLarge(f"{settled.standing} of {settled.bank_reference} stands.")
    return GivenBack(
        state=State.RETURNED,
        bank_reference=settled.bank_reference,
        settled_on=settled.settled_on,
        amount=facts.amount,
        paid=f"{Decimal(payment.paid) - amount:f}",
    )


def undone_by(
    payment: PaymentFacts,
    parts: Iterable[SettledPart],
    amount: Money,
    *,
    booked_on: date,
    answers: str | None,
) -> SettledPart | None:
    """Return the settlement of which so much came back on a day; the newest of several.

    None where there is none: of another file than the bank `answers`, later, or with less left.
    """
    fitting = [
        one
        for one in parts
        if one.amount.currency == amount.currency
        and 0 < amount.decimal() <= Decimal(one.standing)
        and one.settled_on <= booked_on
        and answers in {None, one.file_id}
    ]
    if payment.state not in _FROM or not fitting:
        return None
    return max(fitting, key=lambda one: one.version)
