"""What decides about the sandbox's clock."""

from ecosystem.sandbox.model import ClockFacts, ClockSetting
from ecosystem.values.period import LATEST, shown
from ecosystem.values.refusal import Kind, Refusal


class ClockRunsForward(Refusal):
    """The sandbox's clock never goes back."""

    kind = Kind.UNMET
    remedy = "Choose a later time, or start a new sandbox."


class ClockTooFar(Refusal):
    """The sandbox's clock ends with the year 2199."""

    kind = Kind.UNMET
    remedy = "Choose an earlier time."


def move(facts: ClockFacts) -> ClockSetting:
    """Move the clock; refuse with ClockRunsForward, ClockTooFar."""
    if facts.asked.now < facts.now:
        message = f"In the sandbox it is {shown(facts.now)} already."
        raise ClockRunsForward(message, pointer="/now")
    if facts.asked.now >= LATEST:
        message = f"The clock stops before {shown(LATEST)}."
        raise ClockTooFar(message, pointer="/now")
    return facts.asked
