"""Shifts over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.budgets import access
from ecosystem.budgets import queries as programmes
from ecosystem.budgets.rules import CurrencyDiffers, ProgrammeMissing, ProgrammeNotOwned
from ecosystem.budgets.shifting import actions, queries, rules
from ecosystem.budgets.shifting.model import Shift, ShiftDraft, ShiftRejection
from ecosystem.ledger.rules import FundsInsufficient, NothingToMove
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.money import AmountTooFine, CurrencyUnknown
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

_MOVING = (
    rules.ShiftUnfit, CurrencyUnknown, AmountTooFine, NothingToMove, CurrencyDiffers,
    rules.YearRunning, rules.CarryTooLate, rules.CarryTooMuch, rules.AppropriationCorrected,
    FundsInsufficient,
)  # fmt: skip


@post(
    "/v1/programmes/{programme_id:str}/shifts",
    permit=access.PROPOSE_SHIFT,
    answers=Standing,
    key=True,
    refuses=(ProgrammeMissing, ProgrammeNotOwned, *_MOVING),
)
async def propose_shift(
    request: Call, programme_id: FromPath[str], data: JSONBody[ShiftDraft]
) -> Response[bytes]:
    """Propose to shift what a programme has left.

    To another programme of the same year (`transfer`), after the year's end to the same programme
    of the next (`carry_forward`), or nowhere: all that is left (`lapse`), or an appropriation that
    was wrong (`correction`). Never what is committed or obligated. Nothing moves until another
    person approves.
    """
    made = await actions.propose(request.tx, programme_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/shifts/{made.id}")


@get(
    "/v1/shifts/{shift_id:str}",
    permit=access.READ,
    answers=Shift,
    refuses=(rules.ShiftMissing,),
)
async def read_shift(request: Call, shift_id: FromPath[str]) -> Response[bytes]:
    """Read a shift.

    Once it is approved everyone reads it; before, and where it was rejected, its authority and
    the auditors of its jurisdiction.
    """
    row = await queries.view(request.tx, shift_id, seen_by=request.reader)
    return request.answer(row["body"], version=row["version"])


@get(
    "/v1/programmes/{programme_id:str}/shifts",
    permit=access.READ,
    answers=Page[Shift],
    refuses=(ProgrammeMissing,),
)
async def list_shifts(
    request: Call,
    programme_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the shifts out of a programme and into it that the caller may read, newest first."""
    authority = await programmes.there(request.tx, programme_id)
    return await paging.page(
        request, request.tx, queries.SHIFTS, cursor=cursor, limit=limit, authority_id=authority,
        programme_id=programme_id, **queries.reads_as(request.reader),
    )  # fmt: skip


@post(
    "/v1/shifts/{shift_id:str}/approval",
    permit=access.APPROVE_SHIFT,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.ShiftMissing, RevisionStale, rules.ShiftDecided, rules.OwnShift, *_MOVING,
    ),
)  # fmt: skip
async def approve_shift(request: Call, shift_id: FromPath[str]) -> Response[bytes]:
    """Approve a shift that another person has proposed; the money moves at once.

    What a lapse takes is found anew: all that is left then.
    """
    now = await actions.approve(
        request.tx, shift_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/shifts/{shift_id}")


@post(
    "/v1/shifts/{shift_id:str}/rejection",
    permit=access.REJECT_SHIFT,
    answers=Standing,
    changes=True,
    refuses=(rules.ShiftMissing, RevisionStale, rules.ShiftDecided, rules.OwnShift),
)
async def reject_shift(
    request: Call, shift_id: FromPath[str], data: JSONBody[ShiftRejection]
) -> Response[bytes]:
    """Reject a shift that another person has proposed, with a reason."""
    now = await actions.reject(
        request.tx, shift_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/shifts/{shift_id}")


ROUTES = (propose_shift, read_shift, list_shifts, approve_shift, reject_shift)
