"""What a return of money undoes: the last that it had paid first."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.finance.model import State
from ecosystem.finance.undoing.model import UndoFacts, Undone, UndoneLine
from ecosystem.finance.waterfall import Application, Line
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal

_NOTHING: Final = Decimal(0)


class FacilityClosedBefore(Refusal):
    """The facility is closed, and what goes back had paid what was owed under it."""

    kind = Kind.CONFLICT
    remedy = "Have the lender and the borrower agree on what is owed now, outside of this house."


class NothingToUndo(Refusal):
    """More would go back than came in, less what went back before."""

    kind = Kind.CONFLICT
    remedy = "Give back no more than stands of the repayment."


def undo(facts: UndoFacts, *, by: Actor, at: datetime) -> Undone:
    """Undo what money had paid that goes back. Refuses with NothingToUndo, FacilityClosedBefore.

    From its end: first what was left for the borrower, then line by line.
    """
    del by, at
    applied, before = facts.application, Decimal(facts.undone_before)
    after = before + facts.amount.decimal()
    if (
        not before < after <= applied.cash.decimal()
        or facts.amount.currency != applied.cash.currency
    ):
        kept = applied.cash.decimal() - before
        standing = money.of(kept, applied.cash.currency)
        raise NothingToUndo(f"{standing.amount} {standing.currency} of it stands.")
    is_agreed = facts.facility.state is State.AGREED
    if facts.amount.decimal() > undoable(applied, undone_before=before, is_agreed=is_agreed):
        raise FacilityClosedBefore(f"The facility is {facts.facility.state}.")
    currency = facts.amount.currency
    lines = tuple(
        UndoneLine(
            rank=one.rank, of=one.of, due_on=one.due_on, amount=money.written(amount, currency)
        )
        for one in reversed(applied.lines)
        if (amount := stays(one, gone=before) - stays(one, gone=after))
    )
    undone = sum((Decimal(one.amount) for one in lines), _NOTHING)
    surplus = money.written(facts.amount.decimal() - undone, currency)
    return Undone(amount=facts.amount, surplus=surplus, lines=lines)


def stays(line: Line, *, gone: Decimal) -> Decimal:
    """Return what a line has paid where so much of the money is gone: the last of it."""
    return max(_NOTHING, min(Decimal(line.paid), Decimal(line.cash_before) - gone))


def undoable(applied: Application, *, undone_before: Decimal, is_agreed: bool) -> Decimal:
    """Return how much can go back: all that stands, or the surplus where the facility is closed."""
    whole = applied.cash.decimal() if is_agreed else Decimal(applied.surplus)
    return max(_NOTHING, whole - undone_before)


def of_principal(lines: Iterable[UndoneLine], ranks: frozenset[str]) -> dict[str, Decimal]:
    """Return the principal that is owed again, by drawdown, in the order of their names."""
    found = dict[str, Decimal]()
    for one in lines:
        if one.rank in ranks:
            found[one.of] = found.get(one.of, _NOTHING) + Decimal(one.amount)
    return dict(sorted(found.items()))
