"""Needs are published under the rules of their place, over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conventions import market
from tests.conventions.market import Market

FUTIAN, LUOHU = "440304", "440303"
"""Districts of the sandbox: one under the directives of the Union, one under Chinese law."""


@pytest.fixture(scope="module")
def kept() -> dict[str, Market]:
    return {}


@pytest.fixture
async def there(client: httpx.AsyncClient, kept: dict[str, Market]) -> Market:
    if not kept:
        kept["market"] = await market.make(client)
    return kept["market"]


async def drafted(client: httpx.AsyncClient, there: Market, **changed: Any) -> str:
    made = await market.created(client, "/v1/needs", there.officer, {**there.draft, **changed})
    return f"/v1/needs/{made['id']}"


def places(problem: Any) -> set[tuple[str, str]]:
    return {(one["pointer"], one["code"]) for one in problem["errors"]}


async def test_all_that_the_law_of_the_place_asks_is_refused_at_once(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(
        client, there, jurisdiction=LUOHU, openers=there.draft["openers"][:2],
        contract_form={"id": "no-such-form", "version": "1.0"},
    )  # fmt: skip

    ready = await client.get(f"{path}/readiness", headers=there.officer)
    refused = await market.publish(client, there.officer, path.rpartition("/")[2])

    expected = {
        ("/submission_ends_at", "submission_too_short"),
        ("/opening_at", "opening_too_late"),
        ("/openers", "openers_too_few"),
        ("/contract_form", "form_unknown"),
        ("/lots/0/price_formula", "formula_not_allowed"),
    }
    assert refused.status_code == 422
    assert places(refused.json()) - {("/enquiry_ends_at", "enquiry_too_short")} == expected
    assert ready.json()["profile_id"] == "cn-government-procurement"
    assert places(ready.json()) == places(refused.json())
    assert (await client.get(path)).status_code == 404


async def test_a_check_is_told_in_the_language_that_is_preferred(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there, jurisdiction=LUOHU, openers=there.draft["openers"][:2])

    chinese, english = [
        await client.get(f"{path}/readiness", headers={**there.officer, "Accept-Language": one})
        for one in ("zh", "en")
    ]

    assert chinese.headers["content-language"] == "zh-Hans"
    assert english.headers["content-language"] == "en"
    assert {one.headers["vary"] for one in (chinese, english)} == {"Accept-Language"}
    assert places(chinese.json()) == places(english.json()) != set()
    assert [one for one in chinese.json()["errors"] if one["detail"].isascii()] == []
    assert all(one["detail"].endswith("。") for one in chinese.json()["errors"])
    assert all("。" not in one["detail"] for one in english.json()["errors"])


async def test_what_a_published_need_lacks_is_told_with_what_may_be_done(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there)
    published = await market.publish(client, there.officer, path.rpartition("/")[2])

    headers = {**there.officer, "Accept-Language": "zh"}
    checked = await client.get(f"{path}/readiness", headers=headers)

    assert published.status_code == 201
    (one,) = checked.json()["errors"]
    assert one["detail"] == ("该需求的状态为 published。已发布的需求可以修订或取消，不能再次发布。")


async def test_a_need_says_under_which_profile_it_was_published_and_what_is_unwise(
    client: httpx.AsyncClient, there: Market
) -> None:
    now = datetime.now(UTC)
    lot = {**there.draft["lots"][0], "price_formula": "spread/1"}
    path = await drafted(
        client, there, jurisdiction=FUTIAN, lots=[lot],
        estimated_value={"amount": "11500000.00", "currency": "CNY"},
        enquiry_ends_at=(now + timedelta(days=30)).isoformat(),
        submission_ends_at=(now + timedelta(days=45)).isoformat(),
        opening_at=(now + timedelta(days=45)).isoformat(),
    )  # fmt: skip

    answer = await market.publish(client, there.officer, path.rpartition("/")[2])

    assert answer.status_code == 201, answer.text
    need = (await client.get(path)).json()
    assert need["profile_id"] == "eu-directives"
    assert [one["code"] for one in need["warnings"]] == ["formula_is_relative"]
    assert need["estimated_value"] == {"amount": "11500000.00", "currency": "CNY"}
    assert need["lots"][0]["outcomes"][0]["period"] == "year"


WHOLE: dict[str, Any] = {
    "sector": "public_services", "operation": "service", "phase": "construction",
    "standards": ["GB/T 22239-2019", "GB/T 33356-2022"],
    "data_resources": [
        {
            "title": {"zh": "人口库", "en": "Register"}, "classification": "restricted",
            "licence": "CC-BY-4.0", "terms": {"zh": "仅限本合同", "en": "Under this contract"},
        },
        {
            "title": {"zh": "路口流量"}, "classification": "open", "licence": "public-domain",
            "terms": {"en": "None."},
        },
    ],
    "invited_kinds": ["think_tank"], "invited_offers": ["advisory"], "envelopes": "two",
    "estimated_value": {"amount": "9000000.00", "currency": "CNY"},
}  # fmt: skip
OUTCOME: dict[str, Any] = {
    "metric": "waiting", "name": {"zh": "等候", "en": "Waiting"},
    "definition": {"en": "From the question to the first answer."}, "unit": "minutes",
    "direction": "down", "baseline": "45.5", "target": "10", "period": "quarter",
    "data_source": {"zh": "系统日志", "en": "Log"},
}  # fmt: skip


async def test_all_that_an_officer_wrote_is_read_by_everyone_as_it_was_written(
    client: httpx.AsyncClient, there: Market
) -> None:
    lot = {**there.draft["lots"][0], "outcomes": [OUTCOME]}
    lot["criteria"] = [{**one} for one in lot["criteria"] if one["kind"] != "metric_commitment"]
    lot["criteria"][0]["weight"], lot["criteria"][1]["weight"] = "55.5", "44.5"
    asked = {**there.draft, **WHOLE, "lots": [lot]}
    path = await drafted(client, there, **asked)

    answer = await market.publish(client, there.officer, path.rpartition("/")[2])

    assert answer.status_code == 201, answer.text
    need = (await client.get(path)).json()
    times = {name for name in asked if name.endswith("_at")}
    for name in asked.keys() - times - {"lots", "openers"}:
        assert need[name] == asked[name], name
    for name in times:
        assert datetime.fromisoformat(need[name]) == datetime.fromisoformat(asked[name])
    assert [one["person_id"] for one in need["openers"]] == asked["openers"]
    kept = need["lots"][0]
    assert {name: kept[name] for name in lot} == lot


async def test_to_publish_again_changes_nothing_and_is_answered_alike(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there)
    first = await market.publish(client, there.officer, path.rpartition("/")[2])

    again = await market.publish(client, there.officer, path.rpartition("/")[2])
    checked = await client.get(f"{path}/readiness", headers=there.officer)

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["etag"] == first.headers["etag"] == '"v2"'
    assert places(checked.json()) == {("", "not_draft")}


async def test_of_publications_at_once_one_takes_effect_and_all_are_answered_alike(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there)
    headers = {**there.officer, "If-Match": "*"}

    answers = await asyncio.gather(
        *(client.post(f"{path}/publication", headers=headers) for _ in range(4))
    )

    assert {(one.status_code, one.json()["version"]) for one in answers} == {(201, 2)}
    assert (await client.get(path)).json()["version"] == 2


async def test_a_draft_that_is_cancelled_stays_invisible(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there)
    headers = {**there.officer, "If-Match": "*"}

    ended = await client.post(
        f"{path}/cancellation", json={"reason": {"en": "A slip."}}, headers=headers
    )

    assert ended.status_code == 201, ended.text
    assert (await client.get(path)).status_code == 404
    assert (await client.get(path, headers=there.bidder)).status_code == 404
    assert (await client.get(path, headers=there.officer)).json()["state"] == "cancelled"
