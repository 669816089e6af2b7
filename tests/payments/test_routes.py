"""Payments over HTTP: everyone takes their own step, and a stranger recomputes the sum."""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.cli.main import main
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from tests.parties import bearer
from tests.payments.agreement import FEBRUARY, Agreement, accept, agree, payments, verify

pytestmark = pytest.mark.anyio
SUPPLIER, APPROVER = ("enterprise", "delivery"), ("city", "approver")
TREASURER = ("city", "treasurer")
REASON = {"reason": {"zh": "证据不足", "en": "Evidence is missing."}}


@pytest.fixture
async def agreed(client: httpx.AsyncClient, database: Database, chosen: Settings) -> Agreement:
    assert (await client.get("/v1/sandbox/parties")).status_code == 200
    made = await agree(database, Path(chosen.data_folder or "."))
    await accept(database, made, "opening")
    return made


async def _address(database: Database, agreed: Agreement) -> str:
    [made] = await payments(database, agreed)
    return f"/v1/payments/{made['id']}"


async def _get(client: httpx.AsyncClient, address: str, who: tuple[str, str]) -> httpx.Response:
    return await client.get(address, headers=await bearer(client, *who))


async def _post(
    client: httpx.AsyncClient,
    address: str,
    who: tuple[str, str],
    *,
    version: int | None = None,
    body: dict[str, Any] | None = None,
) -> httpx.Response:
    headers = {**await bearer(client, *who), "Idempotency-Key": str(uuid.uuid4())}
    if version is not None:
        headers["If-Match"] = f'"v{version}"'
    return await client.post(address, headers=headers, json=body)


def _settlement(reference: str) -> dict[str, str]:
    return {"bank_reference": reference, "settled_on": datetime.now(UTC).date().isoformat()}


async def _instructed(client: httpx.AsyncClient, address: str) -> None:
    for step, who, version in (
        ("claim", SUPPLIER, 1), ("approval", APPROVER, 2), ("instruction", TREASURER, 3),
    ):  # fmt: skip
        answer = await _post(client, f"{address}/{step}", who, version=version)
        assert answer.status_code == 201, answer.text


async def test_a_payment_is_claimed_approved_instructed_settled_and_received(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    address = await _address(database, agreed)
    await _instructed(client, address)
    body = _settlement("ICBC 2026/1")

    settled = await _post(client, f"{address}/settlement", TREASURER, version=4, body=body)
    received = await _post(client, f"{address}/receipt", SUPPLIER, version=5)

    assert (settled.status_code, settled.json()["state"]) == (201, "settled")
    assert received.status_code == 201, received.text
    read = await _get(client, address, SUPPLIER)
    assert read.headers["etag"] == received.headers["etag"] == '"v6"'
    said = read.json()
    assert said["amount"] == {"amount": "8000.00", "currency": "CNY"}
    assert (said["bank_reference"], said["settled_on"]) == ("ICBC 2026/1", body["settled_on"])
    assert said["claimed_by"] == agreed.parties.party("enterprise").person("delivery").id
    assert len({said["claimed_by"], said["approved_by"], said["instructed_by"]}) == 3
    assert said["received_at"].endswith("Z")


async def test_the_totals_of_a_contract_tell_earned_payable_and_paid_apart(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    address = await _address(database, agreed)
    await _instructed(client, address)
    await verify(database, agreed, "matters", "5", period=FEBRUARY)

    answer = await _get(client, f"/v1/contracts/{agreed.contract_id}/payment-totals", SUPPLIER)

    said = answer.json()
    assert (said.pop("contract_id"), said.pop("overpaid_by")) == (agreed.contract_id, [])
    assert {name: one["amount"] for name, one in said.items()} == {
        "value": "100000.00", "earned": "8050.00", "payable": "50.00", "in_transit": "8000.00",
        "paid": "0.00", "received": "0.00", "withheld": "0.00", "late_interest": "0.00",
        "awaited": "0.00", "overpaid": "0.00",
    }  # fmt: skip


async def test_payments_and_calculations_of_a_contract_are_listed_newest_first(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "5")
    await verify(database, agreed, "matters", "7", supersedes=first)
    address = f"/v1/contracts/{agreed.contract_id}"

    listed = (await _get(client, f"{address}/payments?limit=2", SUPPLIER)).json()
    made = (await _get(client, f"{address}/calculations", ("verifier", "verifier"))).json()

    assert listed["has_more"]
    assert [one["amount"]["amount"] for one in listed["data"]] == ["20.00", "50.00"]
    assert [one["state"] for one in listed["data"]] == ["computed", "computed"]
    # The month is before the milestone, which is calculated after it each time.
    totals = ["8000.00", "70.00", "8000.00", "50.00", "8000.00"]
    assert [one["total"]["amount"] for one in made["data"]] == totals
    last, newest, again, before, oldest = made["data"]
    assert (newest["supersedes"], before["superseded_by"]) == (before["id"], newest["id"])
    assert [one["supersedes"] for one in (last, again)] == [again["id"], oldest["id"]]
    assert oldest["supersedes"] is before["supersedes"] is last["superseded_by"] is None


async def test_the_calculation_of_a_payment_recomputes_offline_to_the_last_cent(
    client: httpx.AsyncClient,
    database: Database,
    agreed: Agreement,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = await _address(database, agreed)
    answer = await _get(client, f"{address}/calculation", SUPPLIER)
    file, changed = tmp_path / "calculation.json", tmp_path / "changed.json"
    file.write_bytes(answer.content)
    changed.write_bytes(answer.content.replace(b"8000.00", b"8000.01"))

    assert answer.json()["lines"][0]["formula"]["en"] == "milestone opening accepted: 8000.00"
    assert main(["payments", "recompute", str(file)]) == 0
    assert "identical" in capsys.readouterr().out
    assert main(["payments", "recompute", str(changed), "--json"]) == 1
    assert '"identical": false' in capsys.readouterr().out
    assert main(["payments", "recompute", str(tmp_path / "absent.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    by_id = await _get(
        client,
        f"/v1/calculations/{(await _get(client, address, SUPPLIER)).json()['calculation_id']}",
        ("verifier", "verifier"),
    )
    assert by_id.content == answer.content


async def test_the_same_settlement_under_another_key_is_answered_alike(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    address = await _address(database, agreed)
    await _instructed(client, address)
    body = _settlement("ICBC 2026/2")

    settling, other = f"{address}/settlement", _settlement("ICBC 2026/3")
    first = await _post(client, settling, TREASURER, version=4, body=body)
    again = await _post(client, settling, TREASURER, version=4, body=body)
    stale = await _post(client, settling, TREASURER, version=4, body=other)
    read_anew = await _post(client, settling, TREASURER, version=5, body=other)

    assert (again.status_code, again.json()) == (first.status_code, first.json()), again.text
    assert (stale.status_code, stale.json()["code"]) == (412, "revision_stale")
    assert (read_anew.status_code, read_anew.json()["code"]) == (409, "settled_otherwise")


async def test_a_rejection_says_why(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    address = await _address(database, agreed)

    answer = await _post(client, f"{address}/rejection", APPROVER, version=1, body=REASON)

    assert answer.status_code == 201, answer.text
    said = (await _get(client, address, SUPPLIER)).json()
    assert (said["state"], said["rejected_reason"]) == ("rejected", REASON["reason"])


@pytest.mark.parametrize("reader", [("second_enterprise", "delivery"), ("think_tank", "verifier")])
async def test_who_is_not_concerned_knows_of_no_payment(
    client: httpx.AsyncClient, database: Database, agreed: Agreement, reader: tuple[str, str]
) -> None:
    address = await _address(database, agreed)

    for path in (address, f"{address}/calculation"):
        answer = await _get(client, path, reader)
        assert (answer.status_code, answer.json()["code"]) == (404, "payment_missing")
    listed = await _get(client, f"/v1/contracts/{agreed.contract_id}/payments", reader)
    said = listed.json()
    assert said.get("code") == "not_concerned" or said["data"] == []
    claimed = await _post(client, f"{address}/claim", ("second_enterprise", "delivery"), version=1)
    assert claimed.status_code == 404


@pytest.mark.parametrize(
    ("status", "step_and_who"),
    [
        (403, ("claim", ("enterprise", "bidder"))),
        (403, ("claim", TREASURER)),
        (403, ("approval", TREASURER)),
        (403, ("approval", SUPPLIER)),
        (403, ("instruction", APPROVER)),
        (403, ("settlement", APPROVER)),
        (403, ("receipt", TREASURER)),
        (409, ("approval", APPROVER)),
        (409, ("instruction", TREASURER)),
        (409, ("settlement", TREASURER)),
        (409, ("receipt", SUPPLIER)),
    ],
)
async def test_a_step_by_the_wrong_hand_or_out_of_turn_is_refused(
    client: httpx.AsyncClient,
    database: Database,
    agreed: Agreement,
    status: int,
    step_and_who: tuple[str, tuple[str, str]],
) -> None:
    step, who = step_and_who
    address = await _address(database, agreed)
    body = _settlement("ICBC 2026/4") if step == "settlement" else None

    answer = await _post(client, f"{address}/{step}", who, version=1, body=body)

    assert answer.status_code == status, answer.text
    assert (await _get(client, address, SUPPLIER)).json()["state"] == "computed"


async def test_a_step_needs_its_key_and_its_version(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    address = await _address(database, agreed)
    who = await bearer(client, *SUPPLIER)

    without_key = await client.post(f"{address}/claim", headers={**who, "If-Match": '"v1"'})
    without_version = await _post(client, f"{address}/claim", SUPPLIER)
    stale = await _post(client, f"{address}/claim", SUPPLIER, version=7)

    assert without_key.status_code == 400
    assert (without_version.status_code, stale.status_code) == (428, 412)


async def test_a_contract_that_is_still_a_draft_shows_no_totals(
    client: httpx.AsyncClient, agreed: Agreement, server: EmbeddedServer, database_name: str
) -> None:
    connection = await asyncpg.connect(server.dsn(database_name, role="postgres"))
    # It never was active: no trigger lets it become a draft again.
    await connection.execute("ALTER TABLE contract DISABLE TRIGGER USER")
    await connection.execute(
        "UPDATE contract SET state = 'draft', activated_at = NULL WHERE id = $1",
        agreed.contract_id,
    )
    await connection.execute("ALTER TABLE contract ENABLE TRIGGER USER")
    await connection.close()

    answer = await _get(client, f"/v1/contracts/{agreed.contract_id}/payment-totals", SUPPLIER)

    assert (answer.status_code, answer.json()["code"]) == (404, "contract_missing")


async def test_there_are_no_payments_without_a_token_or_a_contract(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    address = await _address(database, agreed)
    unknown = agreed.contract_id[:-6] + "000000"

    assert (await client.get(address)).status_code == 401
    for contract_id in (unknown, "nonsense"):
        for what in ("payments", "payment-totals", "calculations"):
            answer = await _get(client, f"/v1/contracts/{contract_id}/{what}", TREASURER)
            assert (answer.status_code, answer.json()["code"]) == (404, "contract_missing")
    for nothing in ("/v1/payments/nonsense", "/v1/calculations/nonsense"):
        assert (await _get(client, nothing, TREASURER)).status_code == 404


async def test_an_etag_tells_proofs_from_none_and_not_what_was_asked_for(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    address = f"{await _address(database, agreed)}/calculation"

    asked = await _get(client, f"{address}?proofs=true", TREASURER)

    assert "proofs" not in asked.json()
    assert asked.headers["etag"] == (await _get(client, address, TREASURER)).headers["etag"]
