"""One way of a need of two lots leads through every state, with what is refused on it."""

from collections.abc import Callable

import pytest

from ecosystem.awards.challenges.model import Outcome
from ecosystem.awards.model import Remedy
from tests.awards.machine import Market
from tests.awards.watching import searching

__all__ = ["searching"]
ON_THE_WAY = {
    *(f"need {one}" for one in ("published", "closed", "opened", "evaluated", "awarded")),
    *(f"offer {one}" for one in ("submitted", "opened", "admitted", "excluded", "awarded")),
    "offer not_awarded",
    *(f"award {one}" for one in ("proposed", "standstill", "suspended", "final", "cancelled")),
}


@pytest.mark.usefixtures("searching")
def test_two_lots_go_through_every_state_as_the_account_says() -> None:
    market = Market()
    market.begin(steps=0)
    ways: list[Callable[[], None]] = [
        *[lambda: market.press(0)] * 7,
        *[lambda: market.press(0)] * 2,
        lambda: market.lodge(0),
        lambda: market.withdraw_challenge(0, is_own=True),
        *[lambda: market.press(1)] * 2,
        lambda: market.lodge(1),
        lambda: market.decide_challenge(1, Outcome.UPHELD, Remedy.EVALUATION),
        lambda: market.cancel(0),
        lambda: market.exclude(1, "enterprise"),
        *[lambda: market.press(1)] * 5,
        lambda: market.lodge(1),
        lambda: market.decide_challenge(1, Outcome.REJECTED, None),
        lambda: market.wait(11),
        lambda: market.cancel(0),
    ]

    market.all_stand_where_they_should()
    for step in ways:
        step()
        market.all_stand_where_they_should()

    assert Market.reached >= ON_THE_WAY | {"award_stands", "need_over"}
    assert [lot.winner for lot in market.lots] == ["enterprise", "second_enterprise"]
