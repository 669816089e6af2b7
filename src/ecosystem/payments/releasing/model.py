"""Where a day of release stands."""

from enum import StrEnum


class State(StrEnum):
    """What became of a day on which something is released."""

    AHEAD = "ahead"
    """It has not come, or was not calculated yet."""
    CALCULATED = "calculated"
    DROPPED = "dropped"
    """The terms no longer name it; they may again."""
