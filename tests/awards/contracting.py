"""The part of the machine that draws up contracts of awards, and has them signed."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.awards import acts
from tests.awards.account import CONTRACT_GOES, Lot
from tests.awards.watching import Refused, Watching

_PLACES = ("city", "", "verifier")
"""Who signs; between the others the winner."""


class Contracting(Watching):
    """Contracts, from a final award to the last signature."""

    @rule(lot=st.integers(0, 1))
    def draw_up(self, lot: int) -> None:
        """Draft a contract of the award, or another one beside it."""
        of = self.lots[lot]
        if not of.award:
            return
        refused: Refused = {
            "proposed": "standstill_running", "suspended": "award_suspended",
            "cancelled": "award_cancelled",
        }.get(of.stands)  # fmt: skip
        if of.stands == "published" and self.at < of.ends_at:
            refused = "standstill_running"
        elif of.stands == "published" and of.is_contracted:
            refused = "award_contracted"
        made = self.does(acts.draw_up(self.world, of.award, at=self.at), refused)
        if made:
            of.contracts.append(made)

    @rule(
        lot=st.integers(0, 1),
        which=st.integers(0, 1),
        place=st.integers(0, 2),
        is_read=st.sampled_from([True, True, True, False]),
    )
    def sign(self, lot: int, which: int, place: int, *, is_read: bool) -> None:
        """Have a party sign one of the last two drafts, or something else than what it says."""
        of = self.lots[lot]
        if which >= len(of.contracts):
            return
        contract, who = of.contracts[-1 - which], _PLACES[place] or of.winner
        is_last = len(contract.signed | {who}) == len(_PLACES)
        refused: Refused = None
        if contract.state == "cancelled":
            refused = "contract_cancelled"
        elif contract.state == "active":
            refused = "contract_in_force"
        elif who in contract.signed:
            refused = "signed_before"
        elif not is_read:
            refused = "digest_differs"
        elif is_last and of.is_contracted:
            refused = "award_contracted"
        digest = contract.digest if is_read else "0" * 64
        if not self.does(acts.sign(self.world, contract.id, who, digest, at=self.at), refused):
            return
        contract.signed.add(who)
        if is_last:
            contract.state, self.is_contracted = "active", True
            self.state = self.state if self.state == "opened" else "contracted"

    def press_contract(self, lot: int) -> None:
        """Do what comes next when an award is published."""
        of = self.lots[lot]
        if self.at < of.ends_at:
            self.at = of.ends_at
        elif not of.contracts:
            self.draw_up(lot)
        elif not of.is_contracted:
            self.sign(lot, 0, self._next(of), is_read=True)

    def _next(self, lot: Lot) -> int:
        signed = lot.contracts[-1].signed
        return next(i for i, one in enumerate(_PLACES) if (one or lot.winner) not in signed)

    def contracts_stand(self, seen: dict[str, str]) -> None:
        """Compare with the account."""
        kept = [one for lot in self.lots for one in (*lot.over, *lot.contracts)]
        assert seen == {one.id: one.state for one in kept}
        for one in kept:
            self.went(one.id, one.state, CONTRACT_GOES)
        assert all(sum(one.state == "active" for one in lot.contracts) < 2 for lot in self.lots)
