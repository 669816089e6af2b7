"""The confirmation of offers over HTTP."""

from litestar import Response
from litestar.params import FromPath

from ecosystem.offers import access, rules
from ecosystem.offers.confirming import actions
from ecosystem.offers.confirming.rules import ConfirmedBefore, NothingSubmitted
from ecosystem.runtime.web import Call, Standing, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/offers/{offer_id:str}/confirmation",
    permit=access.CONFIRM,
    answers=Standing,
    discreet=True,
    key=True,
    changes=True,
    refuses=(
        rules.OfferMissing, RevisionStale, rules.NotLead, rules.OfferOver, rules.NeedNotOpen,
        rules.SubmissionOver, NothingSubmitted, ConfirmedBefore,
    ),
)  # fmt: skip
async def confirm_offer(request: Call, offer_id: FromPath[str]) -> Response[bytes]:
    """Confirm an offer after its need was amended.

    The offer stands as it is, for what the need asks for now; its receipt stays good. To
    submit it anew does the same. What is not confirmed by the deadline is not opened, and the
    record of the opening says so.
    """
    now = await actions.confirm(
        request.tx, offer_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/offers/{offer_id}")


ROUTES = (confirm_offer,)
