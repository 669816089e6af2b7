"""The search for needs over HTTP."""

from datetime import date

from litestar import Response
from litestar.params import FromQuery

from ecosystem.catalogue.model import Operation, Sector
from ecosystem.needs import access, queries
from ecosystem.needs.model import NeedSummary, OfferKind, State
from ecosystem.needs.searches import queries as searches
from ecosystem.needs.searches.model import Filters, Sought, Within
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.money import Amount, Currency
from ecosystem.values.page import Page


@get("/v1/needs", permit=access.READ, answers=Page[NeedSummary])
async def list_needs(
    request: Call,
    text: FromQuery[Sought] = "",
    sector: FromQuery[Sector | None] = None,
    operation: FromQuery[Operation | None] = None,
    within: FromQuery[Within] = "",
    invited_kind: FromQuery[OrganisationKind | None] = None,
    invited_offer: FromQuery[OfferKind | None] = None,
    value_min: FromQuery[Amount | None] = None,
    value_max: FromQuery[Amount | None] = None,
    currency: FromQuery[Currency] = "CNY",
    closing_from: FromQuery[date | None] = None,
    closing_before: FromQuery[date | None] = None,
    in_state: FromQuery[State | None] = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List or search needs, newest first.

    `text` finds any run of characters, in Chinese from one character up; the other filters
    narrow the list and combine. `within` is a jurisdiction with all that is below it. Values are
    those of the whole need in `currency`; days of closing are days in UTC.
    """
    filters = Filters(
        text, sector, operation, within, invited_kind, invited_offer, value_min, value_max,
        currency, closing_from, closing_before, in_state,
    )  # fmt: skip
    asked = searches.asked(filters)
    return await paging.page(
        request, request.tx, searches.listing(frozenset(asked)), cursor=cursor, limit=limit,
        unbound={"at": request.at}, own=queries.own_number(request.reader), **asked,
    )  # fmt: skip


ROUTES = (list_needs,)
