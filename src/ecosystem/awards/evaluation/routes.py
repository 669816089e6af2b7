"""Evaluations over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.awards import access
from ecosystem.awards.admission.rules import OffersUndecided
from ecosystem.awards.evaluation import actions, queries, rules, simulation
from ecosystem.awards.evaluation.simulation import Simulation, SimulationDraft
from ecosystem.awards.freezing import routes as freezing
from ecosystem.awards.freezing.frozen import PricesSealed, ScoresChanged, ScoresFrozen
from ecosystem.awards.model import Appointment, ConflictDeclaration, Scores
from ecosystem.awards.rules import NotAuthority
from ecosystem.awards.schemas import Conferring, Evaluation
from ecosystem.awards.soundness import CriteriaUnsound, ScoresMissing, ScoresUnsound
from ecosystem.needs.rules import NeedMissing
from ecosystem.offers.rules import OfferMissing
from ecosystem.runtime.web import Call, Standing, get, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/needs/{need_id:str}/evaluators",
    permit=access.APPOINT,
    answers=Standing,
    refuses=(
        NeedMissing, NotAuthority, rules.NoEvaluatorsNow, rules.EvaluatorUnfit,
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
    now = await actions.appoint(request.tx, need_id, data, by=request.by, at=request.at)
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
    now = await actions.declare(request.tx, need_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}")


@post(
    "/v1/offers/{offer_id:str}/scores",
    permit=access.SCORE,
    answers=Standing,
    refuses=(
        OfferMissing, rules.DeclarationMissing, rules.ConflictOfInterest, rules.EvaluatorBids,
        rules.NotToBeScored, ScoresFrozen, rules.ScoredBefore, rules.ScoringOver,
        rules.ScoresIncomplete,
    ),
)  # fmt: skip
async def score_offer(
    request: Call, offer_id: FromPath[str], data: JSONBody[Scores]
) -> Response[bytes]:
    """Score an offer.

    One score for each criterion of quality, with its reason; given once, alone, and never
    rewritten. Nobody reads it before the evaluation publishes all scores.
    """
    now = await actions.give_scores(request.tx, offer_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version)


@get(
    "/v1/offers/{offer_id:str}/consensus",
    permit=access.CONFER,
    answers=Conferring,
    refuses=(OfferMissing,),
    scoped=True,
)
async def read_consensus(request: Call, offer_id: FromPath[str]) -> Response[bytes]:
    """Read what the evaluators of an offer gave singly, and what they agree to.

    For its evaluators, each as soon as she has scored the offer herself.
    """
    return request.answer(await queries.conferring(request.tx, offer_id, by=request.by))


@post(
    "/v1/offers/{offer_id:str}/consensus",
    permit=access.AGREE,
    answers=Standing,
    refuses=(
        OfferMissing, rules.DeclarationMissing, rules.ConflictOfInterest, rules.NotToBeScored,
        ScoresFrozen, rules.SingleScoresMissing, rules.ConsensusReached, rules.ScoresIncomplete,
        rules.ConsensusOutOfRange,
    ),
)  # fmt: skip
async def agree_on_offer(
    request: Call, offer_id: FromPath[str], data: JSONBody[Scores]
) -> Response[bytes]:
    """Agree on the scores of an offer.

    After all single scores: each evaluator says what she agrees to, with reasons, within the
    range of the single scores. When all who scored the offer say the same, the state is
    `agreed` and stays so; until then each may say otherwise.
    """
    now = await actions.agree(request.tx, offer_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version)


@post(
    "/v1/needs/{need_id:str}/evaluation",
    permit=access.EVALUATE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        NeedMissing, RevisionStale, NotAuthority, rules.NotToBeEvaluated, OffersUndecided,
        PricesSealed, ScoresMissing, rules.EvaluatorsTooFew, rules.ConsensusMissing,
        ScoresChanged, CriteriaUnsound,
    ),
)  # fmt: skip
async def compute_evaluation(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Compute the actions.

    Ranks the offers of each lot and kind by the published criteria, and publishes the inputs
    together with the ranking, so that anyone computes the same.
    """
    now = await actions.evaluate(
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
    """Read an actions.

    The inputs, the ranking, and the digest over both, which anyone can recompute from this
    answer alone.
    """
    return request.answer(await queries.view(request.tx, need_id))


@post(
    "/v1/evaluation-simulations",
    permit=access.SIMULATE,
    answers=Simulation,
    refuses=(CriteriaUnsound, ScoresUnsound, ScoresMissing),
)
async def simulate_evaluation(request: Call, data: JSONBody[SimulationDraft]) -> Response[bytes]:
    """See what a price formula does, before a need is published.

    Ranks imagined offers by a lot's criteria exactly as a real evaluation does, and again
    without each offer that does not win: so it shows whether a losing offer decides who is
    before whom. Nothing is kept, and nobody is told.
    """
    return request.answer(simulation.simulate(data))


ROUTES = (
    simulate_evaluation,
    appoint_evaluators, declare_conflict, score_offer, read_consensus, agree_on_offer,
    compute_evaluation, read_evaluation, *freezing.ROUTES,
)  # fmt: skip
