"""What happened to many observations at once is told of each: what it was, when and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.period import wire
from tests.contracts.partnership import Partnership, awarded

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
TICK = timedelta(microseconds=1)
WORDS = {"zh": "重放一致", "en": "See the record"}
_days = count()


@dataclass(frozen=True)
class Day:
    """A day of a metric that is observed by day, and what one observation of it was, and when."""

    at: Partnership
    metric: str
    first: date = date(2025, 4, 1)
    was: dict[datetime, dict[str, Any]] = field(default_factory=dict[datetime, dict[str, Any]])

    @property
    def period(self) -> dict[str, str]:
        return {"starts_on": str(self.first), "ends_on": str(self.first + timedelta(days=1))}

    async def came(self) -> str:
        """Report it in a batch, as the second of two."""
        other = {"starts_on": str(self.first + timedelta(days=1))}
        other |= {"ends_on": str(self.first + timedelta(days=2))}
        rows = [{**one, "value": "120", "source": "gateway"} for one in (other, self.period)]
        answer = await self.at.post(f"/v1/metrics/{self.metric}/batches", rows, by=SUPPLIER)
        assert answer.json()["reported"] == 2, answer.text
        path = f"/v1/metrics/{self.metric}/observations?limit=100"
        listed = (await self.at.get(path, by=OFFICER)).json()["data"]
        found: str = next(one["id"] for one in listed if one["period"] == self.period)
        return found

    async def reported(self, **more: str) -> str:
        """Report it by itself."""
        body = {"period": self.period, "value": "120", "source": "gateway", "method": WORDS}
        path = f"/v1/metrics/{self.metric}/observations"
        made: str = (await self.at.made(path, {**body, **more}, by=SUPPLIER))["id"]
        return made

    async def verified(self) -> None:
        """Verify the day, with whatever is reported of it."""
        path = f"/v1/metrics/{self.metric}/verifications"
        await self.at.made(path, {"period": self.period, "reason": WORDS}, by=VERIFIER)

    async def note(self, made: str) -> None:
        """Keep what an observation is now."""
        seen = (await self.at.get(f"/v1/observations/{made}", by=OFFICER)).json()
        self.was[datetime.now(UTC)] = seen

    async def asked(self, made: str, **query: str) -> dict[str, Any]:
        """Return an observation as of something, without the moment."""
        headers = await self.at.as_(*OFFICER)
        path = f"/v1/observations/{made}"
        answer = await self.at.client.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        del found["then"]
        return found

    async def happened(self, made: str) -> list[dict[str, Any]]:
        """Return what happened to it, the first thing first."""
        path = f"/v1/observations/{made}/history?limit=100"
        listed: list[dict[str, Any]] = (await self.at.get(path, by=OFFICER)).json()["data"]
        return listed[::-1]


@pytest.fixture(scope="module")
def kept() -> dict[str, Day]:
    return {}


@pytest.fixture
async def day(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str,
    kept: dict[str, Day],
) -> Day:  # fmt: skip
    if not kept:
        made = await awarded(client, database, server.dsn(database_name, role="postgres"))
        at = await made.active()
        listed = (await at.get(f"/v1/contracts/{at.contract_id}/metrics", by=OFFICER)).json()
        metric = next(one["id"] for one in listed["data"] if one["code"] == "response-time")
        kept["first"] = Day(at, metric)
    first = kept["first"]
    starts = first.first + timedelta(days=3 * next(_days))
    return replace(first, at=replace(first.at, client=client), first=starts, was={})


async def _is_told(day: Day, made: str, types: Sequence[str]) -> None:
    """Compare the past of an observation, by time and by place, with what was noted of it."""
    events = await day.happened(made)
    assert [one["type"] for one in events] == types
    assert [one["body"]["after"] for one in events] == list(day.was.values())
    for at, was in day.was.items():
        assert await day.asked(made, as_of=wire(at)) == was
    for event in events:
        after = event["body"]["after"]
        assert await day.asked(made, as_of=event["recorded_at"]) == after
        if event["position"] is not None:
            assert await day.asked(made, as_of=f"position:{event['position']}") == after


async def test_what_came_with_a_batch_is_told_from_its_batch_on(day: Day) -> None:
    made = await day.came()
    await day.note(made)
    judged = await day.at.post(
        f"/v1/observations/{made}/dispute", {"reason": WORDS}, by=OFFICER, If_Match='"v1"'
    )
    await day.note(made)

    (state, version) = (judged.json()["state"], judged.json()["version"])

    assert (judged.headers["etag"], state, version) == ('"v2"', "disputed", 2)
    await _is_told(day, made, ["batch.reported", "observation.disputed"])
    batch, own = await day.happened(made)
    assert (batch["object"], own["object"]) == (batch["body"]["facts"]["batch_id"], made)
    assert batch["organisation_id"] == day.at.id_of("enterprise")
    before = wire(datetime.fromisoformat(batch["recorded_at"]) - TICK)
    headers = await day.at.as_(*OFFICER)
    for query in ("as_of", "valid_at"):
        none = await day.at.client.get(
            f"/v1/observations/{made}", params={query: before}, headers=headers
        )
        assert (none.status_code, none.json()["code"]) == (404, "nothing_then")
        since = wire(datetime.fromisoformat(batch["recorded_at"]))
        assert since in none.json()["detail"]


@pytest.mark.parametrize("how", ["batch.reported", "observation.reported"])
async def test_what_was_verified_with_others_is_told_of_each_moment(day: Day, how: str) -> None:
    made = await (day.came() if how == "batch.reported" else day.reported())
    await day.note(made)
    await day.verified()
    await day.note(made)
    other = await day.reported(value="90", supersedes=made)
    await day.note(made)
    await day.at.made(
        f"/v1/observations/{other}/verification", {"reason": WORDS}, by=VERIFIER, If_Match='"v1"'
    )
    await day.note(made)

    assert [one["version"] for one in day.was.values()] == [1, 2, 3, 4]
    ends = ["observation.superseded", "observation.voided"]
    await _is_told(day, made, [how, "observations.verified", *ends])
    reported, verified, *_ = await day.happened(made)
    then = await day.asked(made, valid_at=reported["recorded_at"])
    assert (then["state"], then["superseded_by"], then["verified_at"]) == ("reported", other, None)
    assert then["reason"] is None
    at = verified["recorded_at"]
    headers = await day.at.as_(*OFFICER)
    compared = await day.at.client.get(
        f"/v1/observations/{made}/comparison", params={"until": at}, headers=headers
    )
    found = compared.json()
    assert [(one["type"], one["version"], one["why"]) for one in found["events"]] == [
        ("observations.verified", 2, WORDS)
    ]
    places = {one["pointer"]: one["events"] for one in found["differences"]}
    assert places["/state"] == [verified["id"]]
    corrected = found["until"]["corrected_by"]
    assert (corrected["type"], corrected["version"]) == ("observation.superseded", 3)
