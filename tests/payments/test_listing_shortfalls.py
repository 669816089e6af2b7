"""What contracts wait for money with is listed to who pays, who is paid, and who audits."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from ecosystem.budgets import actions as budgets
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import seen_by
from ecosystem.values.money import Money
from tests.parties import bearer
from tests.payments.agreement import AT, Agreement, verify
from tests.payments.ending import ended

pytestmark = pytest.mark.anyio


@pytest.fixture
async def waits(client: httpx.AsyncClient, database: Database, chosen: Settings) -> Agreement:
    """A contract that has ended, whose programme lacks what a correction has earned since."""
    assert (await client.get("/v1/sandbox/parties")).status_code == 200
    agreed, first = await ended(database, Path(chosen.data_folder or "."))
    by = agreed.actor("city", "treasurer")
    async with database.transaction(seen_by(by)) as tx:
        await budgets.commit(
            tx, programme_id=agreed.programme_id, for_id=mint("award", authority=agreed.authority),
            amount=Money("99000.00", "CNY"), by=by, at=AT,
        )  # fmt: skip
    await verify(
        database, agreed, "matters", "150",
        supersedes=await verify(database, agreed, "matters", "120", supersedes=first),
    )  # fmt: skip
    return agreed


async def _listed(
    client: httpx.AsyncClient, who: tuple[str, str] = ("city", "treasurer"), **asked: Any
) -> dict[str, Any]:
    headers = await bearer(client, *who)
    answer = await client.get("/v1/shortfalls", headers=headers, params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_waits_is_listed_with_what_the_programme_must_have(
    client: httpx.AsyncClient, waits: Agreement
) -> None:
    here: dict[str, Any] = {"contract_id": waits.contract_id}

    [now] = (await _listed(client, in_state="waiting", **here))["data"]
    newest, older = (await _listed(client, programme_id=waits.programme_id))["data"]

    assert newest == now
    assert (now["contract_id"], now["programme_id"], now["state"], now["ended_at"]) == (
        waits.contract_id, waits.programme_id, "waiting", None,
    )  # fmt: skip
    assert now["amount"] == {"amount": "500.00", "currency": "CNY"}
    assert (older["state"], older["amount"]["amount"]) == ("lapsed", "200.00")
    assert older["ended_at"] is not None


async def test_it_is_read_page_by_page_within_the_same_filter_alone(
    client: httpx.AsyncClient, waits: Agreement
) -> None:
    here: dict[str, Any] = {"contract_id": waits.contract_id, "limit": 1}

    first = await _listed(client, **here)
    second = await _listed(client, **here, cursor=first["next_cursor"])
    other = await client.get(
        "/v1/shortfalls", headers=await bearer(client, "city", "treasurer"),
        params={"limit": 1, "cursor": first["next_cursor"]},
    )  # fmt: skip

    assert [first["has_more"], second["has_more"]] == [True, False]
    assert first["data"][0]["id"] > second["data"][0]["id"]
    assert other.status_code == 400


async def test_who_supplies_and_who_audits_see_it_and_nobody_else_does(
    client: httpx.AsyncClient, waits: Agreement
) -> None:
    here: dict[str, Any] = {"contract_id": waits.contract_id}

    seen = [
        len((await _listed(client, who, **here))["data"])
        for who in (
            ("enterprise", "delivery"), ("auditor", "auditor"), ("verifier", "verifier"),
            ("bank", "lender"), ("second_enterprise", "delivery"),
        )
    ]  # fmt: skip

    assert seen == [2, 2, 0, 0, 0]
