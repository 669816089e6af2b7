"""The catalogue over HTTP."""

from typing import Annotated, Final

import msgspec
from litestar import Response
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Meta

from ecosystem.catalogue import access, queries
from ecosystem.catalogue.model import SECTORS, Place, Standard, Terms
from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.catalogue.profiles.rules import ProfileMissing
from ecosystem.catalogue.profiles.schemas import ProfileSummary, ProfileView
from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.page import Page
from ecosystem.values.patterns import whole

_SECTORS: Final = msgspec.json.encode(SECTORS)
Code = Annotated[
    str,
    Meta(
        pattern=whole("[0-9A-Za-z]{0,12}"),
        description="The code of a jurisdiction.",
        examples=["440300"],
    ),
]

Within = Annotated[
    Code, QueryParameter(description="Only this jurisdiction, and those below it; by default all.")
]


@get("/v1/sectors", permit=access.READ, answers=Terms)
async def list_sectors(request: Call) -> Response[bytes]:
    """List the sectors.

    The six parts of a city that a need can serve, with their names in Chinese and English.
    """
    return request.answer(_SECTORS)


@get(
    "/v1/jurisdictions",
    permit=access.READ,
    answers=Page[Place],
    refuses=(JurisdictionUnknown,),
)
async def list_jurisdictions(
    request: Call,
    within: Within = "",
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List jurisdictions.

    The tree of nation, provinces, cities and districts; `within` keeps one and what is below it.
    `profile_id` is the profile of rules that holds there.
    """
    await queries.sought(request.tx, within, parameter="within")
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


@get("/v1/profiles", permit=access.READ, answers=Page[ProfileSummary])
async def list_profiles(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the profiles of rules.

    Each says what the law of a place asks of a procurement: periods, formulas, openers.
    """
    return await paging.page(request, request.tx, profiles.PROFILES, cursor=cursor, limit=limit)


@get(
    "/v1/profiles/{profile_id:str}",
    permit=access.READ,
    answers=ProfileView,
    refuses=(ProfileMissing,),
)
async def read_profile(request: Call, profile_id: FromPath[str]) -> Response[bytes]:
    """Read a profile of rules.

    Every rule names its law and article. Of several sets of rules, a need keeps the one that
    held on the day of its publication. The calendar says which days are worked.
    """
    return request.answer(await profiles.view(request.tx, profile_id))


ROUTES = (list_sectors, list_jurisdictions, list_standards, list_profiles, read_profile)
