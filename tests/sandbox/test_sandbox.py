"""The sandbox: seeded once, with a clock that only goes forward."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.history.model import Body
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.sandbox import rules
from ecosystem.sandbox.cast import CAST
from ecosystem.sandbox.model import ClockFacts, ClockSetting
from ecosystem.sandbox.seed import seed
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.period import LATEST
from tests.conftest import reach, routes
from tests.parties import bearer, comes_true, seeded

FUTURE = datetime(2030, 1, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
async def elsewhere(chosen: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A second process of the same sandbox, as far as the database can tell."""
    built = app.build(chosen, routes=routes(chosen, beside=True))
    async with app.living(built), reach(built) as opened:
        yield opened


async def _now(client: httpx.AsyncClient) -> datetime:
    answer = await client.get("/v1/sandbox/clock")
    return datetime.fromisoformat(answer.json()["now"])


async def _stands_there(client: httpx.AsyncClient) -> bool:
    return await _now(client) == FUTURE


def test_the_clock_never_goes_back() -> None:
    asked = ClockSetting(now=FUTURE)

    assert rules.move(ClockFacts(now=FUTURE, asked=asked)) == asked
    with pytest.raises(rules.ClockRunsForward):
        rules.move(ClockFacts(now=FUTURE + timedelta(microseconds=1), asked=asked))


def test_the_clock_ends_with_its_last_year() -> None:
    with pytest.raises(rules.ClockTooFar):
        rules.move(ClockFacts(now=FUTURE, asked=ClockSetting(now=LATEST)))


async def test_every_kind_of_organisation_is_seeded_with_people_in_every_role(
    client: httpx.AsyncClient,
) -> None:
    parties = await seeded(client)

    assert {party.kind for party in parties.data} == set(OrganisationKind)
    roles = {role for party in parties.data for person in party.people for role in person.roles}
    assert roles == set(Role)
    listed = (await client.get("/v1/organisations?limit=100")).json()["data"]
    assert {one["id"] for one in listed} == {party.organisation_id for party in parties.data}
    assert {one["state"] for one in listed} == {"verified"}
    assert len(listed) == len(CAST) + 1


async def test_seeding_again_changes_nothing(
    client: httpx.AsyncClient, database: Database, chosen: Settings
) -> None:
    before = await seeded(client)

    again = await asyncio.gather(
        *(seed(database, Clock(), Path(chosen.data_folder or ".")) for _ in range(2))
    )

    assert list(again) == [before, before]


async def test_the_keys_of_clients_are_readable_by_their_owner_alone(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    folder = Path(chosen.data_folder or ".")
    files = [one.file for party in (await seeded(client)).data for one in party.clients]

    assert len(files) == len(CAST) + 3
    assert {(folder / file).stat().st_mode & 0o777 for file in files} == {0o600}


async def test_a_token_is_given_for_a_member_and_for_nobody_else(
    client: httpx.AsyncClient,
) -> None:
    parties = await seeded(client)
    stranger = {
        "person_id": parties.party("city").person("officer").id,
        "organisation_id": parties.party("bank").organisation_id,
    }

    headers = await bearer(client, "city", "officer")
    refused = await client.post("/v1/sandbox/tokens", json=stranger)

    assert (await client.get("/v1/me", headers=headers)).json()["roles"] == ["officer"]
    assert (refused.status_code, refused.json()["code"]) == (404, "person_not_there")


async def test_seeding_is_written_in_the_history_without_a_secret(
    client: httpx.AsyncClient, chosen: Settings, owner_url: str
) -> None:
    parties = await seeded(client)
    folder = Path(chosen.data_folder or ".")
    reader = parties.party("enterprise").client("reader")
    secret = msgspec.json.decode((folder / reader.file).read_bytes())["client_secret"]
    database = Database(owner_url, chosen)
    connection = await database.connect()
    bodies = await connection.fetch("SELECT body FROM event ORDER BY recorded_at")
    await connection.close()

    assert len(bodies) > len(CAST) * 3
    assert all(msgspec.json.decode(row["body"], type=Body) for row in bodies)
    assert secret.encode() not in b"".join(row["body"] for row in bodies)


async def test_the_clock_is_moved_for_every_process_and_kept(
    client: httpx.AsyncClient, elsewhere: httpx.AsyncClient, chosen: Settings
) -> None:
    stood = {"now": "2030-01-01T08:00:00Z", "runs": False}

    moved = await client.post("/v1/sandbox/clock", json=stood)

    assert moved.status_code == 200, moved.text
    assert moved.json() == stood
    assert await _now(client) == FUTURE
    assert await comes_true(lambda: _stands_there(elsewhere), within_s=2)
    restarted = app.build(chosen)
    async with app.living(restarted), reach(restarted) as third:
        assert await _now(third) == FUTURE


async def test_whatever_happens_happens_when_the_clock_says(client: httpx.AsyncClient) -> None:
    later = FUTURE + timedelta(days=365)
    await client.post("/v1/sandbox/clock", json={"now": later.isoformat(), "runs": True})

    made = await client.post(
        "/v1/organisations",
        json={
            "kind": "enterprise",
            "name": {"en": "Late"},
            "jurisdiction": "CN",
            "administrator": {"en": "Late"},
        },
    )

    read = (await client.get(made.headers["location"])).json()
    registered_at = datetime.fromisoformat(read["registered_at"])
    assert later <= registered_at < later + timedelta(minutes=1)
    assert (await client.get("/v1/me", headers=await bearer(client, "city", "officer"))).is_success


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"now": "2001-01-01T00:00:00Z"}, 422),
        ({"now": "9999-12-31T23:59:59Z"}, 422),
        ({"now": "2031-01-01T00:00:00"}, 400),
        ({"now": "soon"}, 400),
        ({}, 400),
    ],
)
async def test_a_time_that_cannot_be_is_refused(
    client: httpx.AsyncClient, body: dict[str, str], status: int
) -> None:
    before = await _now(client)

    answer = await client.post("/v1/sandbox/clock", json=body)

    assert answer.status_code == status, answer.text
    assert await _now(client) - before < timedelta(minutes=1)


async def test_outside_a_sandbox_none_of_it_exists(chosen: Settings) -> None:
    real = app.build(msgspec.structs.replace(chosen, sandbox=False))

    async with app.living(real), reach(real) as client:
        for path in ("clock", "parties"):
            assert (await client.get(f"/v1/sandbox/{path}")).status_code == 404
        given = await client.post("/v1/sandbox/tokens", json={})
        assert given.status_code == 404
