"""The opening of financial parts over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.needs.rules import NeedMissing
from ecosystem.offers import access
from ecosystem.offers.envelope import EnvelopeMalformed, Part
from ecosystem.offers.financial import actions
from ecosystem.offers.opening import queries, rules
from ecosystem.offers.opening.attempts import on_record
from ecosystem.offers.opening.model import HANDED_BYTES_MAX, HandedShares, Opening, SealedShares
from ecosystem.runtime.web import Call, Standing, get, post

_REFUSES = (
    NeedMissing, rules.NotOpener, rules.NothingToOpen, rules.OpenedBefore, rules.ScoresNotFrozen,
)  # fmt: skip


@get(
    "/v1/needs/{need_id:str}/financial-sealed-shares",
    permit=access.OPEN_PRICES,
    answers=SealedShares,
    scoped=True,
    refuses=_REFUSES,
)
async def read_financial_sealed_shares(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Read the sealed shares of a need's financial parts.

    As of the first opening, for a need with two envelopes, once the scores of quality are
    frozen; of offers that are excluded there are none. Before, this is refused, and the attempt
    is recorded for the auditors.
    """
    async with on_record(request, need_id, of_prices=True):
        shares = await actions.give_out(request.tx, need_id, by=request.by, at=request.at)
    return request.answer(shares)


@post(
    "/v1/needs/{need_id:str}/financial-opening-shares",
    permit=access.OPEN_PRICES,
    answers=Standing,
    key=True,
    body_bytes_max=HANDED_BYTES_MAX,
    refuses=(
        *_REFUSES, EnvelopeMalformed, rules.HandedInBefore, rules.SharesOutdated,
        rules.SharesIncomplete, rules.SharesFalse,
    ),
)  # fmt: skip
async def hand_in_financial_shares(
    request: Call, need_id: FromPath[str], data: JSONBody[HandedShares]
) -> Response[bytes]:
    """Hand in the opened shares of the financial parts, one for each.

    With as many openers as the need's threshold says, all prices are opened at once: `state` is
    then `opened`, and `sealed` before. An offer that was excluded keeps its price sealed.
    """
    async with on_record(request, need_id, data, of_prices=True):
        now = await actions.hand_in(request.tx, need_id, data, by=request.by, at=request.at)
    return request.answer(
        now, version=now.version, location=f"/v1/needs/{need_id}/financial-opening"
    )


@get(
    "/v1/needs/{need_id:str}/financial-opening",
    permit=access.READ_OPENING,
    answers=Opening,
    refuses=(rules.NotOpened,),
)
async def read_financial_opening(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Read the record of the opening of financial parts.

    Who opened, when, whose prices, what failed by whose fault, whose price stays sealed because
    the offer is excluded, and what openers tried that was refused.
    """
    return request.answer(await queries.record(request.tx, need_id, of=(Part.FINANCIAL,)))


ROUTES = (read_financial_sealed_shares, hand_in_financial_shares, read_financial_opening)
