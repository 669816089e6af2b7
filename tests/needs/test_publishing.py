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
        ("/openers", "openers_too_few"),
        ("/contract_form", "form_unknown"),
        ("/lots/0/price_formula", "formula_not_allowed"),
    }
    assert refused.status_code == 422
    assert places(refused.json()) - {("/enquiry_ends_at", "enquiry_too_short")} == expected
    assert ready.json()["profile_id"] == "cn-government-procurement"
    assert places(ready.json()) == places(refused.json())
    assert (await client.get(path)).status_code == 404


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
