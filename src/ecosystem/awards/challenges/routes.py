"""Challenges over HTTP."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from ecosystem.awards import access
from ecosystem.awards.challenges import actions, queries, rules
from ecosystem.awards.challenges.model import Challenge, ChallengeDecision, ChallengeDraft
from ecosystem.awards.rules import AwardMissing
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import narrowing
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

OfAward = Annotated[str, narrowing("award")]

Overdue = Annotated[bool, Meta(description="Only those that nobody has decided in time.")]


@post(
    "/v1/awards/{award_id:str}/challenges",
    permit=access.CHALLENGE,
    answers=Standing,
    key=True,
    refuses=(AwardMissing, rules.NotChallenger, rules.NoStandstill, rules.ChallengedBefore),
)
async def challenge_award(
    request: Call, award_id: FromPath[str], data: JSONBody[ChallengeDraft]
) -> Response[bytes]:
    """Challenge an award.

    A member of an offer that did not win says, within the standstill, what was wrong. The award
    is suspended at once, and stays so until a reviewer of an oversight body has decided. The
    grounds are public.
    """
    made = await actions.lodge(request.tx, award_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/challenges/{made.id}")


@get(
    "/v1/challenges/{challenge_id:str}",
    permit=access.READ,
    answers=Challenge,
    refuses=(rules.ChallengeMissing,),
)
async def read_challenge(request: Call, challenge_id: FromPath[str]) -> Response[bytes]:
    """Read a challenge.

    Its grounds, until when it is to be decided, and the decision with its reasons.
    """
    body, version, mark = await queries.view(request.tx, challenge_id, at=request.at)
    return request.answer(body, version=version, mark=mark)


@get("/v1/challenges", permit=access.READ, answers=Page[Challenge])
async def list_challenges(
    request: Call,
    award_id: FromQuery[OfAward] = "",
    overdue: FromQuery[Overdue] = False,  # noqa: FBT002 - Litestar passes it by name.
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List challenges, newest first.

    `overdue` leaves those that no reviewer has decided by `decide_by`.
    """
    filters: dict[str, Any] = {"award_id": award_id} if award_id else {}
    filters |= {"overdue": True} if overdue else {}
    statement = queries.listing(of_award=bool(award_id), overdue=overdue)
    unbound = {"at": request.at}
    return await paging.page(
        request, request.tx, statement, cursor=cursor, limit=limit, unbound=unbound, **filters
    )


@post(
    "/v1/challenges/{challenge_id:str}/decision",
    permit=access.REVIEW,
    answers=Standing,
    key=True,
    refuses=(
        rules.ChallengeMissing, rules.ReviewerNotIndependent, rules.OutsideJurisdiction,
        rules.ChallengeDecided, rules.RemedyUnsound,
    ),
)  # fmt: skip
async def decide_challenge(
    request: Call, challenge_id: FromPath[str], data: JSONBody[ChallengeDecision]
) -> Response[bytes]:
    """Decide a challenge.

    A reviewer who is independent of the authority and of every bidder. Rejected, the award goes
    on, and is final when its standstill has passed and no other challenge is open. Upheld, the
    award is cancelled and its budget released: its offers are evaluated again, or the lot is
    not awarded in this need.
    """
    now = await actions.decide(request.tx, challenge_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/challenges/{challenge_id}")


@post(
    "/v1/challenges/{challenge_id:str}/withdrawal",
    permit=access.WITHDRAW_CHALLENGE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.ChallengeMissing, RevisionStale, rules.NotOwnChallenge, rules.ChallengeDecided,
    ),
)  # fmt: skip
async def withdraw_challenge(request: Call, challenge_id: FromPath[str]) -> Response[bytes]:
    """Withdraw a challenge.

    The organisation that made it takes it back, until it is decided. The award goes on at once
    unless another challenge of it is open; the same organisation does not challenge it again.
    """
    now = await actions.withdraw(
        request.tx, challenge_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/challenges/{challenge_id}")


ROUTES = (
    challenge_award, read_challenge, list_challenges, decide_challenge, withdraw_challenge,
)  # fmt: skip
