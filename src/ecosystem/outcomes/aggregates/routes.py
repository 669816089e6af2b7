"""Aggregates of a metric over HTTP."""

from datetime import date
from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from ecosystem.outcomes import access
from ecosystem.outcomes.aggregates import queries, rules
from ecosystem.outcomes.aggregates.model import AggregateList
from ecosystem.outcomes.rules import MetricMissing
from ecosystem.runtime.web import Call, get

First = Annotated[date, Meta(description="The first day; by default that of the term.")]
After = Annotated[
    date, Meta(description="The day after the last one; by default that after today.")
]


@get(
    "/v1/metrics/{metric_id:str}/aggregates",
    permit=access.READ,
    answers=AggregateList,
    refuses=(MetricMissing, rules.RangeUnfit),
)
async def read_aggregates(
    request: Call,
    metric_id: FromPath[str],
    starts_on: FromQuery[First | None] = None,
    ends_on: FromQuery[After | None] = None,
) -> Response[bytes]:
    """Read what a metric comes to in each period of which days are asked for.

    The value is computed, exactly, from the windows that are verified: how, the definition in the
    metric says, and `reason` in words. It is there where the share of windows verified that the
    contract asks for is reached; else the period is `incomplete`, or `not_demonstrated` where
    nothing is verified. Every other window is counted as what it is: excused, reported,
    disputed, missing, or awaited; `late` ones are counted besides.
    """
    found = await queries.aggregates(
        request.tx, metric_id, starts_on=starts_on or date.min, ends_on=ends_on or date.max,
        seen_by=request.by, at=request.at,
    )  # fmt: skip
    return request.answer(found)


ROUTES = (read_aggregates,)
