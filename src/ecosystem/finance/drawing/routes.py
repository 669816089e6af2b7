"""Drawdowns over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.finance import access
from ecosystem.finance.drawing import actions, queries, rules
from ecosystem.finance.drawing.model import (
    Disbursement,
    DrawdownDraft,
    DrawdownRead,
    DrawdownSummary,
)
from ecosystem.finance.model import Reason
from ecosystem.finance.rules import (
    BorrowerLeft,
    ContractNotRunning,
    FacilityMissing,
    FacilityOutOfTurn,
    NotBorrower,
    NotLender,
)
from ecosystem.finance.servicing import queries as servicing
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import authority_of
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/facilities/{facility_id:str}/drawdowns",
    permit=access.DRAW,
    answers=Standing,
    key=True,
    refuses=(
        FacilityMissing, NotBorrower, FacilityOutOfTurn, BorrowerLeft, ContractNotRunning,
        rules.PartUnknown, rules.OtherCurrency, rules.NothingDrawn, rules.AboveFacility,
        rules.PresentedAmiss, rules.ConditionUnmet,
    ),
)  # fmt: skip
async def request_drawdown(
    request: Call, facility_id: FromPath[str], data: JSONBody[DrawdownDraft]
) -> Response[bytes]:
    """Request a drawdown.

    The borrower asks for a part of the facility. Each condition of that part must be met by what
    is verified now: a milestone that is accepted whole, the newest verified value of a metric, a
    document that the borrower has filed under the contract. What is not met is named.
    """
    made = await actions.request(request.tx, facility_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/drawdowns/{made.id}")


@get(
    "/v1/facilities/{facility_id:str}/drawdowns",
    permit=access.READ,
    answers=Page[DrawdownSummary],
    scoped=True,
    refuses=(FacilityMissing,),
)
async def list_drawdowns(
    request: Call,
    facility_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the drawdowns of a facility, newest first."""
    await servicing.seen(request.tx, facility_id)
    return await paging.page(
        request, request.tx, queries.DRAWDOWNS, cursor=cursor, limit=limit,
        authority_id=authority_of(facility_id), facility_id=facility_id,
    )  # fmt: skip


@get(
    "/v1/drawdowns/{drawdown_id:str}",
    permit=access.READ,
    answers=DrawdownRead,
    scoped=True,
    refuses=(rules.DrawdownMissing,),
)
async def read_drawdown(request: Call, drawdown_id: FromPath[str]) -> Response[bytes]:
    """Read a drawdown.

    With everyone who has acted on it, and by what each condition was met.
    """
    body, version = await queries.view(request.tx, drawdown_id)
    return request.answer(body, version=version)


@post(
    "/v1/drawdowns/{drawdown_id:str}/approval",
    permit=access.APPROVE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.DrawdownMissing, RevisionStale, NotLender, rules.DrawdownOutOfTurn,
        rules.RequestedBySame, BorrowerLeft, ContractNotRunning, rules.ConditionUnmet,
    ),
)  # fmt: skip
async def approve_drawdown(request: Call, drawdown_id: FromPath[str]) -> Response[bytes]:
    """Approve a drawdown.

    Whoever signs for the lender agrees to pay out; the conditions are checked again, from what is
    verified at this moment, and that the borrower has not left the contract meanwhile.
    """
    now = await actions.approve(
        request.tx, drawdown_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/drawdowns/{drawdown_id}")


@post(
    "/v1/drawdowns/{drawdown_id:str}/refusal",
    permit=access.TURN_DOWN,
    answers=Standing,
    changes=True,
    refuses=(rules.DrawdownMissing, RevisionStale, NotLender, rules.DrawdownOutOfTurn),
)
async def refuse_drawdown(
    request: Call, drawdown_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Refuse a drawdown.

    The lender does not pay out, for a reason that the borrower reads.
    """
    now = await actions.refuse(
        request.tx, drawdown_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/drawdowns/{drawdown_id}")


@post(
    "/v1/drawdowns/{drawdown_id:str}/withdrawal",
    permit=access.WITHDRAW,
    answers=Standing,
    changes=True,
    refuses=(rules.DrawdownMissing, RevisionStale, NotBorrower, rules.DrawdownOutOfTurn),
)
async def withdraw_drawdown(request: Call, drawdown_id: FromPath[str]) -> Response[bytes]:
    """Withdraw a drawdown.

    Before it is paid out; the amount can be asked for again.
    """
    now = await actions.withdraw(
        request.tx, drawdown_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/drawdowns/{drawdown_id}")


@post(
    "/v1/drawdowns/{drawdown_id:str}/disbursement",
    permit=access.DISBURSE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.DrawdownMissing, RevisionStale, NotLender, rules.DrawdownOutOfTurn,
        rules.DrawdownApprovedBySame, BorrowerLeft, ContractNotRunning, rules.ConditionUnmet,
        rules.DisbursementDoubled, rules.DisbursementMisdated,
    ),
)  # fmt: skip
async def disburse_drawdown(
    request: Call, drawdown_id: FromPath[str], data: JSONBody[Disbursement]
) -> Response[bytes]:
    """Disburse a drawdown.

    Another person of the lender than who approved records what its bank has paid out: the amount
    less the fees that are kept back. Nothing is paid out to a borrower that has left the contract
    since the approval. From that day interest grows, and the drawdown has a
    schedule of repayment.
    """
    now = await actions.disburse(
        request.tx, drawdown_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/drawdowns/{drawdown_id}")


ROUTES = (
    request_drawdown, list_drawdowns, read_drawdown, approve_drawdown, refuse_drawdown,
    withdraw_drawdown, disburse_drawdown,
)  # fmt: skip
