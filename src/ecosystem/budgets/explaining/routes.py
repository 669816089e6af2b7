"""The transfers of a programme over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery

from ecosystem.budgets import access
from ecosystem.budgets.explaining import queries, rules
from ecosystem.budgets.explaining.model import TransferLine
from ecosystem.budgets.rules import ProgrammeMissing
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.page import Page


@get(
    "/v1/programmes/{programme_id:str}/transfers",
    permit=access.READ_TRANSFERS,
    answers=Page[TransferLine],
    refuses=(ProgrammeMissing, rules.TransfersClosed),
)
async def list_programme_transfers(
    request: Call,
    programme_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List what has moved a programme's money, newest first.

    Each transfer with the event that made it and by how much it changed each figure: all of them
    add up to what GET /v1/programmes/{programme_id} says.
    """
    authority = await queries.opened(request.tx, programme_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.TRANSFERS, cursor=cursor, limit=limit,
        authority_id=authority, programme_id=programme_id,
    )  # fmt: skip


ROUTES = (list_programme_transfers,)
