"""What an evaluation starts from and what it ends in: plain values, published as they are.

Numbers are decimal strings, so that every program reads the same ones.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ecosystem.awards.financing import FinancingTerms
from ecosystem.awards.formulas import Formula
from ecosystem.catalogue.profiles.words import Share
from ecosystem.needs.model import Code, Weight
from ecosystem.offers.envelope import Deadline
from ecosystem.offers.model import OFFERS_MAX
from ecosystem.values.identifiers import LotId, OfferId, PersonId
from ecosystem.values.money import Amount, Currency, Measure
from ecosystem.values.patterns import whole
from ecosystem.values.text import Line, Text

VERSION: Final = "ecosystem-scoring/1"

Instant = Deadline
Score = Annotated[
    str,
    Meta(
        pattern=whole(r"(0|[1-9][0-9]{0,5})(\.[0-9]{1,6})?"),
        description="A score or points, as a decimal string.",
        examples=["86.5"],
    ),
]


class PriceCriterion(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="price",
):
    """The price, or for financing the effective annual cost, scored by a formula."""

    code: Code
    weight: Weight
    formula: Formula = Formula.ABSOLUTE_CEILING
    point_value: Amount | None = None
    """For `quality_to_price/1` only: money that one point of the other criteria is worth."""


class QualityCriterion(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="quality",
):
    """What evaluators judge: raw scores, and then what they agree on."""

    code: Code
    weight: Weight
    raw_max: Score
    """The best raw score; the worst is 0."""
    step: Score = "1"
    """Where no consensus is given, the mean of the raw scores counts, rounded half up to a
    multiple of this."""
    raw_min: Score | None = None
    """An offer whose consensus is below is excluded."""


class MetricCriterion(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="metric_commitment",
):
    """The value of a metric to which an offer commits itself."""

    code: Code
    weight: Weight
    baseline: Measure
    """Scores 0, as does what is worse and an offer without commitment."""
    target: Measure
    """Scores 100, as does what is better; on the way from the baseline it is a straight line."""


class RequirementCriterion(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="requirement",
):
    """What an offer must meet; it weighs nothing, and an offer that does not is excluded."""

    code: Code


Criterion = PriceCriterion | QualityCriterion | MetricCriterion | RequirementCriterion


class PriceBasis(StrEnum):
    """What counts as the price of an offer."""

    AMOUNT = "amount"
    EFFECTIVE_ANNUAL_COST = "effective_annual_cost"
    """Per cent a year, of financing."""


class TieBreak(StrEnum):
    """What decides between offers of the same points."""

    QUALITY = "quality"
    """The higher sum of points that are not for the price."""
    PRICE = "price"
    """The lower price."""
    SUBMITTED = "submitted"
    """The earlier submission."""
    OFFER_DIGEST = "offer_digest"
    """The lower SHA-256 of the offer's identifier: never equal, and nobody's choice."""


class AbnormallyLow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a price is so low that the bidder is asked how; it flags and excludes nobody."""

    below_mean_of_others: Share | None = "0.8"
    """Flagged below this share of the mean of the other ranked prices."""
    others_min: Annotated[int, Meta(ge=1, le=100)] = 1
    """How many others there must be for their mean to count."""
    below_ceiling: Share | None = "0.5"
    """Flagged below this share of the ceiling."""


class Commitment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value of a metric that an offer promises."""

    code: Code
    value: Measure


class OfferScored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of an opened offer is evaluated."""

    offer_id: OfferId
    submitted_at: Instant
    price: Amount | None = None
    """Where the basis is the amount: in the currency of the inputs."""
    financing: FinancingTerms | None = None
    """Where the basis is the effective annual cost."""
    requirements_met: Annotated[tuple[Code, ...], Meta(max_length=30)] = ()
    commitments: Annotated[tuple[Commitment, ...], Meta(max_length=30)] = ()


class RawScore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one evaluator gave one offer under one criterion."""

    evaluator_id: PersonId
    offer_id: OfferId
    code: Code
    score: Score


class Consensus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the evaluators of an offer agreed on under one criterion, and why."""

    offer_id: OfferId
    code: Code
    score: Score
    reason: Text


class Inputs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides a ranking; order within `offers`, `evaluators` and scores does not."""

    version: Literal["ecosystem-scoring/1"] = VERSION
    lot_id: LotId
    currency: Currency
    price_basis: PriceBasis = PriceBasis.AMOUNT
    ceiling: Measure | None = None
    """In the unit of the basis; an offer above is excluded."""
    criteria: Annotated[tuple[Criterion, ...], Meta(min_length=1, max_length=30)]
    places: Annotated[int, Meta(ge=0, le=6)] = 4
    """Decimal places to which each criterion's points are rounded; the total is their sum."""
    rounding: Literal["half_up"] = "half_up"
    tie_break: tuple[TieBreak, ...] = tuple(TieBreak)
    """In this order; the last is `offer_digest`."""
    abnormally_low: AbnormallyLow | None = AbnormallyLow()
    relative_allowed_by: Line | None = None
    """The profile or law that asks for a relative formula; without it, none is accepted."""
    evaluators: Annotated[tuple[PersonId, ...], Meta(max_length=30)] = ()
    """Those without conflict of interest: each scores, under every quality
    criterion, every offer that meets the requirements."""
    offers: Annotated[tuple[OfferScored, ...], Meta(max_length=OFFERS_MAX)]
    raw_scores: tuple[RawScore, ...] = ()
    consensus: tuple[Consensus, ...] = ()


class ScoreLine(msgspec.Struct, frozen=True, kw_only=True):
    """How one criterion came to its points."""

    code: Code
    kind: Literal["price", "quality", "metric_commitment"]
    basis: str
    """The price, the consensus or the commitment; `none` where nothing was committed to."""
    score: str
    """0 to 100, rounded for reading; only quality-to-price goes beyond."""
    weight: Weight
    points: str
    """The unrounded score times weight / 100, rounded."""
    trace: str
    """The sum that gives the score, with its numbers."""


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """An offer in its place."""

    rank: int
    offer_id: OfferId
    points: str
    quality_points: str
    """The points that are not for the price."""
    price: str
    """The amount, or the effective annual cost in per cent."""
    lines: tuple[ScoreLine, ...]
    abnormally_low: tuple[str, ...] = ()
    """Why the price is flagged; empty where it is not."""
    tie_broken_by: TieBreak | None = None
    """What put it behind the offer before it, where both have the same points."""


class ExclusionReason(msgspec.Struct, frozen=True):
    """Why an offer is not ranked."""

    code: str
    """`requirement_unmet`, `price_missing`, `price_above_ceiling`, `quality_too_low`, or the
    name of the refusal of its financing."""
    detail: str


class Excluded(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that is not ranked."""

    offer_id: OfferId
    reasons: tuple[ExclusionReason, ...]


class RankingWarning(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader of the ranking must know."""

    code: Literal["formula_is_relative", "rank_reversal"]
    detail: str
    offer_id: OfferId | None = None
    """The losing offer without which others would stand in another order."""


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an evaluation, best first."""

    version: Literal["ecosystem-scoring/1"] = VERSION
    lot_id: LotId
    ranked: tuple[Ranked, ...]
    excluded: tuple[Excluded, ...]
    """By identifier."""
    warnings: tuple[RankingWarning, ...] = ()
