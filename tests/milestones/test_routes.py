"""A milestone is planned, delivered, shown and judged; and its past can be asked for."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.parties import comes_true

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
AUDITOR = ("auditor", "auditor")
DELIVERED_AT = "2025-04-30T15:59:00Z"
PDF = b"%PDF-1.7\nhanded over\n"
INVENTORY = b"%PDF-1.7\neverything there is\n"
DECLARATION = {"zh": "平台已接管", "en": "The platform is taken over"}
JUDGEMENT = {
    "reasons": {"en": "No inventory"},
    "remedy": {"en": "Add the inventory"},
    "findings": [
        {
            "part": "asset-inventory",
            "reasons": {"zh": "缺清单", "en": "It is missing"},
            "remedy": {"zh": "补清单", "en": "File it"},
        }
    ],
}


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """A contract in force since 2025-03-01."""
    made = await awarded(client, database, server.dsn(database_name, role="postgres"))
    return await made.active()


async def _milestones(active: Partnership) -> dict[str, dict[str, Any]]:
    path = f"/v1/contracts/{active.contract_id}/milestones?limit=100"
    listed = (await active.get(path, by=OFFICER)).json()["data"]
    return {one["code"]: one for one in listed}


async def _id(active: Partnership, code: str = "takeover") -> str:
    found: str = (await _milestones(active))[code]["id"]
    return found


async def _read(active: Partnership, milestone_id: str, query: str = "") -> dict[str, Any]:
    answer = await active.get(f"/v1/milestones/{milestone_id}{query}", by=OFFICER)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _submit(
    active: Partnership, milestone_id: str, *, version: int = 1, **changed: Any
) -> httpx.Response:
    if "documents" not in changed:
        filed = [await active.file(content, by=SUPPLIER) for content in (PDF, INVENTORY)]
        changed["documents"] = [answer.json()["id"] for answer in filed]
    body = {"delivered_at": DELIVERED_AT, "declaration": DECLARATION, **changed}
    path = f"/v1/milestones/{milestone_id}/submission"
    return await active.post(path, body, by=SUPPLIER, If_Match=f'"v{version}"')


async def _judge(
    active: Partnership, milestone_id: str, act: str, *, version: int = 2, body: object = None
) -> httpx.Response:
    path = f"/v1/milestones/{milestone_id}/{act}"
    return await active.post(path, body, by=OFFICER, If_Match=f'"v{version}"')


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_milestones_are_planned_when_the_contract_comes_into_force(
    active: Partnership,
) -> None:
    planned = await _milestones(active)

    assert {one["state"] for one in planned.values()} == {"planned"}
    assert planned["takeover"]["due_at"] == "2025-04-30T16:00:00Z"
    assert planned["takeover"]["timeliness"] == "not_met"
    assert planned["handover"]["timeliness"] is None
    assert sum(code.startswith("quarterly-report") for code in planned) == 10


async def test_who_is_no_party_finds_no_milestone(active: Partnership) -> None:
    milestone_id = await _id(active)
    path = f"/v1/contracts/{active.contract_id}/milestones"

    listed = await active.get(path, by=("bank", "lender"))
    answer = await active.get(f"/v1/milestones/{milestone_id}", by=("bank", "lender"))

    assert _code(listed) == (403, "not_concerned")
    assert _code(answer) == (404, "milestone_missing")


async def test_delivery_acceptance_and_submission_are_separate_dates(active: Partnership) -> None:
    milestone_id = await _id(active)

    submitted = await _submit(active, milestone_id)
    accepted = await _judge(active, milestone_id, "acceptance")

    seen = await _read(active, milestone_id)
    assert (submitted.status_code, accepted.status_code) == (201, 201)
    assert seen["state"] == "accepted"
    assert seen["delivered_at"] == "2025-04-30T15:59:00Z"
    assert seen["due_at"] > seen["delivered_at"]
    assert seen["delivered_at"] < seen["submitted_at"] < seen["accepted_at"]
    assert seen["timeliness"] == "met"
    assert seen["version"] == 3


async def test_what_was_delivered_late_is_not_met(active: Partnership) -> None:
    milestone_id = await _id(active)

    await _submit(active, milestone_id, delivered_at="2025-04-30T16:00:00.000001Z")
    await _judge(active, milestone_id, "acceptance")

    assert (await _read(active, milestone_id))["timeliness"] == "not_met"


async def test_evidence_is_kept_with_its_digest(active: Partnership) -> None:
    milestone_id = await _id(active)

    await _submit(active, milestone_id)

    evidence = (await _read(active, milestone_id))["evidence"]
    assert len(evidence) == 2
    for one in evidence:
        document = (await active.get(f"/v1/documents/{one['id']}", by=OFFICER)).json()
        assert document["sha256"] == one["sha256"]


async def test_one_document_does_not_stand_for_two_kinds(active: Partnership) -> None:
    filed = (await active.file(PDF, by=SUPPLIER)).json()["id"]

    answer = await _submit(active, await _id(active), documents=[filed, filed])

    assert _code(answer) == (422, "evidence_missing")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"documents": []}, 422, "evidence_missing"),
        (
            {"documents": ["document_019000000000700080000000000000ff"]},
            422,
            "evidence_unknown",
        ),
        ({"delivered_at": "2199-01-01T00:00:00Z"}, 422, "delivered_later"),
        ({"delivered_at": "2025-02-28T15:59:59Z"}, 422, "delivered_before"),
    ],
)
async def test_an_unsound_submission_is_refused(
    active: Partnership, changed: dict[str, Any], status: int, code: str
) -> None:
    answer = await _submit(active, await _id(active), **changed)

    assert _code(answer) == (status, code)


async def test_the_authority_does_not_submit(active: Partnership) -> None:
    said = {"delivered_at": DELIVERED_AT, "declaration": DECLARATION}
    path = f"/v1/milestones/{await _id(active)}/submission"

    answer = await active.post(path, said, by=("verifier", "verifier"), If_Match='"v1"')
    role = await active.post(path, said, by=OFFICER, If_Match='"v1"')

    assert _code(answer) == _code(role) == (403, "not_allowed")


async def test_what_is_rejected_says_why_and_can_be_submitted_again(active: Partnership) -> None:
    milestone_id = await _id(active)
    await _submit(active, milestone_id)

    rejected = await _judge(active, milestone_id, "rejection", body=JUDGEMENT)
    seen = await _read(active, milestone_id)
    again = await _submit(active, milestone_id, version=3)
    accepted = await _judge(active, milestone_id, "acceptance", version=4)

    assert rejected.json()["state"] == "rejected"
    assert {name: seen[name] for name in JUDGEMENT} == JUDGEMENT
    assert (again.status_code, accepted.json()["state"]) == (201, "accepted")
    assert (await _read(active, milestone_id))["reasons"] is None
    rounds = await active.get(f"/v1/milestones/{milestone_id}/rounds", by=SUPPLIER)
    second, first = rounds.json()["data"]
    assert (first["round"], first["outcome"], second["outcome"]) == (1, "rejected", "accepted")
    assert {name: first[name] for name in JUDGEMENT} == JUDGEMENT
    assert first["digest"] != second["digest"]


async def test_what_is_accepted_stays_so(active: Partnership) -> None:
    milestone_id = await _id(active)
    await _submit(active, milestone_id)
    await _judge(active, milestone_id, "acceptance")

    submitted = await _submit(active, milestone_id, version=3)
    rejected = await _judge(active, milestone_id, "rejection", version=3, body=JUDGEMENT)

    assert _code(submitted) == (409, "milestone_not_open")
    assert _code(rejected) == (409, "not_submitted")


async def test_the_etag_must_be_that_of_the_submission(active: Partnership) -> None:
    milestone_id = await _id(active)
    await _submit(active, milestone_id)

    answer = await _judge(active, milestone_id, "acceptance", version=1)

    assert _code(answer) == (412, "revision_stale")


async def test_of_two_acceptances_at_once_one_counts(
    active: Partnership, database: Database
) -> None:
    milestone_id = await _id(active)
    await _submit(active, milestone_id)

    answers = await asyncio.gather(
        _judge(active, milestone_id, "acceptance"), _judge(active, milestone_id, "acceptance")
    )

    connection = await database.connect()
    count = await connection.fetchval(
        "SELECT count(*) FROM event WHERE stream = $1 AND type = 'milestone.accepted'", milestone_id
    )
    await connection.close()
    assert sorted(answer.status_code for answer in answers) == [201, 412]
    assert count == 1


async def test_a_milestone_is_shown_as_it_was_known(active: Partnership) -> None:
    milestone_id = await _id(active)
    before = datetime.now(UTC)
    await _submit(active, milestone_id)
    between = datetime.now(UTC)
    await _judge(active, milestone_id, "acceptance")

    planned = await _read(active, milestone_id, f"?as_of={before:%Y-%m-%dT%H:%M:%S.%fZ}")
    submitted = await _read(active, milestone_id, f"?as_of={between:%Y-%m-%dT%H:%M:%S.%fZ}")
    now = await _read(active, milestone_id, f"?as_of={datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}")

    assert [one["state"] for one in (planned, submitted, now)] == [
        "planned", "submitted", "accepted",
    ]  # fmt: skip
    assert [one["version"] for one in (planned, submitted, now)] == [1, 2, 3]
    assert now["timeliness"] == (await _read(active, milestone_id))["timeliness"] == "met"
    assert planned["timeliness"] == "not_met"


async def test_a_milestone_is_shown_as_it_was_in_force(
    active: Partnership,
) -> None:
    milestone_id = await _id(active, "handover")
    await _submit(active, milestone_id, delivered_at=datetime.now(UTC).isoformat())
    delivered_at = datetime.fromisoformat((await _read(active, milestone_id))["delivered_at"])
    earlier = delivered_at - timedelta(microseconds=1)

    then = await _read(active, milestone_id, f"?valid_at={earlier:%Y-%m-%dT%H:%M:%S.%fZ}")
    since = await _read(active, milestone_id, f"?valid_at={delivered_at:%Y-%m-%dT%H:%M:%S.%fZ}")

    assert (then["state"], since["state"]) == ("planned", "submitted")


async def test_what_waits_for_another_is_shown_as_it_waited(active: Partnership) -> None:
    first, later = await _id(active), await _id(active, "catalogue-published")
    before = f"?as_of={datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    await _submit(active, first)
    await _judge(active, first, "acceptance")
    since = f"?as_of={datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"

    waited, waits = await _read(active, later, before), await _read(active, later, since)
    blocked, blocks = await _read(active, first, before), await _read(active, first, since)

    assert (waited["blocked_by"], waits["blocked_by"]) == (["takeover"], [])
    assert (blocked["blocks"], blocks["blocks"]) == (["catalogue-published"], [])
    for milestone_id, then in ((first, blocks), (later, waits)):
        del then["then"]
        assert then == await _read(active, milestone_id)


async def test_who_holds_a_milestone_learns_that_what_it_waited_for_is_accepted(
    active: Partnership,
) -> None:
    first, later = await _id(active), await _id(active, "catalogue-published")
    path = f"/v1/milestones/{later}"
    officer = await active.as_(*OFFICER)
    held = (await active.client.get(path, headers=officer)).headers["etag"]
    known = officer | {"If-None-Match": held}
    same = await active.client.get(path, headers=known)
    await _submit(active, first)
    await _judge(active, first, "acceptance")

    other = await active.client.get(path, headers=known)

    assert (same.status_code, other.status_code) == (304, 200)
    assert other.json()["blocked_by"] == []


async def test_a_milestone_is_shown_as_of_a_position_of_the_log(active: Partnership) -> None:
    milestone_id = await _id(active)
    await _submit(active, milestone_id)
    path = f"/v1/milestones/{milestone_id}/history"

    async def is_sequenced() -> bool:
        entries = (await active.get(path, by=OFFICER)).json()["data"]
        return all(one["position"] for one in entries)

    assert await comes_true(is_sequenced, within_s=5)
    submitted, planned = (await active.get(path, by=OFFICER)).json()["data"]

    first = await _read(active, milestone_id, f"?as_of=position:{submitted['position'] - 1}")
    second = await _read(active, milestone_id, f"?as_of=position:{submitted['position']}")
    none = await active.get(
        f"/v1/milestones/{milestone_id}?as_of=position:{planned['position'] - 1}", by=OFFICER
    )

    assert (first["state"], second["state"]) == ("planned", "submitted")
    assert _code(none) == (404, "nothing_then")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("as_of=yesterday", 400),
        ("as_of=2026-13-01T00:00:00Z", 400),
        ("as_of=2026-02-30T00:00:00Z", 422),
        ("as_of=0001-01-01T00:00:00%2B14:00", 422),
        ("valid_at=2026-01-01", 400),
        ("valid_at=9999-12-31T23:59:59-14:00", 422),
        ("as_of=1999-01-01T00:00:00Z", 404),
    ],
)
async def test_a_moment_that_names_nothing_is_refused(
    active: Partnership, query: str, status: int
) -> None:
    answer = await active.get(f"/v1/milestones/{await _id(active)}?{query}", by=OFFICER)

    assert answer.status_code == status


async def test_the_past_is_as_hidden_as_the_present(active: Partnership) -> None:
    milestone_id = await _id(active)

    for path in (f"/v1/milestones/{milestone_id}?as_of=position:1000000",
                 f"/v1/milestones/{milestone_id}/history"):  # fmt: skip
        answer = await active.get(path, by=("bank", "lender"))
        assert _code(answer) == (404, "milestone_missing")


async def test_the_history_is_read_page_by_page(active: Partnership) -> None:
    milestone_id = await _id(active)
    await _submit(active, milestone_id)
    path = f"/v1/milestones/{milestone_id}/history?limit=1"

    newest = (await active.get(path, by=SUPPLIER)).json()
    oldest = (await active.get(f"{path}&cursor={newest['next_cursor']}", by=SUPPLIER)).json()

    assert newest["data"][0]["type"] == "milestone.submitted"
    assert newest["data"][0]["body"]["after"]["state"] == "submitted"
    assert newest["data"][0]["valid_at"] == "2025-04-30T15:59:00Z"
    assert (oldest["data"][0]["type"], oldest["has_more"]) == ("milestone.planned", False)


async def test_what_an_auditor_reads_is_kept(active: Partnership, database: Database) -> None:
    milestone_id = await _id(active)
    path = f"/v1/milestones/{milestone_id}/history"

    await active.get(path, by=OFFICER)
    answer = await active.get(path, by=AUDITOR)

    connection = await database.connect()
    readings = await connection.fetch(
        "SELECT organisation_id, person_id, request_id FROM history_reading WHERE stream = $1",
        milestone_id,
    )
    await connection.close()
    auditor = active.parties.party("auditor")
    assert [tuple(reading) for reading in readings] == [
        (auditor.organisation_id, auditor.person("auditor").id, answer.headers["x-request-id"])
    ]
