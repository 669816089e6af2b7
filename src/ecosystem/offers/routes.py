"""Offers over HTTP."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from joserfc.jwk import ECKey
from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from ecosystem.needs import queries as needs
from ecosystem.needs.rules import NeedMissing
from ecosystem.offers import access, actions, queries, rules
from ecosystem.offers.confirming import routes as confirming
from ecosystem.offers.envelope import EnvelopeForAnother, EnvelopeMalformed
from ecosystem.offers.financial import routes as financial
from ecosystem.offers.late import actions as late
from ecosystem.offers.late import queries as came_late
from ecosystem.offers.late.model import LateSubmission
from ecosystem.offers.model import OfferContent, OfferDraft, Receipt, SealedOffer
from ecosystem.offers.opening import routes as opening
from ecosystem.offers.schemas import Offer, OfferSummary, ReceiptKeys
from ecosystem.offers.sealing import OfferTooLarge, OfficerKeyUnusable
from ecosystem.offers.shapes import ContentUnsound
from ecosystem.runtime import keyring, paging
from ecosystem.runtime.apart import apart
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import narrowing, owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

OfNeed = Annotated[str, narrowing("need")]
Inviting = Annotated[bool, Meta(description="Only those that wait for the caller's consent.")]
_SUBMISSION_REFUSES = (
    rules.OfferMissing, RevisionStale, rules.NotLead, rules.OfferOver, rules.NeedNotOpen,
    rules.SubmissionOver, rules.ConsentsMissing,
)  # fmt: skip


@post(
    "/v1/lots/{lot_id:str}/offers",
    permit=access.DRAFT,
    answers=Standing,
    discreet=True,
    refuses=(
        rules.LotMissing, rules.NeedNotOpen, rules.SubmissionOver, rules.NotInvited,
        rules.KindDoesNotOffer, rules.OfferedBefore, rules.MembersUnsound,
    ),
)  # fmt: skip
async def draft_offer(
    request: Call, lot_id: FromPath[str], data: JSONBody[OfferDraft]
) -> Response[bytes]:
    """Draft an offer.

    Names the members and their shares, and nothing of the offer itself: nobody but the
    members learns that it exists. The lead consents by drafting.
    """
    made = await actions.draft(request.tx, lot_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/offers/{made.id}")


@post(
    "/v1/offers/{offer_id:str}/consents",
    permit=access.CONSENT,
    answers=Standing,
    discreet=True,
    refuses=(
        rules.OfferMissing, rules.OfferOver, rules.NeedNotOpen, rules.SubmissionOver,
        rules.ConsentedBefore,
    ),
)  # fmt: skip
async def consent_to_offer(request: Call, offer_id: FromPath[str]) -> Response[bytes]:
    """Consent to an offer.

    Each member of a consortium consents itself; an offer without all consents cannot be
    submitted.
    """
    now = await actions.consent(request.tx, offer_id, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/offers/{offer_id}")


@post(
    "/v1/offers/{offer_id:str}/submission",
    permit=access.SUBMIT,
    answers=Receipt,
    discreet=True,
    key=True,
    changes=True,
    refuses=(
        *_SUBMISSION_REFUSES, rules.ClientSealingRequired, ContentUnsound, OfferTooLarge,
        OfficerKeyUnusable,
    ),
)  # fmt: skip
async def submit_offer(
    request: Call, offer_id: FromPath[str], data: JSONBody[OfferContent]
) -> Response[bytes]:
    """Submit an offer, or replace what was submitted.

    The content is sealed to the need's openers in memory, before anything is stored: only
    they together, after the deadline, can read it. Where the need asks for two envelopes, the
    price or the financing goes into one of its own, which opens later. The receipt proves what
    was received and when. A submission that comes late is refused with 410, and stays on
    record. A need with `client_sealing_required` takes `/envelopes` instead.
    """
    key = _receipt_key(request)
    async with _late_on_record(request, offer_id):
        receipt = await actions.submit(
            request.tx, offer_id, data, key=key, by=request.by, at=request.at,
            expected=request.expected,
        )  # fmt: skip
    return request.answer(receipt, version=receipt.version, location=f"/v1/offers/{offer_id}")


@post(
    "/v1/offers/{offer_id:str}/envelopes",
    permit=access.SUBMIT,
    answers=Receipt,
    discreet=True,
    key=True,
    changes=True,
    refuses=(*_SUBMISSION_REFUSES, EnvelopeMalformed, EnvelopeForAnother),
)
async def submit_envelopes(
    request: Call, offer_id: FromPath[str], data: JSONBody[SealedOffer]
) -> Response[bytes]:
    """Submit an offer that one's own program has sealed, or replace what was submitted.

    The server never sees the content. Form and terms of the envelope are checked, and what is
    inside first at the opening: whatever cannot be opened, or is no offer for the lot, is then
    excluded by the bidder's fault. A need with `envelopes` `two` takes both at once, the
    technical part's first; one receipt commits to both. The format is
    docs/formats/sealed-offer.md.
    """
    key, digests = _receipt_key(request), tuple(one.digest() for one in data.envelopes)
    async with _late_on_record(request, offer_id, digests=digests):
        receipt = await actions.submit_sealed(
            request.tx, offer_id, data, key=key, by=request.by, at=request.at,
            expected=request.expected,
        )  # fmt: skip
    return request.answer(receipt, version=receipt.version, location=f"/v1/offers/{offer_id}")


@post(
    "/v1/offers/{offer_id:str}/withdrawal",
    permit=access.WITHDRAW,
    answers=Standing,
    discreet=True,
    changes=True,
    refuses=(
        rules.OfferMissing, RevisionStale, rules.NotLead, rules.OfferOver, rules.NeedNotOpen,
        rules.SubmissionOver,
    ),
)  # fmt: skip
async def withdraw_offer(request: Call, offer_id: FromPath[str]) -> Response[bytes]:
    """Withdraw an offer before the deadline; its envelope is destroyed."""
    now = await actions.withdraw(
        request.tx, offer_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/offers/{offer_id}")


@get(
    "/v1/offers/{offer_id:str}",
    permit=access.READ,
    answers=Offer,
    scoped=True,
    discreet=True,
    refuses=(rules.OfferMissing,),
)
async def read_offer(request: Call, offer_id: FromPath[str]) -> Response[bytes]:
    """Read an offer.

    Before the opening only its members see it, without content. From the opening on the
    authority, its evaluators without a conflict, the members and the auditors above see all.
    """
    body, version, state = await queries.view(request.tx, offer_id, seen_by=request.by)
    return request.answer(body, version=version, mark=state)


@get("/v1/offers", permit=access.READ, answers=Page[OfferSummary], scoped=True, discreet=True)
async def list_offers(
    request: Call,
    need_id: FromQuery[OfNeed] = "",
    inviting: FromQuery[Inviting] = False,  # noqa: FBT002 - Litestar passes it by name.
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the offers that the caller may see, newest first.

    `inviting` leaves the drafts to which the caller's organisation has yet to consent, or to
    say why it declines.
    """
    filters: dict[str, Any] = {"need_id": need_id} if need_id else {}
    filters |= {"inviting": True} if inviting else {}
    statement = queries.listing(of_need=bool(need_id), inviting=inviting)
    return await paging.page(
        request, request.tx, statement, cursor=cursor, limit=limit, **filters,
        unbound=queries.sight(request.by),
    )  # fmt: skip


@get(
    "/v1/needs/{need_id:str}/late-submissions",
    permit=access.LIST,
    answers=Page[LateSubmission],
    scoped=True,
    discreet=True,
    refuses=(NeedMissing,),
)
async def list_late_submissions(
    request: Call,
    need_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the submissions for a need that came late, newest first.

    Each has a signed receipt, by which its bidder proves when it came. Until the opening only
    the members of the offer see it; from then on the authority and the auditors above it, too.
    """
    await needs.view(request.tx, need_id, seen_by=request.by, at=request.at)
    return await paging.page(
        request, request.tx, came_late.LISTING, cursor=cursor, limit=limit,
        authority_id=owner(need_id, "need", otherwise=NeedMissing), need_id=need_id,
    )  # fmt: skip


@get("/.well-known/receipt-keys", permit=access.READ_KEYS, answers=ReceiptKeys)
async def read_receipt_keys(request: Call) -> Response[bytes]:
    """Read the public keys by which receipts are verified."""
    ring = request.house.keys.receipts
    return request.answer(ReceiptKeys(ring.public(time.time())), headers=keyring.CACHING)


@asynccontextmanager
async def _late_on_record(
    request: Call, offer_id: str, *, digests: tuple[str, ...] = ()
) -> AsyncGenerator[None]:
    """Have a submission that comes late stay on record although it is refused."""
    try:
        yield
    except rules.SubmissionOver:
        key = _receipt_key(request)
        async with apart(request) as tx:
            await late.record(tx, offer_id, digests=digests, key=key, by=request.by, at=request.at)
        raise


def _receipt_key(request: Call) -> ECKey:
    """Return the key that signs receipts now."""
    return request.house.keys.receipts.signing(request.real_now.timestamp())


ROUTES = (
    draft_offer, consent_to_offer, submit_offer, submit_envelopes, withdraw_offer, read_offer,
    list_offers, list_late_submissions, *opening.ROUTES, *financial.ROUTES, read_receipt_keys,
    *confirming.ROUTES,
)  # fmt: skip
