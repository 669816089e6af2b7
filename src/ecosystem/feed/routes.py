"""The feed over HTTP."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import FromQuery
from msgspec import Meta

from ecosystem.feed import access, queries
from ecosystem.runtime.web import Call, PageLimit, get

After = Annotated[
    int, Meta(ge=0, le=2**53 - 1, description="The position after which to go on; 0 for all.")
]


class FeedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, in short; the object itself says what it is now."""

    position: int
    id: str
    type: str
    object: str
    version: int
    authority_number: int
    organisation_id: str | None
    """Who acted; null of a question for all but who asked it."""
    valid_at: datetime
    recorded_at: datetime
    hash: str


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """Events in the order of their positions."""

    data: tuple[FeedEvent, ...]
    next_after: int
    """Send it as `after` to go on; it never skips an event that the caller may see."""
    has_more: bool


@get("/v1/events", permit=access.READ, answers=Feed)
async def read_events(
    request: Call, after: FromQuery[After] = 0, limit: FromQuery[PageLimit] = 20
) -> Response[bytes]:
    """Read the change feed.

    All events that the caller may see, in one total order: an event never appears before
    the place that has been read up to. Anyone sees what is public.
    """
    row = await request.tx.row(
        queries.FEED, after=after, limit=limit, **queries.reading_as(request.reader)
    )
    if row is None:
        message = "an aggregate without a row"
        raise RuntimeError(message)
    rows, last, size, count = row
    full = count == limit
    following = last if full else max(size, after)
    return request.answer(
        b'{"data":%b,"next_after":%d,"has_more":%b}'
        % (rows, following, b"true" if full and last < size else b"false")
    )


ROUTES = (read_events,)
