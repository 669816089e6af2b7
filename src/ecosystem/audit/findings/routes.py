"""Findings over HTTP."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.audit import access
from ecosystem.audit.findings import actions, queries, rules
from ecosystem.audit.findings.model import Conclusion, Finding, FindingDraft, FollowUp, Reply
from ecosystem.contracts import queries as contracts
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import narrowing
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

OfContract = Annotated[str, narrowing("contract")]


@post(
    "/v1/findings",
    permit=access.FIND,
    answers=Standing,
    refuses=(rules.FindingObjectMissing, rules.ReplyTimeUnsound),
)
async def write_finding(request: Call, data: JSONBody[FindingDraft]) -> Response[bytes]:
    """Write a finding.

    About a contract of the auditor's jurisdictions, or a milestone, metric, observation or
    document of one. The parties of the contract read it at once, and are asked to reply.
    """
    made = await actions.write(request.tx, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/findings/{made.id}")


@get(
    "/v1/findings/{finding_id:str}",
    permit=access.READ_FINDINGS,
    answers=Finding,
    refuses=(rules.FindingMissing,),
)
async def read_finding(request: Call, finding_id: FromPath[str]) -> Response[bytes]:
    """Read a finding, with every reply, its conclusion, and what became of it."""
    body, version = await queries.view(request.tx, finding_id, seen_by=request.by)
    return request.answer(body, version=version)


@get("/v1/findings", permit=access.READ_FINDINGS, answers=Page[Finding])
async def list_findings(
    request: Call,
    contract_id: FromQuery[OfContract] = "",
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the findings that the caller is concerned with, newest first."""
    filters: dict[str, Any] = {"contract_id": contract_id} if contract_id else {}
    return await paging.page(
        request, request.tx, queries.listing(of_contract=bool(contract_id)), cursor=cursor,
        limit=limit, **filters, **contracts.reads_as(request.by),
    )  # fmt: skip


@post(
    "/v1/findings/{finding_id:str}/replies",
    permit=access.REPLY,
    answers=Standing,
    refuses=(rules.FindingMissing, rules.NotHeard, rules.FindingConcluded, rules.HeardEnough),
)
async def reply_to_finding(
    request: Call, finding_id: FromPath[str], data: JSONBody[Reply]
) -> Response[bytes]:
    """Reply to a finding.

    Each party of the contract may, as often as it has something to say, until it is concluded;
    where the auditor looks again, until then. A reply stays as it was written.
    """
    now = await actions.reply(request.tx, finding_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/findings/{finding_id}")


@post(
    "/v1/findings/{finding_id:str}/conclusion",
    permit=access.CONCLUDE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.FindingMissing, RevisionStale, rules.NotItsAuditor, rules.FindingConcluded,
        rules.HearingRuns, rules.FollowUpUnsound,
    ),
)  # fmt: skip
async def conclude_finding(
    request: Call, finding_id: FromPath[str], data: JSONBody[Conclusion]
) -> Response[bytes]:
    """Conclude a finding.

    Once a party has replied, or the time to reply is over. What is upheld may name a day from
    which the auditor looks again.
    """
    now = await actions.conclude(
        request.tx, finding_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/findings/{finding_id}")


@post(
    "/v1/findings/{finding_id:str}/follow-up",
    permit=access.FOLLOW_UP,
    answers=Standing,
    changes=True,
    refuses=(
        rules.FindingMissing, RevisionStale, rules.NotItsAuditor, rules.NoFollowUp,
        rules.FollowUpEarly,
    ),
)  # fmt: skip
async def follow_finding_up(
    request: Call, finding_id: FromPath[str], data: JSONBody[FollowUp]
) -> Response[bytes]:
    """Say what became of a finding, on the day that its conclusion names or after it."""
    now = await actions.follow_up(
        request.tx, finding_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/findings/{finding_id}")


ROUTES = (
    write_finding, read_finding, list_findings, reply_to_finding, conclude_finding,
    follow_finding_up,
)  # fmt: skip
