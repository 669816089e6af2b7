"""When a challenge is overdue, and what that comes to."""

from datetime import datetime

from ecosystem.awards.challenges.model import State
from ecosystem.awards.overdue.model import Overdue, OverdueFacts
from ecosystem.values.actor import Actor


def overdue(facts: OverdueFacts, *, by: Actor, at: datetime) -> Overdue:
    """Call a challenge overdue; requires that it is open, and its time has passed."""
    del by
    if facts.state is not State.OPEN or at <= facts.decide_by:
        raise ValueError("the challenge is decided, or may still be in time")
    return Overdue(state=State.OPEN, decide_by=facts.decide_by)
