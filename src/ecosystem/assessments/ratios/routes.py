"""The ratio of construction to operation over HTTP."""

from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery, QueryParameter

from ecosystem.assessments.ratios import access, queries
from ecosystem.assessments.ratios.model import OperationRatio, RatioContract
from ecosystem.budgets.model import YearSought
from ecosystem.catalogue.model import Phase, Sector
from ecosystem.identity.queries import OrganisationUnknown
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.page import Page

OfSector = Annotated[Sector | None, QueryParameter(description="Only contracts of this sector.")]
OfPhase = Annotated[Phase | None, QueryParameter(description="Only contracts of this phase.")]


@get(
    "/v1/organisations/{organisation_id:str}/operation-ratio",
    permit=access.READ_RATIO,
    answers=OperationRatio,
    refuses=(OrganisationUnknown,),
)
async def read_operation_ratio(
    request: Call,
    organisation_id: FromPath[str],
    fiscal_year: FromQuery[YearSought | None] = None,
) -> Response[bytes]:
    """Read what an authority's contracts put into construction, and what into operation.

    Of all sectors and of each, in one fiscal year or over the whole lives of the contracts: the
    value of each is spread over the days of its life, and the shares of its years add up to it.
    """
    return request.answer(await queries.ratio(request.tx, organisation_id, fiscal_year))


@get(
    "/v1/organisations/{organisation_id:str}/operation-ratio/contracts",
    permit=access.READ_RATIO,
    answers=Page[RatioContract],
    refuses=(OrganisationUnknown,),
)
async def list_ratio_contracts(
    request: Call,
    organisation_id: FromPath[str],
    fiscal_year: FromQuery[YearSought | None] = None,
    sector: OfSector = None,
    phase: OfPhase = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the contracts that make a ratio, newest first, each with its share."""
    asked = await queries.bounds(request.tx, organisation_id, fiscal_year)
    return await paging.page(
        request, request.tx, queries.CONTRACTS, cursor=cursor, limit=limit, sector=sector or "",
        phase=phase or "", **asked,
    )  # fmt: skip


ROUTES = (read_operation_ratio, list_ratio_contracts)
