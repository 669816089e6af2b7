"""The catalogue over HTTP."""

from typing import Annotated, Final

import msgspec
from litestar import Response
from litestar.params import FromQuery
from msgspec import Meta

from ecosystem.catalogue import access, queries
from ecosystem.catalogue.model import SECTORS, Jurisdiction, Standard, Terms
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.page import Page
from ecosystem.values.patterns import whole

_SECTORS: Final = msgspec.json.encode(SECTORS)
Code = Annotated[
    str, Meta(pattern=whole("[0-9A-Za-z]{0,12}"), description="Code of a jurisdiction.")
]


@get("/v1/sectors", permit=access.READ, answers=Terms)
async def list_sectors(request: Call) -> Response[bytes]:
    """List the sectors.

    The six parts of a city that a need can serve, with their names in Chinese and English.
    """
    return request.answer(_SECTORS)


@get("/v1/jurisdictions", permit=access.READ, answers=Page[Jurisdiction])
async def list_jurisdictions(
    request: Call,
    within: FromQuery[Code] = "",
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List jurisdictions.

    The tree of nation, provinces, cities and districts; `within` keeps one and what is below it.
    """
    return await paging.page(
        request, request.tx, queries.JURISDICTIONS, cursor=cursor, limit=limit, below=within
    )


@get("/v1/standards", permit=access.READ, answers=Page[Standard])
async def list_standards(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the standards that needs and contracts may cite."""
    return await paging.page(request, request.tx, queries.STANDARDS, cursor=cursor, limit=limit)


ROUTES = (list_sectors, list_jurisdictions, list_standards)
