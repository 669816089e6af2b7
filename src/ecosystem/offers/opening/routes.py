"""The opening of offers over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.needs.rules import NeedMissing
from ecosystem.offers import access
from ecosystem.offers.envelope import EnvelopeMalformed
from ecosystem.offers.opening import actions, queries, rules
from ecosystem.offers.opening.attempts import on_record
from ecosystem.offers.opening.model import HANDED_BYTES_MAX, HandedShares, Opening, SealedShares
from ecosystem.runtime.web import Call, Standing, get, post

_REFUSES = (
    NeedMissing, rules.NotOpener, rules.OpenedBefore,
    rules.OpeningTooEarly, rules.NothingToOpen,
    rules.QuestionsUnanswered,
)  # fmt: skip


@get(
    "/v1/needs/{need_id:str}/sealed-shares",
    permit=access.OPEN,
    answers=SealedShares,
    scoped=True,
    refuses=_REFUSES,
)
async def read_sealed_shares(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Read the sealed shares of a need's offers.

    What one opener needs to open the own share of each offer in the own program, with the
    private key that never leaves it. Before `opening_at` this is refused, and the attempt is
    recorded for the auditors.
    """
    async with on_record(request, need_id):
        shares = await actions.give_out(request.tx, need_id, by=request.by, at=request.at)
    return request.answer(shares)


@post(
    "/v1/needs/{need_id:str}/opening-shares",
    permit=access.OPEN,
    answers=Standing,
    key=True,
    body_bytes_max=HANDED_BYTES_MAX,
    refuses=(
        *_REFUSES, EnvelopeMalformed, rules.HandedInBefore,
        rules.SharesOutdated, rules.SharesIncomplete, rules.SharesFalse,
    ),
)  # fmt: skip
async def hand_in_shares(
    request: Call, need_id: FromPath[str], data: JSONBody[HandedShares]
) -> Response[bytes]:
    """Hand in the opened shares, one for each sealed offer.

    With as many openers as the need's threshold says, all offers are opened at once, and the
    record of it is public: `state` is then `opened`. Where technical and financial part come
    apart, this opens the technical one. An offer whose share the opener's key does
    not open is named as `unreadable`; it takes another opener then. A false share is refused,
    and the record says whose it was.
    """
    async with on_record(request, need_id, data):
        now = await actions.hand_in(request.tx, need_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/needs/{need_id}/opening")


@get(
    "/v1/needs/{need_id:str}/opening",
    permit=access.READ_OPENING,
    answers=Opening,
    refuses=(rules.NotOpened,),
)
async def read_opening(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Read the record of an opening.

    Who opened, when, how many offers, which and by whom, what failed by whose fault, what came
    late, and what openers tried that was refused.
    """
    return request.answer(await queries.record(request.tx, need_id))


ROUTES = (read_sealed_shares, hand_in_shares, read_opening)
