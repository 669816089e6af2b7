"""Many observations are verified at once, by one event, where they pay nothing by themselves."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.outcomes.together import rules
from ecosystem.outcomes.together.model import TogetherFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import replayed

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
_quarters = count()


@dataclass(frozen=True)
class Probe:
    """A metric observed by day, and a quarter of this test alone."""

    at: Partnership
    metrics: dict[str, str]
    first: date

    async def report(
        self, days: int = 3, *, source: str = "gateway", by: tuple[str, str] = SUPPLIER
    ) -> httpx.Response:
        """Report the first days of the quarter."""
        rows = [
            {
                "starts_on": str(self.first + timedelta(days=day)),
                "ends_on": str(self.first + timedelta(days=day + 1)),
                "value": str(100 + day),
                "source": source,
            }
            for day in range(days)
        ]
        path = f"/v1/metrics/{self.metrics['response-time']}/batches"
        return await self.at.post(path, rows, by=by)

    async def verify(
        self, *, by: tuple[str, str] = VERIFIER, code: str = "response-time", **more: Any
    ) -> httpx.Response:
        """Verify the quarter."""
        period = {"starts_on": str(self.first), "ends_on": str(self.first + timedelta(days=60))}
        body = {"period": period, "reason": {"zh": "重放一致"}, **more}
        return await self.at.post(f"/v1/metrics/{self.metrics[code]}/verifications", body, by=by)

    async def windows(self) -> dict[str, int]:
        """Return how many windows of the quarter are in which state."""
        query = f"starts_on={self.first}&ends_on={self.first + timedelta(days=1)}"
        path = f"/v1/metrics/{self.metrics['response-time']}/aggregates?{query}"
        found: dict[str, int] = (await self.at.get(path, by=OFFICER)).json()["data"][0]["windows"]
        return found


@pytest.fixture(scope="module")
def kept() -> dict[str, Probe]:
    return {}


@pytest.fixture
async def probe(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str,
    kept: dict[str, Probe],
) -> Probe:  # fmt: skip
    if "made" not in kept:
        made = await awarded(client, database, server.dsn(database_name, role="postgres"))
        at = await made.active()
        listed = await at.get(f"/v1/contracts/{at.contract_id}/metrics", by=OFFICER)
        found = {one["code"]: one["id"] for one in listed.json()["data"]}
        kept["made"] = Probe(at, found, date(2025, 4, 1))
    first, number = kept["made"], next(_quarters)
    quarter = date(2025 + (number + 1) // 4, (number + 1) % 4 * 3 + 1, 1)
    return replace(first, at=replace(first.at, client=client), first=quarter)


async def test_all_that_is_reported_of_some_days_is_verified_by_one_event(
    probe: Probe, database: Database
) -> None:
    made = (await probe.report()).json()

    answer = await probe.verify()

    assert (answer.status_code, answer.json()["verified"]) == (201, 3)
    assert (await probe.windows())["verified"] == 3
    path = f"/v1/observations/{made['first_observation_id']}"
    seen = (await probe.at.get(path, by=OFFICER)).json()
    assert (seen["state"], seen["version"]) == ("verified", 2)
    assert seen["verified_by"] == probe.at.id_of("verifier")
    found = await replayed(database, {"observations.verified": (rules.verify, TogetherFacts)})
    assert found["observations.verified"] == 1


async def test_by_what_it_was_verified_is_never_overwritten(
    probe: Probe, database: Database
) -> None:
    await probe.report()
    await probe.verify()
    connection = await database.connect()

    for change in (
        f"verification_id = '{mint('verification', authority=1)}'", "verification_id = NULL",
        "verified_at = verified_at - interval '1 day'", "reason = '{}'",
    ):  # fmt: skip
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(f"UPDATE observation SET {change}")  # noqa: S608

    await connection.close()


async def test_what_is_disputed_is_left_out(probe: Probe) -> None:
    made = (await probe.report()).json()
    path = f"/v1/observations/{made['first_observation_id']}/dispute"
    await probe.at.made(path, {"reason": {"en": "No"}}, by=OFFICER, If_Match="*")

    answer = await probe.verify()

    assert answer.json()["verified"] == 2
    assert (await probe.windows())["disputed"] == 1


async def test_a_window_is_verified_once_and_a_source_chosen(probe: Probe) -> None:
    await probe.report()
    await probe.report(source="probe")

    doubled = await probe.verify()
    chosen = await probe.verify(source="probe")
    again = await probe.verify()

    assert doubled.json()["code"] == again.json()["code"] == "period_verified"
    assert chosen.json()["verified"] == 3


async def test_who_does_not_verify_verifies_nothing_at_once(probe: Probe) -> None:
    await probe.report()

    own = await probe.verify(by=OFFICER)
    stranger = await probe.verify(by=("think_tank", "verifier"))
    whole = await probe.verify(code="data-quality")

    assert (own.status_code, own.json()["code"]) == (403, "not_allowed")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "metric_missing")
    assert (whole.status_code, whole.json()["code"]) == (409, "pays_by_itself")


async def test_where_nothing_is_reported_nothing_is_verified(probe: Probe) -> None:
    answer = await probe.verify()

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_reported")


async def test_of_a_verification_and_a_dispute_at_once_each_window_gets_one(probe: Probe) -> None:
    made = (await probe.report(1)).json()
    path = f"/v1/observations/{made['first_observation_id']}/dispute"

    verified, disputed = await asyncio.gather(
        probe.verify(),
        probe.at.post(path, {"reason": {"en": "No"}}, by=OFFICER, If_Match='"v1"'),
    )

    counted = await probe.windows()
    assert sorted((verified.status_code == 201, disputed.status_code == 201)) == [False, True]
    assert counted["verified"] + counted["disputed"] == 1
