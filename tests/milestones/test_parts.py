"""A milestone that is accepted in parts pays by its parts, and is met when the last was in time."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
WORDS = {"zh": "见记录", "en": "See the record"}
FINDING = {"part": "asset-inventory", "reasons": WORDS, "remedy": WORDS}
REST = {"reasons": WORDS, "remedy": WORDS, "findings": [FINDING]}
PART = {"deliverables": ["baseline-report"], "share": "0.4", "rest": REST}


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """A contract in force since 2025-03-01."""
    made = await awarded(client, database, server.dsn(database_name, role="postgres"))
    return await made.active()


async def _path(active: Partnership) -> str:
    listed = await active.get(
        f"/v1/contracts/{active.contract_id}/milestones?limit=100", by=OFFICER
    )
    (found,) = (one["id"] for one in listed.json()["data"] if one["code"] == "takeover")
    return f"/v1/milestones/{found}"


async def _submit(active: Partnership, path: str, *contents: bytes, delivered_at: str) -> None:
    filed = [(await active.file(content, by=SUPPLIER)).json()["id"] for content in contents]
    said = {"documents": filed, "delivered_at": delivered_at, "declaration": WORDS}
    answer = await active.post(f"{path}/submission", said, by=SUPPLIER, If_Match="*")
    assert answer.status_code == 201, answer.text


async def _judge(active: Partnership, path: str, act: str, body: object = None) -> None:
    answer = await active.post(f"{path}/{act}", body, by=OFFICER, If_Match="*")
    assert answer.status_code == 201, answer.text


async def _earned(active: Partnership) -> Decimal:
    path = f"/v1/contracts/{active.contract_id}/payment-totals"
    return Decimal((await active.get(path, by=OFFICER)).json()["earned"]["amount"])


async def _milestone(active: Partnership, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await active.get(path, by=SUPPLIER)).json()
    return found


async def test_the_accepted_share_pays_and_the_rest_when_it_is_accepted(
    active: Partnership,
) -> None:
    path = await _path(active)
    await _submit(active, path, b"%PDF-1", b"%PDF-2", delivered_at="2025-04-01T00:00:00Z")
    await _judge(active, path, "qualified-acceptance", PART)
    part, of_part = await _earned(active), await _milestone(active, path)

    await _submit(active, path, b"%PDF-3", delivered_at="2025-05-03T04:00:00Z")
    waiting = await _earned(active)
    await _judge(active, path, "acceptance")
    whole, of_whole = await _earned(active), await _milestone(active, path)

    assert part == waiting == Decimal("0.4") * whole > 0
    assert (of_part["state"], of_part["accepted_share"]) == ("partly_accepted", "0.4")
    assert of_part["accepted_deliverables"] == ["baseline-report"]
    assert (of_part["findings"], of_part["timeliness"]) == ([FINDING], "not_met")
    assert of_part["lateness"]["days"] == 0
    assert (of_whole["state"], of_whole["accepted_share"]) == ("accepted", "1")
    assert (of_whole["timeliness"], of_whole["lateness"]["days"]) == ("not_met", 3)
    assert of_whole["lateness"]["words"]["zh"] == "2025-05-03 - 2025-04-30 = 逾期 3 天"


async def test_each_payment_explains_the_share_that_it_pays(active: Partnership) -> None:
    path = await _path(active)
    await _submit(active, path, b"%PDF-1", b"%PDF-2", delivered_at="2025-04-01T00:00:00Z")
    await _judge(active, path, "qualified-acceptance", PART)

    listed = await active.get(f"/v1/contracts/{active.contract_id}/payments", by=OFFICER)
    payment, _ = listed.json()["data"]
    document = await active.get(f"/v1/payments/{payment['id']}/calculation", by=OFFICER)

    line = next(one for one in document.json()["lines"] if one["rule"] == "takeover-fee")
    assert line["formula"]["en"] == "milestone takeover accepted: 590000.00 x 0.4"
    assert line["amount"] == "236000.00"
    assert document.json()["facts"]["milestones"][0]["share"] == "0.4"


async def test_the_date_that_the_authority_accepts_is_kept_with_its_reason(
    active: Partnership,
) -> None:
    path = await _path(active)
    await _submit(active, path, b"%PDF-1", b"%PDF-2", delivered_at="2025-04-30T00:00:00Z")
    disputed = {"delivered_at": "2025-05-02T00:00:00Z", "reason": WORDS}

    await _judge(active, path, "qualified-acceptance", {"delivery": disputed})

    shown = await _milestone(active, path)
    (judged,) = (await active.get(f"{path}/rounds", by=SUPPLIER)).json()["data"]
    assert (shown["state"], shown["timeliness"]) == ("accepted", "not_met")
    assert shown["delivered_at"] == judged["delivered_at"] == "2025-04-30T00:00:00Z"
    assert shown["accepted_delivery_at"] == "2025-05-02T00:00:00Z"
    assert (shown["lateness"]["days"], judged["dispute"]) == (2, WORDS)


async def test_an_acceptance_that_does_not_add_up_is_refused_and_changes_nothing(
    active: Partnership,
) -> None:
    path = await _path(active)
    await _submit(active, path, b"%PDF-1", b"%PDF-2", delivered_at="2025-04-01T00:00:00Z")
    before = await _milestone(active, path)

    for body, code, pointer in (
        ({}, "nothing_qualified", None),
        ({"share": "1", "rest": REST}, "share_unfit", "/rest"),
        ({"share": "0.4"}, "rest_unexplained", "/rest"),
        ({"deliverables": ["tape"], "rest": REST}, "part_unfit", "/deliverables/0"),
    ):
        answer = await active.post(f"{path}/qualified-acceptance", body, by=OFFICER, If_Match="*")
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        if pointer:
            assert answer.json()["errors"][0]["pointer"] == pointer

    assert await _milestone(active, path) == before
