"""Milestones are found across contracts, by whoever is concerned with them."""

from typing import Any

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
AUDITOR = ("auditor", "auditor")
STRANGER = ("bank", "lender")


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """A contract in force since 2025-03-01."""
    made = await awarded(client, database, server.dsn(database_name, role="postgres"))
    return await made.active()


async def _planned(active: Partnership) -> dict[str, dict[str, Any]]:
    path = f"/v1/contracts/{active.contract_id}/milestones?limit=100"
    return {one["code"]: one for one in (await active.get(path, by=OFFICER)).json()["data"]}


async def _found(
    active: Partnership, query: str = "", *, by: tuple[str, str] = OFFICER
) -> set[str]:
    answer = await active.get(f"/v1/milestones?limit=100&{query}", by=by)
    assert answer.status_code == 200, answer.text
    return {one["code"] for one in answer.json()["data"]}


async def test_milestones_are_found_by_contract_state_and_date(active: Partnership) -> None:
    planned = await _planned(active)
    last = max(one["due_at"] for one in planned.values())
    at_last = {code for code, one in planned.items() if one["due_at"] == last}
    late = {code for code, one in planned.items() if one["timeliness"] == "not_met"}

    assert await _found(active, f"contract_id={active.contract_id}") == set(planned)
    assert await _found(active, f"contract_id={mint('contract', authority=1)}") == set()
    assert await _found(active, "in_state=planned") == set(planned)
    assert await _found(active, "in_state=accepted") == set()
    assert await _found(active, f"due_from={last}") == at_last
    assert await _found(active, f"due_before={last}") == set(planned) - at_last
    assert await _found(active, "overdue=true") == late
    assert set() < late < set(planned)


async def test_only_who_is_concerned_finds_them(active: Partnership) -> None:
    planned = set(await _planned(active))

    for by in (OFFICER, SUPPLIER, AUDITOR):
        assert await _found(active, by=by) == planned
    assert await _found(active, by=STRANGER) == set()


async def test_pages_follow_each_other_under_the_same_filters(active: Partnership) -> None:
    path = "/v1/milestones?limit=1"
    first = (await active.get(f"{path}&overdue=true", by=OFFICER)).json()
    cursor = first["next_cursor"]
    second = (await active.get(f"{path}&overdue=true&cursor={cursor}", by=OFFICER)).json()
    mixed = await active.get(f"{path}&cursor={cursor}", by=OFFICER)

    assert first["data"][0]["id"] > second["data"][0]["id"]
    assert (mixed.status_code, mixed.json()["code"]) == (400, "cursor_invalid")
