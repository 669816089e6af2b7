"""The history of metrics and observations over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery

from ecosystem.history.past.answers import APART, From, Until, history, moments, noted
from ecosystem.history.past.model import Comparison, HistoryEntry
from ecosystem.outcomes import access
from ecosystem.outcomes import queries as outcomes
from ecosystem.outcomes.past import queries
from ecosystem.outcomes.rules import MetricMissing, ObservationMissing
from ecosystem.runtime.web import Call, PageCursor, PageLimit, get
from ecosystem.values.page import Page


@get(
    "/v1/metrics/{metric_id:str}/history",
    permit=access.READ_HISTORY,
    answers=Page[HistoryEntry],
    refuses=(MetricMissing,),
)
async def read_metric_history(
    request: Call,
    metric_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """Read everything that happened to a metric, newest first.

    Each event with who acted, on which facts, what was decided, and how the metric was after
    it. What an auditor reads here is kept before it is answered.
    """
    await outcomes.metric_view(request.tx, metric_id, seen_by=request.by)
    return await history(request, metric_id, cursor=cursor, limit=limit)


@get(
    "/v1/metrics/{metric_id:str}/comparison",
    permit=access.READ_HISTORY,
    answers=Comparison,
    refuses=(MetricMissing, *APART),
)
async def compare_metric(
    request: Call,
    metric_id: FromPath[str],
    since: From = None,
    until: FromQuery[Until | None] = None,
) -> Response[bytes]:
    """Compare a metric at two moments.

    Each place that differs, with the events in between that changed it: who did what, when and
    why. What an auditor reads here is kept before it is answered.
    """
    first, second = moments(since, until, now=request.at)
    found = await queries.compare_metric(
        request.tx, metric_id, since=first, until=second, seen_by=request.by
    )
    await noted(request, metric_id)
    return request.answer(found)


@get(
    "/v1/observations/{observation_id:str}/history",
    permit=access.READ_HISTORY,
    answers=Page[HistoryEntry],
    refuses=(ObservationMissing,),
)
async def read_observation_history(
    request: Call,
    observation_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """Read everything that happened to an observation, newest first.

    Each event with who acted, on which facts, what was decided, and how the observation was after
    it. Of what happened to many at once, a batch or a verification of many, `object` names that,
    and of facts and decision there is what concerns this one. What an auditor reads here is kept
    before it is answered.
    """
    await outcomes.observation_view(request.tx, observation_id, seen_by=request.by)
    return await history(
        request, observation_id, cursor=cursor, limit=limit, events=queries.HISTORY
    )


@get(
    "/v1/observations/{observation_id:str}/comparison",
    permit=access.READ_HISTORY,
    answers=Comparison,
    refuses=(ObservationMissing, *APART),
)
async def compare_observation(
    request: Call,
    observation_id: FromPath[str],
    since: From = None,
    until: FromQuery[Until | None] = None,
) -> Response[bytes]:
    """Compare an observation at two moments.

    Each place that differs, with the events in between that changed it: who did what, when and
    why. What an auditor reads here is kept before it is answered.
    """
    first, second = moments(since, until, now=request.at)
    found = await queries.compare_observation(
        request.tx, observation_id, since=first, until=second, seen_by=request.by
    )
    await noted(request, observation_id)
    return request.answer(found)


ROUTES = (
    read_metric_history, compare_metric, read_observation_history, compare_observation,
)  # fmt: skip
