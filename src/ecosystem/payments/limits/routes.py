"""Approval limits over HTTP."""

from litestar import Response
from litestar.params import FromQuery, JSONBody

from ecosystem.payments import access
from ecosystem.payments.limits import actions, queries, rules
from ecosystem.payments.limits.model import ApprovalLimit, LimitDraft
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.money import AmountTooFine, CurrencyUnknown
from ecosystem.values.page import Page


@post(
    "/v1/approval-limits",
    permit=access.LIMIT,
    answers=Standing,
    refuses=(rules.LimitForOneself, rules.ApproverUnknown, CurrencyUnknown, AmountTooFine),
)
async def set_approval_limit(request: Call, data: JSONBody[LimitDraft]) -> Response[bytes]:
    """Limit what an approver may approve at once.

    For one person of the authority, or for every approver who has no limit of her own. The newest
    counts; older ones stay in the list. Nobody limits herself: who has set the newest for all, and
    approves, is held to the newest that another has set, where that is lower.
    """
    now = await actions.set_limit(request.tx, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version)


@get("/v1/approval-limits", permit=access.READ_LIMITS, answers=Page[ApprovalLimit], scoped=True)
async def list_approval_limits(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the approval limits of the caller's authority, newest first."""
    return await paging.page(
        request, request.tx, queries.LIMITS, cursor=cursor, limit=limit,
        authority_id=request.by.organisation_number,
    )  # fmt: skip


ROUTES = (set_approval_limit, list_approval_limits)
