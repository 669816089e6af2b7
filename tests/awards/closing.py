"""The machine that goes on, when its steps are over, until nothing is left to be awarded."""

import sys
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from ecosystem.awards.challenges.model import Outcome
from tests.awards.account import RANKED
from tests.awards.machine import Market

_STEPS_MAX: Final = 80
"""More than it takes two lots of two offers to come to their end from anywhere."""


class Closing(Market):
    """A market that is left open, or of which nobody signs a contract in the end."""

    is_closing = False

    @initialize(is_closing=st.sampled_from([True, False, False]))
    def close_in_the_end(self, *, is_closing: bool) -> None:
        """Say whether this one goes on to its end."""
        self.is_closing = is_closing

    def teardown(self) -> None:
        """Come to the end, unless something was found wrong before."""
        if sys.exception() is None and hasattr(self, "lots") and self.is_closing:
            self.close()

    def close(self) -> None:
        """Go on as the market should, and have no winner sign, until no lot can be awarded."""
        for _ in range(_STEPS_MAX):
            if self.now in {"cancelled", "unsuccessful"} or self.is_contracted:
                return
            self._go_on()
        raise AssertionError(self.lots)

    def _go_on(self) -> None:
        if self.now not in RANKED:
            self.press(0)
            self.all_stand_where_they_should()
            return
        for index, lot in enumerate(self.lots):
            if lot.stands == "suspended":
                self.decide_challenge(index, Outcome.REJECTED, None)
            elif lot.stands == "published":
                self.press_fall(index)
            elif lot.stands == "proposed" or lot.waits:
                self.press(index)
            self.all_stand_where_they_should()
