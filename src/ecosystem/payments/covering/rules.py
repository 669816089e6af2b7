"""How much a contract that has ended takes from its programme, and when it has to wait."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.contracts.payment_rules import Retention
from ecosystem.payments.covering.model import Arose, Covered, CoverFacts, Ended, State
from ecosystem.payments.model import Step
from ecosystem.values import money
from ecosystem.values.actor import Actor

_NOTHING: Final = Decimal(0)


def cover(facts: CoverFacts, *, by: Actor, at: datetime) -> Covered:
    """Return what is bound anew, so that all is paid and what has to stays bound.

    Never so much that the contract would bind more than was signed.
    """
    del by, at
    room = max(Decimal(facts.value) - Decimal(facts.held), _NOTHING)
    more = min(Decimal(facts.asked) + Decimal(facts.kept) - Decimal(facts.bound), room)
    return Covered(more=f"{more:f}", is_short=more > Decimal(facts.available))


def arise(facts: CoverFacts, *, by: Actor, at: datetime) -> Arose | None:
    """Return what waits; None where the programme has enough, or as much waits already."""
    covered = cover(facts, by=by, at=at)
    if not covered.is_short or _waits(facts, covered):
        return None
    return Arose(state=State.WAITING, amount=money.of(Decimal(covered.more), facts.currency))


def end(facts: CoverFacts, *, by: Actor, at: datetime) -> Ended | None:
    """Return what becomes of what waits; None where nothing does, or it goes on."""
    covered = cover(facts, by=by, at=at)
    if facts.waiting is None or (covered.is_short and _waits(facts, covered)):
        return None
    paid = not covered.is_short and Decimal(covered.more) > 0
    return Ended(state=State.COVERED if paid else State.LAPSED)


def retained(steps: Iterable[Step]) -> Decimal:
    """Return what is retained of what was earned in all steps."""
    return max(-_retention(steps), _NOTHING)


def _retention(steps: Iterable[Step]) -> Decimal:
    amounts = (
        Decimal(one.amount)
        for step in steps
        for one in step.by_rule
        if one.rule in {rule.code for rule in step.rules if isinstance(rule, Retention)}
    )
    return sum(amounts, _NOTHING)


def _waits(facts: CoverFacts, covered: Covered) -> bool:
    return facts.waiting is not None and Decimal(facts.waiting) == Decimal(covered.more)
