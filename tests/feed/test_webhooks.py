"""Webhooks: each event that an organisation may see reaches its target, signed, in order."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from ecosystem.runtime.settings import Settings
from tests.conventions import market
from tests.conventions.market import Headers, Market
from tests.feed.target import Target, listening


@pytest.fixture(scope="module")
def chosen(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=database_url,
        data_folder=str(tmp_path_factory.mktemp("house")),
        sandbox=True,
        webhook_loopback=True,
        webhook_wait_s_max=1,
        log_level="debug",
        reads_per_minute=1_000_000,
        writes_per_minute=1_000_000,
    )


@pytest.fixture(scope="module")
def kept() -> dict[str, Market]:
    return {}


@pytest.fixture
async def there(client: httpx.AsyncClient, kept: dict[str, Market]) -> Market:
    if not kept:
        kept["market"] = await market.make(client)
    return kept["market"]


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with listening() as opened:
        yield opened


async def registered(
    client: httpx.AsyncClient, who: Headers, target: Target, **asked: Any
) -> dict[str, Any]:
    return await market.created(client, "/v1/webhooks", who, {"url": target.url, **asked})


async def published(client: httpx.AsyncClient, there: Market, title: str = "路灯") -> str:
    draft = {**there.draft, "title": {"zh": title}}
    made = await market.created(client, "/v1/needs", there.officer, draft)
    answer = await market.publish(client, there.officer, made["id"])
    assert answer.status_code == 201, answer.text
    need_id: str = made["id"]
    return need_id


async def test_an_event_arrives_signed_and_says_what_the_feed_says(
    client: httpx.AsyncClient, there: Market, target: Target
) -> None:
    made = await registered(client, there.bidder, target, event_types=["need.published"])
    need_id = await published(client, there)
    message = await target.about(need_id)

    Webhook(made["secret"]).verify(message.content, message.headers)
    feed = await client.get(
        f"/v1/events?after={message.said['data']['position'] - 1}&limit=1", headers=there.bidder
    )
    assert feed.json()["data"] == [message.said["data"]]
    assert message.said["type"] == "need.published"
    assert message.said["data"]["object"] == need_id
