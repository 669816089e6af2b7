"""Assignments over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.finance import access
from ecosystem.finance.assigning import actions, queries, rules
from ecosystem.finance.assigning.model import Assignment
from ecosystem.finance.model import Reason
from ecosystem.finance.rules import (
    ContractNotRunning,
    FacilityMissing,
    FacilityOutOfTurn,
    NotBorrower,
)
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import authority_of
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/facilities/{facility_id:str}/assignments",
    permit=access.ASSIGN,
    answers=Standing,
    key=True,
    refuses=(
        FacilityMissing, NotBorrower, FacilityOutOfTurn, ContractNotRunning, rules.AssignedBefore,
    ),
)  # fmt: skip
async def assign_claims(request: Call, facility_id: FromPath[str]) -> Response[bytes]:
    """Assign what a contract will pay.

    Whoever signs for the borrower assigns to its lender all that the facility's contract will pay
    to it; what is paid to others who supply with it stays theirs. This is the notice to the
    authority, too; it pays the lender from its acknowledgement on.
    """
    made = await actions.assign(request.tx, facility_id, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/assignments/{made.id}")


@get(
    "/v1/contracts/{contract_id:str}/assignments",
    permit=access.READ,
    answers=Page[Assignment],
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def list_assignments(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the assignments under a contract, newest first.

    Also those that were refused or released, as far as the caller may know of them.
    """
    await queries.concern(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.ASSIGNMENTS, cursor=cursor, limit=limit,
        authority_id=authority_of(contract_id), contract_id=contract_id,
    )  # fmt: skip


@get(
    "/v1/assignments/{assignment_id:str}",
    permit=access.READ,
    answers=Assignment,
    scoped=True,
    refuses=(rules.AssignmentMissing,),
)
async def read_assignment(request: Call, assignment_id: FromPath[str]) -> Response[bytes]:
    """Read an assignment."""
    body, version = await queries.view(request.tx, assignment_id)
    return request.answer(body, version=version)


@post(
    "/v1/assignments/{assignment_id:str}/acknowledgement",
    permit=access.ACKNOWLEDGE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.AssignmentMissing, RevisionStale, rules.NotDebtor, rules.AssignmentOutOfTurn,
    ),
)  # fmt: skip
async def acknowledge_assignment(request: Call, assignment_id: FromPath[str]) -> Response[bytes]:
    """Acknowledge an assignment.

    The authority takes note of it: whatever its bank is told to pay under the contract from now
    on goes to the lender.
    """
    now = await actions.acknowledge(
        request.tx, assignment_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/assignments/{assignment_id}")


@post(
    "/v1/assignments/{assignment_id:str}/refusal",
    permit=access.DECLINE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.AssignmentMissing, RevisionStale, rules.NotDebtor, rules.AssignmentOutOfTurn,
    ),
)  # fmt: skip
async def refuse_assignment(
    request: Call, assignment_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Refuse an assignment.

    The authority says why it does not accept the notice; the supplier is paid as before.
    """
    now = await actions.refuse(
        request.tx, assignment_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/assignments/{assignment_id}")


@post(
    "/v1/assignments/{assignment_id:str}/release",
    permit=access.RELEASE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.AssignmentMissing, RevisionStale, rules.NotAssignee, rules.AssignmentOutOfTurn,
    ),
)  # fmt: skip
async def release_assignment(
    request: Call, assignment_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Release an assignment.

    The lender gives the claims back; the supplier is paid from now on.
    """
    now = await actions.release(
        request.tx, assignment_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/assignments/{assignment_id}")


ROUTES = (
    assign_claims, list_assignments, read_assignment, acknowledge_assignment, refuse_assignment,
    release_assignment,
)  # fmt: skip
