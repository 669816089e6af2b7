"""Whether an offer that does not win decides which of the others does: rank reversal."""

from typing import Final

import msgspec

from ecosystem.awards import scoring
from ecosystem.awards.criteria import (
    Inputs,
    OfferScored,
    PriceCriterion,
    QualityCriterion,
    RawScore,
)
from ecosystem.awards.formulas import Formula

CEILING: Final = "1000"
PRICE_WEIGHT: Final = "40"
QUALITY_WEIGHT: Final = "60"
POINT_VALUE: Final = "10"
"""For quality-to-price: a hundredth of the ceiling for a point."""
_LOT: Final = "lot_00000000000070008000000000000000"
_EVALUATOR: Final = "person_00000000000070008000000000000000"
_AT: Final = "2027-01-01T00:00:00.000000Z"


class Bid(msgspec.Struct, frozen=True):
    """What one of three offers: a price up to the ceiling, and a quality from 0 to 100."""

    price: str
    quality: str


Three = tuple[Bid, ...]


def is_turned(bids: Three, *, formula: Formula) -> bool:
    """Tell whether the others stand in another order without some offer that does not win."""
    order = _order(bids, present=range(len(bids)), formula=formula)
    return any(
        _order(bids, present=sorted(set(order) - {loser}), formula=formula)
        != [one for one in order if one != loser]
        for loser in order[1:]
    )


def _order(bids: Three, *, present: range | list[int], formula: Formula) -> list[int]:
    names = {f"offer_0000000000007000800000000000000{place}": place for place in present}
    by_quality = formula is Formula.QUALITY_TO_PRICE
    inputs = Inputs(
        lot_id=_LOT,
        currency="CNY",
        ceiling=CEILING,
        criteria=(
            PriceCriterion(
                code="price",
                weight=PRICE_WEIGHT,
                formula=formula,
                point_value=POINT_VALUE if by_quality else None,
            ),
            QualityCriterion(code="quality", weight=QUALITY_WEIGHT, raw_max="100", step="0.1"),
        ),
        abnormally_low=None,
        relative_allowed_by="a sample" if formula.is_relative else None,
        evaluators=(_EVALUATOR,),
        offers=tuple(
            OfferScored(offer_id=name, submitted_at=_AT, price=bids[place].price)
            for name, place in names.items()
        ),
        raw_scores=tuple(
            RawScore(_EVALUATOR, name, "quality", bids[place].quality)
            for name, place in names.items()
        ),
    )
    return [names[one.offer_id] for one in scoring.score(inputs).ranked]
