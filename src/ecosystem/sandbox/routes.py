"""The sandbox over HTTP: these routes exist only when the setting `sandbox` is on."""

from datetime import datetime

from litestar import Response
from litestar.params import JSONBody

from ecosystem.identity.oauth.server import TokenAnswer
from ecosystem.runtime.web import Call, get, post
from ecosystem.sandbox import access, actions, queries, rules
from ecosystem.sandbox.model import ClockSetting, ClockView, Parties, TokenWanted


@post(
    "/v1/sandbox/tokens",
    permit=access.TRY,
    answers=TokenAnswer,
    refuses=(queries.PersonNotThere,),
)
async def give_sandbox_token(request: Call, data: JSONBody[TokenWanted]) -> Response[bytes]:
    """Get a token for a person.

    In a sandbox nobody needs to log in: any person's token is given to anyone. It is the same
    as she gives a client by logging in with her passkey and agreeing; `acr` and
    `authenticated_ago_s` try what a weaker or an older login is good for.
    """
    return request.answer(
        await actions.give_token(request.tx, data, house=request.house, real_now=_real_now(request))
    )


@get("/v1/sandbox/parties", permit=access.TRY, answers=Parties)
async def list_sandbox_parties(request: Call) -> Response[bytes]:
    """List the parties.

    The seeded organisations, with their people, roles and clients.
    """
    return request.answer(await queries.parties(request.tx) or Parties(data=()))


@get("/v1/sandbox/clock", permit=access.TRY, answers=ClockView)
async def read_sandbox_clock(request: Call) -> Response[bytes]:
    """Read the clock.

    What time it is in the sandbox, and whether time runs.
    """
    clock = request.house.clock
    return request.answer(ClockView(now=clock.now(), runs=clock.stands_at is None))


@post(
    "/v1/sandbox/clock",
    permit=access.TRY,
    answers=ClockView,
    status=200,
    refuses=(rules.ClockRunsForward, rules.ClockTooFar),
)
async def move_sandbox_clock(request: Call, data: JSONBody[ClockSetting]) -> Response[bytes]:
    """Move the clock.

    Deadlines, standstills and periods follow it; access tokens live by real time. The clock
    never goes back, and is where it was after a restart.
    """
    return request.answer(
        await actions.move_clock(
            request.tx, data, clock=request.house.clock, real_now=_real_now(request)
        )
    )


def _real_now(request: Call) -> datetime:
    now = request.visit.real_now
    if now is None:
        message = "the desk has read no clock"
        raise RuntimeError(message)
    return now


ROUTES = (give_sandbox_token, list_sandbox_parties, read_sandbox_clock, move_sandbox_clock)
