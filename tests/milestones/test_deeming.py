"""What nobody judges in time counts as accepted: by the clock, once, and not a moment early."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.milestones.deeming import actions as deeming
from ecosystem.milestones.deeming.queries import PATIENCE
from ecosystem.milestones.judging import actions as judging
from ecosystem.milestones.judging.rules import PeriodLapsed
from ecosystem.milestones.model import Finding, Judgement
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import seen_by
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import authority_of
from ecosystem.values.period import wire
from ecosystem.values.text import Text
from tests.contracts.partnership import Partnership, awarded
from tests.parties import comes_true

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
WORDS = Text(zh="见记录")
SILENCE = {"days": 30, "counted": "elapsed", "law": "platform", "article": "1"}
PERIOD = timedelta(days=30)
MILLISECOND = timedelta(milliseconds=1)
LATER = Clock(offset=PERIOD + PATIENCE + timedelta(seconds=5))
GIVEN = """
    UPDATE procurement_profile
    SET rules = jsonb_set(rules::jsonb, '{0,deemed_acceptance}', $1::text::jsonb)::json
    WHERE id = 'sandbox'"""
ACCEPTED = "SELECT body FROM event WHERE stream = $1 AND type = 'milestone.accepted'"
JUDGEMENT = Judgement(
    reasons=WORDS,
    remedy=WORDS,
    findings=(Finding(part="asset-inventory", reasons=WORDS, remedy=WORDS),),
)


@pytest.fixture
async def submitted(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """A contract under rules that take silence for acceptance after thirty days."""
    superuser = server.dsn(database_name, role="postgres")
    connection = await asyncpg.connect(superuser)
    await connection.execute(GIVEN, msgspec.json.encode(SILENCE).decode())
    await connection.close()
    return await (await awarded(client, database, superuser)).active()


async def _submit(active: Partnership) -> tuple[str, datetime]:
    """Submit the first milestone; return it, and when silence accepts it."""
    path = f"/v1/contracts/{active.contract_id}/milestones?limit=100"
    listed = (await active.get(path, by=OFFICER)).json()["data"]
    (found,) = (one["id"] for one in listed if one["code"] == "takeover")
    filed = [(await active.file(one, by=SUPPLIER)).json()["id"] for one in (b"%PDF-1", b"%PDF-2")]
    said = {"documents": filed, "delivered_at": "2025-04-01T00:00:00Z", "declaration": {"en": "."}}
    path = f"/v1/milestones/{found}/submission"
    answer = await active.post(path, said, by=SUPPLIER, If_Match="*")
    assert answer.status_code == 201, answer.text
    return found, datetime.fromisoformat((await _read(active, found))["deemed_at"])


async def _read(active: Partnership, milestone_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await active.get(f"/v1/milestones/{milestone_id}", by=OFFICER)).json()
    return found


def _officer(active: Partnership) -> Actor:
    city = active.parties.party("city")
    return Actor(
        organisation_id=city.organisation_id,
        organisation_number=authority_of(active.contract_id),
        kind=OrganisationKind.GOVERNMENT,
        verified=True,
        jurisdiction=city.jurisdiction,
        client_id="client_city",
        person_id=city.person("officer").id,
    )


async def test_silence_accepts_once_whoever_writes_it_down(
    submitted: Partnership, database: Database, database_url: str
) -> None:
    milestone_id, deemed_at = await _submit(submitted)
    other = Database(database_url, Settings(), reactions=database.reactions)

    early = await deeming.deem(database, Clock(offset=PERIOD - timedelta(seconds=30)))
    both = await asyncio.gather(deeming.deem(database, LATER), deeming.deem(other, LATER))
    again = await deeming.deem(other, LATER)

    connection = await database.connect()
    (event,) = await connection.fetch(ACCEPTED, milestone_id)
    await connection.close()
    await other.close()
    shown = await _read(submitted, milestone_id)
    body = msgspec.json.decode(event["body"])
    totals = await submitted.get(
        f"/v1/contracts/{submitted.contract_id}/payment-totals", by=OFFICER
    )
    assert (early, sum(both), again) == (0, 1, 0)
    assert (shown["state"], shown["timeliness"]) == ("accepted", "met")
    assert datetime.fromisoformat(shown["accepted_at"]) == deemed_at
    assert (body["by"]["client_id"], body["by"]["person_id"]) == (deeming.RULE, None)
    assert body["decision"]["deemed"] == {**SILENCE, "note": None}
    assert totals.json()["earned"]["amount"] != "0.00"


async def test_a_rejection_a_millisecond_before_counts_and_one_at_the_instant_does_not(
    submitted: Partnership, database: Database
) -> None:
    milestone_id, deemed_at = await _submit(submitted)
    by = _officer(submitted)

    async with database.transaction(seen_by(by)) as tx:
        with pytest.raises(PeriodLapsed):
            await judging.accept(tx, milestone_id, by=by, at=deemed_at, expected=None)
        with pytest.raises(PeriodLapsed):
            await judging.reject(tx, milestone_id, JUDGEMENT, by=by, at=deemed_at, expected=None)
        rejected = await judging.reject(
            tx, milestone_id, JUDGEMENT, by=by, at=deemed_at - MILLISECOND, expected=None
        )
        held = await deeming.deem(database, LATER)

    assert (held, await deeming.deem(database, LATER)) == (0, 0)
    assert rejected.state == (await _read(submitted, milestone_id))["state"] == "rejected"


async def test_the_database_lets_nobody_judge_when_silence_has_and_silence_not_before(
    submitted: Partnership, server: EmbeddedServer, database_name: str
) -> None:
    milestone_id, deemed_at = await _submit(submitted)
    connection = await asyncpg.connect(server.dsn(database_name, role="postgres"))

    for judged_at, is_deemed in ((deemed_at, False), (deemed_at - MILLISECOND, True)):
        with pytest.raises(asyncpg.RestrictViolationError) as refused:
            await connection.execute(
                "INSERT INTO milestone_judgement SELECT authority_id, milestone_id, round,"
                " 'accepted', $2, 'person_any', $3, 1, '[]', delivered_at, NULL, NULL, NULL, '[]'"
                " FROM milestone_submission WHERE milestone_id = $1",
                milestone_id, judged_at, is_deemed,
            )  # fmt: skip
        assert refused.value.constraint_name == "parts_add_up_and_another_judges"

    await connection.close()


async def test_the_service_does_it_by_itself_when_the_time_has_come_and_as_of_then(
    submitted: Partnership, client: httpx.AsyncClient
) -> None:
    """Runs last, for it moves the clock."""
    milestone_id, deemed_at = await _submit(submitted)
    later = (deemed_at + PATIENCE).astimezone(UTC).isoformat()

    moved = await client.post("/v1/sandbox/clock", json={"now": later, "runs": True})

    async def is_accepted() -> bool:
        return bool((await _read(submitted, milestone_id))["state"] == "accepted")

    assert moved.status_code == 200, moved.text
    assert await comes_true(is_accepted, within_s=20)
    rounds = await submitted.get(f"/v1/milestones/{milestone_id}/rounds", by=SUPPLIER)
    assert rounds.json()["data"][0]["judged_by"] == deeming.RULE
    path, then = f"/v1/milestones/{milestone_id}", list[dict[str, Any]]()
    for at in (deemed_at - MILLISECOND, deemed_at):
        headers = await submitted.as_(*OFFICER)
        answer = await client.get(path, params={"valid_at": wire(at)}, headers=headers)
        then.append(answer.json())
    assert [one["state"] for one in then] == ["submitted", "accepted"]
    today = await _read(submitted, milestone_id)
    assert {name: then[1][name] for name in today} == today
