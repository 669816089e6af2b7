"""Contracts, metrics and observations are shown as they were, and two moments are compared."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from ecosystem.contracts.model import Contract
from ecosystem.outcomes.model import Metric, Observation
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.period import shown, wire
from tests.contracts.partnership import Partnership, awarded
from tests.parties import comes_true

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
AUDITOR = ("auditor", "auditor")
STRANGER = ("bank", "lender")
TICK = timedelta(microseconds=1)
WORDS = {"en": "See the record"}
REPORT = {
    "period": {"starts_on": "2025-04-01", "ends_on": "2025-07-01"},
    "value": "91.5",
    "source": "monitor",
    "method": WORDS,
}


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
async def there(
    client: httpx.AsyncClient,
    database: Database,
    server: EmbeddedServer,
    database_name: str,
    kept: dict[str, Any],
) -> Partnership:
    if not kept:
        superuser = server.dsn(database_name, role="postgres")
        active = await (await awarded(client, database, superuser)).active()
        kept |= {"active": active, **await _corrected(active)}
    active = kept["active"]
    return Partnership(
        client, active.parties, active.need_id, active.programme_id, active.award_id,
        active.contract_id, active.headers,
    )  # fmt: skip


async def _corrected(active: Partnership) -> dict[str, Any]:
    """Have a report verified, and its correction too; return both, and a moment between them."""
    listed = await active.get(f"/v1/contracts/{active.contract_id}/metrics", by=OFFICER)
    metric = listed.json()["data"][0]["id"]
    path, reason = f"/v1/metrics/{metric}/observations", {"reason": WORDS}
    first = (await active.made(path, REPORT, by=SUPPLIER))["id"]
    await active.made(
        f"/v1/observations/{first}/verification", reason, by=VERIFIER, If_Match='"v1"'
    )
    between = wire(datetime.now(UTC))
    corrected = {**REPORT, "value": "90", "supersedes": first}
    second = (await active.made(path, corrected, by=SUPPLIER))["id"]
    await active.made(
        f"/v1/observations/{second}/verification", reason, by=VERIFIER, If_Match='"v1"'
    )
    return {"metric": metric, "first": first, "between": between}


async def _read(there: Partnership, path: str, **query: str) -> dict[str, Any]:
    answer = await there.client.get(path, params=query, headers=await there.as_(*OFFICER))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_contract_is_shown_as_it_was_when_one_had_signed(there: Partnership) -> None:
    path = f"/v1/contracts/{there.contract_id}"
    today = await _read(there, path)
    first_signed = min(one["signed_at"] for one in today["signatures"])

    then = await _read(there, path, as_of=first_signed)

    assert (then["state"], then["version"], len(then["signatures"])) == ("draft", 2, 1)
    as_of = then["then"]["as_of"]
    assert datetime.fromisoformat(as_of) == datetime.fromisoformat(first_signed)
    assert then["then"]["corrected_by"] is None
    assert then.keys() - today.keys() == {"then"}
    assert {name: then[name] for name in ("terms", "terms_digest", "parties", "price")} == {
        name: today[name] for name in ("terms", "terms_digest", "parties", "price")
    }


async def test_as_of_now_is_what_is_shown_today(there: Partnership, kept: dict[str, Any]) -> None:
    types: dict[str, Any] = {
        f"/v1/contracts/{there.contract_id}": Contract,
        f"/v1/metrics/{kept['metric']}": Metric,
        f"/v1/observations/{kept['first']}": Observation,
    }
    for path, type_ in types.items():
        today = await _read(there, path)
        now = await _read(there, path, as_of=wire(datetime.now(UTC)))

        assert now.pop("then")["corrected_by"] is None
        assert now.keys() == today.keys()
        assert msgspec.convert(now, type_) == msgspec.convert(today, type_)


async def test_a_correction_that_became_known_later_is_marked(
    there: Partnership, kept: dict[str, Any]
) -> None:
    path = f"/v1/observations/{kept['first']}"

    then = await _read(there, path, as_of=kept["between"])
    today = await _read(there, path, valid_at=kept["between"])

    assert (then["state"], then["superseded_by"]) == ("verified", None)
    assert then["then"]["corrected_by"]["type"] == "observation.superseded"
    assert (today["state"], today["superseded_by"] is None) == ("verified", False)
    assert today["version"] == then["then"]["corrected_by"]["version"]


async def test_the_past_has_no_etag_to_be_written_by(
    there: Partnership, kept: dict[str, Any]
) -> None:
    headers = await there.as_(*OFFICER)
    path = f"/v1/observations/{kept['first']}"

    answer = await there.client.get(path, params={"as_of": kept["between"]}, headers=headers)

    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"as_of": "2199-01-01T00:00:00Z"}, (422, "moment_ahead")),
        ({"as_of": "position:999999999"}, (422, "moment_ahead")),
        ({"as_of": "position:0"}, (404, "nothing_then")),
        ({"as_of": "2020-01-01T00:00:00Z"}, (404, "nothing_then")),
        ({"valid_at": "2020-01-01T00:00:00Z"}, (404, "nothing_then")),
        (
            {"as_of": "position:999999999", "valid_at": "2020-01-01T00:00:00Z"},
            (422, "moment_ahead"),
        ),
    ],
)
async def test_what_was_not_there_and_what_has_not_come_is_refused(
    there: Partnership, kept: dict[str, Any], query: dict[str, str], said: tuple[int, str]
) -> None:
    headers = await there.as_(*OFFICER)
    for path in (
        f"/v1/contracts/{there.contract_id}",
        f"/v1/metrics/{kept['metric']}",
        f"/v1/observations/{kept['first']}",
    ):
        answer = await there.client.get(path, params=query, headers=headers)

        found = answer.json()
        assert (answer.status_code, found["code"]) == said, path
        assert [one["parameter"] for one in found["errors"]] == list(query)[:1]


async def test_what_came_to_be_later_says_since_when_it_can_be_asked_for(
    there: Partnership, kept: dict[str, Any]
) -> None:
    path = f"/v1/observations/{kept['first']}"
    headers = await there.as_(*OFFICER)
    first = (await there.get(f"{path}/history?limit=100", by=OFFICER)).json()["data"][-1]

    for query, since in (("as_of", first["recorded_at"]), ("valid_at", first["valid_at"])):
        at = datetime.fromisoformat(since)
        for asked, code in ((at - TICK, 404), (at, 200)):
            answer = await there.client.get(path, params={query: wire(asked)}, headers=headers)

            assert answer.status_code == code, answer.text
            assert code == 200 or f" {shown(at)}." in answer.json()["detail"]


async def test_the_past_is_as_hidden_as_the_present(
    there: Partnership, kept: dict[str, Any]
) -> None:
    for path in (f"/v1/metrics/{kept['metric']}", f"/v1/observations/{kept['first']}"):
        for more in ("", "?as_of=position:1", "/history", "/comparison"):
            answer = await there.get(f"{path}{more}", by=STRANGER)

            assert answer.status_code == 404, more
            assert answer.json()["code"].endswith("_missing"), more
    for more in ("/history", "/comparison"):
        answer = await there.get(f"/v1/contracts/{there.contract_id}{more}", by=STRANGER)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_concerned")


async def test_two_moments_differ_by_what_happened_between_them(
    there: Partnership, kept: dict[str, Any]
) -> None:
    path = f"/v1/observations/{kept['first']}/comparison"

    found = await _read(there, path, **{"from": kept["between"]})

    places = {one["pointer"]: one for one in found["differences"]}
    by_id = {one["id"]: one for one in found["events"]}
    assert [one["type"] for one in found["events"]] == [
        "observation.superseded", "observation.voided",
    ]  # fmt: skip
    assert [one["is_correction"] for one in found["events"]] == [True, False]
    assert places["/state"]["before"] == "verified"
    assert places["/state"]["after"] == "void"
    assert [by_id[one]["type"] for one in places["/state"]["events"]] == ["observation.voided"]
    assert [by_id[one]["type"] for one in places["/superseded_by"]["events"]] == [
        "observation.superseded"
    ]
    assert found["from"]["corrected_by"]["type"] == "observation.superseded"


async def test_a_thing_is_compared_with_how_it_began(
    there: Partnership, kept: dict[str, Any]
) -> None:
    path = f"/v1/observations/{kept['first']}/comparison"

    found = await _read(there, path, until=kept["between"])

    assert [one["why"] for one in found["events"]] == [WORDS]
    assert found["events"][0]["person_id"] == there.parties.party("verifier").person("verifier").id
    assert {one["pointer"] for one in found["differences"]} == {
        "/state", "/version", "/verified_by", "/verified_at", "/reason",
    }  # fmt: skip


async def test_moments_in_the_wrong_order_are_refused(
    there: Partnership, kept: dict[str, Any]
) -> None:
    path = f"/v1/observations/{kept['first']}/comparison"
    query = {"from": wire(datetime.now(UTC)), "until": kept["between"]}

    answer = await there.client.get(path, params=query, headers=await there.as_(*OFFICER))

    assert (answer.status_code, answer.json()["code"]) == (422, "moments_reversed")


async def test_the_history_of_each_thing_is_read_and_an_auditors_reading_is_kept(
    there: Partnership, kept: dict[str, Any], database: Database
) -> None:
    contract, metric, first = there.contract_id, kept["metric"], kept["first"]
    types = {
        f"/v1/contracts/{contract}": ["contract.activated", "contract.signed"],
        f"/v1/metrics/{metric}": ["metric.registered"],
        f"/v1/observations/{first}": ["observation.voided", "observation.superseded"],
    }
    for path, expected in types.items():
        listed = (await there.get(f"{path}/history", by=AUDITOR)).json()["data"]
        assert [one["type"] for one in listed][:2] == expected
        assert all(one["body"]["after"]["id"] == one["object"] for one in listed)
        assert (await there.get(f"{path}/comparison", by=AUDITOR)).status_code == 200

    connection = await database.connect()
    readings = await connection.fetch("SELECT stream FROM history_reading")
    await connection.close()
    assert [one["stream"] for one in readings] == [
        one for path in types for one in [path.rpartition("/")[2]] * 2
    ]


async def test_the_position_of_an_event_is_a_moment_too(
    there: Partnership, kept: dict[str, Any]
) -> None:
    path = f"/v1/observations/{kept['first']}"

    async def is_sequenced() -> bool:
        listed = (await there.get(f"{path}/history", by=OFFICER)).json()["data"]
        return all(one["position"] for one in listed)

    assert await comes_true(is_sequenced, within_s=10)
    for entry in (await there.get(f"{path}/history", by=OFFICER)).json()["data"]:
        then = await _read(there, path, as_of=f"position:{entry['position']}")
        assert then.pop("then")["position"] == entry["position"]
        assert then == entry["body"]["after"]
