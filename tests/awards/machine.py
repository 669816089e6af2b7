"""A machine that does whatever it likes to a need of two lots, its offers and its awards.

It keeps an account of its own of what each act should come to. An act that the account does
not allow is refused by the name of a rule, and changes nothing; after each act everything
stands where the account says, and has gone there as the domain lets it.
"""

from datetime import timedelta
from itertools import cycle

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from ecosystem.awards.challenges.model import Outcome
from ecosystem.awards.model import Remedy
from tests import awarding
from tests.awarding import EVALUATORS
from tests.awards import acts
from tests.awards.account import (
    AWARD_GOES,
    BIDDERS,
    LOW_PRICES,
    MARKS,
    NEED_GOES,
    OFFER_GOES,
    PRICES,
    RANKED,
    STANDING,
    STANDSTILL,
    UNJUDGED,
    Lot,
)
from tests.awards.giving_up import GivingUp
from tests.awards.watching import Refused
from tests.builders import AT, DEADLINE, OPENERS, OPENING, hand_in


class Market(GivingUp):
    """One need of two lots for which two bidders offer, from its publication on."""

    @initialize(
        steps=st.integers(0, 16),
        lots=st.sampled_from([(0,), (1,), (0, 1)]),
        outcome=st.sampled_from(["accepted", "rejected"]),
    )
    def begin(self, steps: int, lots: tuple[int, ...] = (0,), outcome: str = "accepted") -> None:
        """Publish, offer, appoint; then go some steps as they should be gone, in these lots."""
        self.outcome = outcome
        self.at, self.state, self.is_contracted = AT, "published", False
        self.handed: set[int] = set()
        self.before = {}
        self.need = self.do(acts.need_of_two_lots(self.world))
        self.lots = [
            Lot(one.id, self.do(acts.offers_for(self.world, one.id, prices)), prices is LOW_PRICES)
            for one, prices in zip(self.need.lots, (PRICES, LOW_PRICES), strict=True)
        ]
        self.do(awarding.appointed(self.world, self.need.id))
        for _, lot in zip(range(steps), cycle(lots), strict=False):
            self.press(lot)

    @rule(lot=st.integers(0, 1))
    def press(self, lot: int) -> None:
        """Do what comes next."""
        if self.now in {"published", "closed"}:
            if self.at < OPENING:
                self.at = OPENING
            else:
                self.hand_in(0 if 0 not in self.handed else 1)
        elif self.now == "opened":
            self._press_evaluation()
        elif self.now in RANKED:
            self._press_award(lot)

    def _press_evaluation(self) -> None:
        if any("opened" in one.states.values() for one in self.lots):
            self.admit()
        elif not self._is_judged():
            self.judge()
        else:
            self.evaluate()

    def _press_award(self, lot: int) -> None:
        of = self.lots[lot]
        if of.stands == "proposed":
            self.decide_award(lot, "approve")
        elif of.waits and of.is_unexplained:
            self.press_explanation(lot)
        elif of.waits and of.ranked:
            self.propose(lot, of.ranked[0])
        elif of.stands == "published":
            self.press_contract(lot)

    @rule(opener=st.integers(0, 2))
    def hand_in(self, opener: int) -> None:
        """Have an opener hand in."""
        refused: Refused = {
            "published": "opening_too_early", "cancelled": "nothing_to_open",
            "unsuccessful": "nothing_to_open", "closed": None,
        }.get(self.now, "opened_before")  # fmt: skip
        if self.now == "closed" and self.at < OPENING:
            refused = "opening_too_early"
        elif self.now == "closed" and opener in self.handed:
            refused = "handed_in_before"
        if self.does(hand_in(self.world, self.need.id, OPENERS[opener], at=self.at), refused):
            self.handed.add(opener)
            if len(self.handed) == 2:
                self.state = "opened"
                for lot in self.lots:
                    lot.states = dict.fromkeys(lot.states, "opened")

    @rule()
    def admit(self) -> None:
        """Admit what was opened; nothing speaks against it."""
        refused = None if self.now == "opened" else "not_to_be_decided"
        if self.does(awarding.sifted(self.world, self.need.id), refused):
            for lot in self.lots:
                waiting = {who for who, state in lot.states.items() if state == "opened"}
                lot.states |= dict.fromkeys(waiting, "admitted")

    @rule(lot=st.integers(0, 1), who=st.sampled_from(list(BIDDERS)))
    def exclude(self, lot: int, who: str) -> None:
        """Exclude an offer."""
        of = self.lots[lot]
        refused = None
        if of.states[who] == "submitted":
            refused = "offer_missing"
        elif of.states[who] == "excluded":
            refused = "excluded_before"
        elif self.now != "opened" or not of.is_open:
            refused = "not_to_be_decided"
        if self.does(awarding.excluded(self.world, of.offers[who]), refused):
            of.states[who] = "excluded"

    @rule(
        lot=st.integers(0, 1),
        who=st.sampled_from(list(BIDDERS)),
        evaluator=st.sampled_from(EVALUATORS),
    )
    def score(self, lot: int, who: str, evaluator: str) -> None:
        """Score an offer."""
        of = self.lots[lot]
        refused = None
        if of.states[who] == "submitted":
            refused = "offer_missing"
        elif self.now != "opened" or of.states[who] != "admitted" or not of.is_open:
            refused = "not_to_be_scored"
        elif (who, evaluator) in of.scored:
            refused = "scored_before"
        if self.does(awarding.scored(self.world, of.offers[who], evaluator, MARKS[who]), refused):
            of.scored.add((who, evaluator))

    def _is_judged(self) -> bool:
        return all(
            who in lot.agreed
            for lot in self.lots
            for who, state in lot.states.items()
            if lot.is_open and state == "admitted"
        )

    def judge(self) -> None:
        """Score whatever is to be scored, and agree on it."""
        for index, lot in enumerate(self.lots):
            admitted = [who for who, state in lot.states.items() if state == "admitted"]
            waiting = [who for who in admitted if lot.is_open and who not in lot.agreed]
            for who in waiting:
                for evaluator in EVALUATORS:
                    if (who, evaluator) not in lot.scored:
                        self.score(index, who, evaluator)
            for who in waiting:
                for evaluator in EVALUATORS:
                    agree = awarding.agreed(self.world, lot.offers[who], evaluator, MARKS[who])
                    self.does(agree, None)
                lot.agreed.add(who)

    @rule()
    def evaluate(self) -> None:
        """Compute the ranking."""
        refused: Refused = None
        if self.now != "opened":
            refused = "not_to_be_evaluated"
        elif any("opened" in lot.states.values() for lot in self.lots):
            refused = "offers_undecided"
        elif not self._is_judged():
            refused = UNJUDGED
        if self.does(acts.evaluate(self.world, self.need.id, at=self.at), refused):
            for lot in self.lots:
                if lot.is_open:
                    lot.ranked = [who for who, one in lot.states.items() if one == "admitted"]
                    lot.is_open, lot.scored, lot.agreed = False, set(), set()
                    lot.flagged = {"enterprise"} & {*lot.ranked} if lot.is_low else set()
                    lot.explanation, lot.explained = "", ""
            self.state = "contracted" if self.is_contracted else self.left()

    @rule(lot=st.integers(0, 1), who=st.sampled_from(list(BIDDERS)))
    def propose(self, lot: int, who: str) -> None:
        """Propose an award."""
        of = self.lots[lot]
        refused = None
        if of.states[who] == "submitted":
            refused = "offer_missing"
        elif self.now not in RANKED:
            refused = "not_evaluated"
        elif [who] != (of.ranked or [])[:1]:
            refused = "not_ranked_first"
        elif of.stands not in {"", "cancelled"}:
            refused = "awarded_before"
        elif of.is_gone:
            refused = "lot_over"
        elif of.is_unexplained:
            refused = "price_unexplained"
        award = self.does(awarding.proposed(self.world, of.id, of.offers[who]), refused)
        if award:
            of.award, of.stands, of.winner = award, "proposed", who
            of.over += of.contracts
            of.challenge, of.is_challenged, of.contracts = "", False, []

    @rule(lot=st.integers(0, 1), act=st.sampled_from(["approve", "reject"]))
    def decide_award(self, lot: int, act: str) -> None:
        """Approve an award, or send it back."""
        of = self.lots[lot]
        if not of.award:
            return
        refused = None
        if of.stands != "proposed":
            refused = "already_approved"
        elif act == "approve" and self.now not in RANKED:
            refused = "not_evaluated"
        if act == "approve":
            made = self.does(acts.approve(self.world, of.award, at=self.at), refused)
        else:
            made = self.does(awarding.rejected(self.world, of.award), refused)
        if not made:
            return
        of.stands = "published" if act == "approve" else "cancelled"
        if act == "approve":
            of.ends_at = self.at + STANDSTILL
            for who in [who for who, state in of.states.items() if state == "admitted"]:
                of.states[who] = "awarded" if who == of.winner else "not_awarded"
            if self.state == "evaluated" and not any(one.waits for one in self.lots):
                self.state = "awarded"

    @rule(lot=st.integers(0, 1))
    def lodge(self, lot: int) -> None:
        """Have the one that did not win challenge the award."""
        of = self.lots[lot]
        if not of.award:
            return
        refused = None
        if of.stands not in STANDING or self.at >= of.ends_at:
            refused = "no_standstill"
        elif of.award in of.challenged:
            refused = "challenged_before"
        who = f"{BIDDERS[of.winner]}/bidder"
        made = self.does(awarding.challenged(self.world, of.award, who=who, at=self.at), refused)
        if made:
            of.challenge, of.is_challenged, of.stands = made, True, "suspended"
            of.challenged.add(of.award)

    @rule(
        lot=st.integers(0, 1),
        outcome=st.sampled_from(list(Outcome)),
        remedy=st.sampled_from([None, *Remedy]),
    )
    def decide_challenge(self, lot: int, outcome: Outcome, remedy: Remedy | None) -> None:
        """Decide on the challenge, with a remedy or without."""
        of = self.lots[lot]
        if not of.challenge:
            return
        refused = None
        if not of.is_challenged:
            refused = "challenge_decided"
        elif (outcome is Outcome.UPHELD) != (remedy is not None):
            refused = "remedy_unsound"
        if not self.does(
            acts.decide(self.world, of.challenge, outcome, remedy, at=self.at), refused
        ):
            return
        of.is_challenged = False
        of.stands = "published" if remedy is None else "cancelled"
        if remedy is Remedy.EVALUATION:
            of.states |= {who: "opened" for who in of.states if who not in of.fell}
            of.is_open = True
            self.state = "opened"
        elif remedy is Remedy.CANCELLATION:
            self._give_up(of)

    def _give_up(self, lot: Lot) -> None:
        lot.is_over = True
        for who in [who for who, state in lot.states.items() if state != "excluded"]:
            lot.states[who] = "not_awarded"
        left = any(one.waits or one.stands in STANDING for one in self.lots)
        if self.state != "opened" and not left:
            self.state = "cancelled"

    @rule(lot=st.integers(0, 1), is_own=st.booleans())
    def withdraw_challenge(self, lot: int, *, is_own: bool) -> None:
        """Take the challenge back, or try that as the winner."""
        of = self.lots[lot]
        if not of.challenge:
            return
        refused = None
        if not is_own:
            refused = "not_own_challenge"
        elif not of.is_challenged:
            refused = "challenge_decided"
        who = BIDDERS[of.winner] if is_own else of.winner
        if self.does(acts.withdraw_challenge(self.world, of.challenge, who, at=self.at), refused):
            of.is_challenged, of.stands = False, "published"

    @rule(chance=st.integers(0, 7))
    def cancel(self, chance: int) -> None:
        """Cancel the need: always where that is refused, and seldom where it is not."""
        refused: Refused = None
        if self.now not in {"published", "closed", "opened", "evaluated"}:
            refused = "need_over"
        elif any(lot.stands in STANDING for lot in self.lots):
            refused = "award_stands"
        elif chance:
            return
        if self.does(acts.cancel(self.world, self.need.id, at=self.at), refused):
            self.state = "cancelled"

    @rule()
    def publish(self) -> None:
        """Publish again, which changes nothing."""
        before = self.seen()
        self.does(
            acts.publish(self.world, self.need.id, at=self.at),
            None if self.now == "published" else "not_draft",
        )
        assert self.seen() == before

    @rule(lot=st.integers(0, 1), who=st.sampled_from(list(BIDDERS)))
    def withdraw_offer(self, lot: int, who: str) -> None:
        """Take an offer back, too late."""
        if self.now == "published":
            return
        state = self.lots[lot].states[who]
        refused = "offer_over"
        if state == "submitted":
            refused = "submission_over" if self.at >= DEADLINE else "need_not_open"
        self.does(
            acts.withdraw_offer(self.world, self.lots[lot].offers[who], who, at=self.at), refused
        )

    @rule(days=st.sampled_from([1, 5, 11]))
    def wait(self, days: int) -> None:
        """Let days pass."""
        self.at += timedelta(days=days)

    @invariant()
    def all_stand_where_they_should(self) -> None:
        """Compare with the account, and each way with those of the domain."""
        if not hasattr(self, "lots"):
            return
        need, offered_, awards, _, explanations, contracts, _ = self.seen()
        assert need[0] in {self.now, self.state}
        self.went(self.need.id, self.now, NEED_GOES)
        shown = {row[0]: row[1] for row in offered_}
        kept = {row[0]: row[1] for row in awards}
        for lot in self.lots:
            assert {who: shown[one] for who, one in lot.offers.items()} == lot.states
            for who, one in lot.offers.items():
                self.went(one, lot.states[who], OFFER_GOES)
            if lot.award:
                assert kept[lot.award] == lot.stands
                state = self.do(awarding.award_state(self.world, lot.award, at=self.at))
                ended = lot.stands == "published" and self.at >= lot.ends_at
                expected = "standstill" if lot.stands == "published" else lot.stands
                assert state == ("final" if ended else expected)
                self.went(lot.award, state, AWARD_GOES)
        self.explanations_stand(dict(explanations))
        self.contracts_stand({row[0]: row[1] for row in contracts})
        assert sum(row[1] != "cancelled" for row in awards) <= len(self.lots)
