"""The search over HTTP."""

from typing import Annotated, Literal

from litestar import Response
from litestar.params import FromQuery, QueryParameter
from msgspec import Meta

from ecosystem.audit import access
from ecosystem.audit.searching import queries, rules
from ecosystem.audit.searching.model import AuditEvent, Reading, Search
from ecosystem.catalogue import queries as catalogue
from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.history import actions as history
from ecosystem.history.past.rules import MomentUnclear
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.identifiers import EXAMPLE_DIGITS
from ecosystem.values.page import Page
from ecosystem.values.patterns import whole
from ecosystem.values.period import Instant

_ID = "[a-z]{1,20}_[0-9a-f]{32}"


def _identifier(prefix: str) -> Meta:
    """Return what an identifier is, with an example of the kind that is meant."""
    return Meta(
        pattern=whole(_ID),
        description="An identifier: its prefix and 32 hexadecimal digits.",
        examples=[f"{prefix}_{EXAMPLE_DIGITS}"],
    )


Person = Annotated[str, _identifier("person")]
Client = Annotated[str, _identifier("client")]
Organisation = Annotated[str, _identifier("org")]
Thing = Annotated[str, _identifier("contract")]
Code = Annotated[
    str,
    Meta(
        pattern=whole("[0-9A-Za-z-]{1,20}"),
        description="The code of a jurisdiction.",
        examples=["440300"],
    ),
]
Kind = Annotated[
    str,
    Meta(
        pattern=whole("[a-z]{1,20}"),
        description="A kind of thing, as its identifiers begin.",
        examples=["milestone"],
    ),
]
Types = Annotated[
    Annotated[
        str,
        Meta(
            pattern=whole(r"[a-z_.]{1,60}\*?(,[a-z_.]{1,60}\*?){0,19}"),
            description="Up to 20 types of event between commas, `*` for all that begin so.",
            examples=["payment.approved,milestone.*"],
        ),
    ]
    | None,
    QueryParameter(name="type"),
]
Words = Annotated[
    str, Meta(min_length=1, max_length=100, description="Text of the reason, in any language.")
]
InJurisdiction = Annotated[
    Code | None,
    QueryParameter(
        description="Only events of authorities in this jurisdiction, or in one below it."
    ),
]
ByPerson = Annotated[Person | None, QueryParameter(description="Only what this person did.")]
ByClient = Annotated[
    Client | None,
    QueryParameter(description="Only what was done through this client."),
]
ByOrganisation = Annotated[
    Organisation | None,
    QueryParameter(description="Only what was done for this organisation."),
]
OnObject = Annotated[
    Thing | None,
    QueryParameter(description="Only what happened to this thing."),
]
RecordedFrom = Annotated[
    Instant | None,
    QueryParameter(description="Only what was recorded at this instant or later."),
]
RecordedBefore = Annotated[
    Instant | None,
    QueryParameter(description="Only what was recorded before this instant."),
]
ValidFrom = Annotated[
    Instant | None,
    QueryParameter(description="Only what took effect at this instant or later."),
]
ValidBefore = Annotated[
    Instant | None,
    QueryParameter(description="Only what took effect before this instant."),
]
SEARCHED = (rules.TypeUnknown, rules.ThingUnknown, JurisdictionUnknown, MomentUnclear)
"""How a search can refuse."""
Order = Annotated[Literal["newest", "oldest"], Meta(description="Which come first.")]


@get(
    "/v1/audit/events",
    permit=access.SEARCH,
    answers=Page[AuditEvent],
    refuses=SEARCHED,
)
async def search_events(
    request: Call,
    jurisdiction: InJurisdiction = None,
    person_id: ByPerson = None,
    client_id: ByClient = None,
    organisation_id: ByOrganisation = None,
    object_id: OnObject = None,
    kind: FromQuery[Kind | None] = None,
    types: Types = None,
    recorded_from: RecordedFrom = None,
    recorded_before: RecordedBefore = None,
    valid_from: ValidFrom = None,
    valid_before: ValidBefore = None,
    reason: FromQuery[Words | None] = None,
    order: FromQuery[Order] = "newest",
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """Search the events of all authorities that the auditor oversees.

    By jurisdiction, by who acted, by what it was done to, by type, by when it was recorded or
    took effect, and by the reason that was given. What is sealed is not found. Each search is
    kept before it is answered.
    """
    asked = rules.search(
        types=types, jurisdiction=jurisdiction, person_id=person_id, client_id=client_id,
        organisation_id=organisation_id, object=object_id, kind=kind, reason=reason,
        recorded_from=recorded_from, recorded_before=recorded_before, valid_from=valid_from,
        valid_before=valid_before,
    )  # fmt: skip
    await catalogue.sought(request.tx, jurisdiction, parameter="jurisdiction")
    await _noted(request, asked)
    return await paging.page(
        request, request.tx, queries.search(asked, oldest_first=order == "oldest"),
        cursor=cursor, limit=limit, **queries.searched(asked, by=request.by),
    )  # fmt: skip


async def _noted(request: Call, asked: Search) -> None:
    async with request.house.database.transaction() as tx:
        tx.request_id = request.visit.request_id
        await history.note_search(tx, "search", asked.given(), by=request.by, at=request.at)


@get("/v1/audit/readings", permit=access.READINGS, answers=Page[Reading])
async def list_readings(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List what auditors have read: histories, searches, and what they took away.

    The operator sees all of it, auditors what was read by those in their jurisdiction. Nobody
    rewrites it.
    """
    return await paging.page(
        request, request.tx, queries.READINGS, cursor=cursor, limit=limit,
        **queries.reader(request.by),
    )  # fmt: skip


ROUTES = (search_events, list_readings)
