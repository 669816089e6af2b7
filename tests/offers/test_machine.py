"""No sequence of calls reaches a state that an offer may not have, and each no has its name.

Hypothesis chooses the calls, and keeps an account of its own of what each of them should do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ecosystem.offers import actions
from ecosystem.offers.members import actions as members
from ecosystem.offers.members.model import Departure, Membership
from ecosystem.offers.model import MemberDraft
from ecosystem.reactions import REACTIONS
from ecosystem.runtime.database import Database
from ecosystem.runtime.problems import STATUS
from ecosystem.runtime.settings import Settings
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text
from tests.awarding import EVALUATORS, appointed, frozen, scored, sifted
from tests.builders import (
    AT,
    DEADLINE,
    OPENERS,
    OPENING,
    World,
    content,
    drafted,
    hand_in,
    published,
    seen,
    settled,
    submitted,
)

LEAD, PARTNERS = "enterprise", ("think_tank", "bank")
FOLLOWS: Final = {
    "draft": {"draft", "submitted", "withdrawn"},
    "submitted": {"submitted", "draft", "withdrawn", "opened"},
    "withdrawn": {"withdrawn"},
    "opened": {"opened", "admitted"},
    "admitted": {"admitted"},
}
"""What may come after each state; a submission is undone by a change of its members alone."""
TAKEN: Final = {"draft", "submitted"}


class Offer(RuleBasedStateMachine):
    """One offer of a consortium, from its draft on."""

    do: Callable[[Awaitable[Any]], Any]
    world: World
    envelopes = "one"

    def __init__(self) -> None:
        super().__init__()
        self.need = self.do(published(self.world, envelopes=self.envelopes))
        shares = {LEAD: "60", "think_tank": "40"}
        offer = drafted(self.world, self.need.lot_id, shares=shares, consenting=False)
        self.offer_id = self.do(offer)
        self.state, self.at, self.openers = "draft", AT, 0
        self.consented = {"think_tank": False}
        self.is_whole = True

    @property
    def is_open(self) -> bool:
        return self.state in TAKEN and self.at < DEADLINE

    def calls(self, act: Awaitable[Any], *, may: bool, then: str = "") -> None:
        """Call, and compare with what the account says."""
        refusal = self._refusal(act)
        assert (refusal is None) == may, refusal
        if refusal is None:
            self.state = then or self.state
            return
        is_late = self.state in TAKEN and self.at >= DEADLINE
        assert STATUS[refusal.kind] in ({410} if is_late else {409, 422}), refusal.code()
        assert refusal.remedy

    def _refusal(self, act: Awaitable[Any]) -> Refusal | None:
        try:
            self.do(act)
        except Refusal as refusal:
            return refusal
        return None

    @rule(price=st.sampled_from(["1.00", "800000.00", "1000000.00"]))
    def submit(self, price: str) -> None:
        may = self.is_open and all(self.consented.values()) and self.is_whole
        act = submitted(self.world, self.offer_id, content(price), at=self.at)
        self.calls(act, may=may, then="submitted")

    @rule()
    def withdraw(self) -> None:
        self.calls(self._as(LEAD, actions.withdraw), may=self.is_open, then="withdrawn")

    @rule(party=st.sampled_from(PARTNERS))
    def consent(self, party: str) -> None:
        if party in self.consented:
            may = self.is_open and not self.consented[party]
            self.calls(self._consent(party), may=may)
            self.consented[party] = may or self.consented[party]

    @rule(party=st.sampled_from(PARTNERS))
    def leave(self, party: str) -> None:
        if party in self.consented:
            may = self.is_open
            self.calls(self._leave(party), may=may, then="draft")
            if may:
                del self.consented[party]
                self.is_whole = False

    @rule(parties=st.sets(st.sampled_from(PARTNERS)), whole=st.integers(99, 100))
    def change_members(self, parties: set[str], whole: int) -> None:
        parts = dict.fromkeys([LEAD, *sorted(parties)], "10") | {
            LEAD: str(whole - 10 * len(parties))
        }
        may = self.is_open and whole == 100
        self.calls(self._change(parts), may=may, then="draft")
        if may:
            self.consented, self.is_whole = dict.fromkeys(parties, False), True

    @rule(days=st.sampled_from([1, 2, 30]))
    def wait(self, days: int) -> None:
        self.at += timedelta(days=days)

    @rule()
    def open(self) -> None:
        if self.at >= OPENING and self.openers < 2:
            self.do(hand_in(self.world, self.need.id, OPENERS[self.openers], at=self.at))
            self.openers += 1
            if self.openers == 2 and self.state == "submitted":
                self.state = "opened"

    @invariant()
    def it_stands_where_it_may_stand(self) -> None:
        shown = self.do(seen(self.world, f"{LEAD}/bidder", self.offer_id))
        assert shown["state"] == self.state
        assert self.state in FOLLOWS[getattr(self, "before", "draft")]
        assert (shown["content"] is not None) == (self.state in {"opened", "admitted"})
        assert (shown["receipt"] is None) <= (self.state in {"draft", "withdrawn"})
        self.before = self.state

    async def _as(self, party: str, act: Callable[..., Awaitable[Any]]) -> None:
        async with self.world.acting(f"{party}/bidder") as (tx, by):
            await act(tx, self.offer_id, by=by, at=self.at, expected=None)

    async def _leave(self, party: str) -> None:
        why = Departure(reason=Text(zh="退出", en="We leave"))
        async with self.world.acting(f"{party}/bidder") as (tx, by):
            await members.leave(tx, self.offer_id, why, by=by, at=self.at, expected=None)

    async def _consent(self, party: str) -> None:
        async with self.world.acting(f"{party}/bidder") as (tx, by):
            await actions.consent(tx, self.offer_id, by=by, at=self.at)

    async def _change(self, shares: dict[str, str]) -> None:
        drafts = [MemberDraft(self.world.organisation(one), part) for one, part in shares.items()]
        asked = Membership(tuple(drafts))
        async with self.world.acting(f"{LEAD}/bidder") as (tx, by):
            await members.change(tx, self.offer_id, asked, by=by, at=self.at, expected=None)


class OfferInTwoEnvelopes(Offer):
    """As an offer, with its price apart: opened after the scores are frozen, and not before."""

    envelopes = "two"

    def __init__(self) -> None:
        super().__init__()
        self.is_frozen, self.price_openers = False, 0

    @rule()
    def freeze(self) -> None:
        if self.openers == 2 and not self.is_frozen:
            self.do(self._judged())
            self.is_frozen = True
        refusal = self._refusal(frozen(self.world, self.need.id, conferring=False))
        assert refusal is not None
        wanted = "frozen_before" if self.is_frozen else "nothing_to_freeze"
        assert refusal.code() == wanted

    @rule()
    def open_price(self) -> None:
        may = self.is_frozen and self.price_openers < 2
        who = OPENERS[self.price_openers % 2]
        refusal = self._refusal(hand_in(self.world, self.need.id, who, of_prices=True))
        assert (refusal is None) == may, refusal
        self.price_openers += may

    @invariant()
    def its_price_is_seen_when_it_was_opened(self) -> None:
        shown = self.do(seen(self.world, f"{LEAD}/bidder", self.offer_id))
        is_priced = self.state == "admitted" and getattr(self, "price_openers", 0) == 2
        assert ("price" in (shown["content"] or {})) == is_priced
        assert (shown["financial_state"] == "opened") == is_priced

    async def _judged(self) -> None:
        if (await sifted(self.world, self.need.id)).admitted:
            self.state = "admitted"
        await appointed(self.world, self.need.id)
        for who in EVALUATORS if self.state == "admitted" else ():
            await scored(self.world, self.offer_id, who)
        await frozen(self.world, self.need.id)


@pytest.fixture
def runner(database_url: str, tmp_path: Path) -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """What runs one thing after the other, and the world that it runs in."""
    with asyncio.Runner() as running:
        database = Database(database_url, Settings(), reactions=REACTIONS)
        Offer.world = running.run(settled(database, tmp_path))
        yield lambda act: running.run(_awaited(act))
        running.run(database.close())


async def _awaited(act: Awaitable[Any]) -> Any:
    return await act


@pytest.mark.parametrize("machine", [Offer, OfferInTwoEnvelopes], ids=["one", "two"])
def test_no_sequence_of_calls_reaches_a_state_that_an_offer_may_not_have(
    runner: Callable[[Awaitable[Any]], Any], machine: type[Offer]
) -> None:
    machine.do = staticmethod(runner)

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
