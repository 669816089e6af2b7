"""Many observations in one request: read row by row, all or nothing by choice, never twice."""

import asyncio
import json
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from ecosystem.outcomes.batches import rules
from ecosystem.outcomes.batches.model import BatchFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import replayed

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
FORMS = ["application/json", "application/x-ndjson", "text/csv"]
Row = dict[str, Any]
_numbers = count(1)


@dataclass(frozen=True)
class Probe:
    """A metric of a contract in force since 2025-03-01, and a source of this test alone."""

    at: Partnership
    metric_id: str
    source: str

    def days(self, count: int, **changed: Any) -> list[Row]:
        """Return a row for each day from 2025-04-01 on."""
        first = date(2025, 4, 1)
        return [
            {
                "starts_on": (first + timedelta(days=number)).isoformat(),
                "ends_on": (first + timedelta(days=number + 1)).isoformat(),
                "value": f"99.{number:03}",
                "source": self.source,
                **changed,
            }
            for number in range(count)
        ]

    async def send(
        self, rows: list[Row] | bytes, media_type: str = FORMS[0], *,
        by: tuple[str, str] = SUPPLIER, partial: bool = False, **more: str,
    ) -> httpx.Response:  # fmt: skip
        """Send rows, or what is to be taken for rows; `more` are headers."""
        content = rows if isinstance(rows, bytes) else _written(rows, media_type)
        headers = {**(await self.at.as_(*by)), "Content-Type": media_type}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        path = f"/v1/metrics/{self.metric_id}/batches{'?partial=true' if partial else ''}"
        return await self.at.client.post(path, content=content, headers=headers)

    async def count(self, database: Database) -> int:
        """Return how many observations there are of the source."""
        connection = await database.connect()
        found: int = await connection.fetchval(
            "SELECT count(*) FROM observation WHERE metric_id = $1 AND source = $2",
            self.metric_id, self.source,
        )  # fmt: skip
        await connection.close()
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
        found = next(one for one in listed.json()["data"] if one["code"] == "platform-availability")
        kept["made"] = Probe(at, found["id"], "")
    first = kept["made"]
    return replace(first, at=replace(first.at, client=client), source=f"拨测 {next(_numbers)}")


def _written(rows: list[Row], media_type: str) -> bytes:
    if media_type == "application/json":
        return json.dumps(rows, ensure_ascii=False).encode()
    if media_type == "application/x-ndjson":
        return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    names = list(rows[0])
    lines = [",".join(names), *(",".join(row[name] for name in names) for row in rows)]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("media_type", FORMS)
async def test_a_batch_is_reported_in_any_of_three_forms(probe: Probe, media_type: str) -> None:
    made = await probe.send(probe.days(40), media_type)

    answer = made.json()
    assert made.status_code == 201, made.text
    assert (answer["rows"], answer["reported"], answer["errors"]) == (40, 40, [])
    kept = (await probe.at.get(made.headers["location"], by=("verifier", "verifier"))).json()
    assert (kept["form"], kept["reported"], kept["channel"]) == (media_type, 40, "person")
    there = f"/v1/observations/{kept['first_observation_id']}"
    first = (await probe.at.get(there, by=OFFICER)).json()
    assert (first["value"], first["source"]) == ("99.000", probe.source)
    assert first["batch_id"] == kept["id"]
    assert (first["state"], first["method"]) == ("reported", None)


async def test_a_table_may_begin_with_a_byte_order_mark_and_speak_chinese(
    probe: Probe,
) -> None:
    table = "starts_on,ends_on,value,source,method_zh\n2025-04-01,2025-04-02,99.5,拨测,人工补录\n"

    made = await probe.send(table.encode("utf-8-sig"), "text/csv")

    there = f"/v1/observations/{made.json()['first_observation_id']}"
    seen = (await probe.at.get(there, by=OFFICER)).json()
    assert (seen["value"], seen["method"]) == ("99.5", {"zh": "人工补录"})


async def test_the_same_rows_again_are_unchanged_and_make_no_batch(
    probe: Probe, database: Database
) -> None:
    first = await probe.send(probe.days(30))

    again = await probe.send(probe.days(32), FORMS[2])
    third = await probe.send(probe.days(32), FORMS[1])

    assert (again.json()["unchanged"], again.json()["reported"]) == (30, 2)
    assert (third.json()["id"], third.json()["unchanged"]) == (None, 32)
    assert first.json()["id"] != again.json()["id"]
    assert await probe.count(database) == 32


async def test_what_is_wrong_with_rows_is_told_in_chinese_and_comes_again_as_it_was(
    probe: Probe,
) -> None:
    rows = probe.days(6)
    rows[1]["value"] = "a lot"
    rows[3]["ends_on"] = "2099-01-01"
    rows[4] = {**rows[0], "value": "12"}
    key = str(uuid4())

    refused = await probe.send(rows, FORMS[2], Accept_Language="zh")
    taken = await probe.send(
        rows, FORMS[2], partial=True, Accept_Language="zh", Idempotency_Key=key
    )
    again = await probe.send(
        rows, FORMS[2], partial=True, Accept_Language="en", Idempotency_Key=key
    )

    told = [one["detail"] for one in taken.json()["errors"]]
    assert (refused.status_code, taken.status_code, again.status_code) == (422, 201, 201)
    assert told == [one["detail"] for one in refused.json()["errors"]]
    assert told[0].startswith("第 3 行：")
    assert told[1].startswith("第 5 行：")
    assert told[2] == "第 6 行：该批次第 0 条的值为 99.000。请去掉两条中的一条。"
    assert [one for one in told if re.search("[a-z]{3} [a-z]{3}", one)] == []
    assert (again.content, again.headers["content-language"]) == (taken.content, "zh-Hans")
    assert taken.headers["vary"] == again.headers["vary"] == "Accept-Language"


async def test_bad_rows_are_named_by_number_line_and_rule_and_refuse_all(
    probe: Probe, database: Database
) -> None:
    rows = probe.days(6)
    rows[1]["value"] = "a lot"
    rows[3]["ends_on"] = "2099-01-01"
    rows[4] = {**rows[0], "value": "12"}

    refused = await probe.send(rows, FORMS[2])

    assert (refused.status_code, refused.json()["code"]) == (422, "batch_unsound")
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [
        ("/1/value", "invalid"), ("/3/ends_on", "period_unfit"),
        ("/4/value", "observation_differs"),
    ]  # fmt: skip
    assert refused.json()["errors"][1]["detail"].startswith("Line 5: ")
    assert refused.json()["errors"][2]["detail"].endswith("Leave one of the two rows out.")
    assert await probe.count(database) == 0


async def test_a_row_that_would_correct_is_told_how_to(probe: Probe) -> None:
    reported = await probe.send(probe.days(1))

    refused = await probe.send([{**probe.days(1)[0], "value": "12"}])

    [fault] = refused.json()["errors"]
    assert fault["code"] == "observation_differs"
    assert reported.json()["first_observation_id"] in fault["detail"]
    assert fault["detail"].endswith(
        "A batch corrects nothing: report the new value by itself, and name the observation in "
        "`supersedes`."
    )


async def test_a_partial_batch_reports_the_rows_that_are_good(
    probe: Probe, database: Database
) -> None:
    rows = probe.days(5)
    rows[0]["surprise"] = "1"
    rows[2]["ends_on"] = "2020-01-01"

    made = await probe.send(rows, FORMS[1], partial=True)

    answer = made.json()
    assert (made.status_code, answer["reported"], answer["refused"]) == (201, 3, 2)
    assert [one["pointer"] for one in answer["errors"]] == ["/0", "/2/ends_on"]
    assert await probe.count(database) == 3
    replay = {"batch.reported": (rules.report, BatchFacts)}
    assert (await replayed(database, replay))["batch.reported"] > 0


async def test_a_partial_batch_without_a_good_row_is_refused(probe: Probe) -> None:
    refused = await probe.send(probe.days(1, value=1), partial=True)

    assert (refused.status_code, refused.json()["code"]) == (422, "batch_unsound")


async def test_errors_are_counted_and_no_more_than_a_hundred_are_told(probe: Probe) -> None:
    rows = probe.days(150, value="none")

    refused = (await probe.send(rows)).json()

    assert len(refused["errors"]) == 100
    assert refused["detail"].startswith("150 of 150 rows")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", FORMS[0]),
        (b"[]", FORMS[0]),
        (b"{}", FORMS[0]),
        (b'[{"starts_on": ', FORMS[0]),
        (b"\n \n", FORMS[1]),
        (b"", FORMS[2]),
        (b"starts_on,ends_on,value\n2025-04-01,2025-04-02,1\n", FORMS[2]),
        (b"starts_on,ends_on,value,source,colour\n2025-04-01,2025-04-02,1,a,red\n", FORMS[2]),
        (b"starts_on,ends_on,value,source\n", FORMS[2]),
        (b'starts_on,ends_on,value,source\n2025-04-01,2025-04-02,1,"a\n', FORMS[2]),
        (b"starts_on,ends_on,value,source\n2025-04-01,2025-04-02,1,\xff\xfe\n", FORMS[2]),
    ],
)
async def test_what_is_not_made_of_rows_is_unreadable(
    probe: Probe, content: bytes, media_type: str
) -> None:
    answer = await probe.send(content, media_type)

    assert (answer.status_code, answer.json()["code"]) == (400, "batch_unreadable")


async def test_another_media_type_is_not_accepted(probe: Probe) -> None:
    answer = await probe.send(b"a", "text/plain")

    assert answer.status_code == 415


async def test_only_who_reports_one_by_one_reports_batches(probe: Probe) -> None:
    content = probe.days(1)

    stranger = await probe.send(content, by=("think_tank", "delivery"))
    verifier = await probe.send(content, by=("verifier", "verifier"))
    officer = await probe.send(content, by=OFFICER)

    assert (stranger.status_code, stranger.json()["code"]) == (404, "metric_missing")
    assert verifier.status_code == 403
    assert officer.status_code == 201


async def test_a_batch_is_not_for_others_to_know_of(probe: Probe) -> None:
    made = await probe.send(probe.days(1))

    answer = await probe.at.get(f"/v1/batches/{made.json()['id']}", by=("bank", "lender"))

    assert (answer.status_code, answer.json()["code"]) == (404, "batch_missing")


async def test_the_same_batch_at_once_is_reported_once(probe: Probe, database: Database) -> None:
    content = probe.days(200)

    answers = await asyncio.gather(*(probe.send(content) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["reported"] for answer in answers) == [0, 0, 0, 200]
    assert await probe.count(database) == 200


async def test_what_came_with_a_batch_was_not_there_before_it(probe: Probe) -> None:
    made = (await probe.send(probe.days(1))).json()

    there = f"/v1/observations/{made['first_observation_id']}"
    then = await probe.at.get(f"{there}?as_of=2020-01-01T00:00:00Z", by=SUPPLIER)

    assert (then.status_code, then.json()["code"]) == (404, "nothing_then")


async def test_what_was_reported_is_never_overwritten(probe: Probe, database: Database) -> None:
    await probe.send(probe.days(2))
    connection = await database.connect()

    for change in ("value = 1", "source = 'x'", "batch_id = NULL", "channel = 'machine'"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(f"UPDATE observation SET {change}")  # noqa: S608

    await connection.close()
