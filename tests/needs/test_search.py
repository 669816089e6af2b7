"""Whatever run of characters a need holds is found, in Chinese from one character up."""

from typing import Any
from urllib.parse import unquote_to_bytes

import httpx
import pytest

from ecosystem.runtime.edge import Edge
from tests.conventions import market


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
async def found_by(client: httpx.AsyncClient, kept: dict[str, Any]) -> Any:
    if not kept:
        there = await market.make(client)
        kept["whole"] = there.published_id
        for zh, en in (("污水处理厂运行", "Sewage works"), ("智慧停车", "Parking: smart-kerb")):
            draft = {**there.draft, "title": {"zh": zh, "en": en}, "description": {"zh": zh}}
            made = await market.created(client, "/v1/needs", there.officer, draft)
            await market.publish(client, there.officer, made["id"])
            kept[zh] = made["id"]

    async def search(text: str) -> set[str]:
        answer = await client.get("/v1/needs", params={"text": text})
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["data"]}

    return search


@pytest.mark.parametrize(
    "text", ["污水", "水处", "处理厂", "水", "行", "sewage", "EWA", "污水处理厂运行", "污水 运行"]
)
async def test_a_part_of_the_text_finds_it(text: str, found_by: Any, kept: dict[str, Any]) -> None:
    assert await found_by(text) == {kept["污水处理厂运行"]}


async def test_chinese_is_found_however_it_stands_in_the_address(
    edge: Edge, found_by: Any, kept: dict[str, Any]
) -> None:
    async def typed(scope: Any, receive: Any, send: Any) -> None:
        as_it_is = unquote_to_bytes(scope["query_string"])
        await edge({**scope, "query_string": as_it_is}, receive, send)

    transport = httpx.ASGITransport(app=typed)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as shell:
        answer = await shell.get("/v1/needs", params={"text": "污水"})

    assert {one["id"] for one in answer.json()["data"]} == await found_by("污水")
    assert kept["污水处理厂运行"] in answer.text


@pytest.mark.parametrize("text", ["水污", "厂行", "污水停车", "sewageworks", "zzz"])
async def test_what_does_not_stand_there_finds_nothing(text: str, found_by: Any) -> None:
    assert await found_by(text) == set()


async def test_words_on_both_sides_of_a_hyphen_are_found(
    found_by: Any, kept: dict[str, Any]
) -> None:
    assert await found_by("smart-kerb") == {kept["智慧停车"]}


@pytest.mark.parametrize("text", ["'", "\\", "a' | 'b", "<->", ":*", "&", "!", "(", "🌊", "  "])
async def test_signs_that_mean_something_to_the_index_break_nothing(
    text: str, found_by: Any
) -> None:
    assert isinstance(await found_by(text), set)


async def test_filters_combine_with_text(
    client: httpx.AsyncClient, found_by: Any, kept: dict[str, Any]
) -> None:
    assert await found_by("污水")
    answer = await client.get("/v1/needs", params={"text": "污水", "sector": "public_services"})
    published = await client.get("/v1/needs", params={"in_state": "published", "text": "污水"})

    assert answer.json()["data"] == []
    assert [one["id"] for one in published.json()["data"]] == [kept["污水处理厂运行"]]


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"within": "CN", "text": "污水"}, {"污水处理厂运行"}),
        ({"within": "440000", "text": "停车"}, {"智慧停车"}),
        ({"within": "440304", "text": "停车"}, set()),
        ({"invited_kind": "think_tank", "text": "停车"}, {"智慧停车"}),
        ({"invited_kind": "auditor", "text": "停车"}, set()),
        ({"invited_offer": "advisory"}, set()),
        ({"value_min": "12000000.00", "text": "停车"}, {"智慧停车"}),
        ({"value_min": "12000000.01"}, set()),
        ({"value_min": "1", "currency": "EUR"}, set()),
        ({"value_max": "11999999"}, set()),
        ({"closing_before": "2020-01-01"}, set()),
        ({"closing_from": "2020-01-01", "value_max": "12000000", "text": "停车"}, {"智慧停车"}),
        ({"sector": "urban_governance", "operation": "data", "text": "停车"}, {"智慧停车"}),
        ({"operation": "service", "text": "停车"}, set()),
        ({"sector": "public_services"}, set()),
    ],
)  # fmt: skip
async def test_filters_narrow_the_list(
    client: httpx.AsyncClient,
    found_by: Any,
    kept: dict[str, Any],
    filters: dict[str, str],
    titles: set[str],
) -> None:
    assert await found_by("污水")

    answer = await client.get("/v1/needs", params=filters)

    assert answer.status_code == 200, answer.text
    assert {one["id"] for one in answer.json()["data"]} == {kept[title] for title in titles}


async def test_ranges_alone_are_paged_by_key(client: httpx.AsyncClient, found_by: Any) -> None:
    assert await found_by("污水")
    found: list[str] = []
    address: str | None = "/v1/needs?closing_from=2020-01-01&value_min=1&limit=2"
    while address:
        page = await client.get(address)
        found += [one["id"] for one in page.json()["data"]]
        link = page.links.get("next")
        address = link["url"] if link else None

    assert found == sorted(found, reverse=True)
    assert len(found) == len(set(found)) == 3


@pytest.mark.parametrize(
    "query", ["sector=parks", "value_min=-1", "closing_from=soon", "in_state=open", "within=a/b"]
)
async def test_a_filter_of_no_known_form_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"/v1/needs?{query}")).status_code == 400
