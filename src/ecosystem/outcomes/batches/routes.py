"""Batches of observations over HTTP."""

from typing import Annotated, cast

from litestar import Response
from litestar.params import FromPath, FromQuery
from msgspec import Meta, structs

from ecosystem.contracts import queries as contracts
from ecosystem.outcomes import access
from ecosystem.outcomes import rules as outcomes
from ecosystem.outcomes.batches import actions, queries, rules
from ecosystem.outcomes.batches.model import Batch, BatchAnswer, Form, Row
from ecosystem.outcomes.queries import metric_view
from ecosystem.runtime import paging, problems
from ecosystem.runtime.web import Call, EdgeFinding, PageCursor, PageLimit, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.rows import BatchUnreadable, TooMany

Partial = Annotated[
    bool, Meta(description="Whether good rows are reported although others are refused.")
]


@post(
    "/v1/metrics/{metric_id:str}/batches",
    permit=access.REPORT,
    answers=BatchAnswer,
    rows=Row,
    refuses=(
        outcomes.MetricMissing, BatchUnreadable, outcomes.NotReporter, outcomes.ProgramUnfit,
        rules.BatchUnsound,
    ),
)  # fmt: skip
async def report_batch(
    request: Call,
    metric_id: FromPath[str],
    partial: FromQuery[Partial] = False,  # noqa: FBT002 - Litestar passes it by name.
) -> Response[bytes]:
    """Report many observations of a metric at once.

    The body is a JSON array of rows, NDJSON with one row a line, or CSV whose first line names
    the columns as the fields are named; UTF-8, with or without a byte order mark; of at most
    `batch_rows_max` rows and `batch_bytes_max` bytes, as the operator has set them. Send more
    than that in several batches.

    One value stands for a metric, a period and a source. The same row again is `unchanged`,
    so that a batch may be sent again whole; another value is refused, and is reported by itself
    with `supersedes`. Unless `partial` is true, one row that is refused refuses them all.
    `errors` are told in Chinese to whoever prefers that by Accept-Language.
    """
    sent = (request.header(b"content-type") or "").partition(";")[0].strip().lower()
    try:
        made = await actions.report(
            request.tx, metric_id, request.visit.body, form=cast("Form", sent), partial=partial,
            rows_max=request.house.settings.batch_rows_max, by=request.by, at=request.at,
        )  # fmt: skip
    except TooMany as more:
        raise EdgeFinding(problems.TOO_LARGE, f"The limit is {more} rows.") from None
    language = request.visit.language
    answer = structs.replace(made, errors=problems.told(made.errors, language))
    headers = problems.headers(language)
    if made.id is None:
        return request.answer(answer, headers=headers)
    there = f"/v1/batches/{made.id}"
    return request.answer(answer, version=made.version, location=there, headers=headers)


@get(
    "/v1/metrics/{metric_id:str}/batches",
    permit=access.READ,
    answers=Page[Batch],
    refuses=(outcomes.MetricMissing,),
)
async def list_batches(
    request: Call,
    metric_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the batches in which observations of a metric were reported, newest first."""
    await metric_view(request.tx, metric_id, seen_by=request.by)
    return await paging.page(
        request, request.tx, queries.BATCHES, cursor=cursor, limit=limit, metric_id=metric_id,
        authority_id=owner(metric_id, "metric", otherwise=outcomes.MetricMissing),
        **contracts.reads_as(request.by),
    )  # fmt: skip


@get(
    "/v1/batches/{batch_id:str}",
    permit=access.READ,
    answers=Batch,
    refuses=(rules.BatchMissing,),
)
async def read_batch(request: Call, batch_id: FromPath[str]) -> Response[bytes]:
    """Read a batch: how it came, and how many of its rows became observations."""
    row = await queries.batch_view(request.tx, batch_id, seen_by=request.by)
    return request.answer(row["body"], version=row["version"])


ROUTES = (report_batch, list_batches, read_batch)
