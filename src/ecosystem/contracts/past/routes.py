"""The history of contracts over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery

from ecosystem.contracts import access
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.past import queries
from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.history.past.answers import APART, From, Until, history, moments, noted
from ecosystem.history.past.model import Comparison, HistoryEntry
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.page import Page


@get(
    "/v1/contracts/{contract_id:str}/history",
    permit=access.READ_HISTORY,
    answers=Page[HistoryEntry],
    refuses=(ContractMissing, NotConcerned),
)
async def read_contract_history(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """Read everything that happened to a contract, newest first.

    Each event with who acted, on which facts, what was decided, and how the contract was after
    it. What an auditor reads here is kept before it is answered.
    """
    await contracts.concern(request.tx, contract_id, by=request.by)
    return await history(request, contract_id, cursor=cursor, limit=limit)


@get(
    "/v1/contracts/{contract_id:str}/comparison",
    permit=access.READ_HISTORY,
    answers=Comparison,
    refuses=(ContractMissing, NotConcerned, *APART),
)
async def compare_contract(
    request: Call,
    contract_id: FromPath[str],
    since: From = None,
    until: FromQuery[Until | None] = None,
) -> Response[bytes]:
    """Compare a contract at two moments.

    Each place that differs, with the events in between that changed it: who did what, when and
    why. What an auditor reads here is kept before it is answered.
    """
    first, second = moments(since, until, now=request.at)
    await contracts.concern(request.tx, contract_id, by=request.by)
    found = await queries.compare(
        request.tx, contract_id, since=first, until=second, seen_by=request.by
    )
    await noted(request, contract_id)
    return request.answer(found)


ROUTES = (read_contract_history, compare_contract)
