"""The freezing of scores over HTTP."""

from litestar import Response
from litestar.params import FromPath

from ecosystem.awards import access
from ecosystem.awards.admission.rules import OffersUndecided
from ecosystem.awards.evaluation.rules import ConsensusMissing, EvaluatorsTooFew
from ecosystem.awards.freezing import actions, queries, rules
from ecosystem.awards.freezing.model import ScoreFreezing
from ecosystem.awards.rules import NotAuthority
from ecosystem.awards.soundness import ScoresMissing
from ecosystem.needs.rules import NeedMissing
from ecosystem.runtime.web import Call, Standing, get, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/needs/{need_id:str}/score-freezing",
    permit=access.FREEZE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        NeedMissing, RevisionStale, NotAuthority, rules.FrozenBefore, rules.NothingToFreeze,
        OffersUndecided, ScoresMissing, EvaluatorsTooFew, ConsensusMissing,
    ),
)  # fmt: skip
async def freeze_scores(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Freeze the scores of quality.

    Where offers come in two envelopes: when the evaluators agree on every offer, and before a
    price is opened. From then on no score changes, and the openers may open the financial
    parts. Published is a salted digest of each offer's scores; the evaluation shows the rest.
    """
    now = await actions.freeze(
        request.tx, need_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}/score-freezing")


@get(
    "/v1/needs/{need_id:str}/score-freezing",
    permit=access.READ,
    answers=ScoreFreezing,
    refuses=(rules.FreezingMissing,),
)
async def read_score_freezing(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Read the record of a freezing: when it was, and the digest of each offer's scores."""
    return request.answer(await queries.view(request.tx, need_id))


ROUTES = (freeze_scores, read_score_freezing)
