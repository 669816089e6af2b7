"""Searches that are kept: who keeps one is told of every need that it finds, and nobody else."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from ecosystem.needs.searches import rules
from ecosystem.needs.searches.model import Filters, SaveFacts, SearchDraft
from ecosystem.values.text import Text
from tests.conventions import market
from tests.conventions.market import Market
from tests.needs.drafts import AT, BIDDER
from tests.parties import bearer, comes_true

NAME = Text(zh="污水处理", en="Sewage")


def facts(*, kept: int = 0, **filters: Any) -> SaveFacts:
    asked = SearchDraft(NAME, msgspec.convert(filters, Filters))
    return SaveFacts(asked=asked, kept=kept)


def test_a_search_asks_for_something_that_a_published_need_is() -> None:
    assert rules.save(facts(text="污水"), by=BIDDER, at=AT).name == NAME
    for unfit in (facts(), facts(currency="EUR"), facts(text="污水", in_state="closed")):
        with pytest.raises(rules.SearchUnfit):
            rules.save(unfit, by=BIDDER, at=AT)
    with pytest.raises(rules.SearchesTooMany):
        rules.save(facts(text="污水", kept=rules.KEPT_MAX), by=BIDDER, at=AT)


@pytest.fixture(scope="module")
def kept() -> dict[str, Market]:
    return {}


@pytest.fixture
async def there(client: httpx.AsyncClient, kept: dict[str, Market]) -> Market:
    if not kept:
        kept["market"] = await market.make(client)
    return kept["market"]


async def saved(client: httpx.AsyncClient, there: Market, **filters: Any) -> str:
    asked = {"name": {"en": "Kept"}, "filters": filters}
    made = await market.created(client, "/v1/saved-searches", there.bidder, asked)
    identifier: str = made["id"]
    return identifier


async def published(client: httpx.AsyncClient, there: Market, title: str) -> str:
    draft = {**there.draft, "title": {"zh": title}}
    made = await market.created(client, "/v1/needs", there.officer, draft)
    answer = await market.publish(client, there.officer, made["id"])
    assert answer.status_code == 201, answer.text
    identifier: str = made["id"]
    return identifier


async def told(client: httpx.AsyncClient, who: dict[str, str]) -> set[str]:
    """Return the searches of which the reader is told that they have found something."""
    found: set[str] = set()
    after = 0
    while True:
        feed = (await client.get(f"/v1/events?limit=100&after={after}", headers=who)).json()
        found |= {one["object"] for one in feed["data"] if one["type"] == "search.matched"}
        if feed["next_after"] == after:
            return found
        after = feed["next_after"]


async def test_who_keeps_a_search_is_told_of_what_it_finds_and_nobody_else(
    client: httpx.AsyncClient, there: Market
) -> None:
    finding = {
        await saved(client, there, text="污水"),
        await saved(client, there, within="440000", invited_kind="enterprise", value_min="1.00"),
        await saved(client, there, closing_from="2020-01-01", sector="urban_governance"),
    }
    for filters in (
        {"text": "停车"}, {"within": "440304"}, {"value_max": "1.00"}, {"operation": "facility"},
        {"closing_before": "2020-01-01"}, {"value_min": "1.00", "currency": "EUR"},
        {"invited_offer": "advisory"},
    ):  # fmt: skip
        await saved(client, there, **filters)

    await published(client, there, "污水处理厂运行")

    async def all_told() -> bool:
        return bool(await told(client, there.bidder))

    assert await comes_true(all_told, within_s=10)
    assert await told(client, there.bidder) == finding
    assert await told(client, there.officer) == set()
    assert await told(client, {}) == set()
    assert await told(client, await bearer(client, "second_enterprise", "bidder")) == set()


async def test_a_kept_search_is_run_again_from_an_instant_on(
    client: httpx.AsyncClient, there: Market
) -> None:
    search = await saved(client, there, text="智慧停车")
    need_id = await published(client, there, "智慧停车运营")
    at = (await client.get(f"/v1/needs/{need_id}")).json()["published_at"]
    path = f"/v1/saved-searches/{search}/needs"

    async def found(since: str) -> list[str]:
        answer = await client.get(path, params={"published_since": since}, headers=there.bidder)
        return [one["id"] for one in answer.json()["data"]]

    later = msgspec.convert(at, type=type(AT)) + timedelta(seconds=1)
    assert await found(at) == [need_id]
    assert await found(later.isoformat()) == []


async def test_a_search_is_its_keepers_alone_until_it_is_deleted(
    client: httpx.AsyncClient, there: Market
) -> None:
    search = await saved(client, there, text="路灯")
    path = f"/v1/saved-searches/{search}"
    read = await client.get(path, headers=there.bidder)
    foreign = await client.get(path, headers=there.officer)
    kept_alive = await client.delete(path, headers={**there.officer, "If-Match": "*"})
    dropped = await client.delete(path, headers={**there.bidder, "If-Match": read.headers["etag"]})
    await published(client, there, "路灯运行")
    gone = await client.get(path, headers=there.bidder)
    listed = (await client.get("/v1/saved-searches?limit=100", headers=there.bidder)).json()

    assert read.json()["filters"] == {"text": "路灯"}
    assert (foreign.status_code, kept_alive.status_code) == (404, 404)
    assert (dropped.status_code, gone.status_code) == (204, 404)
    assert search not in {one["id"] for one in listed["data"]}
