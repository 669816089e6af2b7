"""When a challenge is overdue, and what that comes to."""

from datetime import datetime

from ecosystem.awards.challenges.model import State
from ecosystem.awards.lapsing.model import Lapsed, LapseFacts
from ecosystem.values.actor import Actor


def lapse(facts: LapseFacts, *, by: Actor, at: datetime) -> Lapsed:
    """Call a challenge overdue; requires that it is open, and its time has passed."""
    del by
    if facts.state is not State.OPEN or at <= facts.decide_by:
        raise ValueError("the challenge is decided, or may still be in time")
    return Lapsed(state=State.OPEN, decide_by=facts.decide_by)
