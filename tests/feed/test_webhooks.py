"""Webhooks: each event that an organisation may see reaches its target, signed, in order."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from ecosystem.feed.webhooks import rules
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.settings import Settings
from tests.conventions import market
from tests.conventions.market import Headers, Market
from tests.feed.target import OK, Message, Target, listening, status
from tests.parties import bearer, comes_true


@pytest.fixture(scope="module")
def chosen(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=database_url,
        data_folder=str(tmp_path_factory.mktemp("house")),
        sandbox=True,
        webhook_loopback=True,
        webhook_wait_s_max=2,
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


async def ended(client: httpx.AsyncClient, who: Headers, webhook_id: str) -> dict[str, Any]:
    """Wait until the newest delivery is over, and return it."""
    found: dict[str, Any] = {}
    for _ in range(500):
        answer = await client.get(f"/v1/webhooks/{webhook_id}/deliveries", headers=who)
        found = answer.json()["data"][0]
        if found["ended_at"] is not None:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)


MERGE = {"Content-Type": "application/merge-patch+json"}


async def tagged(client: httpx.AsyncClient, who: Headers, webhook_id: str) -> Headers:
    answer = await client.get(f"/v1/webhooks/{webhook_id}", headers=who)
    return {**who, "If-Match": answer.headers["etag"]}


async def test_what_is_not_taken_comes_again_as_the_same_message(
    client: httpx.AsyncClient, there: Market, target: Target
) -> None:
    answers = [status(500), OK]
    made = await registered(client, there.bidder, target, event_types=["search.saved"])
    target.answer = lambda _: answers.pop(0)
    wanted = {"name": {"zh": "隧道"}, "filters": {"text": "隧道"}}
    search = await market.created(client, "/v1/saved-searches", there.bidder, wanted)
    (first,) = await target.has(1)
    now = datetime.now(UTC) + timedelta(seconds=10)
    await client.post("/v1/sandbox/clock", json={"now": now.isoformat(), "runs": True})
    messages = await target.has(2)
    over = await ended(client, there.bidder, made["id"])

    assert [one.id for one in messages] == [first.id, first.id] == [over["id"]] * 2
    assert messages[1].content == first.content
    assert first.said["data"]["object"] == search["id"]
    assert (over["state"], over["attempts"], over["last_status"]) == ("delivered", 2, 204)


async def test_a_saved_search_tells_of_each_need_that_it_finds(
    client: httpx.AsyncClient, there: Market, target: Target
) -> None:
    wanted = {"name": {"zh": "桥梁"}, "filters": {"text": "桥梁监测"}}
    search = await market.created(client, "/v1/saved-searches", there.bidder, wanted)
    made = await registered(
        client, there.bidder, target, search_id=search["id"], event_types=["search.matched"]
    )
    await published(client, there, "公园照明")
    need_id = await published(client, there, "桥梁监测运行")

    message = await target.about(search["id"])
    at = message.said["data"]["valid_at"]
    found = await client.get(
        f"/v1/saved-searches/{search['id']}/needs", params={"published_since": at},
        headers=there.bidder,
    )  # fmt: skip
    Webhook(made["secret"]).verify(message.content, message.headers)
    assert message.said["type"] == "search.matched"
    assert [one["id"] for one in found.json()["data"]] == [need_id]
    assert len(target.messages) == 1

    foreign = {"url": target.url, "search_id": search["id"]}
    refused = await client.post("/v1/webhooks", json=foreign, headers=there.officer)
    assert (refused.status_code, refused.json()["code"]) == (422, "search_not_kept")


async def test_two_secrets_are_good_until_the_old_one_ends(
    client: httpx.AsyncClient, there: Market, target: Target
) -> None:
    made = await registered(client, there.bidder, target, event_types=["a.never"])
    path = f"/v1/webhooks/{made['id']}"

    async def rotated(keeps_hours: int) -> str:
        headers = await tagged(client, there.bidder, made["id"])
        answer = await client.post(
            f"{path}/secrets", json={"keeps_hours": keeps_hours}, headers=headers
        )
        assert answer.status_code == 201, answer.text
        secret: str = answer.json()["secret"]
        return secret

    async def tried() -> Message:
        count = len(target.messages)
        answer = await client.post(f"{path}/test", headers=there.bidder)
        assert answer.status_code == 201, answer.text
        return (await target.has(count + 1))[-1]

    second = await rotated(24)
    both = await tried()
    for secret in (made["secret"], second):
        Webhook(secret).verify(both.content, both.headers)
    third = await rotated(0)
    alone = await tried()
    Webhook(third).verify(alone.content, alone.headers)
    for secret in (made["secret"], second):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(alone.content, alone.headers)
    shown = (await client.get(path, headers=there.bidder)).text
    assert third[6:] not in shown
    assert both.said["type"] == "webhook.test"


async def test_a_pause_holds_and_a_resumption_goes_on_from_there(
    client: httpx.AsyncClient, there: Market, target: Target
) -> None:
    made = await registered(client, there.bidder, target, event_types=["webhook.changed"])
    path = f"/v1/webhooks/{made['id']}"
    paused = await client.post(
        f"{path}/pause", headers=await tagged(client, there.bidder, made["id"])
    )
    changed = await client.patch(
        path,
        content=b'{"description": "Second"}',
        headers=MERGE | await tagged(client, there.bidder, made["id"]),
    )
    tried = await client.post(f"{path}/test", headers=there.bidder)
    resumed = await client.post(
        f"{path}/resumption", headers=await tagged(client, there.bidder, made["id"])
    )

    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert (changed.status_code, changed.json()["version"]) == (200, 3)
    assert (tried.status_code, tried.json()["code"]) == (409, "webhook_not_active")
    assert (resumed.status_code, resumed.json()["state"]) == (200, "active")
    assert (await target.about(made["id"])).said["data"]["version"] == 3


async def test_a_webhook_is_its_organisations_alone(
    client: httpx.AsyncClient, there: Market, target: Target
) -> None:
    made = await registered(client, there.bidder, target, event_types=["a.never"])
    path, any_version = f"/v1/webhooks/{made['id']}", {**there.officer, "If-Match": "*"}
    foreign = [
        await client.get(path, headers=there.officer),
        await client.get(f"{path}/deliveries", headers=there.officer),
        await client.patch(path, content=b'{"description": "Mine"}', headers=MERGE | any_version),
        await client.post(f"{path}/secrets", json={}, headers=any_version),
        await client.post(f"{path}/pause", headers=any_version),
        await client.post(f"{path}/test", headers=there.officer),
        await client.post(f"{path}/replay", headers=there.officer),
        await client.delete(path, headers=any_version),
    ]
    listed = (await client.get("/v1/webhooks?limit=100", headers=there.officer)).json()["data"]

    assert {one.status_code for one in foreign} == {404}
    assert made["id"] not in {one["id"] for one in listed}
    deleted = await client.delete(path, headers=await tagged(client, there.bidder, made["id"]))
    gone = await client.get(path, headers=there.bidder)
    assert (deleted.status_code, gone.status_code) == (204, 404)


async def test_a_silent_target_holds_up_nobody_and_no_connection(
    client: httpx.AsyncClient, there: Market, target: Target, edge: Edge
) -> None:
    async with listening() as silent:
        silent.answer = lambda _: None
        stuck: dict[str, Any] = {}
        for _ in range(3):
            stuck = await registered(client, there.bidder, silent, event_types=["a.never"])
            await client.post(f"/v1/webhooks/{stuck['id']}/test", headers=there.bidder)
        await silent.has(3)
        pool = edge.application.state.house.database.pool

        async def is_at_rest() -> bool:
            in_use: int = pool.in_use
            return in_use == 0

        assert await comes_true(is_at_rest, within_s=1.5)
        well = await registered(client, there.bidder, target, event_types=["a.never"])
        await client.post(f"/v1/webhooks/{well['id']}/test", headers=there.bidder)
        await target.has(1)
        over = await ended(client, there.bidder, stuck["id"])

    assert (over["state"], over["last_problem"]) == ("dead", "timed_out")


async def test_an_organisation_has_so_many_webhooks_and_no_more(
    client: httpx.AsyncClient, there: Market
) -> None:
    who = await bearer(client, "second_enterprise", "bidder")
    asked = {"url": "https://hooks.example/", "event_types": ["a.never"]}
    answers = [
        await client.post("/v1/webhooks", json=asked, headers=who)
        for _ in range(rules.WEBHOOKS_MAX + 1)
    ]

    assert {one.status_code for one in answers[:-1]} == {201}
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (409, "webhooks_too_many")
    private = {"url": "https://10.0.0.1/"}
    refused = await client.post("/v1/webhooks", json=private, headers=there.bidder)
    assert (refused.status_code, refused.json()["code"]) == (422, "target_unfit")
    assert refused.json()["errors"][0]["pointer"] == "/url"
