"""The search for needs over HTTP."""

from datetime import date
from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from ecosystem.catalogue import queries as catalogue
from ecosystem.catalogue.model import Operation, Sector
from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.needs import access, queries
from ecosystem.needs.model import NeedSummary, OfferKind, State
from ecosystem.needs.searches import actions, rules
from ecosystem.needs.searches import queries as searches
from ecosystem.needs.searches.model import Filters, SavedSearch, SearchDraft, Sought, Within
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, delete, get, post
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.money import Amount, Currency, CurrencyUnknown, places
from ecosystem.values.page import Page
from ecosystem.values.period import Instant
from ecosystem.values.revision import RevisionStale

OfSector = Annotated[Sector | None, QueryParameter(description="Only needs of this sector.")]
ForOperation = Annotated[
    Operation | None,
    QueryParameter(description="Only needs for this kind of operation."),
]
InvitedKind = Annotated[
    OrganisationKind | None,
    QueryParameter(description="Only needs that invite this kind of organisation."),
]
InvitedOffer = Annotated[
    OfferKind | None,
    QueryParameter(description="Only needs that invite this kind of offer."),
]
ValueMin = Annotated[
    Amount | None,
    QueryParameter(description="The least that a need may be worth, in `currency`."),
]
ValueMax = Annotated[
    Amount | None,
    QueryParameter(description="The most that a need may be worth, in `currency`."),
]
ClosingFrom = Annotated[
    date | None,
    QueryParameter(description="The first day, in UTC, on which submission may end."),
]
ClosingBefore = Annotated[
    date | None,
    QueryParameter(description="The day, in UTC, before which submission must end."),
]
InState = Annotated[State | None, QueryParameter(description="Only needs in this state.")]
InCurrency = Annotated[
    Currency,
    QueryParameter(description="The currency of `value_min` and `value_max`."),
]
PublishedSince = Annotated[
    Instant | None,
    QueryParameter(description="Only needs that were published at this instant or later."),
]


@get(
    "/v1/needs",
    permit=access.READ,
    answers=Page[NeedSummary],
    refuses=(JurisdictionUnknown, CurrencyUnknown),
)
async def list_needs(
    request: Call,
    text: FromQuery[Sought] = "",
    sector: OfSector = None,
    operation: ForOperation = None,
    within: FromQuery[Within] = "",
    invited_kind: InvitedKind = None,
    invited_offer: InvitedOffer = None,
    value_min: ValueMin = None,
    value_max: ValueMax = None,
    currency: InCurrency = "CNY",
    closing_from: ClosingFrom = None,
    closing_before: ClosingBefore = None,
    in_state: InState = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List or search needs, newest first.

    `text` finds any run of characters, in Chinese from one character up; the other filters
    narrow the list and combine. `within` is a jurisdiction with all that is below it. Values are
    those of the whole need in `currency`; days of closing are days in UTC.
    """
    places(currency, parameter="currency")
    await catalogue.sought(request.tx, within, parameter="within")
    filters = Filters(
        text, sector, operation, within, invited_kind, invited_offer, value_min, value_max,
        currency, closing_from, closing_before, in_state,
    )  # fmt: skip
    asked = searches.asked(filters)
    return await paging.page(
        request, request.tx, searches.listing(frozenset(asked)), cursor=cursor, limit=limit,
        unbound={"at": request.at}, own=queries.own_number(request.reader), **asked,
    )  # fmt: skip


@post(
    "/v1/saved-searches",
    permit=access.SAVE_SEARCH,
    answers=Standing,
    refuses=(rules.SearchUnfit, rules.SearchesTooMany, JurisdictionUnknown, CurrencyUnknown),
)
async def save_search(request: Call, data: JSONBody[SearchDraft]) -> Response[bytes]:
    """Keep a search for your organisation.

    Each need that is published from now on and that the search finds is told in the feed, by
    the event `search.matched`, which your organisation alone can read.
    """
    saved = await actions.save(request.tx, data, by=request.by, at=request.at)
    return request.answer(saved, version=saved.version, location=f"/v1/saved-searches/{saved.id}")


@get("/v1/saved-searches", permit=access.READ_SEARCHES, answers=Page[SavedSearch])
async def list_saved_searches(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the searches that your organisation keeps, newest first."""
    return await paging.page(
        request, request.tx, searches.SAVED, cursor=cursor, limit=limit,
        organisation_id=request.by.organisation_id,
    )  # fmt: skip


@get(
    "/v1/saved-searches/{search_id:str}",
    permit=access.READ_SEARCHES,
    answers=SavedSearch,
    refuses=(rules.SearchMissing,),
)
async def read_saved_search(request: Call, search_id: FromPath[str]) -> Response[bytes]:
    """Read a search that your organisation keeps."""
    body, version = await searches.view(request.tx, search_id, by=request.by)
    return request.answer(body, version=version)


@get(
    "/v1/saved-searches/{search_id:str}/needs",
    permit=access.READ_SEARCHES,
    answers=Page[NeedSummary],
    refuses=(rules.SearchMissing,),
)
async def list_needs_found(
    request: Call,
    search_id: FromPath[str],
    published_since: PublishedSince = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the needs that a saved search finds, newest first.

    `published_since` keeps those that were published at that instant or later.
    """
    asked = searches.asked(await searches.filters_of(request.tx, search_id, by=request.by))
    if published_since is not None:
        asked["published_since"] = published_since
    return await paging.page(
        request, request.tx, searches.listing(frozenset(asked)), cursor=cursor, limit=limit,
        unbound={"at": request.at}, own=queries.own_number(request.reader), **asked,
    )  # fmt: skip


@delete(
    "/v1/saved-searches/{search_id:str}",
    permit=access.SAVE_SEARCH,
    refuses=(rules.SearchMissing, RevisionStale),
)
async def delete_saved_search(request: Call, search_id: FromPath[str]) -> None:
    """Delete a search; nothing more is told of what it would find."""
    await actions.drop(
        request.tx, search_id, by=request.by, at=request.at, expected=request.expected
    )


ROUTES = (
    list_needs, save_search, list_saved_searches, read_saved_search, list_needs_found,
    delete_saved_search,
)  # fmt: skip
