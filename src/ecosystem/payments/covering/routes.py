"""What contracts wait for money with, over HTTP."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import FromQuery, QueryParameter

from ecosystem.payments import access
from ecosystem.payments.covering import queries
from ecosystem.payments.covering.model import Shortfall, State
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.identifiers import ContractId, ProgrammeId
from ecosystem.values.page import Page

OfProgramme = Annotated[
    ProgrammeId | None, QueryParameter(description="Only what waits for money of this programme.")
]
OfContract = Annotated[
    ContractId | None, QueryParameter(description="Only what waits under this contract.")
]
InState = Annotated[
    State | None,
    QueryParameter(description="Only what is in this state: `waiting` is what lacks money now."),
]


@get("/v1/shortfalls", permit=access.READ_SHORTFALLS, answers=Page[Shortfall], scoped=True)
async def list_shortfalls(
    request: Call,
    programme_id: OfProgramme = None,
    contract_id: OfContract = None,
    in_state: InState = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List what contracts that have ended wait for, newest first.

    What became known after the end of a contract is calculated once its programme has so much
    available: appropriate it, or release a commitment. Its authority, those who supply under the
    contract and auditors of the jurisdiction see it.
    """
    asked = {
        "programme_id": programme_id,
        "contract_id": contract_id,
        "in_state": None if in_state is None else str(in_state),
    }
    filters: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    return await paging.page(
        request, request.tx, queries.listing(filters), cursor=cursor, limit=limit, **filters
    )


ROUTES = (list_shortfalls,)
