"""What it means that scores are frozen: their digests, and what it refuses."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from ecosystem.awards.criteria import Inputs, QualityCriterion
from ecosystem.awards.freezing.model import FrozenOffer, FrozenScores, Judging
from ecosystem.awards.model import ContestFacts
from ecosystem.values.refusal import Kind, Refusal

_CANONICAL: Final = msgspec.json.Encoder(order="sorted")


class ScoresFrozen(Refusal):
    """The scores of quality are frozen, because prices are opened next."""

    kind = Kind.CONFLICT
    remedy = "Scores are given and agreed on before they are frozen."


class PricesSealed(Refusal):
    """The financial parts of the offers have not been opened."""

    kind = Kind.CONFLICT
    remedy = "Freeze the scores, have the openers open the financial parts, then evaluate."


class ScoresChanged(Refusal):
    """The scores are not those that were frozen before prices were opened."""

    kind = Kind.CONFLICT
    remedy = "Tell the auditors: somebody has changed what nobody may change."


def judging(contest: ContestFacts) -> Judging:
    """Return how far the people who judge a contest are."""
    inputs = contest.inputs
    return Judging(
        kind=contest.kind,
        is_judged=any(isinstance(one, QualityCriterion) for one in inputs.criteria),
        offers=len(inputs.offers),
        evaluators=len(inputs.evaluators),
        unfinished=contest.unfinished,
        disagreed=contest.disagreed,
    )


def digests(inputs: Inputs, *, salt: str) -> Iterator[FrozenOffer]:
    """Yield the digest of what the evaluators gave to each offer of a contest."""
    for one in sorted(inputs.offers, key=lambda each: each.offer_id):
        given = {
            "raw_scores": sorted(
                (each for each in inputs.raw_scores if each.offer_id == one.offer_id),
                key=lambda each: (each.code, each.evaluator_id),
            ),
            "consensus": sorted(
                (each for each in inputs.consensus if each.offer_id == one.offer_id),
                key=lambda each: each.code,
            ),
            "salt": salt,
        }
        found = hashlib.sha256(_CANONICAL.encode(given)).hexdigest()
        yield FrozenOffer(offer_id=one.offer_id, digest=found)


def digest(offers: Iterable[FrozenOffer]) -> str:
    """Return SHA-256 of `offer_id digest` and a line feed for each offer, by identifier."""
    ordered = sorted(offers, key=lambda one: one.offer_id)
    return hashlib.sha256(
        "".join(f"{one.offer_id} {one.digest}\n" for one in ordered).encode()
    ).hexdigest()


def changed(frozen: FrozenScores | None, contests: Iterable[ContestFacts]) -> tuple[str, ...]:
    """Return the offers of `contests` whose scores are not the frozen ones, where any are.

    An offer that was frozen and is not compared, because its price could not be opened, is none.
    """
    if frozen is None:
        return ()
    known = {one.offer_id: one.digest for one in frozen.offers}
    return tuple(
        one.offer_id
        for contest in contests
        for one in digests(contest.inputs, salt=frozen.salt)
        if known.get(one.offer_id) != one.digest
    )
