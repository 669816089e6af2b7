"""A termination of the standard form, whose trigger lets the city end the contract."""

from datetime import date
from typing import Any

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.changing import OFFICER, WHY, code, read
from tests.contracts.partnership import Partnership, awarded

SUPPLIER, VERIFIER = ("enterprise", "delivery"), ("verifier", "verifier")
GROUND = "persistent-low-quality"
"""Below 85 % in three of four quarters in a row: the buyer, with 60 days of notice."""
QUARTERS = [
    date(2025, 3, 1), date(2025, 4, 1), date(2025, 7, 1), date(2025, 10, 1), date(2026, 1, 1),
]  # fmt: skip


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    superuser = server.dsn(database_name, role="postgres")
    return await (await awarded(client, database, superuser)).active()


async def _verified(at: Partnership, quarter: int, value: str, **more: str) -> str:
    """Have the data quality of a quarter reported and verified; return the observation."""
    metrics = (await read(at, f"/v1/contracts/{at.contract_id}/metrics?limit=100"))["data"]
    [metric] = [one["id"] for one in metrics if one["code"] == "data-quality"]
    starts_on, ends_on = QUARTERS[quarter : quarter + 2]
    said = {
        "period": {"starts_on": str(starts_on), "ends_on": str(ends_on)}, "value": value,
        "source": "quality log", "method": {"en": "A sample"}, **more,
    }  # fmt: skip
    made = await at.made(f"/v1/metrics/{metric}/observations", said, by=SUPPLIER)
    await at.made(f"/v1/observations/{made['id']}/verification", WHY, by=VERIFIER, If_Match="*")
    found: str = made["id"]
    return found


async def _rights(at: Partnership, by: tuple[str, str] = OFFICER) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await read(at, f"/v1/contracts/{at.contract_id}/rights-to-end", by=by)
    )["data"]
    return found


async def _end(at: Partnership, by: tuple[str, str]) -> httpx.Response:
    path, asked = f"/v1/contracts/{at.contract_id}", {"kind": "termination", "ground": GROUND}
    return await at.post(f"{path}/turns", {**asked, **WHY}, by=by, If_Match="*")


async def test_a_trigger_of_the_terms_gives_the_right_and_a_correction_takes_it_away(
    active: Partnership,
) -> None:
    # The edge itself is not worse.
    seen = [await _verified(active, at, value) for at, value in enumerate(("84", "85", "80"))]
    assert await _rights(active) == []
    seen.append(await _verified(active, 3, "84.99"))

    [right] = await _rights(active)
    assert right == {
        **right, "state": "standing", "source": "termination", "rule": GROUND, "ground": GROUND,
        "holder": "authority", "starts_on": "2025-10-01", "ends_on": "2026-01-01",
        "observations": [seen[0], seen[2], seen[3]], "lapsed_at": None, "lapsed_with": None,
    }  # fmt: skip
    calculation = await read(active, f"/v1/calculations/{right['calculation_id']}")
    assert seen[3] in {one["id"] for one in calculation["facts"]["observations"]}
    for party in ("enterprise", "second_enterprise", "verifier"):
        assert await _rights(active, (party, "signatory")) == [right]
    hidden = await active.get(
        f"/v1/contracts/{active.contract_id}/rights-to-end", by=("bank", "lender")
    )
    assert code(hidden) == (403, "not_concerned")
    assert code(await _end(active, SUPPLIER)) == (422, "turn_ungrounded")

    proposed = await _end(active, OFFICER)
    assert proposed.status_code == 201, proposed.text
    turn = await read(active, f"/v1/contract-turns/{proposed.json()['id']}")
    assert (turn["right_id"], turn["state"]) == (right["id"], "proposed")
    await _verified(active, 2, "90", supersedes=seen[2])

    [lapsed] = await _rights(active)
    assert (lapsed["id"], lapsed["state"]) == (right["id"], "lapsed")
    approval = await active.post(
        f"/v1/contract-turns/{turn['id']}/approval", None, by=("city", "approver"), If_Match="*"
    )
    assert code(approval) == (409, "right_lapsed")
