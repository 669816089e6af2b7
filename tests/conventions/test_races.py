"""Two at once: one right outcome each, whoever comes first."""

import asyncio
import uuid
from collections import Counter

import httpx
import pytest
from sqlalchemy import func, select

from ecosystem.history.tables import event
from ecosystem.runtime.database import Database, Statement
from tests.conventions import market
from tests.conventions.market import Market

EVENTS = Statement(select(func.count()).select_from(event))


@pytest.fixture(scope="module")
def kept() -> dict[str, Market]:
    return {}


@pytest.fixture
async def there(client: httpx.AsyncClient, kept: dict[str, Market]) -> Market:
    if "market" not in kept:
        kept["market"] = await market.make(client)
    return kept["market"]


async def _count(database: Database) -> int:
    count: int = await database.plain().value(EVENTS)
    return count


async def test_one_key_sent_eight_times_at_once_makes_one_need(
    there: Market, client: httpx.AsyncClient, database: Database
) -> None:
    before = await _count(database)
    headers = {**there.officer, "Idempotency-Key": str(uuid.uuid4())}

    answers = await asyncio.gather(
        *(client.post("/v1/needs", json=there.draft, headers=headers) for _ in range(8))
    )
    again = await client.post("/v1/needs", json=there.draft, headers=headers)

    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert made == {again.json()["id"]}
    assert await _count(database) == before + 1
    in_use = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert in_use <= {"idempotency_key_in_use"}


async def test_a_replay_answers_what_was_answered(there: Market, client: httpx.AsyncClient) -> None:
    headers = {**there.officer, "Idempotency-Key": str(uuid.uuid4())}

    first = await client.post("/v1/needs", json=there.draft, headers=headers)
    second = await client.post("/v1/needs", json=there.draft, headers=headers)

    assert "idempotency-replayed" not in first.headers
    for name in ("location", "etag", "content-type"):
        assert first.headers[name] == second.headers[name]
    assert (first.status_code, first.content) == (second.status_code, second.content)


async def test_a_key_with_another_body_is_refused(there: Market, client: httpx.AsyncClient) -> None:
    headers = {**there.officer, "Idempotency-Key": str(uuid.uuid4())}
    await client.post("/v1/needs", json=there.draft, headers=headers)

    other = {**there.draft, "sector": "public_services"}
    answer = await client.post("/v1/needs", json=other, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_key_belongs_to_who_sent_it(there: Market, client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    path = f"/v1/needs/{there.published_id}/questions"
    asked = {"text": {"en": "When?"}}
    await client.post("/v1/needs", json=there.draft, headers={**there.officer, **key})

    answer = await client.post(path, json=asked, headers={**there.bidder, **key})

    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers


async def test_a_refusal_is_not_kept_under_the_key(
    there: Market, client: httpx.AsyncClient
) -> None:
    headers = {**there.officer, "Idempotency-Key": str(uuid.uuid4())}
    wrong = {**there.draft, "opening_at": "2001-01-01T00:00:00Z"}

    refused = await client.post("/v1/needs", json=wrong, headers=headers)
    mended = await client.post("/v1/needs", json=there.draft, headers=headers)

    assert (refused.status_code, mended.status_code) == (422, 201)


async def test_of_eight_publications_under_one_etag_one_takes_effect(
    there: Market, client: httpx.AsyncClient, database: Database
) -> None:
    made = await market.created(client, "/v1/needs", there.officer, there.draft)
    path = f"/v1/needs/{made['id']}"
    tag = (await client.get(path, headers=there.officer)).headers["etag"]
    headers = {**there.officer, "If-Match": tag}
    before = await _count(database)

    answers = await asyncio.gather(
        *(client.post(f"{path}/publication", headers=headers) for _ in range(8))
    )

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 1, 412: 7}
    assert await _count(database) == before + 1


async def test_a_cursor_neither_skips_nor_repeats_while_needs_are_added(
    there: Market, client: httpx.AsyncClient
) -> None:
    for _ in range(7):
        await market.created(client, "/v1/needs", there.officer, there.draft)
    listed = await client.get("/v1/needs?limit=100", headers=there.officer)
    expected = [one["id"] for one in listed.json()["data"]]

    seen: list[str] = []
    page = (await client.get("/v1/needs?limit=2", headers=there.officer)).json()
    while True:
        seen += [one["id"] for one in page["data"]]
        await market.created(client, "/v1/needs", there.officer, there.draft)
        if not page["has_more"]:
            break
        path = f"/v1/needs?limit=2&cursor={page['next_cursor']}"
        page = (await client.get(path, headers=there.officer)).json()

    assert seen == expected
    assert page["next_cursor"] is None


async def test_a_cursor_of_another_filter_or_caller_is_refused(
    there: Market, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        await market.created(client, "/v1/needs", there.officer, there.draft)
    first = await client.get("/v1/needs?limit=1", headers=there.officer)
    cursor = first.json()["next_cursor"]

    other_filter = await client.get(
        f"/v1/needs?limit=1&sector=urban_governance&cursor={cursor}", headers=there.officer
    )
    other_caller = await client.get(f"/v1/needs?limit=1&cursor={cursor}", headers=there.bidder)

    for answer in (other_filter, other_caller):
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


async def test_who_has_the_version_gets_304_and_who_has_not_gets_the_need(
    there: Market, client: httpx.AsyncClient
) -> None:
    path = f"/v1/needs/{there.published_id}"
    tag = (await client.get(path)).headers["etag"]

    known = await client.get(path, headers={"If-None-Match": tag})
    unknown = await client.get(path, headers={"If-None-Match": '"v1"'})

    assert (known.status_code, known.content) == (304, b"")
    assert unknown.status_code == 200
