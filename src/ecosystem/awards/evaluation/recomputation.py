"""Compute a published evaluation again from what it publishes, without database or network."""

from collections.abc import Iterator

import msgspec

from ecosystem.awards.criteria import Ranking
from ecosystem.awards.evaluation import rules
from ecosystem.awards.freezing import frozen
from ecosystem.awards.schemas import Evaluation
from ecosystem.values.differing import Difference, Json, differences
from ecosystem.values.refusal import Kind, Refusal


class EvaluationUnreadable(Refusal):
    """The document is not an evaluation."""

    kind = Kind.MALFORMED
    remedy = "Give what `GET /v1/needs/{need_id}/evaluation` answers."


class Recomputation(msgspec.Struct, frozen=True, kw_only=True):
    """What an evaluation's inputs come to, and where the document says otherwise."""

    rankings: tuple[Ranking, ...]
    digest: str
    differences: tuple[Difference, ...]

    def is_identical(self) -> bool:
        """Tell whether the document says exactly what was computed."""
        return not self.differences


def recompute(document: bytes) -> Recomputation:
    """Rank each contest of `document` again by its inputs, and compare rankings and digests.

    Refuses with EvaluationUnreadable, and as `scoring.score` does.
    """
    try:
        stated = msgspec.json.decode(document, type=Evaluation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EvaluationUnreadable(f"The document is not an evaluation: {error}") from None
    contests = tuple(
        rules.ranked(one.kind, one.inputs, of_round=one.round) for one in stated.contests
    )
    computed = msgspec.structs.replace(
        stated, contests=contests, digest=rules.digest(one.digest for one in contests)
    )
    return Recomputation(
        rankings=tuple(one.ranking for one in contests),
        digest=computed.digest,
        differences=(
            *differences(_plain(stated), _plain(computed)),
            *_unfrozen(stated),
        ),
    )


def _unfrozen(stated: Evaluation) -> Iterator[Difference]:
    """Yield where the scores are not those that were frozen before a price was opened."""
    if stated.frozen is None:
        return
    said = stated.frozen
    if (found := frozen.digest(said.offers)) != said.digest:
        yield Difference(pointer="/frozen/digest", stated=said.digest, computed=found)
    known = {one.offer_id: one.digest for one in said.offers}
    for at, contest in enumerate(stated.contests):
        for one in frozen.digests(contest.inputs, salt=said.salt):
            if (before := known.get(one.offer_id, "none")) != one.digest:
                place = f"/contests/{at}/inputs/raw_scores"
                yield Difference(pointer=place, stated=before, computed=one.digest)


def _plain(evaluation: Evaluation) -> Json:
    plain: Json = msgspec.json.decode(msgspec.json.encode(evaluation))
    return plain
