"""The admission of offers over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.awards import access
from ecosystem.awards.admission import actions, queries, rules
from ecosystem.awards.admission.model import Admission, ExclusionDraft
from ecosystem.awards.admission.schemas import AdmissionStanding
from ecosystem.awards.rules import NotAuthority
from ecosystem.needs import queries as needs
from ecosystem.needs.rules import NeedMissing
from ecosystem.offers.rules import OfferMissing
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/needs/{need_id:str}/admissions",
    permit=access.ADMIT,
    answers=AdmissionStanding,
    changes=True,
    refuses=(NeedMissing, RevisionStale, NotAuthority, rules.NotToBeDecided),
)
async def admit_offers(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Admit the opened offers against which nothing speaks.

    Answers which these are, and what remains to be decided, each with what speaks against it: a
    requirement that it does not meet, a price above the ceiling, a loan that cannot be compared,
    a member that has not consented or is not verified any more. Exclude those, or have what is
    wrong set right, and call again: what is decided stays. Exclude first what you have found
    yourself. Only admitted offers are scored.
    """
    now = await actions.admit(
        request.tx, need_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}/admissions")


@post(
    "/v1/offers/{offer_id:str}/exclusion",
    permit=access.EXCLUDE,
    answers=Standing,
    changes=True,
    refuses=(
        OfferMissing, NeedMissing, RevisionStale, NotAuthority, rules.ExcludedBefore,
        rules.NotToBeDecided, rules.GroundUnfit,
    ),
)  # fmt: skip
async def exclude_offer(
    request: Call, offer_id: FromPath[str], data: JSONBody[ExclusionDraft]
) -> Response[bytes]:
    """Exclude an opened offer from the evaluation, on a named ground with reasons.

    Before the evaluation, also where it was admitted; it is final, and everybody reads why. The
    bidder may challenge the award.
    """
    now = await actions.exclude(
        request.tx, offer_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/offers/{offer_id}")


@get(
    "/v1/needs/{need_id:str}/admissions",
    permit=access.READ,
    answers=Page[Admission],
    refuses=(NeedMissing,),
)
async def list_admissions(
    request: Call,
    need_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List which offers of a need were admitted, and why others were excluded; newest first."""
    await needs.view(request.tx, need_id, seen_by=request.reader, at=request.at)
    return await paging.page(
        request, request.tx, queries.ADMISSIONS, cursor=cursor, limit=limit,
        authority_id=owner(need_id, "need", otherwise=NeedMissing), need_id=need_id,
    )  # fmt: skip


ROUTES = (admit_offers, exclude_offer, list_admissions)
