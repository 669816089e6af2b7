"""Evaluations from which the tests of scoring start."""

from ecosystem.awards.criteria import (
    Criterion,
    Inputs,
    OfferScored,
    PriceCriterion,
    QualityCriterion,
    Ranking,
    RawScore,
)
from ecosystem.awards.formulas import Formula

EVALUATOR = "person_018f0000000070008000000000000001"
ANOTHER = "person_018f0000000070008000000000000002"
PROFILE = "Order 87, article 55"


def offer_id(name: str) -> str:
    return f"offer_018f00000000700080000000{ord(name):08x}"


def name_of(identifier: str) -> str:
    return chr(int(identifier[-8:], 16))


def offer(name: str, price: str | None, *, submitted_at: str | None = None) -> OfferScored:
    at = submitted_at or "2027-02-28T08:00:00.000000Z"
    return OfferScored(offer_id=offer_id(name), submitted_at=at, price=price)


def raw(name: str, quality: str, *, by: str = EVALUATOR) -> RawScore:
    return RawScore(by, offer_id(name), "quality", quality)


def contest(
    bids: dict[str, tuple[str, str]],
    *,
    price_weight: int = 40,
    formula: Formula = Formula.ABSOLUTE_CEILING,
    point_value: str | None = None,
    ceiling: str | None = "200",
    raw_max: str | None = None,
) -> Inputs:
    """Return an evaluation of `bids`: a price and a raw quality by name.

    Unless `raw_max` says otherwise a raw quality is its own points.
    """
    quality_weight = 100 - price_weight
    criteria: tuple[Criterion, ...] = (
        PriceCriterion(
            code="price", weight=str(price_weight), formula=formula, point_value=point_value
        ),
        QualityCriterion(
            code="quality", weight=str(quality_weight), raw_max=raw_max or str(quality_weight)
        ),
    )
    return Inputs(
        lot_id="lot_018f0000000070008000000040000002",
        currency="CNY",
        ceiling=ceiling,
        criteria=criteria,
        relative_allowed_by=PROFILE if formula.is_relative else None,
        evaluators=(EVALUATOR,),
        offers=tuple(offer(name, price) for name, (price, _) in bids.items()),
        raw_scores=tuple(raw(name, quality) for name, (_, quality) in bids.items()),
    )


def order(ranking: Ranking) -> str:
    return "".join(name_of(one.offer_id) for one in ranking.ranked)


def points(ranking: Ranking) -> dict[str, str]:
    return {name_of(one.offer_id): one.points for one in ranking.ranked}
