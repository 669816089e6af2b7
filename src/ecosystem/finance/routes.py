"""Facilities over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.awards.rules import AwardMissing
from ecosystem.contracts.rules import ContractMissing
from ecosystem.finance import access, actions, queries, rules
from ecosystem.finance.model import Facility, FacilityDraft, FacilitySummary, Reason
from ecosystem.finance.servicing import actions as servicing
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/contracts/{contract_id:str}/facilities",
    permit=access.OFFER,
    answers=Standing,
    key=True,
    refuses=(
        ContractMissing, AwardMissing, rules.ContractNotRunning, rules.BorrowerUnpaid,
        rules.OwnBorrower, rules.FinancingNotWon, rules.FinancingTaken, rules.TermsUnsound,
    ),
)  # fmt: skip
async def offer_facility(
    request: Call, contract_id: FromPath[str], data: JSONBody[FacilityDraft]
) -> Response[bytes]:
    """Offer a facility.

    A lender says what it lends to a supplier of a contract, and on what terms; the supplier
    agrees. Of those who supply together each may borrow on what is paid to itself. Without
    `terms` those of the financing hold that was awarded with the contract; both have signed for
    it, so it is agreed at once.
    """
    made = await actions.offer(request.tx, contract_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/facilities/{made.id}")


@get("/v1/facilities", permit=access.READ, answers=Page[FacilitySummary], scoped=True)
async def list_facilities(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the facilities that the caller lends, borrows under, pays or audits, newest first."""
    return await paging.page(request, request.tx, queries.FACILITIES, cursor=cursor, limit=limit)


@get(
    "/v1/facilities/{facility_id:str}",
    permit=access.READ,
    answers=Facility,
    scoped=True,
    refuses=(rules.FacilityMissing,),
)
async def read_facility(request: Call, facility_id: FromPath[str]) -> Response[bytes]:
    """Read a facility.

    Its terms, and how much of it drawdowns have taken or ask to take.
    """
    body, version = await queries.view(request.tx, facility_id)
    return request.answer(body, version=version)


@post(
    "/v1/facilities/{facility_id:str}/agreement",
    permit=access.AGREE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.FacilityMissing, RevisionStale, rules.NotBorrower, rules.FacilityOutOfTurn,
        rules.BorrowerLeft, rules.ContractNotRunning,
    ),
)  # fmt: skip
async def agree_facility(request: Call, facility_id: FromPath[str]) -> Response[bytes]:
    """Agree to a facility.

    Whoever signs for the supplier accepts the terms as they were offered.
    """
    now = await actions.agree(
        request.tx, facility_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/facilities/{facility_id}")


@post(
    "/v1/facilities/{facility_id:str}/refusal",
    permit=access.REFUSE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.FacilityMissing, RevisionStale, rules.NotLender, rules.FacilityOutOfTurn,
    ),
)  # fmt: skip
async def refuse_facility(
    request: Call, facility_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Refuse a facility.

    The supplier does not want it, or the lender takes its offer back.
    """
    now = await actions.refuse(
        request.tx, facility_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/facilities/{facility_id}")


@post(
    "/v1/facilities/{facility_id:str}/closure",
    permit=access.CLOSE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.FacilityMissing, RevisionStale, rules.NotLender, rules.FacilityOutOfTurn,
        rules.FacilityInUse,
    ),
)  # fmt: skip
async def close_facility(request: Call, facility_id: FromPath[str]) -> Response[bytes]:
    """Close a facility.

    Nothing is owed under it, asked for or assigned to secure it; what was never drawn returns to
    the lender's own funds.
    """
    now = await servicing.close(
        request.tx, facility_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/facilities/{facility_id}")


ROUTES = (
    offer_facility, list_facilities, read_facility, agree_facility, refuse_facility,
    close_facility,
)  # fmt: skip
