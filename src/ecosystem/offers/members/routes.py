"""The members of an offer over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.needs import queries as needs
from ecosystem.needs.model import Reason
from ecosystem.needs.rules import NeedMissing
from ecosystem.offers import access
from ecosystem.offers import rules as offers
from ecosystem.offers.members import actions, queries, rules
from ecosystem.offers.members.model import Departure, Membership, Substitution, SubstitutionDraft
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/offers/{offer_id:str}/members",
    permit=access.CHANGE_MEMBERS,
    answers=Standing,
    discreet=True,
    changes=True,
    refuses=(
        offers.OfferMissing, RevisionStale, offers.NotLead, offers.OfferOver, offers.NeedNotOpen,
        offers.SubmissionOver, offers.MembersUnsound,
    ),
)  # fmt: skip
async def change_members(
    request: Call, offer_id: FromPath[str], data: JSONBody[Membership]
) -> Response[bytes]:
    """Set the members of an offer and their shares anew.

    Whoever is named is invited by it, and consents itself; all but the lead consent anew. What
    was submitted is undone: the offer is a draft again, and its envelope is destroyed.
    """
    now = await actions.change(
        request.tx, offer_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/offers/{offer_id}")


@post(
    "/v1/offers/{offer_id:str}/departure",
    permit=access.LEAVE_OFFER,
    answers=Standing,
    discreet=True,
    changes=True,
    refuses=(
        offers.OfferMissing, RevisionStale, rules.LeadStays, offers.OfferOver, offers.NeedNotOpen,
        offers.SubmissionOver,
    ),
)  # fmt: skip
async def leave_offer(
    request: Call, offer_id: FromPath[str], data: JSONBody[Departure]
) -> Response[bytes]:
    """Leave an offer before the deadline, or decline to take part in it, and say why.

    The other members read the reason in `departures` of the offer, and nobody else does.
    What was submitted is undone, for a member who has left consents to it no more. The lead sets
    the shares of the others anew before it submits again.
    """
    now = await actions.leave(
        request.tx, offer_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version)


@post(
    "/v1/offers/{offer_id:str}/substitutions",
    permit=access.PROPOSE_SUBSTITUTION,
    answers=Standing,
    refuses=(
        offers.OfferMissing, offers.NotLead, rules.NotToBeSubstituted, rules.LeadStays,
        offers.MembersUnsound,
    ),
)  # fmt: skip
async def propose_substitution(
    request: Call, offer_id: FromPath[str], data: JSONBody[SubstitutionDraft]
) -> Response[bytes]:
    """Propose to put another organisation in a member's place, with the same share.

    From the opening on until the evaluation. Who shall join consents itself, and an approver of
    the authority decides; the content of the offer stays what was opened.
    """
    made = await actions.propose(request.tx, offer_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/substitutions/{made.id}")


@post(
    "/v1/substitutions/{substitution_id:str}/consent",
    permit=access.CONSENT_TO_SUBSTITUTION,
    answers=Standing,
    changes=True,
    refuses=(rules.SubstitutionMissing, RevisionStale, rules.SubstitutionOver),
)
async def consent_to_substitution(request: Call, substitution_id: FromPath[str]) -> Response[bytes]:
    """Consent to take a member's place in an offer."""
    now = await actions.consent(
        request.tx, substitution_id, by=request.by, at=request.at, expected=request.expected
    )
    place = f"/v1/substitutions/{substitution_id}"
    return request.answer(now, version=now.version, location=place)


@post(
    "/v1/substitutions/{substitution_id:str}/approval",
    permit=access.APPROVE_SUBSTITUTION,
    answers=Standing,
    changes=True,
    refuses=(
        rules.SubstitutionMissing, offers.OfferMissing, RevisionStale, rules.SubstitutionOver,
        offers.ConsentsMissing, rules.ApproverTookPart, rules.NotToBeSubstituted,
    ),
)  # fmt: skip
async def approve_substitution(request: Call, substitution_id: FromPath[str]) -> Response[bytes]:
    """Approve a substitution for the authority; the new member takes the old one's place."""
    now = await actions.approve(
        request.tx, substitution_id, by=request.by, at=request.at, expected=request.expected
    )
    place = f"/v1/substitutions/{substitution_id}"
    return request.answer(now, version=now.version, location=place)


@post(
    "/v1/substitutions/{substitution_id:str}/rejection",
    permit=access.REJECT_SUBSTITUTION,
    answers=Standing,
    changes=True,
    refuses=(
        rules.SubstitutionMissing, offers.OfferMissing, RevisionStale, rules.SubstitutionOver,
    ),
)  # fmt: skip
async def reject_substitution(
    request: Call, substitution_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Reject a substitution for the authority, before or after the new member has consented.

    The members stay as they are. They and who should have joined read the reason; the lead may
    propose another one.
    """
    now = await actions.reject(
        request.tx, substitution_id, data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    place = f"/v1/substitutions/{substitution_id}"
    return request.answer(now, version=now.version, location=place)


@post(
    "/v1/substitutions/{substitution_id:str}/withdrawal",
    permit=access.WITHDRAW_SUBSTITUTION,
    answers=Standing,
    changes=True,
    refuses=(
        rules.SubstitutionMissing, offers.OfferMissing, RevisionStale, rules.NotOwnSubstitution,
        rules.SubstitutionOver,
    ),
)  # fmt: skip
async def withdraw_substitution(request: Call, substitution_id: FromPath[str]) -> Response[bytes]:
    """Take a substitution back, for the lead, until it is approved or rejected."""
    now = await actions.withdraw(
        request.tx, substitution_id, by=request.by, at=request.at, expected=request.expected
    )
    place = f"/v1/substitutions/{substitution_id}"
    return request.answer(now, version=now.version, location=place)


@get(
    "/v1/substitutions/{substitution_id:str}",
    permit=access.READ_SUBSTITUTION,
    answers=Substitution,
    scoped=True,
    refuses=(rules.SubstitutionMissing,),
)
async def read_substitution(request: Call, substitution_id: FromPath[str]) -> Response[bytes]:
    """Read a substitution.

    The members see it, who shall join, the authority, and the auditors above it.
    """
    body, version, state = await queries.view(request.tx, substitution_id)
    return request.answer(body, version=version, mark=state)


@get(
    "/v1/needs/{need_id:str}/substitutions",
    permit=access.LIST,
    answers=Page[Substitution],
    scoped=True,
    refuses=(NeedMissing,),
)
async def list_substitutions(
    request: Call,
    need_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the substitutions in offers for a need that the caller may see, newest first."""
    await needs.view(request.tx, need_id, seen_by=request.by, at=request.at)
    return await paging.page(
        request, request.tx, queries.LISTING, cursor=cursor, limit=limit,
        authority_id=owner(need_id, "need", otherwise=NeedMissing), need_id=need_id,
    )  # fmt: skip


ROUTES = (
    change_members, leave_offer, propose_substitution, consent_to_substitution,
    approve_substitution, reject_substitution, withdraw_substitution, read_substitution,
    list_substitutions,
)  # fmt: skip
