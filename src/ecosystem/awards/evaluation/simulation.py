"""What a formula would do: imagined offers, ranked as real ones are; nothing is kept."""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ecosystem.awards import scoring
from ecosystem.awards.criteria import (
    AbnormallyLow,
    Commitment,
    Criterion,
    ExclusionReason,
    Inputs,
    OfferScored,
    PriceCriterion,
    QualityCriterion,
    Ranking,
    RawScore,
    Score,
    ScoreLine,
    TieBreak,
)
from ecosystem.needs.model import Code
from ecosystem.values.money import Amount, Currency

_LOT: Final = "imagined"
_EVALUATOR: Final = "imagined"
_AT: Final = "2000-01-01T00:00:00.000000Z"


class ImaginedScore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the evaluators would agree on under one criterion of quality."""

    code: Code
    score: Score


class ImaginedOffer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An offer that somebody might make."""

    name: Code
    price: Amount
    quality: Annotated[tuple[ImaginedScore, ...], Meta(max_length=30)] = ()
    """One for each criterion of quality."""
    requirements_met: Annotated[tuple[Code, ...], Meta(max_length=30)] = ()
    commitments: Annotated[tuple[Commitment, ...], Meta(max_length=30)] = ()


class SimulationDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A lot's criteria with their formula, and imagined offers."""

    currency: Currency
    ceiling: Amount
    criteria: Annotated[tuple[Criterion, ...], Meta(min_length=1, max_length=30)]
    tie_break: Annotated[tuple[TieBreak, ...], Meta(min_length=1, max_length=4)] = tuple(TieBreak)
    abnormally_low: AbnormallyLow | None = AbnormallyLow()
    offers: Annotated[tuple[ImaginedOffer, ...], Meta(min_length=1, max_length=12)]


class SimulatedRank(msgspec.Struct, frozen=True, kw_only=True):
    """An imagined offer in its place."""

    rank: int
    name: Code
    points: str
    quality_points: str
    price: str
    lines: tuple[ScoreLine, ...]
    abnormally_low: tuple[str, ...]
    tie_broken_by: TieBreak | None


class SimulatedExclusion(msgspec.Struct, frozen=True, kw_only=True):
    """An imagined offer that would not be ranked, and why."""

    name: Code
    reasons: tuple[ExclusionReason, ...]


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """What would be without one offer that does not win."""

    name: Code
    order: tuple[Code, ...]
    """The others, best first."""
    changes_order: bool
    """Whether they would stand in another order: then a loser decides who is before whom."""
    changes_winner: bool


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """What would come of these offers, and what each losing one would change."""

    ranked: tuple[SimulatedRank, ...]
    excluded: tuple[SimulatedExclusion, ...]
    formula_is_relative: bool
    """Whether a price is scored by the other prices; only some profiles allow that."""
    without: tuple[Absence, ...]


def simulate(asked: SimulationDraft) -> Simulation:
    """Rank imagined offers, and again without each that does not win.

    Refuses with CriteriaUnsound, ScoresUnsound, ScoresMissing, as a real evaluation does.
    """
    ranking = _score(asked)
    order = _order(ranking)
    return Simulation(
        ranked=tuple(
            SimulatedRank(
                rank=one.rank,
                name=one.offer_id,
                points=one.points,
                quality_points=one.quality_points,
                price=one.price,
                lines=one.lines,
                abnormally_low=one.abnormally_low,
                tie_broken_by=one.tie_broken_by,
            )
            for one in ranking.ranked
        ),
        excluded=tuple(
            SimulatedExclusion(name=one.offer_id, reasons=one.reasons) for one in ranking.excluded
        ),
        formula_is_relative=any(
            isinstance(one, PriceCriterion) and one.formula.is_relative for one in asked.criteria
        ),
        without=tuple(_absences(asked, order)),
    )


def _absences(asked: SimulationDraft, order: tuple[str, ...]) -> Iterator[Absence]:
    for loser in order[1:]:
        fewer = tuple(one for one in asked.offers if one.name != loser)
        rest = _order(_score(msgspec.structs.replace(asked, offers=fewer)))
        yield Absence(
            name=loser,
            order=rest,
            changes_order=rest != tuple(one for one in order if one != loser),
            changes_winner=rest[0] != order[0],
        )


def _order(ranking: Ranking) -> tuple[str, ...]:
    return tuple(one.offer_id for one in ranking.ranked)


def _score(asked: SimulationDraft) -> Ranking:
    """Rank imagined offers under their names."""
    codes = {one.code for one in asked.criteria if isinstance(one, QualityCriterion)}
    return scoring.score(
        Inputs(
            lot_id=_LOT,
            currency=asked.currency,
            ceiling=asked.ceiling,
            criteria=asked.criteria,
            tie_break=asked.tie_break,
            abnormally_low=asked.abnormally_low,
            relative_allowed_by="simulation",
            evaluators=(_EVALUATOR,) if codes else (),
            offers=tuple(
                OfferScored(
                    offer_id=one.name,
                    submitted_at=_AT,
                    price=one.price,
                    requirements_met=one.requirements_met,
                    commitments=one.commitments,
                )
                for one in asked.offers
            ),
            raw_scores=tuple(
                RawScore(_EVALUATOR, one.name, given.code, given.score)
                for one in asked.offers
                for given in one.quality
            ),
        )
    )
