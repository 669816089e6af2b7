"""Milestones over HTTP."""

import hashlib
from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.contracts.turning.rules import ContractEnded, ContractSuspended
from ecosystem.history.past import rules as past
from ecosystem.history.past.answers import (
    APART,
    UNCLEAR,
    AsOf,
    From,
    Until,
    ValidAt,
    history,
    moments,
    noted,
)
from ecosystem.history.past.model import Comparison, HistoryEntry
from ecosystem.milestones import access, actions, queries, rules
from ecosystem.milestones.model import Milestone, MilestoneSummary, State, Submission
from ecosystem.milestones.past import queries as remembered
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import narrowing, owner
from ecosystem.values.page import Page
from ecosystem.values.period import Instant
from ecosystem.values.revision import RevisionStale

OfContract = Annotated[str, narrowing("contract")]
InState = Annotated[State | None, QueryParameter(description="Only milestones in this state.")]
DueFrom = Annotated[
    Instant | None,
    QueryParameter(description="Only milestones that are due at this instant or later."),
]
DueBefore = Annotated[
    Instant | None,
    QueryParameter(description="Only milestones that are due before this instant."),
]
Overdue = Annotated[bool, Meta(description="Only those past `due_at` that are to be submitted.")]


@get("/v1/milestones", permit=access.READ, answers=Page[MilestoneSummary])
async def find_milestones(
    request: Call,
    contract_id: FromQuery[OfContract] = "",
    in_state: InState = None,
    due_from: DueFrom = None,
    due_before: DueBefore = None,
    overdue: FromQuery[Overdue] = False,  # noqa: FBT002 - Litestar passes it by name.
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List milestones across contracts, newest first.

    Of every contract that the caller is concerned with: as a party, as its authority, or as an
    auditor of the jurisdiction. `overdue` leaves those that were due and of which something is
    still to be submitted; what is submitted waits for its judgement, and is not overdue.
    """
    filters = {
        "contract_id": contract_id, "in_state": in_state, "due_from": due_from,
        "due_before": due_before, "overdue": overdue,
    }  # fmt: skip
    return await paging.page(
        request, request.tx, queries.listing(filters), cursor=cursor, limit=limit,
        unbound={"at": request.at}, **filters, **contracts.reads_as(request.by),
    )  # fmt: skip


@get(
    "/v1/contracts/{contract_id:str}/milestones",
    permit=access.READ,
    answers=Page[MilestoneSummary],
    refuses=(ContractMissing, NotConcerned),
)
async def list_milestones(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the milestones of a contract.

    For its parties, its authority, and the auditors of the jurisdiction.
    """
    await contracts.concern(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.LISTING, cursor=cursor, limit=limit,
        unbound={"at": request.at}, contract_id=contract_id,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        **contracts.reads_as(request.by),
    )  # fmt: skip


@get(
    "/v1/milestones/{milestone_id:str}",
    permit=access.READ,
    answers=Milestone,
    refuses=(rules.MilestoneMissing, *UNCLEAR),
)
async def read_milestone(
    request: Call,
    milestone_id: FromPath[str],
    as_of: FromQuery[AsOf | None] = None,
    valid_at: FromQuery[ValidAt | None] = None,
) -> Response[bytes]:
    """Read a milestone, as it is or as it was.

    `as_of` asks what was known at a time, or at a position of the log; `valid_at` what was
    in force at a time, whenever it became known. Together they ask what was known then of
    how it was then. Whoever may read it today may read its past, which has no ETag: nothing
    is written to it.
    """
    if (asked := past.asked(as_of, valid_at, now=request.at)) is not None:
        return request.answer(
            await remembered.past(request.tx, milestone_id, seen_by=request.by, asked=asked)
        )
    row = await queries.view(request.tx, milestone_id, seen_by=request.by, at=request.at)
    mark = hashlib.sha256(row["body"]).hexdigest()[:16]  # What others and the clock do shows too.
    return request.answer(row["body"], version=row["version"], mark=mark)


@get(
    "/v1/milestones/{milestone_id:str}/history",
    permit=access.READ_HISTORY,
    answers=Page[HistoryEntry],
    refuses=(rules.MilestoneMissing,),
)
async def read_milestone_history(
    request: Call,
    milestone_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """Read everything that happened to a milestone, newest first.

    Each event with who acted, on which facts, what was decided, and how the milestone was
    after it. What an auditor reads here is kept before it is answered.
    """
    await queries.concern(request.tx, milestone_id, by=request.by)
    return await history(request, milestone_id, cursor=cursor, limit=limit)


@get(
    "/v1/milestones/{milestone_id:str}/comparison",
    permit=access.READ_HISTORY,
    answers=Comparison,
    refuses=(rules.MilestoneMissing, *APART),
)
async def compare_milestone(
    request: Call,
    milestone_id: FromPath[str],
    since: From = None,
    until: FromQuery[Until | None] = None,
) -> Response[bytes]:
    """Compare a milestone at two moments.

    Each place that differs, with the events in between that changed it: who did what, when and
    why. What an auditor reads here is kept before it is answered.
    """
    first, second = moments(since, until, now=request.at)
    found = await remembered.compare(
        request.tx, milestone_id, since=first, until=second, seen_by=request.by
    )
    await noted(request, milestone_id)
    return request.answer(found)


@post(
    "/v1/milestones/{milestone_id:str}/submission",
    permit=access.SUBMIT,
    answers=Standing,
    changes=True,
    refuses=(
        rules.MilestoneMissing, RevisionStale, rules.NotSupplier, rules.MilestoneNotOpen,
        rules.PredecessorOpen, rules.DeliveredLater, rules.DeliveredBefore, rules.EvidenceUnknown,
        rules.EvidenceMissing, rules.BackdatingUnproved, ContractSuspended, ContractEnded,
    ),
)  # fmt: skip
async def submit_milestone(
    request: Call, milestone_id: FromPath[str], data: JSONBody[Submission]
) -> Response[bytes]:
    """Submit a milestone with its evidence.

    Says when it was delivered, which is what lateness counts to, and names documents of the
    contract that show it. The person declares it: its digest is kept with who and when. What
    was rejected, or accepted in part, is submitted again as the next round. Where the terms
    have it come after others, those are accepted first, or the terms let it come early.
    """
    now = await actions.submit(
        request.tx, milestone_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/milestones/{milestone_id}")


ROUTES = (
    find_milestones, list_milestones, read_milestone, read_milestone_history, compare_milestone,
    submit_milestone,
)  # fmt: skip
