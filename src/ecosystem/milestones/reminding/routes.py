"""Reminders over HTTP."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import FromQuery

from ecosystem.contracts import queries as contracts
from ecosystem.milestones import access
from ecosystem.milestones.reminding import queries
from ecosystem.milestones.reminding.model import Reminder
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.identifiers import narrowing
from ecosystem.values.page import Page

OfContract = Annotated[str, narrowing("contract")]


@get("/v1/reminders", permit=access.READ, answers=Page[Reminder])
async def list_reminders(
    request: Call,
    contract_id: FromQuery[OfContract] = "",
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the reminders that were given of milestones, newest first.

    Before a milestone is due and when it is late, on the days that the rules of the place name,
    and once each. Each is an event of the feed as well, `reminder.given`.
    """
    filters: dict[str, Any] = {"contract_id": contract_id} if contract_id else {}
    return await paging.page(
        request, request.tx, queries.listing(of_contract=bool(contract_id)), cursor=cursor,
        limit=limit, **filters, **contracts.reads_as(request.by),
    )  # fmt: skip


ROUTES = (list_reminders,)
