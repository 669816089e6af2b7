"""A survey over HTTP: one by one, in batches, by machines; its interval is what is answered."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.outcomes.batches import rules
from ecosystem.outcomes.batches.model import BatchFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import replayed

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
FORMS = ["application/json", "application/x-ndjson", "text/csv"]
SURVEY: dict[str, Any] = {
    "window": "day", "aggregation": "ratio_of_sums", "completeness": "0.01", "factor": "1",
    "survey": {
        "statistic": "mean", "mode": "telephone", "sampling": "simple_random", "sample_min": 60,
        "response_min": "0.25", "confidence": "0.95", "scale": {"lower": "1", "upper": "5"},
    },
}  # fmt: skip
SAMPLE: dict[str, Any] = {
    "value": "4.5", "numerator": "180", "denominator": "40", "squares": "820",
    "sample_size": 40, "invited": 120,
}  # fmt: skip
"""Forty ratings from 1 to 5: twenty of 4 and twenty of 5; a hundred and twenty were asked."""
LOWER, UPPER = "4.338055119", "4.661944881"


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


@pytest.fixture
async def metric_id(partnership: Partnership, superuser: str) -> str:
    """Return a survey by days, nothing of which is reported."""
    connection = await asyncpg.connect(superuser)
    names = "authority_id, version, contract_id, title, definition, unit, direction, source, method"
    made: str = await connection.fetchval(
        f"INSERT INTO metric (id, code, {names}, verification, target, frequency,"  # noqa: S608
        " granularity,"
        " observed) SELECT overlay(id placing to_hex(256 + (SELECT count(*) FROM metric)::int)"
        " from length(id) - 2), 'survey-' || (SELECT count(*) FROM metric),"
        f" {names}, verification, 4, 'month', 'day', $2"
        " FROM metric WHERE contract_id = $1 AND code = 'platform-availability' RETURNING id",
        partnership.contract_id, json.dumps(SURVEY),
    )  # fmt: skip
    await connection.close()
    return made


def _day(number: int) -> dict[str, str]:
    first = date(2025, 5, 1) + timedelta(days=number)
    return {"starts_on": str(first), "ends_on": str(first + timedelta(days=1))}


def _report(number: int, **changed: Any) -> dict[str, Any]:
    said = {"period": _day(number), "source": "survey", "method": {"zh": "电话"}, **SAMPLE}
    return said | changed


async def _month(at: Partnership, metric_id: str) -> dict[str, Any]:
    path = f"/v1/metrics/{metric_id}/aggregates?starts_on=2025-05-01&ends_on=2025-06-01"
    (found,) = (await at.get(path, by=OFFICER)).json()["data"]
    month: dict[str, Any] = found
    return month


async def _verify(at: Partnership, metric_id: str) -> None:
    asked = {"period": {"starts_on": "2025-05-01", "ends_on": "2025-06-01"}, "reason": {"en": "So"}}
    await at.made(f"/v1/metrics/{metric_id}/verifications", asked, by=VERIFIER)


async def test_a_sample_is_answered_with_its_interval(
    partnership: Partnership, metric_id: str
) -> None:
    path = f"/v1/metrics/{metric_id}/observations"

    made = await partnership.made(path, _report(0), by=SUPPLIER)

    seen = (await partnership.get(f"/v1/observations/{made['id']}", by=OFFICER)).json()
    assert seen["interval"] == {
        "method": "t-1", "confidence": "0.95", "lower": LOWER, "upper": UPPER,
    }  # fmt: skip
    assert (seen["sample_size"], seen["squares"], seen["invited"]) == (40, "820", 120)


async def test_what_is_no_sample_is_refused_with_rule_place_and_remedy(
    partnership: Partnership, metric_id: str
) -> None:
    path = f"/v1/metrics/{metric_id}/observations"

    refused = await partnership.post(path, _report(0, squares="700"), by=SUPPLIER)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "sample_unfit")
    assert [one["pointer"] for one in problem["errors"]] == ["/squares"]
    assert "squares" in problem["detail"]
    listed = (await partnership.get(path, by=OFFICER)).json()["data"]
    assert listed == []


async def test_the_same_value_of_a_larger_sample_is_a_correction(
    partnership: Partnership, metric_id: str
) -> None:
    path = f"/v1/metrics/{metric_id}/observations"
    larger = {
        "numerator": "360", "denominator": "80", "squares": "1640", "sample_size": 80,
        "invited": 240,
    }  # fmt: skip

    first = await partnership.made(path, _report(0), by=SUPPLIER)
    again = await partnership.made(path, _report(0), by=SUPPLIER)
    other = await partnership.post(path, _report(0, **larger), by=SUPPLIER)

    assert again["id"] == first["id"]
    assert other.json()["code"] == "observation_differs"
    assert "sample of 40" in other.json()["errors"][0]["detail"]


@pytest.mark.parametrize("media_type", FORMS)
async def test_a_batch_of_samples_in_any_form_has_the_same_intervals(
    partnership: Partnership, metric_id: str, media_type: str, database: Database
) -> None:
    rows = [{**_day(number), "source": "batch", **SAMPLE} for number in range(2)]

    made = await _send(partnership, metric_id, rows, media_type)

    assert made.status_code == 201, made.text
    there = f"/v1/observations/{made.json()['first_observation_id']}"
    seen = (await partnership.get(there, by=OFFICER)).json()
    assert (seen["interval"]["lower"], seen["interval"]["upper"]) == (LOWER, UPPER)
    assert (seen["squares"], seen["invited"]) == ("820", 120)
    replay = {"batch.reported": (rules.report, BatchFacts)}
    assert (await replayed(database, replay))["batch.reported"] > 0


async def test_rows_that_are_no_sample_are_refused_by_their_number(
    partnership: Partnership, metric_id: str
) -> None:
    good = {**_day(0), "source": "batch", **SAMPLE}
    rows = [good, {**good, **_day(1), "sample_size": 41}, {**good, **_day(2), "squares": "700"}]

    made = await _send(partnership, metric_id, rows, FORMS[0])

    assert made.json()["code"] == "batch_unsound"
    assert [(one["pointer"], one["code"]) for one in made.json()["errors"]] == [
        ("/1/denominator", "sample_unfit"),
        ("/2/squares", "sample_unfit"),
    ]


async def test_samples_of_a_month_are_one_sample_and_one_too_small_proves_nothing(
    partnership: Partnership, metric_id: str
) -> None:
    path = f"/v1/metrics/{metric_id}/observations"
    await partnership.made(path, _report(0), by=SUPPLIER)
    await _verify(partnership, metric_id)
    small = await _month(partnership, metric_id)

    await partnership.made(path, _report(1), by=SUPPLIER)
    waiting = await _month(partnership, metric_id)
    await _verify(partnership, metric_id)
    enough = await _month(partnership, metric_id)

    assert (small["state"], small["value"]) == ("not_demonstrated", None)
    assert small["reason"]["en"] == "sample of 40, and the contract asks for 60"
    assert small["sample"] == waiting["sample"]
    assert small["sample"]["interval"] is None
    assert waiting["windows"]["reported"] == 1
    assert (enough["state"], enough["value"], enough["meets_target"]) == (
        "demonstrated", "4.5", True,
    )  # fmt: skip
    assert enough["sample"] == {
        "size": 80, "sample_min": 60, "invited": 240, "response_rate": "0.333333333",
        "interval": {
            "method": "t-1", "confidence": "0.95", "lower": "4.388028427", "upper": "4.611971573",
        },
    }  # fmt: skip


async def test_too_few_of_those_asked_prove_nothing(
    partnership: Partnership, metric_id: str
) -> None:
    path = f"/v1/metrics/{metric_id}/observations"
    for number in range(2):
        await partnership.made(path, _report(number, invited=200), by=SUPPLIER)
    await _verify(partnership, metric_id)

    found = await _month(partnership, metric_id)

    assert (found["state"], found["sample"]["response_rate"]) == ("not_demonstrated", "0.2")
    assert found["reason"]["en"] == "of 400 people asked 80 answered; 0.25 of them must"


async def test_the_interval_of_a_report_is_never_written_anew(
    partnership: Partnership, metric_id: str, database: Database
) -> None:
    path = f"/v1/metrics/{metric_id}/observations"
    made = await partnership.made(path, _report(0), by=SUPPLIER)
    connection = await database.connect()

    for changed in ("interval = '{}'", "squares = 1", "invited = 999"):
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(
                f"UPDATE observation SET {changed} WHERE id = $1",  # noqa: S608
                made["id"],
            )
    await connection.close()


async def _send(
    at: Partnership, metric_id: str, rows: list[dict[str, Any]], media_type: str
) -> httpx.Response:
    if media_type == "application/json":
        content = msgspec.json.encode(rows)
    elif media_type == "application/x-ndjson":
        content = b"\n".join(map(msgspec.json.encode, rows))
    else:
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        content = "\r\n".join(lines).encode()
    headers = {**(await at.as_(*SUPPLIER)), "Content-Type": media_type}
    path = f"/v1/metrics/{metric_id}/batches"
    return await at.client.post(path, content=content, headers=headers)
