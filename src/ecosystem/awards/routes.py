"""Awards over HTTP."""

from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.awards import access, actions, queries, rules
from ecosystem.awards.model import ProposalDraft
from ecosystem.awards.schemas import Award, AwardSummary
from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.needs.model import Reason
from ecosystem.needs.rules import NeedMissing
from ecosystem.offers.rules import LotMissing, OfferMissing
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import narrowing
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

OfNeed = Annotated[str, narrowing("need")]


@post(
    "/v1/lots/{lot_id:str}/awards",
    permit=access.PROPOSE,
    answers=Standing,
    key=True,
    refuses=(
        LotMissing, NeedMissing, OfferMissing, rules.NotAuthority, rules.NotEvaluated,
        rules.NotRankedFirst, rules.AwardedBefore, rules.LotOver, rules.PriceUnexplained,
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


@post(
    "/v1/awards/{award_id:str}/rejection",
    permit=access.REJECT,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.AwardMissing, RevisionStale, rules.NotAuthority, rules.AlreadyApproved,
        rules.ProposerApproves,
    ),
)  # fmt: skip
async def reject_award(
    request: Call, award_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Reject an award that another person proposed.

    The proposal ends with the reason, which everybody reads; another one may be made.
    """
    now = await actions.reject(
        request.tx, award_id, data, by=request.by, at=request.at, expected=request.expected
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


ROUTES = (propose_award, approve_award, reject_award, read_award, list_awards)
