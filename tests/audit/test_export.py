"""An auditor takes away what a search finds: three formats, whole, in constant memory."""

import csv
import io
import tracemalloc
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import httpx
import msgspec
import pytest

from ecosystem.audit.exporting import queries
from ecosystem.audit.exporting.formats import COLUMNS, MEDIA_TYPES, Format, writer
from ecosystem.audit.searching.model import AuditEvent, Search
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.actor import Actor, OrganisationKind
from tests.audit.filled import COUNT, fill
from tests.parties import bearer

arrow = import_module("pyarrow")
parquet = import_module("pyarrow.parquet")
BEGAN = datetime(2025, 2, 1, tzinfo=UTC)
AUDITOR = Actor(
    organisation_id="org", organisation_number=0, kind=OrganisationKind.AUDITOR, verified=True,
    jurisdiction="440000", client_id="client",
)  # fmt: skip


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
async def there(
    client: httpx.AsyncClient, server: EmbeddedServer, database_name: str, kept: dict[str, Any]
) -> httpx.AsyncClient:
    if not kept:
        kept |= await fill(client, server, database_name)
    return client


async def _taken(
    there: httpx.AsyncClient, kept: dict[str, Any], form: str, **query: str
) -> httpx.Response:
    answer = await there.get(
        "/v1/audit/event-file", params={"format": form, **query}, headers=kept["auditor"]
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPES[Format(form)]
    return answer


async def test_a_file_has_all_that_the_search_finds_in_its_order(
    there: httpx.AsyncClient, kept: dict[str, Any]
) -> None:
    answer = await _taken(there, kept, "ndjson", type="milestone.rejected")

    events = [msgspec.json.decode(line, type=AuditEvent) for line in answer.content.splitlines()]
    sealed = sum(n % 1000 == 7 and n % 4 == 3 for n in range(1, COUNT + 1))
    assert len(events) == len({one.id for one in events}) == COUNT // 4 - sealed
    assert {one.type for one in events} == {"milestone.rejected"}
    assert [one.recorded_at for one in events] == sorted(one.recorded_at for one in events)


async def test_each_format_holds_the_same(there: httpx.AsyncClient, kept: dict[str, Any]) -> None:
    query = {"recorded_before": "2025-02-03T00:00:00Z", "kind": "milestone"}
    lines = (await _taken(there, kept, "ndjson", **query)).content.splitlines()
    events = [msgspec.json.decode(line, type=AuditEvent) for line in lines]

    rows = list(csv.DictReader(io.StringIO((await _taken(there, kept, "csv", **query)).text)))
    content = (await _taken(there, kept, "parquet", **query)).content
    table = parquet.read_table(arrow.BufferReader(content))

    assert len(events) > queries.PAGE
    assert table.schema.field("recorded_at").type == arrow.timestamp("us", tz="UTC")
    assert table.to_pylist() == [msgspec.structs.asdict(one) for one in events]
    assert [(one["id"], one["why"]) for one in rows] == [(one.id, one.why or "") for one in events]
    assert tuple(rows[0]) == COLUMNS


@pytest.mark.parametrize("why", ['=HYPERLINK("x")', "＝1+1", "\n=1+1"])
def test_a_reason_that_a_spreadsheet_would_compute_is_marked_as_text(why: str) -> None:
    row = {
        **dict.fromkeys(COLUMNS), "id": f"event_{'0' * 12}7000{'8' + '0' * 15}", "version": 1,
        "type": "", "object": "", "authority_number": 1, "organisation_id": "", "hash": "",
        "valid_at": BEGAN, "recorded_at": BEGAN, "why": why,
    }  # fmt: skip

    written = writer(Format.CSV).page(msgspec.json.encode([row]))

    (shown,) = csv.DictReader(io.StringIO(written.decode(), newline=""))
    assert shown["why"] == f"'{why}"


@pytest.mark.parametrize("form", list(Format), ids=str)
@pytest.mark.usefixtures("there")
async def test_six_times_the_events_take_no_more_memory(database: Database, form: Format) -> None:
    least = await _peak(database, form, count=5_000)
    peak = await _peak(database, form, count=COUNT)

    assert least[0] < peak[0] / 4
    assert peak[1] < least[1] * 1.3


async def _peak(database: Database, form: Format, *, count: int) -> tuple[int, int]:
    """Return how many bytes left, and how many were in memory at the most."""
    asked = Search(recorded_from=BEGAN, recorded_before=BEGAN + timedelta(minutes=count))
    left, held = 0, 0
    tracemalloc.start()
    async for piece in queries.pieces(database.plain(), asked, to=writer(form), by=AUDITOR):
        left += len(piece)
        held = max(held, arrow.total_allocated_bytes())
    peak = tracemalloc.get_traced_memory()[1] + held
    tracemalloc.stop()
    return left, peak


async def test_what_is_taken_away_is_kept_as_a_reading(
    there: httpx.AsyncClient, kept: dict[str, Any]
) -> None:
    answer = await _taken(there, kept, "csv", reason="目录")

    readings = await there.get("/v1/audit/readings", headers=kept["operator"])
    latest = readings.json()["data"][0]
    assert (latest["act"], latest["asked"]) == ("export", {"reason": "目录", "format": "csv"})
    assert latest["request_id"] == answer.headers["x-request-id"]


async def test_only_auditors_take_away_and_only_from_their_jurisdictions(
    there: httpx.AsyncClient, kept: dict[str, Any]
) -> None:
    for party, person in (("city", "officer"), ("enterprise", "bidder"), ("platform", "operator")):
        headers = await bearer(there, party, person)
        answer = await there.get("/v1/audit/event-file", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")

    assert (await _taken(there, kept, "ndjson", jurisdiction="110000")).content == b""
