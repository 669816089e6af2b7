"""What a metric comes to is read over HTTP, as its terms define it, by who is concerned."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
MAY = "starts_on=2025-05-01&ends_on=2025-06-01"
DAILY: dict[str, Any] = {
    "window": "day", "aggregation": "availability", "completeness": "0.9", "late_after_days": 10,
}  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """A contract in force since 2025-03-01, and a metric of it with terms of this test's own."""

    at: Partnership
    metric_id: str

    async def get(self, query: str = MAY, *, by: tuple[str, str] = OFFICER) -> httpx.Response:
        """Read the aggregates."""
        return await self.at.get(f"/v1/metrics/{self.metric_id}/aggregates?{query}", by=by)

    async def report(self, count: int, **changed: Any) -> list[str]:
        """Report the first days of May, and return their observations."""
        first = date(2025, 5, 1)
        found: list[str] = []
        for day in range(count):
            period = {
                "starts_on": (first + timedelta(days=day)).isoformat(),
                "ends_on": (first + timedelta(days=day + 1)).isoformat(),
            }
            body = {
                "period": period, "value": "99", "source": "probe", "method": {"en": "Probes"},
                **changed,
            }  # fmt: skip
            path = f"/v1/metrics/{self.metric_id}/observations"
            found.append((await self.at.made(path, body, by=SUPPLIER))["id"])
        return found


@pytest.fixture(scope="module")
def kept() -> dict[str, Partnership]:
    return {}


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def partnership(
    client: httpx.AsyncClient, database: Database, superuser: str, kept: dict[str, Partnership]
) -> Partnership:
    if "made" not in kept:
        kept["made"] = await (await awarded(client, database, superuser)).active()
    return replace(kept["made"], client=client)


async def _probe(at: Partnership, superuser: str, **observed: Any) -> Probe:
    """Return a metric by month, nothing of which is observed, with these terms."""
    connection = await asyncpg.connect(superuser)
    names = "authority_id, version, contract_id, title, definition, unit, direction, source, method"
    metric_id: str = await connection.fetchval(
        f"INSERT INTO metric (id, code, {names}, verification, target, frequency,"  # noqa: S608
        " granularity,"
        " observed) SELECT overlay(id placing to_hex(256 + (SELECT count(*) FROM metric)::int)"
        " from length(id) - 2), 'probe-' || (SELECT count(*) FROM metric),"
        f" {names}, verification, 50, 'month', $2, $3"
        " FROM metric WHERE contract_id = $1 AND code = 'platform-availability' RETURNING id",
        at.contract_id, observed["window"], msgspec.json.encode(observed).decode(),
    )  # fmt: skip
    await connection.close()
    return Probe(at, metric_id)


async def test_a_month_of_days_is_aggregated_from_what_is_verified(
    partnership: Partnership, superuser: str
) -> None:
    probe = await _probe(partnership, superuser, **DAILY)
    reported = await probe.report(3)
    path = f"/v1/observations/{reported[0]}/verification"
    await partnership.made(path, {"reason": {"en": "So"}}, by=VERIFIER, If_Match="*")
    path = f"/v1/observations/{reported[1]}/dispute"
    await partnership.made(path, {"reason": {"en": "No"}}, by=OFFICER, If_Match="*")

    answer = (await probe.get()).json()

    (month,) = answer["data"]
    assert month["period"] == {"starts_on": "2025-05-01", "ends_on": "2025-06-01"}
    assert (month["state"], month["value"]) == ("incomplete", None)
    assert month["windows"] == {
        "all": 31, "excused": 0, "verified": 1, "reported": 1, "disputed": 1, "missing": 28,
        "awaited": 0, "late": 3,
    }  # fmt: skip
    assert month["completeness"] == "0.032258064"
    assert [gap["windows"] for gap in month["gaps"]] == [28]
    assert [one["id"] for one in month["observations"]] == reported[:1]
    assert answer["definition"]["observed"]["aggregation"] == "availability"


async def test_components_of_a_period_do_not_pay_by_themselves(
    partnership: Partnership, superuser: str
) -> None:
    probe = await _probe(partnership, superuser, **DAILY)
    (reported,) = await probe.report(1)
    payments = f"/v1/contracts/{partnership.contract_id}/calculations"
    before = (await partnership.get(payments, by=OFFICER)).json()

    path = f"/v1/observations/{reported}/verification"
    await partnership.made(path, {"reason": {"en": "So"}}, by=VERIFIER, If_Match="*")

    assert (await partnership.get(payments, by=OFFICER)).json() == before


async def test_a_ratio_is_reported_with_its_parts(partnership: Partnership, superuser: str) -> None:
    terms = {**DAILY, "aggregation": "ratio_of_sums", "factor": "100", "completeness": "0.03"}
    probe = await _probe(partnership, superuser, **terms)
    path = f"/v1/metrics/{probe.metric_id}/observations"
    day = {
        "period": {"starts_on": "2025-05-01", "ends_on": "2025-05-02"},
        "source": "tickets", "method": {"zh": "工单"}, "value": "66.67",
    }  # fmt: skip

    alone = await partnership.post(path, day, by=SUPPLIER)
    wrong = await partnership.post(path, {**day, "numerator": "1", "denominator": "3"}, by=SUPPLIER)
    (reported,) = await probe.report(1, value="66.67", numerator="2", denominator="3")
    verified = f"/v1/observations/{reported}/verification"
    await partnership.made(verified, {"reason": {"en": "So"}}, by=VERIFIER, If_Match="*")

    assert alone.json()["code"] == wrong.json()["code"] == "parts_unfit"
    (month,) = (await probe.get()).json()["data"]
    assert (month["value"], month["is_rounded"]) == ("66.666666667", True)
    assert month["meets_target"] is True


async def test_what_is_no_window_of_the_metric_is_refused(
    partnership: Partnership, superuser: str
) -> None:
    probe = await _probe(partnership, superuser, **{**DAILY, "window": "hour"})
    path = f"/v1/metrics/{probe.metric_id}"
    row = {"starts_on": "2025-05-01", "ends_on": "2025-05-02", "value": "1", "source": "probe"}

    no_hour = await partnership.post(f"{path}/batches", [row], by=SUPPLIER)
    hours = [{**row, "hour": hour} for hour in range(24)]
    made = await partnership.post(f"{path}/batches", hours, by=SUPPLIER)

    assert [one["code"] for one in no_hour.json()["errors"]] == ["period_unfit"]
    assert made.json()["reported"] == 24, made.text
    there = f"/v1/observations/{made.json()['first_observation_id']}"
    assert (await partnership.get(there, by=OFFICER)).json()["hour"] == 0
    (month,) = (await probe.get()).json()["data"]
    assert (month["windows"]["all"], month["windows"]["reported"]) == (31 * 24, 24)


@pytest.mark.parametrize(
    "query",
    [
        "starts_on=2024-01-01&ends_on=2024-02-01",
        "starts_on=2025-05-01&ends_on=2025-05-01",
        "starts_on=2027-11-01",
    ],
)
async def test_days_outside_the_term_have_no_aggregates(
    partnership: Partnership, superuser: str, query: str
) -> None:
    probe = await _probe(partnership, superuser, **DAILY)

    answer = await probe.get(query)

    assert (answer.status_code, answer.json()["code"]) == (422, "range_unfit")


async def test_a_metric_without_such_terms_has_one_window_a_period(
    partnership: Partnership,
) -> None:
    path = f"/v1/contracts/{partnership.contract_id}/metrics"
    listed = (await partnership.get(path, by=OFFICER)).json()["data"]
    metric = next(one for one in listed if one["code"] == "data-quality")

    answer = (await Probe(partnership, metric["id"]).get("ends_on=2025-07-02")).json()

    assert metric["observed"] is None
    assert [one["period"]["starts_on"] for one in answer["data"]] == [
        "2025-03-01", "2025-04-01", "2025-07-01",
    ]  # fmt: skip
    assert {one["windows"]["all"] for one in answer["data"]} == {1}


async def test_aggregates_are_not_for_others_to_know_of(
    partnership: Partnership, superuser: str
) -> None:
    probe = await _probe(partnership, superuser, **DAILY)

    answer = await probe.get(by=("bank", "lender"))

    assert (answer.status_code, answer.json()["code"]) == (404, "metric_missing")
