"""A time is excused by another side than the one that asks, and its windows count nowhere."""

from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.outcomes.excusals import rules
from ecosystem.outcomes.excusals.model import AskFacts, DecideFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import replayed

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
ASKED = {
    "starts_at": "2025-04-01T00:00:00+08:00",
    "ends_at": "2025-07-01T00:00:00+08:00",
    "ground": "authority_fault",
    "reason": {"zh": "甲方停电", "en": "The city cut the power"},
}
GRANTED = {"granted": True, "reason": {"zh": "属实", "en": "It is so"}}
NO = {**GRANTED, "granted": False}


@pytest.fixture(scope="module")
def kept() -> dict[str, Partnership]:
    return {}


@pytest.fixture
async def at(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str,
    kept: dict[str, Partnership],
) -> Partnership:  # fmt: skip
    if "made" not in kept:
        superuser = server.dsn(database_name, role="postgres")
        kept["made"] = await (await awarded(client, database, superuser)).active()
    return replace(kept["made"], client=client)


async def _metric(at: Partnership) -> str:
    listed = await at.get(f"/v1/contracts/{at.contract_id}/metrics", by=OFFICER)
    found: str = next(one["id"] for one in listed.json()["data"] if one["code"] == "sharing-met")
    return found


async def _ask(
    at: Partnership, *, by: tuple[str, str] = SUPPLIER, **changed: Any
) -> httpx.Response:
    return await at.post(f"/v1/metrics/{await _metric(at)}/excusals", {**ASKED, **changed}, by=by)


async def _decide(
    at: Partnership, excusal_id: str, body: object = GRANTED, *, by: tuple[str, str] = OFFICER
) -> httpx.Response:
    return await at.post(f"/v1/excusals/{excusal_id}/decision", body, by=by, If_Match="*")


async def _quarter(at: Partnership) -> dict[str, Any]:
    query = "starts_on=2025-04-01&ends_on=2025-07-01"
    answer = await at.get(f"/v1/metrics/{await _metric(at)}/aggregates?{query}", by=OFFICER)
    found: dict[str, Any] = answer.json()["data"][0]["windows"]
    return found


async def test_a_window_is_excused_once_another_side_has_granted_it(at: Partnership) -> None:
    asked = (await _ask(at)).json()
    before = await _quarter(at)

    decided = await _decide(at, asked["id"])

    assert (before["missing"], before["excused"]) == (1, 0)
    assert decided.json()["state"] == "granted"
    after = await _quarter(at)
    assert (after["missing"], after["excused"]) == (0, 1)
    seen = (await at.get(f"/v1/excusals/{asked['id']}", by=VERIFIER)).json()
    assert (seen["ground"], seen["decided_by"]) == ("authority_fault", at.id_of("city"))


@pytest.mark.parametrize(
    ("asks", "decides", "status", "code"),
    [
        (SUPPLIER, SUPPLIER, 403, "own_excusal"),
        (OFFICER, OFFICER, 403, "own_excusal"),
        (SUPPLIER, ("second_enterprise", "bidder"), 403, "not_allowed"),
        (SUPPLIER, ("think_tank", "verifier"), 404, "excusal_missing"),
        (OFFICER, SUPPLIER, 201, None),
        (SUPPLIER, VERIFIER, 201, None),
    ],
)
async def test_nobody_excuses_itself(
    at: Partnership, asks: tuple[str, str], decides: tuple[str, str], status: int, code: str | None
) -> None:
    asked = (await _ask(at, by=asks)).json()

    answer = await _decide(at, asked["id"], NO, by=decides)

    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_what_is_decided_is_decided_once(at: Partnership) -> None:
    asked = (await _ask(at)).json()
    await _decide(at, asked["id"], NO)

    again = await _decide(at, asked["id"])

    assert (again.status_code, again.json()["code"]) == (409, "excusal_decided")


@pytest.mark.parametrize(
    "changed",
    [
        {"ends_at": ASKED["starts_at"]},
        {"ends_at": "2027-07-01T00:00:00+08:00"},
        {"starts_at": "2025-02-28T23:59:59+08:00"},
    ],
)
async def test_a_time_lies_in_the_term_and_lasts_a_year_at_most(
    at: Partnership, changed: dict[str, Any]
) -> None:
    answer = await _ask(at, **changed)

    assert (answer.status_code, answer.json()["code"]) == (422, "time_unfit")


async def test_the_log_decides_excusals_again(at: Partnership, database: Database) -> None:
    await _decide(at, (await _ask(at)).json()["id"], NO)

    found = await replayed(
        database,
        {
            "excusal.asked": (rules.ask, AskFacts),
            "excusal.decided": (rules.decide, DecideFacts),
        },
    )

    assert min(found.values()) > 0


async def test_the_database_lets_nobody_excuse_itself(
    at: Partnership, server: EmbeddedServer, database_name: str
) -> None:
    asked = (await _ask(at)).json()
    connection = await asyncpg.connect(server.dsn(database_name, role="postgres"))

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await connection.execute(
            "UPDATE excusal SET state = 'granted', decided_by = asked_by, decided_at = now()"
            " WHERE id = $1",
            asked["id"],
        )

    await connection.close()
    assert refused.value.constraint_name == "excusal_nobody_excuses_itself"
