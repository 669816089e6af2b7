"""The change of needs over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.needs import access, rules
from ecosystem.needs import queries as needs
from ecosystem.needs.amending import actions, queries
from ecosystem.needs.amending.model import Amendment, AmendmentDraft, NeedChange
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, patch, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@patch(
    "/v1/needs/{need_id:str}",
    permit=access.CHANGE,
    answers=Standing,
    refuses=(
        rules.NeedMissing, RevisionStale, rules.NeedNotOwned, rules.NotDraft, rules.NeedUnsound,
    ),
)  # fmt: skip
async def change_need(
    request: Call, need_id: FromPath[str], data: JSONBody[NeedChange]
) -> Response[bytes]:
    """Change a draft.

    What is left out stays; what is given replaces the whole of it. Lots keep their identifiers
    by their place in the list. All faults of the content are answered at once.
    """
    now = await actions.change(
        request.tx, need_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version)


@post(
    "/v1/needs/{need_id:str}/amendments",
    permit=access.AMEND,
    answers=Standing,
    changes=True,
    refuses=(
        rules.NeedMissing, RevisionStale, rules.NeedNotOwned, rules.NotPublished,
        rules.NeedUnsound,
    ),
)  # fmt: skip
async def amend_need(
    request: Call, need_id: FromPath[str], data: JSONBody[AmendmentDraft]
) -> Response[bytes]:
    """Amend a published need, for a reason that everyone can read.

    Makes its next version. Where more than dates changes, the deadline moves to where the
    profile asks it to be, and `opening_at` with it; it is never shortened. Sector, operation,
    phase, jurisdiction, openers and the number of lots stay. Offers that were submitted have to
    be confirmed for the new version, or they are not opened; those who submitted them are told.
    """
    now = await actions.amend(
        request.tx, need_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}/amendments")


@get(
    "/v1/needs/{need_id:str}/amendments",
    permit=access.READ,
    answers=Page[Amendment],
    refuses=(rules.NeedMissing,),
)
async def list_amendments(
    request: Call,
    need_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the amendments of a need, newest first.

    Each with its reason, and with every difference: its place as a JSON pointer, what stood
    there before, and what stands there now.
    """
    await needs.view(request.tx, need_id, seen_by=request.reader, at=request.at)
    return await paging.page(
        request, request.tx, queries.AMENDMENTS, cursor=cursor, limit=limit,
        authority_id=owner(need_id, "need", otherwise=rules.NeedMissing), need_id=need_id,
    )  # fmt: skip


ROUTES = (change_need, amend_need, list_amendments)
