"""What each contest is computed from: a lot's criteria, what was offered, who scored what.

The need's criteria say what is compared; here is said how, and the evaluation publishes it:
prices by the formula that the lot names, up to its ceiling, quality from 0 to 100 by what the
evaluators agree on, a metric commitment between the baseline and target of the outcome that
bears the criterion's code, and financing by its effective annual cost alone.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec
from msgspec import UNSET

from ecosystem.awards.admission.model import LotEnd
from ecosystem.awards.counting import FROM_BUDGET
from ecosystem.awards.criteria import (
    AbnormallyLow,
    Commitment,
    Consensus,
    Criterion,
    Inputs,
    MetricCriterion,
    OfferScored,
    PriceBasis,
    PriceCriterion,
    QualityCriterion,
    RawScore,
    RequirementCriterion,
)
from ecosystem.awards.evaluation.rules import is_agreed
from ecosystem.awards.financing import Fee, FinancingTerms, Repayment
from ecosystem.awards.formulas import Formula
from ecosystem.awards.model import Contest, ContestFacts, ScoreKept
from ecosystem.catalogue.profiles.model import InForce
from ecosystem.needs.model import Criterion as Asked
from ecosystem.needs.model import CriterionKind, Lot, OfferKind
from ecosystem.offers.model import Financing, OpenedContent
from ecosystem.values.period import wire

FINANCING_CEILING: Final = "100"
"""Per cent a year: what costs more is not compared. Every cost below has its own points."""
_FINANCING: Final = (PriceCriterion(code="effective_annual_cost", weight="100"),)
_MARK_MAX: Final = "100"
_STEP: Final = "0.01"


def with_spent(
    evaluation: bytes, spent: Sequence[Contest], *, code: Literal["all_passed_over", "ended"]
) -> bytes:
    """Add to the JSON of an evaluation the lots whose contests are over since, and why.

    A lot of which offers of another kind are ranked is not at its end, unless nothing but
    financing is left of it.
    """
    if not spent:
        return evaluation
    found = msgspec.json.decode(evaluation)
    over = {one.digest for one in spent}
    bought = {one["lot_id"] for one in found["contests"] if one["kind"] in FROM_BUDGET}
    known = {
        one["lot_id"]
        for one in found["contests"]
        if one["ranking"]["ranked"]
        and one["digest"] not in over
        and (one["kind"] in FROM_BUDGET or one["lot_id"] not in bought)
    }
    known |= {one["lot_id"] for one in found["unsuccessful"]}
    ended = sorted({one.lot_id for one in spent} - known)
    found["unsuccessful"] += [LotEnd(lot_id=one, code=code) for one in ended]
    return msgspec.json.encode(found)


def contests_of(
    lots: Sequence[Lot],
    *,
    offers: Sequence[OpenedContent],
    evaluators: Sequence[str],
    scores: Sequence[ScoreKept],
    said: Sequence[ScoreKept],
    law: InForce,
) -> tuple[ContestFacts, ...]:
    """Return the contests of a need: each lot and kind for which an offer was opened.

    `evaluators` are those without a conflict; in a contest count those who scored all of it.
    `said` is what they agree to, each for herself; `law` is what the need was published under.
    """
    return tuple(
        _contest(lot, kind, offers=rivals, evaluators=evaluators, scores=scores, said=said, law=law)
        for lot in lots
        for kind in OfferKind
        if (rivals := [one for one in offers if (one.lot_id, one.kind) == (lot.id, kind)])
    )


def _contest(
    lot: Lot,
    kind: OfferKind,
    *,
    offers: Sequence[OpenedContent],
    evaluators: Sequence[str],
    scores: Sequence[ScoreKept],
    said: Sequence[ScoreKept],
    law: InForce,
) -> ContestFacts:
    if kind is OfferKind.FINANCING:
        return ContestFacts(kind=kind, inputs=_of_financing(lot, offers, law), unfinished=())
    ids = {one.offer_id for one in offers}
    given = [one for one in scores if one.offer_id in ids and one.person_id in evaluators]
    scored = {who: {one.offer_id for one in given if one.person_id == who} for who in evaluators}
    finished = sorted(who for who, done in scored.items() if done == ids)
    agreed = {
        one: _agreed([each for each in said if each.offer_id == one], finished) for one in ids
    }
    inputs = Inputs(
        lot_id=lot.id,
        currency=lot.ceiling.currency,
        ceiling=lot.ceiling.amount,
        criteria=tuple(_criterion(one, lot) for one in lot.criteria),
        abnormally_low=_low(law),
        relative_allowed_by=_allowing(law) if Formula(lot.price_formula).is_relative else None,
        evaluators=tuple(finished),
        offers=tuple(_offer(one) for one in offers),
        raw_scores=tuple(_raw(one for one in given if one.person_id in finished)),
        consensus=tuple(one for offer_id in sorted(ids) for one in agreed[offer_id]),
    )
    begun = sorted(who for who, done in scored.items() if done and done != ids)
    return ContestFacts(
        kind=kind,
        inputs=inputs,
        unfinished=tuple(begun),
        disagreed=tuple(sorted(one for one, found in agreed.items() if not found)),
    )


def _agreed(said: Sequence[ScoreKept], finished: Sequence[str]) -> tuple[Consensus, ...]:
    """Return the consensus on one offer, with the reasons of who comes first; or nothing."""
    if not is_agreed(said, among=set(finished)):
        return ()
    first = min(said, key=lambda one: one.person_id)
    return tuple(
        Consensus(one.offer_id, given.criterion, given.score, given.reason)
        for one in (first,)
        for given in one.scores
    )


def _low(law: InForce) -> AbnormallyLow:
    limits = law.rules.abnormally_low
    return AbnormallyLow(
        below_mean_of_others=limits.below_mean_of_others, below_ceiling=limits.below_ceiling
    )


def _allowing(law: InForce) -> str:
    """Return what lets a price be scored by the others: a profile, with law and article."""
    cited = law.rules.price_formulas
    return " ".join(filter(None, (f"{law.profile_id}:", cited.law, cited.article)))


def _of_financing(lot: Lot, offers: Sequence[OpenedContent], law: InForce) -> Inputs:
    return Inputs(
        lot_id=lot.id,
        currency=lot.ceiling.currency,
        price_basis=PriceBasis.EFFECTIVE_ANNUAL_COST,
        ceiling=FINANCING_CEILING,
        criteria=_FINANCING,
        abnormally_low=msgspec.structs.replace(_low(law), below_ceiling=None),
        offers=tuple(
            OfferScored(
                offer_id=one.offer_id,
                submitted_at=wire(one.received_at),
                financing=None if one.content.financing is UNSET else _terms(one.content.financing),
            )
            for one in offers
        ),
    )


def _terms(asked: Financing) -> FinancingTerms:
    fees = (Fee(month=0, amount=asked.fees.amount),) if asked.fees.decimal() else ()
    return FinancingTerms(
        amount=asked.amount.amount,
        annual_rate_percent=asked.annual_rate,
        tenor_months=asked.tenor_months,
        grace_months=asked.grace_months,
        repayment=Repayment(asked.repayment.value),
        fees=fees,
    )


def _offer(one: OpenedContent) -> OfferScored:
    content = one.content
    return OfferScored(
        offer_id=one.offer_id,
        submitted_at=wire(one.received_at),
        price=None if content.price is UNSET else content.price.amount,
        requirements_met=tuple(answer.criterion for answer in content.answers if answer.meets),
        commitments=tuple(
            Commitment(code=promised.metric, value=promised.value)
            for promised in content.metric_commitments
        ),
    )


def _criterion(asked: Asked, lot: Lot) -> Criterion:
    match asked.kind:
        case CriterionKind.PRICE:
            return PriceCriterion(
                code=asked.code,
                weight=asked.weight,
                formula=Formula(lot.price_formula),
                point_value=lot.point_value,
            )
        case CriterionKind.QUALITY:
            return QualityCriterion(
                code=asked.code, weight=asked.weight, raw_max=_MARK_MAX, step=_STEP
            )
        case CriterionKind.REQUIREMENT:
            return RequirementCriterion(code=asked.code)
        case CriterionKind.METRIC_COMMITMENT:
            ends = {one.metric: (one.baseline, one.target) for one in lot.outcomes}
            # Where no outcome bears the code, the ends are equal and `soundness` refuses by name.
            baseline, target = ends.get(asked.code, ("0", "0"))
            return MetricCriterion(
                code=asked.code, weight=asked.weight, baseline=baseline, target=target
            )


def _raw(given: Iterator[ScoreKept]) -> Iterator[RawScore]:
    for one in given:
        for each in one.scores:
            yield RawScore(
                evaluator_id=one.person_id,
                offer_id=one.offer_id,
                code=each.criterion,
                score=each.score,
            )
