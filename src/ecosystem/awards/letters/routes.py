"""Letters to bidders that lost, over HTTP."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import FromPath, FromQuery

from ecosystem.awards import access
from ecosystem.awards.letters import queries, rules
from ecosystem.awards.letters.model import Letter
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.identifiers import narrowing
from ecosystem.values.page import Page

OfAward = Annotated[str, narrowing("award")]


@get("/v1/letters", permit=access.READ_LETTER, answers=Page[Letter], scoped=True)
async def list_letters(
    request: Call,
    award_id: FromQuery[OfAward] = "",
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the letters to the caller's organisation, newest first."""
    filters: dict[str, Any] = {"award_id": award_id} if award_id else {}
    statement = queries.listing(of_award=bool(award_id))
    return await paging.page(
        request, request.tx, statement, cursor=cursor, limit=limit, **filters,
        organisation=request.by.organisation_id,
    )  # fmt: skip


@get(
    "/v1/letters/{letter_id:str}",
    permit=access.READ_LETTER,
    answers=Letter,
    refuses=(rules.LetterMissing,),
    scoped=True,
)
async def read_letter(request: Call, letter_id: FromPath[str]) -> Response[bytes]:
    """Read the letter about an offer that did not win.

    For its members alone: their place, points and the evaluators' reasons, or why the offer was
    excluded or passed over; who won, and by what; until when the award can be challenged.
    """
    body = await queries.view(request.tx, letter_id, by=request.by)
    return request.answer(body, version=1)  # A letter is written once.


ROUTES = (list_letters, read_letter)
