"""Budget programmes over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.budgets import access, actions, queries, rules
from ecosystem.budgets.model import (
    Appropriation,
    AppropriationDraft,
    Programme,
    ProgrammeDraft,
    YearSought,
)
from ecosystem.ledger.rules import NothingToMove
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.money import AmountTooFine, CurrencyUnknown
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post("/v1/programmes", permit=access.OPEN, answers=Standing, refuses=(CurrencyUnknown,))
async def open_programme(request: Call, data: JSONBody[ProgrammeDraft]) -> Response[bytes]:
    """Open a budget programme.

    For one fiscal year, sector, operation and phase of the treasurer's authority. It holds
    no money until some is appropriated to it.
    """
    made = await actions.open_programme(request.tx, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/programmes/{made.id}")


@get(
    "/v1/programmes/{programme_id:str}",
    permit=access.READ,
    answers=Programme,
    refuses=(rules.ProgrammeMissing,),
)
async def read_programme(request: Call, programme_id: FromPath[str]) -> Response[bytes]:
    """Read a budget programme.

    What was appropriated to it, and where that money is now: available, committed to awards,
    or obligated by contracts, and how much of that is spent.
    """
    body, version, mark = await queries.view(request.tx, programme_id)
    return request.answer(body, version=version, mark=mark)


@get("/v1/programmes", permit=access.READ, answers=Page[Programme])
async def list_programmes(
    request: Call,
    fiscal_year: FromQuery[YearSought | None] = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List budget programmes, newest first, of one fiscal year or of all."""
    if fiscal_year is None:
        return await paging.page(
            request, request.tx, queries.PROGRAMMES, cursor=cursor, limit=limit
        )
    return await paging.page(
        request, request.tx, queries.PROGRAMMES_OF_YEAR, cursor=cursor, limit=limit,
        fiscal_year=fiscal_year,
    )  # fmt: skip


@post(
    "/v1/programmes/{programme_id:str}/appropriations",
    permit=access.APPROPRIATE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.ProgrammeMissing, RevisionStale, rules.ProgrammeNotOwned, CurrencyUnknown,
        AmountTooFine, NothingToMove, rules.CurrencyDiffers, rules.AssessmentUncited,
        rules.AssessmentUnfit, rules.AgainstRecommendation,
    ),
)  # fmt: skip
async def appropriate(
    request: Call, programme_id: FromPath[str], data: JSONBody[AppropriationDraft]
) -> Response[bytes]:
    """Appropriate money to a programme.

    Adds to what is available, for a reason that everyone can read. Where the authority had the
    same programme in the year before, of the same sector, operation and phase, a published
    assessment of that year is cited, or `departs_because` says why not. It says so too where the
    assessment recommends to stop.
    """
    now = await actions.appropriate(
        request.tx, programme_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/programmes/{programme_id}")


@get(
    "/v1/programmes/{programme_id:str}/appropriations",
    permit=access.READ,
    answers=Page[Appropriation],
    refuses=(rules.ProgrammeMissing,),
)
async def list_appropriations(
    request: Call,
    programme_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List what was appropriated to a programme, newest first, with what each rests on."""
    authority = await queries.there(request.tx, programme_id)
    return await paging.page(
        request, request.tx, queries.APPROPRIATIONS, cursor=cursor, limit=limit,
        authority_id=authority, programme_id=programme_id,
    )  # fmt: skip


ROUTES = (open_programme, read_programme, list_programmes, appropriate, list_appropriations)
