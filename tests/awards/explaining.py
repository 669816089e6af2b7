"""The part of the machine that asks how a low price is possible, and passes an offer over."""

from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests import awarding
from tests.awards import acts
from tests.awards.account import BIDDERS, EXPLANATION_GOES, RANKED, STANDING, Lot
from tests.awards.watching import Refused, Watching

_ANSWER_BY = "SELECT answer_by FROM price_explanation WHERE id = $1"


class Explaining(Watching):
    """Questions about prices, and what they come to."""

    outcome: str
    """What becomes of an answer where all goes on as it should."""

    @rule(lot=st.integers(0, 1), who=st.sampled_from(list(BIDDERS)))
    def ask(self, lot: int, who: str) -> None:
        """Ask a bidder how its price is possible."""
        of = self.lots[lot]
        refused: Refused = None
        if of.states[who] == "submitted":
            refused = "offer_missing"
        elif self.now not in RANKED:
            refused = "not_evaluated"
        elif who not in of.flagged:
            refused = "price_not_flagged"
        elif of.explanation:
            refused = "explanation_asked"
        made = self.does(acts.ask(self.world, of.offers[who], at=self.at), refused)
        if made:
            of.explanation, of.explained = made, "asked"

    @rule(lot=st.integers(0, 1))
    def explain(self, lot: int) -> None:
        """Have the bidder answer."""
        of = self.lots[lot]
        if not of.explanation:
            return
        refused = None if of.explained == "asked" else "explanation_answered"
        if self.does(awarding.explained(self.world, of.explanation), refused):
            of.explained = "answered"

    @rule(lot=st.integers(0, 1), outcome=st.sampled_from(["accepted", "rejected"]))
    def judge_price(self, lot: int, outcome: str) -> None:
        """Accept what was answered, or reject it and pass the offer over."""
        of = self.lots[lot]
        if not of.explanation:
            return
        refused: Refused = None
        if of.explained in {"accepted", "rejected"}:
            refused = "explanation_decided"
        elif self.state in {"cancelled", "unsuccessful"}:
            refused = "not_evaluated"
        elif of.explained == "asked" and self.at < self._answer_by(of):
            refused = "explanation_awaited"
        act = awarding.judged(self.world, of.explanation, outcome, at=self.at)
        if not self.does(act, refused):
            return
        of.explained = outcome
        if outcome == "rejected":
            self._pass_over(of)

    def _answer_by(self, lot: Lot) -> datetime:
        """Return until when the bidder was promised to be waited for."""
        found: datetime = self.do(self.watch.fetchval(_ANSWER_BY, lot.explanation))
        return found

    def _pass_over(self, lot: Lot) -> None:
        who = (lot.ranked or [])[0]
        lot.ranked = (lot.ranked or [])[1:]
        lot.states[who] = "excluded"
        if self.state == "evaluated":
            self.state = self.left()

    def left(self) -> str:
        """Return where a need stands that is evaluated, by what is left of it to be awarded."""
        stands = any(lot.stands in STANDING for lot in self.lots)
        ends = "awarded" if stands else "unsuccessful"
        return "evaluated" if any(lot.waits for lot in self.lots) else ends

    def press_explanation(self, lot: int) -> None:
        """Do what comes next before a low price may win."""
        of = self.lots[lot]
        if not of.explanation:
            self.ask(lot, (of.ranked or [])[0])
        elif of.explained == "asked":
            self.explain(lot)
        else:
            self.judge_price(lot, self.outcome)

    def explanations_stand(self, seen: dict[str, str]) -> None:
        """Compare with the account."""
        for lot in self.lots:
            if lot.explanation:
                assert seen[lot.explanation] == lot.explained
                self.went(lot.explanation, lot.explained, EXPLANATION_GOES)
