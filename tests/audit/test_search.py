"""An auditor searches the events of its jurisdictions, and what it reads is kept."""

from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.audit.searching import queries
from ecosystem.audit.searching.model import Search
from ecosystem.runtime.postgres import EmbeddedServer
from tests.audit.filled import COUNT, fill
from tests.parties import bearer


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


async def _found(
    there: httpx.AsyncClient, kept: dict[str, Any], **query: str | int
) -> list[dict[str, Any]]:
    answer = await there.get("/v1/audit/events", params=query, headers=kept["auditor"])
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def test_what_is_found_is_what_was_asked_for(
    there: httpx.AsyncClient, kept: dict[str, Any]
) -> None:
    by_type = await _found(there, kept, type="milestone.rejected,milestone.accepted", limit=100)
    by_prefix = await _found(there, kept, type="milestone.*", kind="milestone", limit=5)
    within = await _found(
        there, kept, recorded_from="2025-02-02T00:00:00Z", recorded_before="2025-02-02T00:03:00Z"
    )
    valid = await _found(there, kept, valid_before="2025-01-01T00:04:00Z", order="oldest")

    assert {one["type"] for one in by_type} == {"milestone.rejected", "milestone.accepted"}
    assert len(by_prefix) == 5
    assert [one["recorded_at"] for one in within] == [
        f"2025-02-02T00:0{minute}:00Z" for minute in (2, 1, 0)
    ]
    assert [one["valid_at"] for one in valid] == [
        f"2025-01-01T00:0{minute}:00Z" for minute in (1, 2, 3)
    ]
    assert await _found(there, kept, jurisdiction="110000") == []


@pytest.mark.parametrize("reason", ["目录", "index is", "缺"])
async def test_a_reason_is_found_by_its_words_in_either_language(
    there: httpx.AsyncClient, kept: dict[str, Any], reason: str
) -> None:
    found = await _found(there, kept, reason=reason, limit=100)

    assert len(found) == COUNT // 500
    assert {one["why"] for one in found} == {"缺少目录 the index is missing"}


@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_pages_miss_nothing_repeat_nothing_and_show_nothing_that_is_sealed(
    there: httpx.AsyncClient, kept: dict[str, Any], order: str
) -> None:
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"person_id": f"person_{7:032}", "order": order, "limit": 100}
    while True:
        answer = await there.get("/v1/audit/events", params=query, headers=kept["auditor"])
        page = answer.json()
        seen += page["data"]
        if not page["has_more"]:
            break
        query["cursor"] = page["next_cursor"]

    times = [one["recorded_at"] for one in seen]
    assert times == sorted(times, reverse=order == "newest")
    assert len({one["id"] for one in seen}) == len(seen) == COUNT // 50 - COUNT // 1000


async def test_each_search_is_kept_and_shown_to_the_operator_and_the_auditor(
    there: httpx.AsyncClient, kept: dict[str, Any]
) -> None:
    answer = await there.get(
        "/v1/audit/events", params={"reason": "目录", "limit": 1}, headers=kept["auditor"]
    )
    for who in ("operator", "auditor"):
        listed = (await there.get("/v1/audit/readings", headers=kept[who])).json()["data"]

        assert listed[0]["act"] == "search"
        assert listed[0]["asked"] == {"reason": "目录"}
        assert listed[0]["request_id"] == answer.headers["x-request-id"]


async def test_others_do_not_search(there: httpx.AsyncClient) -> None:
    for party, person in (("city", "officer"), ("enterprise", "bidder"), ("platform", "operator")):
        headers = await bearer(there, party, person)
        answer = await there.get("/v1/audit/events", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize(
    "asked",
    [
        Search(),
        Search(person_id="person_1"),
        Search(client_id="client_1"),
        Search(organisation_id="org_1"),
        Search(types=("milestone.accepted", "milestone.rejected")),
        Search(reason="目录"),
        Search(object="milestone_1"),
    ],
    ids=lambda asked: "-".join(asked.given()) or "all",
)
@pytest.mark.parametrize("oldest_first", [False, True], ids=["newest", "oldest"])
@pytest.mark.usefixtures("there")
async def test_no_search_reads_every_event(
    kept: dict[str, Any], asked: Search, *, oldest_first: bool
) -> None:
    statement = queries.search(asked, oldest_first=oldest_first)
    lists = {name: list(value) for name, value in asked.given().items() if name == "types"}
    given = {**asked.given(), **lists, "oversees": "440000", "page_from": "~", "page_limit": 20}
    connection = await asyncpg.connect(kept["superuser"])
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    rows = await connection.fetch(f"EXPLAIN {statement.sql}", *statement.arguments(given))
    await connection.close()

    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on event" not in plan, plan


@pytest.mark.parametrize(
    ("asked", "code", "told"),
    [
        ({"type": "need.publishd"}, "type_unknown", "need.published"),
        ({"type": "mileston.*"}, "type_unknown", "milestone"),
        ({"kind": "milestones"}, "thing_unknown", "milestone"),
        ({"jurisdiction": "999999"}, "jurisdiction_unknown", "GET /v1/jurisdictions"),
    ],
    ids=["type", "beginning", "kind", "jurisdiction"],
)
async def test_what_there_is_not_is_refused_and_what_there_is_is_named(
    there: httpx.AsyncClient, kept: dict[str, Any], asked: dict[str, str], code: str, told: str
) -> None:
    for path in ("/v1/audit/events", "/v1/audit/event-file"):
        answer = await there.get(path, params=asked, headers=kept["auditor"])

        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert next(iter(asked)) in answer.json()["detail"]
        assert told in answer.json()["detail"]
