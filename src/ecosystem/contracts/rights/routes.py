"""Rights to end a contract over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery

from ecosystem.contracts import access
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rights import queries
from ecosystem.contracts.rights.model import RightToEnd
from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.identifiers import authority_of
from ecosystem.values.page import Page


@get(
    "/v1/contracts/{contract_id:str}/rights-to-end",
    permit=access.READ_RIGHTS,
    answers=Page[RightToEnd],
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def list_rights_to_end(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the rights to end a contract that arose from what was verified, newest first.

    One stands as long as the newest calculations bear it out, and a termination may then name
    its `ground`; one that a later calculation took away is `lapsed`.
    """
    await contracts.concern(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.RIGHTS, cursor=cursor, limit=limit,
        authority_id=authority_of(contract_id), contract_id=contract_id,
    )  # fmt: skip


ROUTES = (list_rights_to_end,)
