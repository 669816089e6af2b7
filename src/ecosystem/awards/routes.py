"""Evaluations and awards over HTTP."""

from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from ecosystem.awards import access, actions, queries, rules
from ecosystem.awards.evaluation import actions as evaluation
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.model import Appointment, ConflictDeclaration, ProposalDraft, Scores
from ecosystem.awards.schemas import Award, AwardSummary, Evaluation
from ecosystem.awards.soundness import CriteriaUnsound, ScoresMissing
from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.needs.rules import NeedMissing
from ecosystem.offers.rules import LotMissing, OfferMissing
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.page import Page
from ecosystem.values.patterns import whole
from ecosystem.values.revision import RevisionStale

OfNeed = Annotated[
    str, Meta(pattern=whole("(need_[0-9a-f]{32})?"), description="The need; leave out for all.")
]


@post(
    "/v1/needs/{need_id:str}/evaluators",
    permit=access.APPOINT,
    answers=Standing,
    refuses=(
        NeedMissing, rules.NotAuthority, rules.NoEvaluatorsNow, rules.EvaluatorUnfit,
        rules.AppointedBefore,
    ),
)  # fmt: skip
async def appoint_evaluators(
    request: Call, need_id: FromPath[str], data: JSONBody[Appointment]
) -> Response[bytes]:
    """Appoint evaluators.

    People of the authority, or of a verified think tank, who hold the role evaluator. They
    read no offer before they have declared that there is no conflict of interest.
    """
    now = await evaluation.appoint(request.tx, need_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}")


@post(
    "/v1/needs/{need_id:str}/conflict-declarations",
    permit=access.DECLARE,
    answers=Standing,
    refuses=(NeedMissing, rules.NotEvaluator, rules.DeclaredBefore, rules.EvaluatorBids),
)
async def declare_conflict(
    request: Call, need_id: FromPath[str], data: JSONBody[ConflictDeclaration]
) -> Response[bytes]:
    """Declare a conflict of interest, or that there is none.

    Each evaluator declares once, before seeing any offer. One with a conflict neither reads
    nor scores.
    """
    now = await evaluation.declare(request.tx, need_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}")


@post(
    "/v1/offers/{offer_id:str}/scores",
    permit=access.SCORE,
    answers=Standing,
    refuses=(
        OfferMissing, rules.DeclarationMissing, rules.ConflictOfInterest, rules.EvaluatorBids,
        rules.NotToBeScored, rules.ScoredBefore, rules.ScoresIncomplete,
    ),
)  # fmt: skip
async def score_offer(
    request: Call, offer_id: FromPath[str], data: JSONBody[Scores]
) -> Response[bytes]:
    """Score an offer.

    One score for each criterion of quality, with its reason; given once, alone, and never
    rewritten. Nobody reads it before the evaluation publishes all scores.
    """
    now = await evaluation.give_scores(request.tx, offer_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version)


@post(
    "/v1/needs/{need_id:str}/evaluation",
    permit=access.EVALUATE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        NeedMissing, RevisionStale, rules.NotAuthority, rules.NotToBeEvaluated, ScoresMissing,
        rules.EvaluatorsTooFew, CriteriaUnsound,
    ),
)  # fmt: skip
async def compute_evaluation(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Compute the evaluation.

    Ranks the offers of each lot and kind by the published criteria, and publishes the inputs
    together with the ranking, so that anyone computes the same.
    """
    now = await evaluation.evaluate(
        request.tx, need_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}/evaluation")


@get(
    "/v1/needs/{need_id:str}/evaluation",
    permit=access.READ,
    answers=Evaluation,
    refuses=(rules.EvaluationMissing,),
)
async def read_evaluation(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Read an evaluation.

    The inputs, the ranking, and the digest over both, which anyone can recompute from this
    answer alone.
    """
    return request.answer(await evaluations.view(request.tx, need_id))


@post(
    "/v1/lots/{lot_id:str}/awards",
    permit=access.PROPOSE,
    answers=Standing,
    key=True,
    refuses=(
        LotMissing, NeedMissing, OfferMissing, rules.NotAuthority, rules.NotEvaluated,
        rules.NotRankedFirst, rules.AwardedBefore,
    ),
)  # fmt: skip
async def propose_award(
    request: Call, lot_id: FromPath[str], data: JSONBody[ProposalDraft]
) -> Response[bytes]:
    """Propose an award.

    Names the offer that the evaluation ranks first for this lot and kind. Another person
    approves.
    """
    made = await actions.propose(request.tx, lot_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/awards/{made.id}")


@post(
    "/v1/awards/{award_id:str}/approval",
    permit=access.APPROVE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.AwardMissing, RevisionStale, rules.NotAuthority, rules.AlreadyApproved,
        rules.ProposerApproves, rules.NotEvaluated, FundsInsufficient,
    ),
)  # fmt: skip
async def approve_award(request: Call, award_id: FromPath[str]) -> Response[bytes]:
    """Approve an award that another person proposed.

    Publishes it, commits the budget, and begins the standstill, after which it is final.
    """
    now = await actions.approve(
        request.tx, award_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/awards/{award_id}")


@get("/v1/awards/{award_id:str}", permit=access.READ, answers=Award, refuses=(rules.AwardMissing,))
async def read_award(request: Call, award_id: FromPath[str]) -> Response[bytes]:
    """Read an award.

    The state is that of this moment: `standstill` becomes `final` by the clock.
    """
    body, version, state = await queries.view(request.tx, award_id, at=request.at)
    return request.answer(body, version=version, mark=state)


@get("/v1/awards", permit=access.READ, answers=Page[AwardSummary])
async def list_awards(
    request: Call,
    need_id: FromQuery[OfNeed] = "",
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List awards, newest first."""
    filters = {"need_id": need_id} if need_id else {}
    statement = queries.listing(of_need=bool(need_id))
    return await paging.page(
        request, request.tx, statement, cursor=cursor, limit=limit, **filters,
        unbound={"at": request.at},
    )  # fmt: skip


ROUTES = (
    appoint_evaluators, declare_conflict, score_offer, compute_evaluation, read_evaluation,
    propose_award, approve_award, read_award, list_awards,
)  # fmt: skip
