"""Scores offers by published criteria and ranks them, so that anyone computes the same.

Nothing here depends on the order in which offers came or are listed, and nothing is drawn.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final, NamedTuple

import msgspec

from ecosystem.awards import formulas, soundness
from ecosystem.awards.criteria import (
    Excluded,
    ExclusionReason,
    Inputs,
    MetricCriterion,
    OfferScored,
    PriceBasis,
    PriceCriterion,
    QualityCriterion,
    Ranked,
    Ranking,
    RankingWarning,
    RequirementCriterion,
    ScoreLine,
    TieBreak,
)
from ecosystem.awards.financing import (
    FinancingUnsound,
    FinancingYieldsNothing,
    effective_annual_cost,
)
from ecosystem.awards.formulas import HUNDRED, Formula

COST_PLACES: Final = 6
"""Decimal places of per cent to which the effective annual cost is rounded, half up."""

_CONTEXT: Final = Context(prec=100, rounding=ROUND_HALF_UP)
_CANONICAL: Final = msgspec.json.Encoder(order="sorted")
_ZERO: Final = Decimal(0)


class _Marks(NamedTuple):
    """What an offer was given under one criterion."""

    single: Sequence[Decimal]
    """Each evaluator's, the lowest first."""
    agreed: Decimal | None
    """What they agreed on, or None."""


_Raw = Mapping[tuple[str, str], _Marks]
"""By offer and criterion."""


def score(inputs: Inputs) -> Ranking:
    """Return the ranking that `inputs` give.

    What a bidder did wrong excludes its offer, and is said there. What the authority did wrong
    is refused: with CriteriaUnsound, RelativeFormulaNotAllowed, ScoresUnsound, ScoresMissing.
    """
    soundness.check(inputs)
    with localcontext(_CONTEXT):
        raw = _raw(inputs)
        prices, excluded = _admit(inputs, raw=raw)
        judged = {
            offer.offer_id: tuple(_judged(inputs, offer=offer, raw=raw))
            for offer in inputs.offers
            if offer.offer_id in prices
        }
        ranked = _rank(inputs, prices=prices, judged=judged)
        warnings = tuple(_warnings(inputs, prices=prices, judged=judged, ranked=ranked))
        return Ranking(lot_id=inputs.lot_id, ranked=ranked, excluded=excluded, warnings=warnings)


def shortcomings(
    inputs: Inputs, *, offer: OfferScored, is_priced: bool = True
) -> tuple[ExclusionReason, ...]:
    """Return why an offer would not be ranked, whatever it is given for quality.

    Of an offer that is not `is_priced`, because its price is sealed, the price is left out.
    """
    if not is_priced:
        return _unmet(inputs, offer=offer)
    with localcontext(_CONTEXT):
        _, reasons = _price(inputs, offer=offer)
    return (*reasons, *_unmet(inputs, offer=offer))


def digest(inputs: Inputs, ranking: Ranking) -> str:
    """Return SHA-256 of the canonical JSON of `{"inputs": ..., "ranking": ...}`, hexadecimal.

    Offers stand by identifier, evaluators likewise, raw scores by offer, criterion, evaluator:
    so the same evaluation has one digest. Source: RFC 8785.
    """
    ordered = msgspec.structs.replace(
        inputs,
        offers=tuple(sorted(inputs.offers, key=lambda one: one.offer_id)),
        evaluators=tuple(sorted(inputs.evaluators)),
        raw_scores=tuple(
            sorted(inputs.raw_scores, key=lambda one: (one.offer_id, one.code, one.evaluator_id))
        ),
        consensus=tuple(sorted(inputs.consensus, key=lambda one: (one.offer_id, one.code))),
    )
    return hashlib.sha256(_CANONICAL.encode({"inputs": ordered, "ranking": ranking})).hexdigest()


def consensus(raw: Sequence[Decimal], *, step: Decimal) -> Decimal:
    """Return the mean of `raw`, rounded half up to a multiple of `step`.

    Requires at least one raw score and a step above 0.
    """
    with localcontext(_CONTEXT):
        steps = sum(raw, _ZERO) / (len(raw) * step)
        return _rounded(steps, places=0) * step


def _raw(inputs: Inputs) -> _Raw:
    found: dict[tuple[str, str], list[Decimal]] = {}
    for one in inputs.raw_scores:
        found.setdefault((one.offer_id, one.code), []).append(Decimal(one.score))
    agreed = {(one.offer_id, one.code): Decimal(one.score) for one in inputs.consensus}
    return {place: _Marks(sorted(scores), agreed.get(place)) for place, scores in found.items()}


def _admit(inputs: Inputs, *, raw: _Raw) -> tuple[dict[str, Decimal], tuple[Excluded, ...]]:
    """Return the price of each offer that is ranked, and the offers that are not."""
    prices: dict[str, Decimal] = {}
    excluded: list[Excluded] = []
    for offer in sorted(inputs.offers, key=lambda one: one.offer_id):
        price, reasons = _price(inputs, offer=offer)
        reasons += _shortcomings(inputs, offer=offer, raw=raw)
        if price is None or reasons:
            excluded.append(Excluded(offer_id=offer.offer_id, reasons=reasons))
        else:
            prices[offer.offer_id] = price
    return prices, tuple(excluded)


def _price(
    inputs: Inputs, *, offer: OfferScored
) -> tuple[Decimal | None, tuple[ExclusionReason, ...]]:
    price: Decimal | None = None
    if inputs.price_basis is PriceBasis.AMOUNT and offer.price is not None:
        price = Decimal(offer.price)
    elif inputs.price_basis is PriceBasis.EFFECTIVE_ANNUAL_COST and offer.financing is not None:
        try:
            price = _rounded(effective_annual_cost(offer.financing), places=COST_PLACES)
        except (FinancingUnsound, FinancingYieldsNothing) as refusal:
            return None, (ExclusionReason(refusal.code(), refusal.detail),)
    if price is None:
        return None, (ExclusionReason("price_missing", f"No {inputs.price_basis} is offered."),)
    if inputs.ceiling is not None and price > Decimal(inputs.ceiling):
        detail = f"{price:f} is above the ceiling of {inputs.ceiling}."
        return price, (ExclusionReason("price_above_ceiling", detail),)
    return price, ()


def _shortcomings(inputs: Inputs, *, offer: OfferScored, raw: _Raw) -> tuple[ExclusionReason, ...]:
    if unmet := _unmet(inputs, offer=offer):
        return unmet  # It needs no scores, and may have none.
    reasons: list[ExclusionReason] = []
    for criterion in inputs.criteria:
        if isinstance(criterion, QualityCriterion) and criterion.raw_min is not None:
            agreed = _agreed(criterion, marks=raw[offer.offer_id, criterion.code])
            if agreed < Decimal(criterion.raw_min):
                detail = f"{criterion.code} has {agreed:f}, below {criterion.raw_min}."
                reasons.append(ExclusionReason("quality_too_low", detail))
    return tuple(reasons)


def _unmet(inputs: Inputs, *, offer: OfferScored) -> tuple[ExclusionReason, ...]:
    return tuple(
        ExclusionReason("requirement_unmet", f"{code} is not met.")
        for code in soundness.unmet(inputs, offer=offer)
    )


def _judged(inputs: Inputs, *, offer: OfferScored, raw: _Raw) -> Iterator[ScoreLine]:
    """Yield the lines that are not for the price: they depend on this offer alone."""
    for criterion in inputs.criteria:
        match criterion:
            case QualityCriterion():
                marks = raw[offer.offer_id, criterion.code]
                yield _quality_line(criterion, marks=marks, places=inputs.places)
            case MetricCriterion():
                yield _metric_line(criterion, offer=offer, places=inputs.places)
            case PriceCriterion() | RequirementCriterion():
                continue


def _rank(
    inputs: Inputs,
    *,
    prices: Mapping[str, Decimal],
    judged: Mapping[str, tuple[ScoreLine, ...]],
) -> tuple[Ranked, ...]:
    offers = [offer for offer in inputs.offers if offer.offer_id in prices]
    scored = [
        (_scored(inputs, offer=offer, prices=prices, judged=judged[offer.offer_id]), offer)
        for offer in offers
    ]
    keyed = sorted(
        (_keys(inputs, one, price=prices[offer.offer_id], submitted_at=offer.submitted_at), one)
        for one, offer in scored
    )
    return tuple(
        msgspec.structs.replace(
            one,
            rank=place + 1,
            tie_broken_by=_tie(inputs, before=keyed[place - 1][0], this=keys) if place else None,
        )
        for place, (keys, one) in enumerate(keyed)
    )


def _keys(
    inputs: Inputs, one: Ranked, *, price: Decimal, submitted_at: str
) -> tuple[str | Decimal, ...]:
    """Return what ranks an offer, the lowest first; the last of it is never equal."""
    known: dict[TieBreak, str | Decimal] = {
        TieBreak.QUALITY: -Decimal(one.quality_points),
        TieBreak.PRICE: price,
        TieBreak.SUBMITTED: submitted_at,
        TieBreak.OFFER_DIGEST: hashlib.sha256(one.offer_id.encode()).hexdigest(),
    }
    return (-Decimal(one.points), *(known[tie] for tie in inputs.tie_break))


def _tie(
    inputs: Inputs, *, before: Sequence[str | Decimal], this: Sequence[str | Decimal]
) -> TieBreak | None:
    """Return what decided between two offers; None where their points already did."""
    decided = next(place for place, key in enumerate(this) if before[place] != key)
    return inputs.tie_break[decided - 1] if decided else None


def _scored(
    inputs: Inputs,
    *,
    offer: OfferScored,
    prices: Mapping[str, Decimal],
    judged: tuple[ScoreLine, ...],
) -> Ranked:
    price = prices[offer.offer_id]
    priced = tuple(
        _price_line(inputs, criterion=criterion, price=price, prices=tuple(prices.values()))
        for criterion in inputs.criteria
        if isinstance(criterion, PriceCriterion)
    )
    order = [criterion.code for criterion in inputs.criteria]
    return Ranked(
        rank=0,
        offer_id=offer.offer_id,
        points=f"{_points(priced + judged):f}",
        quality_points=f"{_points(judged):f}",
        price=f"{price:f}",
        lines=tuple(sorted(priced + judged, key=lambda line: order.index(line.code))),
        abnormally_low=tuple(_flags(inputs, offer_id=offer.offer_id, prices=prices)),
    )


def _points(lines: Sequence[ScoreLine]) -> Decimal:
    return sum((Decimal(line.points) for line in lines), _ZERO)


def _price_line(
    inputs: Inputs, *, criterion: PriceCriterion, price: Decimal, prices: Sequence[Decimal]
) -> ScoreLine:
    ceiling, low, high = Decimal(inputs.ceiling or 0), min(prices), max(prices)
    match criterion.formula:
        case Formula.ABSOLUTE_CEILING:
            found = formulas.absolute_ceiling(price, ceiling=ceiling)
            trace = f"100 x ({ceiling:f} - {price:f}) / {ceiling:f}"
        case Formula.QUALITY_TO_PRICE:
            value, weight = Decimal(criterion.point_value or 0), Decimal(criterion.weight)
            found = formulas.quality_to_price(
                price, ceiling=ceiling, point_value=value, weight=weight
            )
            trace = f"100 x ({ceiling:f} - {price:f}) / ({weight:f} x {value:f})"
        case Formula.LOWEST_RATIO:
            found = formulas.lowest_ratio(price, prices=prices)
            trace = f"100 x {low:f} / {price:f}"
        case Formula.SPREAD:
            found = formulas.spread(price, prices=prices)
            trace = f"100 x ({high:f} - {price:f}) / ({high:f} - {low:f})"
        case Formula.MEAN:
            found = formulas.mean(price, prices=prices)
            average = f"{sum(prices, _ZERO):f} / {len(prices)}"
            trace = f"50 + 100 x (average - {price:f}) / average, average = {average}"
    return ScoreLine(
        code=criterion.code,
        kind="price",
        basis=f"{price:f}",
        score=f"{_rounded(found, places=inputs.places):f}",
        weight=criterion.weight,
        points=_weighted(found, weight=criterion.weight, places=inputs.places),
        trace=f"{criterion.formula}: {trace}",
    )


def _quality_line(criterion: QualityCriterion, *, marks: _Marks, places: int) -> ScoreLine:
    agreed = _agreed(criterion, marks=marks)
    found = HUNDRED * agreed / Decimal(criterion.raw_max)
    single = [f"{one:f}" for one in marks.single]
    mean = f"({' + '.join(single)}) / {len(single)} to a step of {criterion.step}"
    how = mean if marks.agreed is None else f"agreed after {', '.join(single)}"
    return ScoreLine(
        code=criterion.code,
        kind="quality",
        basis=f"{agreed:f}",
        score=f"{_rounded(found, places=places):f}",
        weight=criterion.weight,
        points=_weighted(found, weight=criterion.weight, places=places),
        trace=f"100 x {agreed:f} / {criterion.raw_max}; {how}",
    )


def _metric_line(criterion: MetricCriterion, *, offer: OfferScored, places: int) -> ScoreLine:
    values = [one.value for one in offer.commitments if one.code == criterion.code]
    baseline, target = Decimal(criterion.baseline), Decimal(criterion.target)
    # Two values for one metric are no commitment: the better could not be held to.
    committed = Decimal(values[0]) if len(values) == 1 else baseline
    found = HUNDRED * (committed - baseline) / (target - baseline)
    found = min(HUNDRED, max(_ZERO, found))
    return ScoreLine(
        code=criterion.code,
        kind="metric_commitment",
        basis=values[0] if len(values) == 1 else "none",
        score=f"{_rounded(found, places=places):f}",
        weight=criterion.weight,
        points=_weighted(found, weight=criterion.weight, places=places),
        trace=f"100 x ({committed:f} - {baseline:f}) / ({target:f} - {baseline:f}), 0 to 100",
    )


def _agreed(criterion: QualityCriterion, *, marks: _Marks) -> Decimal:
    if marks.agreed is not None:
        return marks.agreed
    return min(consensus(marks.single, step=Decimal(criterion.step)), Decimal(criterion.raw_max))


def _weighted(found: Decimal, *, weight: str, places: int) -> str:
    return f"{_rounded(found * Decimal(weight) / HUNDRED, places=places):f}"


def _flags(inputs: Inputs, *, offer_id: str, prices: Mapping[str, Decimal]) -> Iterator[str]:
    limits = inputs.abnormally_low
    if limits is None:
        return
    price, others = prices[offer_id], len(prices) - 1
    if limits.below_mean_of_others is not None and others >= limits.others_min:
        rest = sum(prices.values(), _ZERO) - price
        if price * others < Decimal(limits.below_mean_of_others) * rest:
            yield f"below {limits.below_mean_of_others} of the mean of the other prices"
    if limits.below_ceiling is not None and inputs.ceiling is not None:
        limit = Decimal(limits.below_ceiling) * Decimal(inputs.ceiling)
        if price < limit:
            yield f"below {limits.below_ceiling} of the ceiling"


def _warnings(
    inputs: Inputs,
    *,
    prices: Mapping[str, Decimal],
    judged: Mapping[str, tuple[ScoreLine, ...]],
    ranked: Sequence[Ranked],
) -> Iterator[RankingWarning]:
    relative = [
        one.formula
        for one in inputs.criteria
        if isinstance(one, PriceCriterion) and one.formula.is_relative
    ]
    if not relative:
        return
    detail = f"{relative[0]} scores a price by the others, as {inputs.relative_allowed_by} asks."
    yield RankingWarning(code="formula_is_relative", detail=detail)
    order = [one.offer_id for one in ranked]
    for loser in order[1:]:
        rest = {offer: price for offer, price in prices.items() if offer != loser}
        others = [one.offer_id for one in _rank(inputs, prices=rest, judged=judged)]
        if others != [offer for offer in order if offer != loser]:
            detail = f"Without {loser}, which does not win, others stand in another order."
            yield RankingWarning(code="rank_reversal", detail=detail, offer_id=loser)


def _rounded(value: Decimal, *, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
