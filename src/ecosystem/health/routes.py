"""The state of the service over HTTP."""

import asyncio
from functools import cache
from importlib.metadata import version
from typing import Final, Literal

import msgspec
from litestar import Response

from ecosystem.health import access, queries
from ecosystem.runtime import problems
from ecosystem.runtime.database import is_away
from ecosystem.runtime.pool import DatabaseBusy
from ecosystem.runtime.telemetry import Gauges, Telemetry
from ecosystem.runtime.web import Call, EdgeFinding, get

_PATIENCE_S: Final = 2
_TEXT: Final = "text/plain; version=1.0.0"
_FRESH: Final = {"cache-control": "no-store"}
_newest_step: Final = cache(queries.newest_step)


class Liveness(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["live"]


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """The service can serve."""

    status: Literal["ready"]
    version: str
    """The version of the service."""
    schema_step: str
    """The step that the database's schema is at; it is the newest."""
    sequencer_lag_ms: int
    """Milliseconds that the oldest event has waited for its position; 0 where none waits."""


@get("/health/live", permit=access.ASK, answers=Liveness)
async def tell_liveness(request: Call) -> Response[bytes]:
    """Tell whether the process answers.

    It does where there is an answer: nothing is asked of the database. A process that does
    not answer this within seconds is best started anew.
    """
    return request.answer(Liveness("live"), headers=_FRESH)


@get("/health/ready", permit=access.ASK, answers=Readiness)
async def tell_readiness(request: Call) -> Response[bytes]:
    """Tell whether the service can serve.

    The database answers within two seconds, and its schema is the newest. Until then the
    answer is 503, and requests are best sent elsewhere.
    """
    try:
        async with asyncio.timeout(_PATIENCE_S):
            found = await queries.step(request.tx)
            lag_ms = await queries.sequencer_lag_ms(request.tx)
    except TimeoutError:
        raise _unready(f"The database has not answered in {_PATIENCE_S} s.") from None
    if found is None or found != _newest_step():
        detail = f"The schema is at step {found}, and this version needs {_newest_step()}."
        raise _unready(detail)
    now = Readiness(
        status="ready", version=version("ecosystem"), schema_step=found, sequencer_lag_ms=lag_ms
    )
    return request.answer(now, headers=_FRESH)


@get("/metrics", permit=access.ASK, answers=str, produces=_TEXT)
async def read_metrics(request: Call) -> Response[bytes]:
    """Read the metrics.

    Requests by route, method and status, the problems that were answered, the connections
    in use, the requests that wait for one, and how far the sequencer is behind, in
    Prometheus' text format. Only where the operator has switched them on; they are answered
    while the database is away, too.
    """
    telemetry: Telemetry | None = request.app.state.get("telemetry")
    if telemetry is None or not request.house.settings.metrics:
        raise EdgeFinding(problems.NOT_FOUND, "The operator has not switched metrics on.")
    text = telemetry.exposition(await _gauges(request))
    return request.answer(text, headers=_FRESH)


async def _gauges(request: Call) -> Gauges:
    pool = request.house.database.pool
    shown: dict[str, tuple[str, float]] = {
        "ecosystem_pool_in_use": ("Database connections at work in this process.", pool.in_use),
        "ecosystem_pool_waiting": ("Requests of this process that wait for one.", pool.waiting),
    }
    try:
        async with asyncio.timeout(_PATIENCE_S):
            lag_ms = await queries.sequencer_lag_ms(request.tx)
    except Exception as error:
        if is_away(error) or isinstance(error, DatabaseBusy | TimeoutError):
            return shown
        raise
    text = "Seconds that the oldest event has waited for its position."
    return {**shown, "ecosystem_sequencer_lag_seconds": (text, lag_ms / 1000)}


def _unready(detail: str) -> EdgeFinding:
    return EdgeFinding(problems.UNAVAILABLE, detail)


ROUTES = (tell_liveness, tell_readiness, read_metrics)
