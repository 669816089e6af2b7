"""How the past is asked for over HTTP: one way for every kind of thing that has one."""

from datetime import datetime
from typing import Annotated, Final

from litestar import Response
from litestar.params import QueryParameter
from msgspec import Meta

from ecosystem.history import actions
from ecosystem.history.past import rules
from ecosystem.history.past.model import Moment
from ecosystem.history.past.rules import (
    MomentAhead,
    MomentsFarApart,
    MomentsReversed,
    MomentUnclear,
)
from ecosystem.history.queries import STREAM, NothingThen
from ecosystem.runtime import paging
from ecosystem.runtime.database import Statement
from ecosystem.runtime.web import Call
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import authority_of
from ecosystem.values.patterns import whole

_DAY: Final = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MINUTE: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_TIME: Final = rf"{_MINUTE}:[0-5][0-9](\.[0-9]{{1,6}})?"
_MOMENT: Final = whole(rf"(position:[0-9]{{1,15}}|{_DAY}T{_TIME}(Z|[+-]{_MINUTE}))")
_EXAMPLES: Final = ["2026-03-31T16:00:00Z", "position:1024"]
AsOf = Annotated[
    str,
    Meta(
        pattern=_MOMENT,
        description="The moment as of which it is told: an RFC 3339 time with its offset, or "
        "`position:` and a place in the log.",
        examples=_EXAMPLES,
    ),
]
ValidAt = Annotated[
    datetime, Meta(tz=True, description="What was in force then: an RFC 3339 time.")
]
_FIRST: Final = "The first moment, as `as_of` names it; by default when the thing came to be."
_SECOND: Final = "The second moment, as `as_of` names it; by default now."
From = Annotated[
    Annotated[str, Meta(pattern=_MOMENT, description=_FIRST, examples=_EXAMPLES)] | None,
    QueryParameter(name="from"),
]
Until = Annotated[str, Meta(pattern=_MOMENT, description=_SECOND, examples=_EXAMPLES)]
UNCLEAR: Final = (MomentUnclear, MomentAhead, NothingThen)
"""How a route that answers for the past can refuse, beside what it refuses for today."""
APART: Final = (*UNCLEAR, MomentsReversed, MomentsFarApart)
"""How a route that compares two moments can refuse."""


def moments(since: str | None, until: str | None, *, now: datetime) -> tuple[Moment | None, Moment]:
    """Return the two moments that are to be compared; None for when the thing came to be.

    Refuses with MomentUnclear, MomentAhead.
    """
    first = None if since is None else rules.known(since, now=now, parameter="from")
    if until is None:
        return first, Moment(at=now)
    return first, rules.known(until, now=now, parameter="until")


async def history(
    request: Call, stream: str, *, cursor: str | None, limit: int, events: Statement = STREAM
) -> Response[bytes]:
    """Answer a page of what happened to a thing that the caller may see, newest first.

    By `events`, a statement of `page_of_events`.

    An auditor's reading is kept before it is answered.
    """
    await noted(request, stream)
    return await paging.page(
        request, request.tx, events, cursor=cursor, limit=limit, stream=stream,
        authority_id=authority_of(stream),
    )  # fmt: skip


async def noted(request: Call, stream: str) -> None:
    """Keep that an auditor reads what happened to a thing; of others nothing is kept."""
    by = request.by
    if by.kind is not OrganisationKind.AUDITOR:
        return
    async with request.house.database.transaction() as tx:
        tx.request_id = request.visit.request_id
        await actions.note_reading(tx, stream, by=by, at=request.at)
