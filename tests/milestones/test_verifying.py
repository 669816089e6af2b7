"""What the terms have verified is accepted after its verifier; what comes after waits for it."""

from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.milestones.verifying import rules
from ecosystem.milestones.verifying.model import ExamineFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import replayed

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
WORDS = {"zh": "见报告", "en": "See the report"}
FOUND = """
    INSERT INTO milestone_verification (authority_id, milestone_id, round, contract_id, outcome,
      report, reasons, verified_by, person_id, examined_at)
    SELECT authority_id, id, round, contract_id, 'confirmed', '{}', '{}', $2, 'person_any', now()
    FROM milestone WHERE id = $1"""
JUDGED = """
    INSERT INTO milestone_judgement
    SELECT authority_id, milestone_id, round, 'accepted', now(), 'person_any', false, 1, '[]',
      delivered_at, NULL, NULL, NULL, '[]'
    FROM milestone_submission WHERE milestone_id = $1"""


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """A contract in force since 2025-03-01."""
    made = await awarded(client, database, server.dsn(database_name, role="postgres"))
    return await made.active()


async def _milestones(active: Partnership) -> dict[str, dict[str, Any]]:
    path = f"/v1/contracts/{active.contract_id}/milestones?limit=100"
    return {one["code"]: one for one in (await active.get(path, by=OFFICER)).json()["data"]}


async def _submit(active: Partnership, path: str, *contents: bytes) -> httpx.Response:
    filed = [(await active.file(one, by=SUPPLIER)).json()["id"] for one in contents]
    said = {"documents": filed, "delivered_at": "2025-04-01T00:00:00Z", "declaration": WORDS}
    return await active.post(f"{path}/submission", said, by=SUPPLIER, If_Match="*")


async def _examine(
    active: Partnership, path: str, outcome: str, *, filed_by: tuple[str, str] = VERIFIER
) -> httpx.Response:
    report = (await active.file(b"%PDF-report", by=filed_by)).json()["id"]
    said = {"outcome": outcome, "report": report, "reasons": WORDS}
    return await active.post(f"{path}/verification", said, by=VERIFIER, If_Match="*")


async def _accept(active: Partnership, path: str) -> httpx.Response:
    return await active.post(f"{path}/acceptance", None, by=OFFICER, If_Match="*")


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_nobody_accepts_before_the_verifier_has_confirmed(
    active: Partnership, database: Database
) -> None:
    path = f"/v1/milestones/{(await _milestones(active))['maturity-assessed']['id']}"
    await _submit(active, path, b"%PDF-1")

    early = await _accept(active, path)
    others = await _examine(active, path, "confirmed", filed_by=SUPPLIER)
    refused = await _examine(active, path, "refused")
    twice = await _examine(active, path, "confirmed")
    still = await _accept(active, path)
    part = {"part": "data-quality", "reasons": WORDS, "remedy": WORDS}
    why = {"reasons": WORDS, "remedy": WORDS, "findings": [part]}
    rejected = await active.post(f"{path}/rejection", why, by=OFFICER, If_Match="*")
    await _submit(active, path, b"%PDF-2")
    confirmed = await _examine(active, path, "confirmed")
    accepted = await _accept(active, path)

    assert _code(early) == _code(still) == (409, "verification_missing")
    assert _code(others) == (422, "report_unknown")
    assert (refused.status_code, _code(twice)) == (201, (409, "nothing_to_verify"))
    assert {rejected.status_code, confirmed.status_code, accepted.status_code} == {201}
    second, first = (await active.get(f"{path}/rounds", by=SUPPLIER)).json()["data"]
    found = [one["verification"]["outcome"] for one in (first, second)]
    assert found == ["refused", "confirmed"]
    assert first["verification"]["organisation_id"] == active.id_of("verifier")
    assert await replayed(database, {"milestone.examined": (rules.examine, ExamineFacts)}) == {
        "milestone.examined": 2
    }


async def test_what_is_not_to_be_verified_is_not(active: Partnership) -> None:
    path = f"/v1/milestones/{(await _milestones(active))['takeover']['id']}"
    await _submit(active, path, b"%PDF-1", b"%PDF-2")

    answer = await _examine(active, path, "confirmed")

    assert _code(answer) == (409, "nothing_to_verify")


async def test_the_database_lets_nobody_verify_for_those_who_gain_by_it(
    active: Partnership, server: EmbeddedServer, database_name: str
) -> None:
    milestone_id = (await _milestones(active))["maturity-assessed"]["id"]
    await _submit(active, f"/v1/milestones/{milestone_id}", b"%PDF-1")
    connection = await asyncpg.connect(server.dsn(database_name, role="postgres"))

    for party in ("city", "enterprise", "bank"):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(FOUND, milestone_id, active.id_of(party))
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute(JUDGED, milestone_id)

    await connection.close()


async def test_what_comes_after_is_submitted_when_its_predecessor_is_accepted(
    active: Partnership,
) -> None:
    before = await _milestones(active)
    first, second = (before[code] for code in ("takeover", "catalogue-published"))
    paths = [f"/v1/milestones/{one['id']}" for one in (first, second)]

    early = await _submit(active, paths[1], b"%PDF-1", b"%PDF-2")
    await _submit(active, paths[0], b"%PDF-3", b"%PDF-4")
    waiting = await _submit(active, paths[1], b"%PDF-1", b"%PDF-2")
    await _accept(active, paths[0])
    now = await _submit(active, paths[1], b"%PDF-1", b"%PDF-2")

    assert _code(early) == _code(waiting) == (409, "predecessor_open")
    assert now.status_code == 201
    assert (first["blocks"], second["after"]) == (["catalogue-published"], ["takeover"])
    assert second["blocked_by"] == ["takeover"]
    after = await _milestones(active)
    assert after["takeover"]["blocks"] == after["catalogue-published"]["blocked_by"] == []
