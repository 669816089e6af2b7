"""What follows from the fall of an award, when a lot ends, and what refuses that."""

from datetime import datetime
from typing import Final

from ecosystem.awards.counting import FROM_BUDGET
from ecosystem.awards.falling.model import Ended, EndFacts, Fallen, FallFacts
from ecosystem.awards.rules import AwardedBefore, LotOver, NotEvaluated, own
from ecosystem.needs.model import State as NeedState
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal

_MOVING: Final = frozenset({NeedState.EVALUATED, NeedState.AWARDED})
"""A need of which a lot is contracted, or evaluated again, stays as it is."""
_GOING_ON: Final = _MOVING | {NeedState.CONTRACTED, NeedState.OPENED}


class NothingFell(Refusal):
    """No award of this lot and kind has fallen."""

    kind = Kind.CONFLICT
    remedy = "Propose the offer that is ranked first; cancel the need where nothing is wanted."


def fall(facts: FallFacts, *, by: Actor, at: datetime) -> Fallen:
    """Say what a need is, and what the budget has back, when an award of it has fallen."""
    del by, at
    return Fallen(
        lot_id=facts.lot_id,
        kind=facts.kind,
        need_state=_state(
            facts.need_state, is_waiting=bool(facts.left_open), is_awarded=facts.others_stand
        ),
        released=facts.price if facts.kind in FROM_BUDGET else None,
    )


def end(facts: EndFacts, *, by: Actor, at: datetime) -> Ended:
    """End a contest of which an award fell, without another one.

    With the last lot that waited the need is awarded, or unsuccessful where no award stands.
    Refuses with NotAuthority, NotEvaluated, NothingFell, AwardedBefore, LotOver.
    """
    del at
    own(facts.authority_number, by)
    if facts.need_state not in _GOING_ON:
        raise NotEvaluated(f"The need is {facts.need_state}.")
    if not facts.has_fallen:
        raise NothingFell("No award of this lot and kind has fallen.", pointer="/kind")
    if facts.is_awarded:
        raise AwardedBefore("There is an award of this lot and kind.")
    if facts.is_over:
        raise LotOver("Nothing of this lot and kind can be awarded any more.", pointer="/kind")
    return Ended(
        lot_id=facts.lot_id,
        kind=facts.asked.kind,
        reason=facts.asked.reason,
        ended_by=control.hand(by),
        need_state=_state(
            facts.need_state, is_waiting=bool(facts.left_open), is_awarded=facts.others_stand
        ),
    )


def _state(state: NeedState, *, is_waiting: bool, is_awarded: bool) -> NeedState:
    if state not in _MOVING:
        return state
    if is_waiting:
        return NeedState.EVALUATED
    return NeedState.AWARDED if is_awarded else NeedState.UNSUCCESSFUL
