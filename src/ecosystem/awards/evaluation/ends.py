"""Where an evaluation leaves a need, and which of its lots come to nothing."""

from collections.abc import Iterator

from ecosystem.awards.admission.model import LotEnd
from ecosystem.awards.counting import FROM_BUDGET, standings
from ecosystem.awards.model import Contest, EvaluateFacts
from ecosystem.needs.model import State as NeedState


def need_state(facts: EvaluateFacts, contests: tuple[Contest, ...]) -> NeedState:
    """Return where the need stands: something can be awarded, has been, or nothing is left."""
    if facts.is_contracted:
        return NeedState.CONTRACTED
    now = standings(
        {(one.lot_id, one.kind) for one in contests if one.ranking.ranked},
        facts.made,
        open_to={(one.lot_id, one.kind) for one in contests if _can_win(one, facts)},
    )
    if now.left_open:
        return NeedState.EVALUATED
    return NeedState.AWARDED if now.awards else NeedState.UNSUCCESSFUL


def unsuccessful(facts: EvaluateFacts, contests: tuple[Contest, ...]) -> Iterator[LotEnd]:
    """Yield the lots for which nothing can be awarded, and why."""
    bought = {one.lot_id for one in contests if one.kind in FROM_BUDGET}
    ranked = {
        one.lot_id
        for one in contests
        if _can_win(one, facts) and (one.kind in FROM_BUDGET or one.lot_id not in bought)
    }
    spent = {one.lot_id for one in contests if one.digest in facts.spent}
    ended = {one.lot_id for one in contests if one.digest in facts.ended}
    offered = {*facts.offered, *(one.lot_id for one in contests)}
    for lot_id in facts.lots:
        if lot_id not in offered:
            yield LotEnd(lot_id=lot_id, code="no_offer")
        elif lot_id not in ranked and lot_id in ended:
            yield LotEnd(lot_id=lot_id, code="ended")
        elif lot_id not in ranked:
            yield LotEnd(
                lot_id=lot_id, code="all_passed_over" if lot_id in spent else "no_offer_ranked"
            )


def _can_win(contest: Contest, facts: EvaluateFacts) -> bool:
    return bool(contest.ranking.ranked) and contest.digest not in {*facts.spent, *facts.ended}
