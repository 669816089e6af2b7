"""Which milestones follow a change, and which refuse it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ecosystem.contracts.changes.rules import MilestoneSettled
from ecosystem.contracts.turning.model import Kind
from ecosystem.contracts.turning.rules import MilestonesOpen
from ecosystem.milestones.model import State
from ecosystem.milestones.replanning.model import (
    Altered,
    AlterFacts,
    CancelFacts,
    Cancelled,
    Moved,
    MoveFacts,
    ReplanFacts,
    ReplanPlan,
)
from ecosystem.milestones.rules import end_of
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault

_OPEN = frozenset({State.PLANNED, State.REJECTED})
_LEFT = _OPEN | {State.PARTLY_ACCEPTED}
"""Of which something is still to be delivered."""


def replan(facts: ReplanFacts) -> ReplanPlan:
    """Return what becomes of the milestones of a contract. Refuses with MilestoneSettled."""
    before = {one.code: one for one in facts.before}
    after = {one.code: one for one in facts.after}
    plan = ReplanPlan(
        added=tuple(one for code, one in after.items() if code not in before),
        altered=tuple(one for code, one in after.items() if code in before and before[code] != one),
        removed=tuple(code for code in before if code not in after),
    )
    states = {one.code: one.state for one in facts.planned}
    settled = {
        code: states[code]
        for code in (*(one.code for one in plan.altered), *plan.removed)
        if states.get(code) not in _OPEN
    }
    settled |= {one.code: states[one.code] for one in plan.added if one.code in states}
    if settled:
        faults = tuple(
            Fault(
                "/changes/milestones",
                "milestone_settled",
                f"The milestone {code} changes no more: it is {state}.",
            )
            for code, state in settled.items()
        )
        raise MilestoneSettled(faults[0].detail, faults=faults)
    return plan


def alter(facts: AlterFacts, *, by: Actor, at: datetime) -> Altered:
    """Let a milestone say what the new edition says; a date that stays leaves `due_at` too.

    What a suspension has added to a date stays while no other date is agreed on.
    """
    del by, at
    is_moved = facts.after.due_on != facts.before.due_on
    return Altered(
        state=facts.state,
        due_at=end_of(facts.after.due_on, time_zone=facts.time_zone) if is_moved else facts.due_at,
    )


def move(facts: MoveFacts, *, by: Actor, at: datetime) -> Moved:
    """Move the date of what is not accepted by the days of a suspension."""
    del by, at
    return Moved(state=facts.state, due_at=facts.due_at + timedelta(days=facts.days))


def end(states: Mapping[str, State], *, kind: Kind, by_agreement: bool) -> tuple[str, ...]:
    """Return the codes of the milestones that end with their contract.

    What is submitted is judged first; a completion without agreement leaves nothing open.
    Refuses with MilestonesOpen.
    """
    waiting = [code for code, state in states.items() if state is State.SUBMITTED]
    left = tuple(code for code, state in states.items() if state in _LEFT)
    if waiting:
        raise MilestonesOpen(f"{waiting[0]} is submitted.")
    if kind is Kind.COMPLETION and left and not by_agreement:
        raise MilestonesOpen(f"{left[0]} is {states[left[0]]}, and {len(left)} in all are open.")
    return left


def cancel(facts: CancelFacts, *, by: Actor, at: datetime) -> Cancelled:
    """Take away a milestone that is neither submitted nor accepted, as was found before."""
    del facts, by, at
    return Cancelled(state=State.CANCELLED)
