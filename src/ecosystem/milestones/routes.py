"""Milestones over HTTP."""

from datetime import datetime
from typing import Annotated, Final

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.contracts.turning.rules import ContractEnded, ContractSuspended
from ecosystem.history import actions as history
from ecosystem.history.queries import STREAM, NothingThen
from ecosystem.milestones import access, actions, queries, rules
from ecosystem.milestones.model import (
    HistoryEntry,
    Milestone,
    MilestoneSummary,
    Round,
    Submission,
)
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.patterns import whole
from ecosystem.values.revision import RevisionStale

_DAY: Final = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MINUTE: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_TIME: Final = rf"{_MINUTE}:[0-5][0-9](\.[0-9]{{1,6}})?"
AsOf = Annotated[
    str,
    Meta(
        pattern=whole(rf"(position:[0-9]{{1,15}}|{_DAY}T{_TIME}(Z|[+-]{_MINUTE}))"),
        description="What was known then: an RFC 3339 time, or `position:` and a place in the log.",
        examples=["2026-03-31T16:00:00Z", "position:1024"],
    ),
]
ValidAt = Annotated[
    datetime, Meta(tz=True, description="What was in force then: an RFC 3339 time.")
]


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
    refuses=(rules.MilestoneMissing, rules.MomentUnclear, NothingThen),
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
    how it was then. Whoever may read it today may read its past.
    """
    row = await queries.view(request.tx, milestone_id, seen_by=request.by, at=request.at)
    if as_of is None and valid_at is None:
        return request.answer(row["body"], version=row["version"], mark=row["timeliness"])
    then, version = await queries.as_of(
        request.tx, milestone_id, as_of=as_of, valid_at=valid_at, now=request.at
    )
    return request.answer(then, version=version, mark=then.timeliness)


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
    by = request.by
    await queries.concern(request.tx, milestone_id, by=by)
    if by.kind is OrganisationKind.AUDITOR:
        async with request.house.database.transaction() as tx:
            tx.request_id = request.visit.request_id
            await history.note_reading(tx, milestone_id, by=by, at=request.at)
    return await paging.page(
        request, request.tx, STREAM, cursor=cursor, limit=limit, stream=milestone_id,
        authority_id=owner(milestone_id, "milestone", otherwise=rules.MilestoneMissing),
    )  # fmt: skip


@get(
    "/v1/milestones/{milestone_id:str}/rounds",
    permit=access.READ,
    answers=Page[Round],
    refuses=(rules.MilestoneMissing,),
)
async def list_rounds(
    request: Call,
    milestone_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the submissions of a milestone, newest first.

    Each round as it was submitted, with what became of it: accepted, in part, or rejected,
    with reasons and what would satisfy.
    """
    await queries.concern(request.tx, milestone_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.ROUNDS, cursor=cursor, limit=limit,
        milestone_id=milestone_id,
        authority_id=owner(milestone_id, "milestone", otherwise=rules.MilestoneMissing),
    )  # fmt: skip


@post(
    "/v1/milestones/{milestone_id:str}/submission",
    permit=access.SUBMIT,
    answers=Standing,
    changes=True,
    refuses=(
        rules.MilestoneMissing, RevisionStale, rules.NotSupplier, rules.MilestoneNotOpen,
        rules.DeliveredLater, rules.DeliveredBefore, rules.EvidenceUnknown,
        rules.EvidenceMissing, rules.BackdatingUnproved, ContractSuspended, ContractEnded,
    ),
)  # fmt: skip
async def submit_milestone(
    request: Call, milestone_id: FromPath[str], data: JSONBody[Submission]
) -> Response[bytes]:
    """Submit a milestone with its evidence.

    Says when it was delivered, which is what lateness counts to, and names documents of the
    contract that show it. The person declares it: its digest is kept with who and when. What
    was rejected, or accepted in part, is submitted again as the next round.
    """
    now = await actions.submit(
        request.tx, milestone_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/milestones/{milestone_id}")


ROUTES = (
    list_milestones, read_milestone, read_milestone_history, list_rounds, submit_milestone,
)  # fmt: skip
