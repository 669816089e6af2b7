"""Two ways of a need of two lots lead through every state, with what is refused on them."""

from collections.abc import Callable, Iterable
from functools import partial

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
ALSO_ON_THE_WAY = {
    *(f"explanation {one}" for one in ("asked", "answered", "accepted", "rejected")),
    *("contract draft", "contract active", "need contracted", "need opened"),
    *("price_unexplained", "price_not_flagged", "explanation_awaited", "not_ranked_first"),
    *("standstill_running", "award_suspended", "award_cancelled", "award_contracted"),
    *("digest_differs", "signed_before", "contract_in_force", "award_stands", "need_over"),
}

FALLING = {
    *("need unsuccessful", "contract cancelled", "offer excluded", "nothing_fell"),
    *("not_winner", "caller_lapses", "winner_not_called", "called_before", "signing_awaited"),
    *("award_cancelled", "contract_cancelled", "awarded_before", "lot_over", "standstill_running"),
}


@pytest.mark.usefixtures("searching")
def test_two_lots_go_through_every_state_as_the_account_says() -> None:
    market = Market()
    market.begin(steps=0)
    ways: list[Callable[[], None]] = [
        *[lambda: market.press(0)] * 8,
        lambda: market.lodge(0),
        lambda: market.withdraw_challenge(0, is_own=True),
        *[lambda: market.press(1)] * 5,
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

    go(market, ways)

    assert Market.reached >= ON_THE_WAY | {"award_stands", "need_over"}
    assert [lot.winner for lot in market.lots] == ["enterprise", "second_enterprise"]


@pytest.mark.usefixtures("searching")
def test_the_next_one_wins_after_a_low_price_and_a_lot_is_contracted_while_another_is_not() -> None:
    market = Market()
    market.begin(steps=8)
    market.wait(5)
    passing: list[Callable[[], None]] = [
        lambda: market.propose(1, "enterprise"),
        lambda: market.ask(1, "enterprise"),
        lambda: market.ask(1, "second_enterprise"),
        lambda: market.judge_price(1, "rejected"),
        lambda: market.explain(1),
        lambda: market.judge_price(1, "rejected"),
        lambda: market.propose(1, "enterprise"),
        *[lambda: market.press(1)] * 2,
    ]
    contracting: list[Callable[[], None]] = [
        lambda: market.draw_up(1),
        lambda: market.wait(5),
        lambda: market.lodge(1),
        lambda: market.draw_up(1),
        lambda: market.decide_challenge(1, Outcome.UPHELD, Remedy.EVALUATION),
        lambda: market.draw_up(1),
        *[lambda: market.draw_up(0)] * 2,
        partial(market.sign, 0, 0, 0, is_read=False),
        *[partial(market.sign, 0, 0, place, is_read=True) for place in (0, 0, 1, 2, 2)],
        *[partial(market.sign, 0, 1, place, is_read=True) for place in (0, 1, 2)],
        lambda: market.draw_up(0),
        lambda: market.cancel(0),
        *[lambda: market.press(1)] * 8,
        lambda: market.cancel(0),
    ]

    go(market, passing)
    winners = [lot.winner for lot in market.lots]
    go(market, contracting)

    assert winners == ["enterprise", "second_enterprise"]
    assert [lot.winner for lot in market.lots] == ["enterprise", "enterprise"]
    assert market.state == "contracted"
    assert Market.reached >= ALSO_ON_THE_WAY


def go(market: Market, steps: Iterable[Callable[[], None]]) -> None:
    market.all_stand_where_they_should()
    for step in steps:
        step()
        market.all_stand_where_they_should()


@pytest.mark.usefixtures("searching")
def test_nobody_signs_and_one_lot_is_ended_before_its_last_offer_was_awarded() -> None:
    market = Market()
    market.begin(steps=6)
    falling: list[Callable[[], None]] = [
        *[lambda: market.press(0)] * 2,
        *[lambda: market.press(1)] * 5,
        partial(market.decline, 0, "enterprise"),
        lambda: market.end_lot(0),
        lambda: market.lapse(0, "city/approver"),
        lambda: market.wait(11),
        *[lambda: market.draw_up(0)] * 2,
        lambda: market.lapse(0, "city/approver"),
        *[partial(market.call, 0, 0)] * 2,
        lambda: market.lapse(0, "city/approver"),
        lambda: market.lapse(0, "city/officer"),
        partial(market.sign, 0, 0, 0, is_read=True),
        *[lambda: market.wait(11)] * 3,
        partial(market.decline, 0, "second_enterprise"),
        lambda: market.lapse(0, "city/approver"),
        *[partial(market.sign, 0, which, 1, is_read=True) for which in (0, 1)],
        *[partial(market.call, 0, 1)],
        partial(market.decline, 0, "enterprise"),
        lambda: market.propose(0, "enterprise"),
        *[lambda: market.press(0)] * 2,
        lambda: market.end_lot(0),
        *[lambda: market.press_fall(0)] * 2,
        lambda: market.end_lot(0),
        *[lambda: market.press_fall(1)] * 4,
        lambda: market.end_lot(1),
        lambda: market.propose(1, "second_enterprise"),
    ]

    go(market, falling)

    assert market.state == "unsuccessful"
    assert [lot.fell for lot in market.lots] == [
        {"enterprise", "second_enterprise"},
        {"enterprise"},
    ]
    assert Market.reached >= FALLING
