"""What comes back of loans, over HTTP."""

from datetime import date
from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from ecosystem.finance import access
from ecosystem.finance.drawing.rules import DrawdownMissing
from ecosystem.finance.rules import FacilityMissing, FacilityOutOfTurn, NotLender
from ecosystem.finance.servicing import actions, queries, rules
from ecosystem.finance.servicing.model import (
    Position,
    RepaymentDraft,
    RepaymentRead,
    RepaymentSummary,
    RestatementDraft,
    Schedule,
)
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import authority_of
from ecosystem.values.page import Page

OnDay = Annotated[
    date | None,
    QueryParameter(description="The day on which it is owed; by default today."),
]


@get(
    "/v1/facilities/{facility_id:str}/position",
    permit=access.READ,
    answers=Position,
    scoped=True,
    refuses=(FacilityMissing,),
)
async def read_position(
    request: Call, facility_id: FromPath[str], on: OnDay = None
) -> Response[bytes]:
    """Read what is owed under a facility.

    On a day, by default today: fees, interest to that day and principal, in the order in which
    money that comes in would pay them.
    """
    day = request.at.date() if on is None else on
    return request.answer(await queries.position(request.tx, facility_id, on=day))


@post(
    "/v1/facilities/{facility_id:str}/repayments",
    permit=access.RECEIVE,
    answers=Standing,
    key=True,
    refuses=(
        FacilityMissing, NotLender, FacilityOutOfTurn, rules.NothingReceived,
        rules.RepaymentDoubled, rules.RepaymentMisdated,
    ),
)  # fmt: skip
async def record_repayment(
    request: Call, facility_id: FromPath[str], data: JSONBody[RepaymentDraft]
) -> Response[bytes]:
    """Record a repayment.

    The lender says what the borrower has paid. It pays fees, then interest, then principal, the
    longest due first; what is left is the borrower's. A payment of the authority that is assigned
    to the lender is applied alike when it is settled, without this call.
    """
    made = await actions.receive(request.tx, facility_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/repayments/{made.id}")


@get(
    "/v1/facilities/{facility_id:str}/repayments",
    permit=access.READ,
    answers=Page[RepaymentSummary],
    scoped=True,
    refuses=(FacilityMissing,),
)
async def list_repayments(
    request: Call,
    facility_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List what came in under a facility, newest first."""
    await queries.seen(request.tx, facility_id)
    return await paging.page(
        request, request.tx, queries.REPAYMENTS, cursor=cursor, limit=limit,
        authority_id=authority_of(facility_id), facility_id=facility_id,
    )  # fmt: skip


@get(
    "/v1/repayments/{repayment_id:str}",
    permit=access.READ,
    answers=RepaymentRead,
    scoped=True,
    refuses=(rules.RepaymentMissing,),
)
async def read_repayment(request: Call, repayment_id: FromPath[str]) -> Response[bytes]:
    """Read a repayment.

    Its `application` says what was owed, in which order it was paid and what was left, with a
    digest; it never changes, and can be computed again from itself.
    """
    return request.answer(await queries.view(request.tx, repayment_id), version=1)


@get(
    "/v1/drawdowns/{drawdown_id:str}/schedules",
    permit=access.READ,
    answers=Page[Schedule],
    scoped=True,
    refuses=(DrawdownMissing,),
)
async def list_schedules(
    request: Call,
    drawdown_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the schedules of a drawdown, newest first.

    The first of the list is in force; the others were restated and are kept.
    """
    await queries.seen_drawdown(request.tx, drawdown_id)
    return await paging.page(
        request, request.tx, queries.SCHEDULES, cursor=cursor, limit=limit,
        authority_id=authority_of(drawdown_id), drawdown_id=drawdown_id,
    )  # fmt: skip


@post(
    "/v1/drawdowns/{drawdown_id:str}/schedules",
    permit=access.RESTATE,
    answers=Standing,
    key=True,
    refuses=(
        DrawdownMissing, NotLender, FacilityOutOfTurn, rules.NotDisbursed, rules.NothingLeft,
        rules.GraceTooLong, rules.RestatedSooner,
    ),
)  # fmt: skip
async def restate_schedule(
    request: Call, drawdown_id: FromPath[str], data: JSONBody[RestatementDraft]
) -> Response[bytes]:
    """Restate a schedule.

    The lender has what is still lent come back over more time, for a reason that the borrower
    reads. Interest goes on as it was agreed; nothing is due sooner than before; the old schedule
    is kept.
    """
    made = await actions.restate(request.tx, drawdown_id, data, by=request.by, at=request.at)
    there = f"/v1/drawdowns/{drawdown_id}/schedules"
    return request.answer(made, version=made.version, location=there)


ROUTES = (
    read_position, record_repayment, list_repayments, read_repayment, list_schedules,
    restate_schedule,
)  # fmt: skip
