"""The part of the machine in which winners do not sign, and lots are ended."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.awards import falls
from tests.awards.account import BIDDERS, RANKED, STANDING, Lot
from tests.awards.contracting import Contracting
from tests.awards.explaining import Explaining
from tests.awards.watching import Refused

_LAPSING = ("city/approver", "city/officer")
"""Who lets an award lapse, and who may not: who proposed it, and called upon the winner."""


class GivingUp(Explaining, Contracting):
    """Awards that fall after they were final, and what that comes to."""

    @rule(lot=st.integers(0, 1), who=st.sampled_from(list(BIDDERS)))
    def decline(self, lot: int, who: str) -> None:
        """Decline an award, as the one that won it or as the other."""
        of = self.lots[lot]
        if not of.award:
            return
        refused = "not_winner" if who != of.winner else self._not_fallen(of)
        if refused is None and any(of.winner in one.signed for one in of.contracts):
            refused = "winner_signed"
        if self.does(falls.declined(self.world, of.award, who=who, at=self.at), refused):
            self._fall(of)

    @rule(lot=st.integers(0, 1), which=st.integers(0, 1))
    def call(self, lot: int, which: int) -> None:
        """Call upon the winner to sign one of the last two drafts."""
        of = self.lots[lot]
        if which >= len(of.contracts):
            return
        contract = of.contracts[-1 - which]
        refused: Refused = None
        if contract.state == "cancelled":
            refused = "contract_cancelled"
        elif contract.state == "active":
            refused = "contract_in_force"
        elif of.winner in contract.signed:
            refused = "winner_signed"
        elif contract.sign_by is not None:
            refused = "called_before"
        made = self.does(falls.called(self.world, contract.id, at=self.at), refused)
        if made:
            assert self.at < made.sign_by <= self.at + timedelta(days=60)
            contract.sign_by = made.sign_by

    @rule(lot=st.integers(0, 1), who=st.sampled_from([*_LAPSING[:1], *_LAPSING]))
    def lapse(self, lot: int, who: str) -> None:
        """Let an award lapse."""
        of = self.lots[lot]
        if not of.award:
            return
        refused = self._not_fallen(of)
        drafts = [one for one in of.contracts if one.state == "draft"]
        called = [one.sign_by for one in drafts if one.sign_by is not None]
        if refused is None and any(of.winner in one.signed for one in drafts):
            refused = "winner_signed"
        elif refused is None and not called:
            refused = "winner_not_called"
        elif refused is None and who != _LAPSING[0]:
            refused = "caller_lapses"
        elif refused is None and self.at < max(called):
            refused = "signing_awaited"
        if self.does(falls.lapsed(self.world, of.award, who=who, at=self.at), refused):
            self._fall(of)

    def _not_fallen(self, lot: Lot) -> str | None:
        """Return why an award falls for nobody, or None."""
        if lot.is_contracted:
            return "award_contracted"
        if lot.stands == "published":
            return "standstill_running" if self.at < lot.ends_at else None
        return {
            "proposed": "standstill_running", "suspended": "award_suspended",
            "cancelled": "award_cancelled",
        }[lot.stands]  # fmt: skip

    def _fall(self, lot: Lot) -> None:
        lot.stands = "cancelled"
        lot.fell.add(lot.winner)
        lot.ranked = [who for who in lot.ranked or [] if who != lot.winner]
        for who in [who for who, state in lot.states.items() if state == "not_awarded"]:
            lot.states[who] = "admitted"
        lot.states[lot.winner] = "excluded"
        for one in lot.contracts:
            one.state = "cancelled"
        self._left_over()

    def _left_over(self) -> None:
        if self.state in {"evaluated", "awarded"}:
            self.state = self.left()

    @rule(lot=st.integers(0, 1))
    def end_lot(self, lot: int) -> None:
        """End a lot."""
        of = self.lots[lot]
        refused: Refused = None
        if self.now not in RANKED | {"opened"}:
            refused = "not_evaluated"
        elif not of.fell:
            refused = "nothing_fell"
        elif of.stands in STANDING | {"proposed"}:
            refused = "awarded_before"
        elif of.is_gone or not of.ranked:
            refused = "lot_over"
        if self.does(falls.ended(self.world, of.id, at=self.at), refused):
            of.is_ended = True
            for who in [who for who, state in of.states.items() if state == "admitted"]:
                of.states[who] = "not_awarded"
            self._left_over()

    def press_fall(self, lot: int) -> None:
        """Have the winner decline as soon as it can, or be called, and lapse."""
        of = self.lots[lot]
        if self.at < of.ends_at:
            self.at = of.ends_at
        elif any(of.winner in one.signed for one in of.contracts):
            self.press_contract(lot)
        elif lot == 0:
            self.decline(lot, of.winner)
        elif not of.contracts:
            self.draw_up(lot)
        elif of.contracts[-1].sign_by is None:
            self.call(lot, 0)
        else:
            self.at = max(self.at, _of(of.contracts[-1].sign_by))
            self.lapse(lot, _LAPSING[0])


def _of(at: datetime | None) -> datetime:
    assert at is not None
    return at
