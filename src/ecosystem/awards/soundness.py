"""Whether an evaluation can be computed at all: what the authority must have given."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from ecosystem.awards.criteria import (
    Inputs,
    MetricCriterion,
    OfferScored,
    PriceBasis,
    PriceCriterion,
    QualityCriterion,
    RequirementCriterion,
    TieBreak,
)
from ecosystem.awards.formulas import HUNDRED, Formula
from ecosystem.values.refusal import Fault, Kind, Refusal


class CriteriaUnsound(Refusal):
    """The criteria do not say how to score."""

    kind = Kind.UNMET
    remedy = "Publish criteria whose weights add to 100 and whose scales have two ends."


class RelativeFormulaNotAllowed(Refusal):
    """The price formula scores a price by the other prices, and no profile asks for that."""

    kind = Kind.UNMET
    remedy = "Use absolute_ceiling/1 or quality_to_price/1, or name the profile that asks."


class ScoresUnsound(Refusal):
    """A raw score is none that an evaluator of this lot could give."""

    kind = Kind.UNMET
    remedy = "Give one score from 0 to the maximum, by an evaluator, to an offer of this lot."


class ScoresMissing(Refusal):
    """Not every evaluator has scored every offer under every quality criterion.

    An offer that does not meet a requirement needs no scores.
    """

    kind = Kind.CONFLICT
    remedy = "Wait until all evaluators without a conflict have scored."


def check(inputs: Inputs) -> None:
    """Refuse unless `inputs` can be scored; each refusal lists all its faults.

    Refuses with CriteriaUnsound, RelativeFormulaNotAllowed, ScoresUnsound, ScoresMissing.
    """
    _refuse(CriteriaUnsound, tuple(_criteria_faults(inputs)))
    _refuse(RelativeFormulaNotAllowed, tuple(_relative_faults(inputs)))
    _refuse(ScoresUnsound, (*_score_faults(inputs), *_consensus_faults(inputs)))
    _refuse(ScoresMissing, tuple(_missing(inputs)))


def unmet(inputs: Inputs, *, offer: OfferScored) -> tuple[str, ...]:
    """Return the codes of the requirements that `offer` does not meet."""
    return tuple(
        one.code
        for one in inputs.criteria
        if isinstance(one, RequirementCriterion) and one.code not in offer.requirements_met
    )


def _refuse(refusal: type[Refusal], faults: tuple[Fault, ...]) -> None:
    if faults:
        raise refusal(" ".join(fault.detail for fault in faults[:3]), faults=faults)


def _criteria_faults(inputs: Inputs) -> Iterator[Fault]:
    weighted = [one for one in inputs.criteria if not isinstance(one, RequirementCriterion)]
    total = sum((Decimal(one.weight) for one in weighted), Decimal(0))
    if total != HUNDRED:
        detail = f"The weights add to {total:f}; they must add to 100."
        yield Fault("/criteria", "weights_do_not_add_up", detail)
    if len({one.code for one in inputs.criteria}) < len(inputs.criteria):
        yield Fault("/criteria", "code_twice", "Give every criterion its own code.")
    if sum(isinstance(one, PriceCriterion) for one in inputs.criteria) > 1:
        yield Fault("/criteria", "price_twice", "Score the price by one criterion.")
    if len({*inputs.tie_break}) < len(inputs.tie_break) or not _ends(inputs):
        detail = "Name every tie-break once, and offer_digest last."
        yield Fault("/tie_break", "tie_break_incomplete", detail)
    if len({one.offer_id for one in inputs.offers}) < len(inputs.offers):
        yield Fault("/offers", "offer_twice", "List every offer once.")
    if len({*inputs.evaluators}) < len(inputs.evaluators):
        yield Fault("/evaluators", "evaluator_twice", "List every evaluator once.")
    for index, criterion in enumerate(inputs.criteria):
        yield from _criterion_faults(inputs, pointer=f"/criteria/{index}", criterion=criterion)


def _ends(inputs: Inputs) -> bool:
    return inputs.tie_break[-1:] == (TieBreak.OFFER_DIGEST,)


def _criterion_faults(inputs: Inputs, *, pointer: str, criterion: object) -> Iterator[Fault]:
    match criterion:
        case PriceCriterion():
            yield from _price_faults(inputs, pointer=pointer, criterion=criterion)
        case QualityCriterion():
            if Decimal(criterion.raw_max) == 0:
                yield Fault(f"{pointer}/raw_max", "no_scale", "Give a maximum above 0.")
            if Decimal(criterion.step) == 0:
                yield Fault(f"{pointer}/step", "no_scale", "Give a step above 0.")
        case MetricCriterion():
            if Decimal(criterion.baseline) == Decimal(criterion.target):
                yield Fault(f"{pointer}/target", "no_scale", "Give a target beside the baseline.")
        case _:
            return


def _price_faults(inputs: Inputs, *, pointer: str, criterion: PriceCriterion) -> Iterator[Fault]:
    if Decimal(criterion.weight) == 0:
        yield Fault(f"{pointer}/weight", "weighs_nothing", "Give the price a weight above 0.")
    by_quality = criterion.formula is Formula.QUALITY_TO_PRICE
    if by_quality != (criterion.point_value is not None and Decimal(criterion.point_value) > 0):
        detail = "Give a point value above 0 for quality_to_price/1, and for no other formula."
        yield Fault(f"{pointer}/point_value", "point_value", detail)
    if by_quality and inputs.price_basis is not PriceBasis.AMOUNT:
        detail = "Score the cost of financing by another formula: points have a value in money."
        yield Fault(f"{pointer}/formula", "not_for_financing", detail)
    ceiling = Decimal(inputs.ceiling) if inputs.ceiling is not None else None
    if not criterion.formula.is_relative and (ceiling is None or ceiling <= 0):
        yield Fault("/ceiling", "ceiling_missing", "Give a ceiling above 0.")


def _relative_faults(inputs: Inputs) -> Iterator[Fault]:
    if inputs.relative_allowed_by is not None:
        return
    for index, criterion in enumerate(inputs.criteria):
        if isinstance(criterion, PriceCriterion) and criterion.formula.is_relative:
            detail = f"{criterion.formula} scores a price by the others; nothing asks for it."
            yield Fault(f"/criteria/{index}/formula", "formula_is_relative", detail)


def _score_faults(inputs: Inputs) -> Iterator[Fault]:
    offers = {one.offer_id for one in inputs.offers}
    maxima = {
        one.code: Decimal(one.raw_max)
        for one in inputs.criteria
        if isinstance(one, QualityCriterion)
    }
    seen: set[tuple[str, str, str]] = set()
    for index, raw in enumerate(inputs.raw_scores):
        place = (raw.evaluator_id, raw.offer_id, raw.code)
        if raw.evaluator_id not in inputs.evaluators:
            detail = f"{raw.evaluator_id} does not evaluate this lot."
            yield Fault(f"/raw_scores/{index}/evaluator_id", "stranger", detail)
        if raw.offer_id not in offers:
            detail = f"{raw.offer_id} is not an offer of this lot."
            yield Fault(f"/raw_scores/{index}/offer_id", "no_offer", detail)
        if raw.code not in maxima:
            detail = f"{raw.code} is not a quality criterion."
            yield Fault(f"/raw_scores/{index}/code", "no_criterion", detail)
        elif Decimal(raw.score) > maxima[raw.code]:
            detail = f"{raw.score} is above the maximum of {maxima[raw.code]:f}."
            yield Fault(f"/raw_scores/{index}/score", "above_maximum", detail)
        if place in seen:
            yield Fault(f"/raw_scores/{index}", "scored_twice", "Give one score, once.")
        seen.add(place)


def _consensus_faults(inputs: Inputs) -> Iterator[Fault]:
    """Yield what was agreed on and could not be: it lies between the raw scores, and is one."""
    given: dict[tuple[str, str], list[Decimal]] = {}
    for raw in inputs.raw_scores:
        given.setdefault((raw.offer_id, raw.code), []).append(Decimal(raw.score))
    seen: set[tuple[str, str]] = set()
    for index, one in enumerate(inputs.consensus):
        place = (one.offer_id, one.code)
        scores = given.get(place)
        if scores is None:
            yield Fault(f"/consensus/{index}", "not_scored", f"Nobody scored {one.code} there.")
        elif not min(scores) <= Decimal(one.score) <= max(scores):
            detail = f"Agree on a score from {min(scores):f} to {max(scores):f}."
            yield Fault(f"/consensus/{index}/score", "out_of_range", detail)
        if place in seen:
            yield Fault(f"/consensus/{index}", "agreed_twice", "Agree on one score, once.")
        seen.add(place)


def _missing(inputs: Inputs) -> Iterator[Fault]:
    codes = [one.code for one in inputs.criteria if isinstance(one, QualityCriterion)]
    if codes and not inputs.evaluators:
        yield Fault("/evaluators", "no_evaluators", "Quality is scored, and nobody evaluates.")
    given = {(one.evaluator_id, one.offer_id, one.code) for one in inputs.raw_scores}
    offers = sorted(one.offer_id for one in inputs.offers if not unmet(inputs, offer=one))
    for evaluator, offer, code in product(sorted(inputs.evaluators), offers, codes):
        if (evaluator, offer, code) not in given:
            detail = f"{evaluator} has not scored {offer} under {code}."
            yield Fault("/raw_scores", "score_missing", detail)
