"""Whether a move can be made, and what the accounts hold after it."""

from datetime import datetime
from decimal import Decimal

from ecosystem.ledger.model import (
    SOURCES,
    AccountName,
    Balance,
    Leg,
    Moved,
    MoveFacts,
    ReversalFacts,
)
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal

Place = tuple[AccountName, str]


class FundsInsufficient(Refusal):
    """The account does not hold so much."""

    kind = Kind.CONFLICT
    remedy = "Move no more than the account holds, or bring money into it first."


class NothingToMove(Refusal):
    """An amount of nothing cannot be moved."""

    kind = Kind.UNMET
    remedy = "Give an amount above zero."


class TransferMissing(Refusal):
    """There is no such transfer."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class ReversedBefore(Refusal):
    """The transfer was taken back already."""

    kind = Kind.CONFLICT
    remedy = "A transfer is taken back once; make a new one if the money must move again."


def move(facts: MoveFacts, *, by: Actor, at: datetime) -> Moved:
    """Carry out the legs in their order, each on what the one before has left.

    Refuses with NothingToMove, AmountTooFine or CurrencyUnknown for any leg, then with
    FundsInsufficient for the first leg after which an account holds less than it may.
    """
    del by, at
    for leg in facts.legs:
        sound(leg.amount, pointer="")
    held = {(one.account, one.currency): Decimal(one.amount) for one in facts.balances}
    for leg in facts.legs:
        _carry(leg, held)
    return Moved(
        balances=tuple(
            Balance(account, currency, f"{amount:f}")
            for (account, currency), amount in held.items()
        )
    )


def sound(amount: money.Money, *, pointer: str) -> Decimal:
    """Return an amount that can be moved, which stands at `pointer` of the request.

    Refuses with CurrencyUnknown, AmountTooFine or NothingToMove, in that order.
    """
    value = money.check(amount, pointer=pointer)
    if value == 0:
        message = "The amount is zero."
        raise NothingToMove(message, pointer=f"{pointer}/amount")
    return value


def covered(amount: money.Money, *, held: str, what: str) -> None:
    """Refuse with FundsInsufficient where `amount` is more than is `held` as `what`."""
    if amount.decimal() > Decimal(held):
        message = f"{what} holds {held} {amount.currency}; {amount.amount} is asked for."
        raise FundsInsufficient(message)


def reverse(facts: ReversalFacts, *, by: Actor, at: datetime) -> tuple[Leg, ...]:
    """Return the legs that take transfers back, the last first. Refuses with ReversedBefore."""
    del by, at
    for one in facts.transfers:
        if one.is_reversed:
            message = f"{one.id} was taken back."
            raise ReversedBefore(message)
    return tuple(
        Leg(
            debit=one.leg.credit,
            credit=one.leg.debit,
            amount=one.leg.amount,
            reverses_id=one.id,
        )
        for one in reversed(facts.transfers)
    )


def _carry(leg: Leg, held: dict[Place, Decimal]) -> None:
    currency, amount = leg.amount.currency, leg.amount.decimal()
    before = held.copy()
    held[leg.debit, currency] -= amount
    held[leg.credit, currency] += amount
    for account in (leg.debit, leg.credit):
        after = held[account, currency]
        if (after > 0) if account.kind in SOURCES else (after < 0):
            message = (
                f"The account {account.kind} of {account.owner_ref} holds "
                f"{before[account, currency]:f} {currency}; {amount:f} is asked for."
            )
            raise FundsInsufficient(message)
