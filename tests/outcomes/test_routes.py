"""What was observed is reported, verified by who did not report it, corrected and disputed."""

import asyncio
from typing import Any

import httpx
import pytest

from ecosystem.outcomes.demonstrating import queries
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
QUARTER = {"starts_on": "2025-04-01", "ends_on": "2025-07-01"}
REASON = {"reason": {"zh": "抽样核对一致", "en": "The sample agrees"}}


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """A contract in force since 2025-03-01."""
    made = await awarded(client, database, server.dsn(database_name, role="postgres"))
    return await made.active()


async def _metric(active: Partnership, code: str = "data-quality") -> dict[str, Any]:
    path = f"/v1/contracts/{active.contract_id}/metrics"
    listed: list[dict[str, Any]] = (await active.get(path, by=OFFICER)).json()["data"]
    return next(one for one in listed if one["code"] == code)


async def _report(
    active: Partnership, metric_id: str, value: str = "91.5", *, by: tuple[str, str] = SUPPLIER,
    **changed: object,
) -> httpx.Response:  # fmt: skip
    body = {
        "period": QUARTER,
        "value": value,
        "source": "quality-monitor",
        "method": {"en": "All records, by rule"},
        **changed,
    }
    return await active.post(f"/v1/metrics/{metric_id}/observations", body, by=by)


async def _reported(active: Partnership, metric_id: str, **changed: Any) -> str:
    answer = await _report(active, metric_id, **changed)
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


async def _judge(
    active: Partnership,
    observation_id: str,
    act: str,
    *,
    by: tuple[str, str] = VERIFIER,
    match: str = "*",
) -> httpx.Response:
    path = f"/v1/observations/{observation_id}/{act}"
    return await active.post(path, REASON, by=by, If_Match=match)


async def _read(active: Partnership, observation_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (
        await active.get(f"/v1/observations/{observation_id}", by=OFFICER)
    ).json()
    return found


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_metrics_are_registered_when_the_contract_comes_into_force(
    active: Partnership,
) -> None:
    metric = await _metric(active)

    read = await active.get(f"/v1/metrics/{metric['id']}", by=VERIFIER)

    assert read.json() == metric
    assert (metric["baseline"], metric["target"], metric["direction"]) == ("60", "98", "higher")


async def test_an_observation_is_reported_and_verified(
    active: Partnership, database: Database
) -> None:
    metric = await _metric(active)

    observation_id = await _reported(active, metric["id"], value="91.50", sample_size=400)
    before = await _read(active, observation_id)
    verified = await _judge(active, observation_id, "verification")

    after = await _read(active, observation_id)
    assert (before["state"], before["value"], before["period"]) == ("reported", "91.50", QUARTER)
    assert verified.json()["state"] == after["state"] == "verified"
    assert after["verified_by"] == active.id_of("verifier")
    assert after["reason"] == REASON["reason"]
    async with database.transaction() as tx:
        (fact,) = await queries.verified(tx, active.contract_id)
    assert (fact.id, fact.version, fact.value, fact.metric) == (
        observation_id, 2, "91.50", "data-quality",
    )  # fmt: skip


async def test_the_authority_may_report_too(active: Partnership) -> None:
    metric = await _metric(active)

    answer = await _report(active, metric["id"], by=OFFICER, source="citizens-hotline")

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("by", "status", "code"),
    [
        (VERIFIER, 403, "not_allowed"),
        (("second_enterprise", "bidder"), 403, "not_allowed"),
        (("think_tank", "delivery"), 404, "metric_missing"),
        (("oversight", "reviewer"), 403, "not_allowed"),
    ],
)
async def test_others_do_not_report(
    active: Partnership, by: tuple[str, str], status: int, code: str
) -> None:
    metric = await _metric(active)

    answer = await _report(active, metric["id"], by=by)

    assert _code(answer) == (status, code)


@pytest.mark.parametrize(
    "period",
    [
        {"starts_on": "2025-04-01", "ends_on": "2025-04-01"},
        {"starts_on": "2025-02-28", "ends_on": "2025-04-01"},
        {"starts_on": "2028-01-01", "ends_on": "2028-03-01"},
        {"starts_on": "2027-01-01", "ends_on": "2099-01-01"},
    ],
)
async def test_a_period_lies_in_the_term_and_is_over(
    active: Partnership, period: dict[str, str]
) -> None:
    metric = await _metric(active)

    answer = await _report(active, metric["id"], period=period)

    assert _code(answer) == (422, "period_unfit")


async def test_the_same_value_again_is_answered_with_the_first_report(active: Partnership) -> None:
    metric = await _metric(active)
    first = await _report(active, metric["id"], "91.5")

    again = await _report(active, metric["id"], "91.50")

    assert again.status_code == 201
    assert again.json() == first.json()


async def test_another_value_for_the_same_place_is_refused(active: Partnership) -> None:
    metric = await _metric(active)
    await _report(active, metric["id"], "91.5")

    answer = await _report(active, metric["id"], "92")

    assert _code(answer) == (409, "observation_differs")


async def test_the_same_observation_at_once_is_reported_once(
    active: Partnership, database: Database
) -> None:
    metric = await _metric(active)

    answers = await asyncio.gather(*(_report(active, metric["id"]) for _ in range(6)))

    connection = await database.connect()
    events = await connection.fetchval(
        "SELECT count(*) FROM event WHERE type = 'observation.reported' AND stream = ANY ("
        "SELECT id FROM observation WHERE metric_id = $1)",
        metric["id"],
    )
    await connection.close()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == events == 1


async def test_nobody_verifies_for_another_contract(active: Partnership) -> None:
    observation_id = await _reported(active, (await _metric(active))["id"])

    answer = await _judge(active, observation_id, "verification", by=("think_tank", "verifier"))

    assert _code(answer) == (404, "observation_missing")


async def test_a_verification_needs_a_person_with_the_role(active: Partnership) -> None:
    observation_id = await _reported(active, (await _metric(active))["id"])

    for by in (OFFICER, SUPPLIER, ("verifier", "evaluator")):
        answer = await _judge(active, observation_id, "verification", by=by)
        assert _code(answer) == (403, "not_allowed")


async def test_what_is_verified_stands_until_its_correction_is_verified(
    active: Partnership, database: Database
) -> None:
    metric = await _metric(active)
    first = await _reported(active, metric["id"], value="91.5")
    await _judge(active, first, "verification")

    second = await _reported(active, metric["id"], value="90", supersedes=first)
    async with database.transaction() as tx:
        meanwhile = await queries.verified(tx, active.contract_id)
    await _judge(active, second, "verification")
    async with database.transaction() as tx:
        afterwards = await queries.verified(tx, active.contract_id)

    old, new = await _read(active, first), await _read(active, second)
    assert [fact.id for fact in meanwhile] == [first]
    assert [fact.id for fact in afterwards] == [second]
    assert (old["state"], old["superseded_by"], old["value"]) == ("void", second, "91.5")
    assert (new["state"], new["supersedes"]) == ("verified", first)


async def test_only_the_newest_report_is_corrected_and_only_by_its_reporter(
    active: Partnership,
) -> None:
    metric = await _metric(active)
    first = await _reported(active, metric["id"])
    await _reported(active, metric["id"], value="90", supersedes=first)

    old = await _report(active, metric["id"], "89", supersedes=first)
    foreign = await _report(active, metric["id"], "88", supersedes=first, by=OFFICER)
    other = await _report(active, metric["id"], "88", supersedes=first, source="elsewhere")

    assert _code(old) == _code(foreign) == _code(other) == (409, "nothing_to_correct")


async def test_another_organisation_does_not_correct(active: Partnership) -> None:
    metric = await _metric(active)
    first = await _reported(active, metric["id"])

    answer = await _report(active, metric["id"], "88", supersedes=first, by=OFFICER)

    assert _code(answer) == (403, "not_own_report")


async def test_of_two_corrections_at_once_one_counts(active: Partnership) -> None:
    metric = await _metric(active)
    first = await _reported(active, metric["id"])

    answers = await asyncio.gather(
        _report(active, metric["id"], "88", supersedes=first),
        _report(active, metric["id"], "89", supersedes=first),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_day_counts_once(active: Partnership) -> None:
    metric = await _metric(active)
    first = await _reported(active, metric["id"])
    other = await _reported(active, metric["id"], source="survey")
    longer = await _reported(
        active, metric["id"], period={"starts_on": "2025-06-30", "ends_on": "2025-10-01"}
    )
    await _judge(active, first, "verification")

    same = await _judge(active, other, "verification")
    shared = await _judge(active, longer, "verification")

    assert _code(same) == _code(shared) == (409, "period_verified")


async def test_of_two_verifications_that_share_days_one_counts(active: Partnership) -> None:
    metric = await _metric(active)
    first = await _reported(active, metric["id"])
    second = await _reported(
        active, metric["id"], period={"starts_on": "2025-06-01", "ends_on": "2025-09-01"}
    )

    answers = await asyncio.gather(
        _judge(active, first, "verification"), _judge(active, second, "verification")
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_what_is_disputed_is_verified_or_annulled(active: Partnership) -> None:
    metric = await _metric(active)
    first = await _reported(active, metric["id"])
    second = await _reported(active, metric["id"], source="survey")
    disputed = [await _judge(active, one, "dispute", by=OFFICER) for one in (first, second)]

    verified = await _judge(active, first, "verification")
    annulled = await _judge(active, second, "annulment")

    assert [answer.json()["state"] for answer in disputed] == ["disputed", "disputed"]
    assert (verified.json()["state"], annulled.json()["state"]) == ("verified", "void")
    again = await _report(active, metric["id"], "70", source="survey")
    assert again.status_code == 201


async def test_nobody_disputes_its_own_report(active: Partnership) -> None:
    observation_id = await _reported(active, (await _metric(active))["id"])

    answer = await _judge(active, observation_id, "dispute", by=SUPPLIER)
    judged = await _judge(active, observation_id, "dispute")

    assert _code(answer) == (403, "own_report")
    assert _code(judged) == (403, "not_allowed")


async def test_observations_are_listed_newest_first(active: Partnership) -> None:
    metric = await _metric(active)
    made = [
        await _reported(active, metric["id"], source=source) for source in ("one", "two", "three")
    ]
    path = f"/v1/metrics/{metric['id']}/observations"

    first = (await active.get(f"{path}?limit=2", by=("auditor", "auditor"))).json()
    rest = (
        await active.get(f"{path}?cursor={first['next_cursor']}&limit=2", by=("auditor", "auditor"))
    ).json()
    hidden = await active.get(path, by=("bank", "lender"))

    assert [one["id"] for one in (*first["data"], *rest["data"])] == made[::-1]
    assert _code(hidden) == (404, "metric_missing")
