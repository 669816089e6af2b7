"""The ends of lots over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.awards import access
from ecosystem.awards.falling import actions, rules
from ecosystem.awards.falling.model import EndingDraft
from ecosystem.awards.rules import AwardedBefore, LotOver, NotAuthority, NotEvaluated
from ecosystem.needs.rules import NeedMissing
from ecosystem.offers.rules import LotMissing
from ecosystem.runtime.web import Call, Standing, post


@post(
    "/v1/lots/{lot_id:str}/ending",
    permit=access.END_LOT,
    answers=Standing,
    key=True,
    refuses=(
        LotMissing, NeedMissing, NotAuthority, NotEvaluated, rules.NothingFell,
        AwardedBefore, LotOver,
    ),
)  # fmt: skip
async def end_lot(
    request: Call, lot_id: FromPath[str], data: JSONBody[EndingDraft]
) -> Response[bytes]:
    """End a lot of which an award fell, instead of awarding the next in the ranking.

    For an approver. Of the kind of offer whose award fell; or of financing, where another award
    of the lot fell. The reason is public, and nothing of this lot and kind is awarded any more;
    with the last lot that waited the need, whose standing is answered, is `awarded`, or
    `unsuccessful` where no award stands.
    """
    now = await actions.end(request.tx, lot_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/needs/{now.id}")


ROUTES = (end_lot,)
