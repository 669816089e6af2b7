"""Explanations of abnormally low prices over HTTP."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.awards import access
from ecosystem.awards.explanations import actions, queries, rules
from ecosystem.awards.explanations.model import (
    Explanation,
    PriceAnswer,
    PriceDecision,
    PriceQuestion,
)
from ecosystem.awards.rules import AwardedBefore, NotAuthority, NotEvaluated
from ecosystem.offers.rules import OfferMissing
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import narrowing
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

OfNeed = Annotated[str, narrowing("need")]


@post(
    "/v1/offers/{offer_id:str}/price-explanations",
    permit=access.ASK_PRICE,
    answers=Standing,
    refuses=(
        OfferMissing, NotAuthority, NotEvaluated, rules.PriceNotFlagged, rules.ExplanationAsked,
        AwardedBefore,
    ),
)  # fmt: skip
async def ask_for_explanation(
    request: Call, offer_id: FromPath[str], data: JSONBody[PriceQuestion]
) -> Response[bytes]:
    """Ask how a price is possible.

    For an offer whose price the ranking calls abnormally low. The members of the offer have
    until `answer_by`; the offer is awarded only once its explanation is accepted.
    """
    made = await actions.ask(request.tx, offer_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/price-explanations/{made.id}")


@get(
    "/v1/price-explanations/{explanation_id:str}",
    permit=access.READ_PRICE,
    answers=Explanation,
    refuses=(rules.ExplanationMissing,),
    scoped=True,
)
async def read_explanation(request: Call, explanation_id: FromPath[str]) -> Response[bytes]:
    """Read a question about a price, its answer, and what was decided.

    For the authority, the members of the offer, and auditors.
    """
    body, version, state = await queries.view(request.tx, explanation_id, by=request.by)
    return request.answer(body, version=version, mark=state)


@get(
    "/v1/price-explanations",
    permit=access.READ_PRICE,
    answers=Page[Explanation],
    scoped=True,
)
async def list_explanations(
    request: Call,
    need_id: FromQuery[OfNeed] = "",
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the explanations that the caller may see, newest first."""
    filters: dict[str, Any] = {"need_id": need_id} if need_id else {}
    statement = queries.listing(of_need=bool(need_id))
    return await paging.page(
        request, request.tx, statement, cursor=cursor, limit=limit, **filters,
        **queries.sight(request.by),
    )  # fmt: skip


@post(
    "/v1/price-explanations/{explanation_id:str}/answer",
    permit=access.EXPLAIN,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ExplanationMissing, RevisionStale, rules.NotExplainer, rules.ExplanationAnswered,
    ),
)  # fmt: skip
async def explain_price(
    request: Call, explanation_id: FromPath[str], data: JSONBody[PriceAnswer]
) -> Response[bytes]:
    """Explain a price, for the offer's members."""
    now = await actions.answer(
        request.tx, explanation_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(
        now, version=now.version, location=f"/v1/price-explanations/{explanation_id}"
    )


@post(
    "/v1/price-explanations/{explanation_id:str}/decision",
    permit=access.JUDGE_PRICE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ExplanationMissing, RevisionStale, NotAuthority, rules.ExplanationDecided,
        NotEvaluated, rules.ExplanationOutdated, rules.ExplanationAwaited,
    ),
)  # fmt: skip
async def judge_explanation(
    request: Call, explanation_id: FromPath[str], data: JSONBody[PriceDecision]
) -> Response[bytes]:
    """Accept an explanation, or reject it.

    Rejected, its offer is passed over: the next in the ranking is awarded, and the award says
    why. Without an answer it can be decided when `answer_by` has passed.
    """
    now = await actions.decide(
        request.tx, explanation_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(
        now, version=now.version, location=f"/v1/price-explanations/{explanation_id}"
    )


ROUTES = (
    ask_for_explanation, read_explanation, list_explanations, explain_price, judge_explanation,
)  # fmt: skip
