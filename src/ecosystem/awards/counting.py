"""How far the lots of a need are awarded, and whether financing has anything left to finance.

Financing alone makes no contract: where something was ranked that is paid from the budget, that
alone counts; and financing ends where no award of it stands and none can be made any more.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from ecosystem.needs.model import OfferKind

FROM_BUDGET: Final = frozenset({OfferKind.DELIVERY, OfferKind.ADVISORY})
"""The kinds of offer that are paid from the budget; financing is paid back instead."""
STANDING: Final = frozenset({"published", "suspended"})
"""What is kept of an award that is approved, and not cancelled."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An award of a need, as far as it counts."""

    id: str
    lot_id: str
    kind: OfferKind
    state: str
    """As it is kept."""
    is_over: bool
    """Whether a reviewer has decided that its lot is not awarded."""


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    """How far a need's lots are awarded."""

    counting: frozenset[OfferKind]
    """The kinds of offer whose awards make a lot awarded."""
    awards: frozenset[str]
    """The awards that stand: approved, and not cancelled; without financing that is at its end."""
    left_open: tuple[str, ...]
    """The lots that wait for an award."""
    is_financing_over: bool
    """Whether what financing could serve was ranked, and none of it is or can be awarded."""


def standings(
    ranked: Collection[tuple[str, OfferKind]],
    made: Collection[Made],
    *,
    open_to: Collection[tuple[str, OfferKind]],
) -> Standings:
    """Return how far lots are awarded by what was ranked and made.

    Contests are named by lot and kind: those in which offers were `ranked`, and those of them
    that are `open_to` another award.
    """
    bought = FROM_BUDGET & {kind for _, kind in ranked} | FROM_BUDGET & {one.kind for one in made}
    # Financing counts only where nothing else was ever ranked.
    counting = bought or {OfferKind.FINANCING}
    over = {one.lot_id for one in made if one.is_over and one.kind in counting}
    stand = [one for one in made if one.state in STANDING]
    waiting = {lot_id for lot_id, kind in open_to if kind in counting} - over
    is_bought = any(one.state != "cancelled" and one.kind in bought for one in made)
    is_over = bool(bought) and not waiting and not is_bought
    return Standings(
        counting=frozenset(counting),
        awards=frozenset() if is_over else frozenset(one.id for one in stand),
        left_open=tuple(sorted(waiting - {one.lot_id for one in stand if one.kind in counting})),
        is_financing_over=is_over,
    )


def taken(one: Made, contest: tuple[str, OfferKind], *, is_over: bool) -> Made:
    """Return what an award would count for with nothing standing of a contest, if it is of that."""
    if (one.lot_id, one.kind) != contest:
        return one
    return msgspec.structs.replace(one, state="cancelled", is_over=is_over or one.is_over)
