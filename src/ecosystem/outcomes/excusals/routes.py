"""Excusals over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts import queries as contracts
from ecosystem.outcomes import access
from ecosystem.outcomes.excusals import actions, queries, rules
from ecosystem.outcomes.excusals.model import Excusal, ExcusalDecision, ExcusalDraft
from ecosystem.outcomes.queries import metric_view
from ecosystem.outcomes.rules import MetricMissing, NotReporter
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/metrics/{metric_id:str}/excusals",
    permit=access.EXCUSE,
    answers=Standing,
    refuses=(MetricMissing, NotReporter, rules.TimeUnfit),
)
async def ask_excusal(
    request: Call, metric_id: FromPath[str], data: JSONBody[ExcusalDraft]
) -> Response[bytes]:
    """Ask to have a time excused: force majeure, the authority's fault, or planned maintenance.

    Supplier or authority ask, and another side decides. A window of the metric that lies wholly
    within a granted time counts nowhere.
    """
    made = await actions.ask(request.tx, metric_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/excusals/{made.id}")


@get(
    "/v1/metrics/{metric_id:str}/excusals",
    permit=access.READ,
    answers=Page[Excusal],
    refuses=(MetricMissing,),
)
async def list_excusals(
    request: Call,
    metric_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the times of a metric that are excused, or for which that was asked; newest first."""
    await metric_view(request.tx, metric_id, seen_by=request.by)
    return await paging.page(
        request, request.tx, queries.EXCUSALS, cursor=cursor, limit=limit, metric_id=metric_id,
        authority_id=owner(metric_id, "metric", otherwise=MetricMissing),
        **contracts.reads_as(request.by),
    )  # fmt: skip


@get(
    "/v1/excusals/{excusal_id:str}",
    permit=access.READ,
    answers=Excusal,
    refuses=(rules.ExcusalMissing,),
)
async def read_excusal(request: Call, excusal_id: FromPath[str]) -> Response[bytes]:
    """Read an excusal."""
    row = await queries.excusal_view(request.tx, excusal_id, seen_by=request.by)
    return request.answer(row["body"], version=row["version"])


@post(
    "/v1/excusals/{excusal_id:str}/decision",
    permit=access.DECIDE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ExcusalMissing, RevisionStale, rules.NotDecider, rules.OwnExcusal,
        rules.ExcusalDecided,
    ),
)  # fmt: skip
async def decide_excusal(
    request: Call, excusal_id: FromPath[str], data: JSONBody[ExcusalDecision]
) -> Response[bytes]:
    """Grant or refuse an excusal: the other side does, or the verifier, never who has asked."""
    now = await actions.decide(
        request.tx, excusal_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/excusals/{excusal_id}")


ROUTES = (ask_excusal, list_excusals, read_excusal, decide_excusal)
