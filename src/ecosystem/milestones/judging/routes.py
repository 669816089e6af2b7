"""The judgement of milestones over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.milestones import access
from ecosystem.milestones import queries as milestones
from ecosystem.milestones.judging import actions, queries, rules
from ecosystem.milestones.judging.model import Qualification
from ecosystem.milestones.model import Judgement, Round
from ecosystem.milestones.rules import MilestoneMissing, MilestoneNotOwned
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@get(
    "/v1/milestones/{milestone_id:str}/rounds",
    permit=access.READ,
    answers=Page[Round],
    refuses=(MilestoneMissing,),
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
    await milestones.concern(request.tx, milestone_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.ROUNDS, cursor=cursor, limit=limit,
        milestone_id=milestone_id,
        authority_id=owner(milestone_id, "milestone", otherwise=MilestoneMissing),
    )  # fmt: skip


@post(
    "/v1/milestones/{milestone_id:str}/acceptance",
    permit=access.JUDGE,
    answers=Standing,
    changes=True,
    key=True,
    refuses=(
        MilestoneMissing, RevisionStale, MilestoneNotOwned, rules.NotSubmitted,
        rules.SubmittedOneself, rules.PeriodLapsed, rules.VerificationMissing,
    ),
)  # fmt: skip
async def accept_milestone(request: Call, milestone_id: FromPath[str]) -> Response[bytes]:
    """Accept a milestone.

    What the contract pays for it can be claimed from now on. It is `met` where it was
    delivered by `due_at`, however late it was submitted or accepted. Where the rules of the
    place take silence for acceptance, nobody need call this: at `deemed_at` it is accepted.
    Where the terms have it verified, the verifier confirms it first.
    """
    now = await actions.accept(
        request.tx, milestone_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/milestones/{milestone_id}")


@post(
    "/v1/milestones/{milestone_id:str}/qualified-acceptance",
    permit=access.JUDGE,
    answers=Standing,
    changes=True,
    key=True,
    refuses=(
        MilestoneMissing, RevisionStale, MilestoneNotOwned, rules.NotSubmitted,
        rules.SubmittedOneself, rules.PeriodLapsed, rules.VerificationMissing, rules.PartUnfit,
        rules.ShareUnfit, rules.RestUnexplained, rules.FindingsMissing, rules.DeliveryUnfit,
        rules.NothingQualified,
    ),
)  # fmt: skip
async def qualify_milestone(
    request: Call, milestone_id: FromPath[str], data: JSONBody[Qualification]
) -> Response[bytes]:
    """Accept a milestone in part, or as delivered at another time.

    Names the deliverables that are accepted, or a share of the whole milestone, or both; the
    contract pays that share now. The rest is submitted again, and `rest` says what would have
    it accepted; when the last part is accepted, the milestone is, and counts as delivered with
    the latest of its parts. `delivery` says which date is accepted where it is not the
    supplier's, and why: lateness counts to it.
    """
    now = await actions.qualify(
        request.tx, milestone_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/milestones/{milestone_id}")


@post(
    "/v1/milestones/{milestone_id:str}/rejection",
    permit=access.JUDGE,
    answers=Standing,
    changes=True,
    refuses=(
        MilestoneMissing, RevisionStale, MilestoneNotOwned, rules.NotSubmitted,
        rules.SubmittedOneself, rules.PeriodLapsed, rules.FindingsMissing, rules.PartUnfit,
    ),
)  # fmt: skip
async def reject_milestone(
    request: Call, milestone_id: FromPath[str], data: JSONBody[Judgement]
) -> Response[bytes]:
    """Reject a milestone, with the reasons and with what would satisfy.

    Where it has several parts, deliverables or metrics, `findings` says so of each that is not
    accepted. The supplier submits it again, as the next round.
    """
    now = await actions.reject(
        request.tx, milestone_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/milestones/{milestone_id}")


ROUTES = (list_rounds, accept_milestone, qualify_milestone, reject_milestone)
