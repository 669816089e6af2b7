"""Budget programmes over HTTP: treasurers open and fund them, and everyone reads them."""

from typing import Any

import httpx
import msgspec
import pytest

from ecosystem.budgets.model import Programme
from ecosystem.runtime.minting import mint, secret
from ecosystem.values.page import Page
from tests.budgets.builders import AUTHORITY, draft
from tests.parties import bearer

REASON = {"en": "Decision of the council, 12 January"}


async def _open(client: httpx.AsyncClient, *, fiscal_year: int = 2026) -> httpx.Response:
    return await client.post(
        "/v1/programmes",
        json=msgspec.to_builtins(draft(fiscal_year=fiscal_year)),
        headers=await bearer(client, "city", "treasurer"),
    )


async def _appropriate(
    client: httpx.AsyncClient, programme: str, amount: str = "1000.50", **headers: str | None
) -> httpx.Response:
    given = {"If-Match": '"v1"', "Idempotency-Key": secret()} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    token = await bearer(client, "city", "treasurer")
    return await client.post(
        f"/v1/programmes/{programme}/appropriations",
        json={"amount": {"amount": amount, "currency": "CNY"}, "reason": REASON},
        headers=token | {name: value for name, value in given.items() if value is not None},
    )


async def _read(client: httpx.AsyncClient, programme: str) -> Programme:
    answer = await client.get(f"/v1/programmes/{programme}")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Programme)


async def test_a_treasurer_opens_a_programme_that_everyone_reads(
    client: httpx.AsyncClient,
) -> None:
    opened = await _open(client)

    assert opened.status_code == 201
    assert opened.headers["etag"] == '"v1"'
    assert opened.headers["location"] == f"/v1/programmes/{opened.json()['id']}"
    seen = await _read(client, opened.json()["id"])
    assert seen.name == draft().name
    assert seen.available.amount == "0.00"


async def test_an_appropriation_is_available_at_once(client: httpx.AsyncClient) -> None:
    programme = (await _open(client)).json()["id"]
    before = await client.get(f"/v1/programmes/{programme}")

    given = await _appropriate(client, programme, If_Match=before.headers["etag"])

    assert given.status_code == 201, given.text
    assert given.json()["version"] == 2
    seen = await _read(client, programme)
    assert (seen.appropriated.amount, seen.available.amount) == ("1000.50", "1000.50")
    after = await client.get(f"/v1/programmes/{programme}", headers={
        "If-None-Match": before.headers["etag"]
    })  # fmt: skip
    assert after.status_code == 200
    same = await client.get(f"/v1/programmes/{programme}", headers={
        "If-None-Match": after.headers["etag"]
    })  # fmt: skip
    assert same.status_code == 304


async def test_a_repeated_request_moves_money_once(client: httpx.AsyncClient) -> None:
    programme, key = (await _open(client)).json()["id"], secret()

    answers = [await _appropriate(client, programme, Idempotency_Key=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert (await _read(client, programme)).appropriated.amount == "1000.50"


@pytest.mark.parametrize(
    ("headers", "amount", "status", "code"),
    [
        pytest.param({"Idempotency_Key": None}, "1", 400, "idempotency_key_missing", id="no key"),
        pytest.param({"If_Match": None}, "1", 428, "precondition_required", id="no version"),
        pytest.param({"If_Match": '"v9"'}, "1", 412, "revision_stale", id="another version"),
        pytest.param({}, "0", 422, "nothing_to_move", id="nothing"),
        pytest.param({}, "0.001", 422, "amount_too_fine", id="less than a cent"),
        pytest.param({}, "-1", 400, "malformed", id="less than nothing"),
    ],
)
async def test_what_cannot_be_appropriated_is_refused_by_name(
    client: httpx.AsyncClient, headers: dict[str, Any], amount: str, status: int, code: str
) -> None:
    programme = (await _open(client)).json()["id"]

    answer = await _appropriate(client, programme, amount, **headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await _read(client, programme)).appropriated.amount == "0.00"


@pytest.mark.parametrize(
    ("party", "person"), [("city", "officer"), ("enterprise", "bidder"), ("auditor", "auditor")]
)
async def test_nobody_but_a_treasurer_of_a_government_touches_budgets(
    client: httpx.AsyncClient, party: str, person: str
) -> None:
    programme = (await _open(client)).json()["id"]
    token = await bearer(client, party, person)

    opened = await client.post("/v1/programmes", json=msgspec.to_builtins(draft()), headers=token)
    given = await client.post(
        f"/v1/programmes/{programme}/appropriations",
        json={"amount": {"amount": "1", "currency": "CNY"}, "reason": REASON},
        headers=token | {"If-Match": '"v1"', "Idempotency-Key": secret()},
    )

    assert (opened.status_code, given.status_code) == (403, 403)


async def test_who_is_not_known_may_only_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/programmes", json=msgspec.to_builtins(draft()))

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "programme",
    ["nonsense", mint("programme", authority=AUTHORITY)],
    ids=["no identifier", "an unknown one"],
)
async def test_a_programme_that_is_not_there_is_missing(
    client: httpx.AsyncClient, programme: str
) -> None:
    read = await client.get(f"/v1/programmes/{programme}")
    given = await _appropriate(client, programme)

    assert (read.status_code, read.json()["code"]) == (404, "programme_missing")
    assert given.status_code == 404


async def test_programmes_are_listed_by_year_and_page_by_page(client: httpx.AsyncClient) -> None:
    made = [(await _open(client, fiscal_year=2031)).json()["id"] for _ in range(3)]
    await _open(client, fiscal_year=2032)
    await _appropriate(client, made[2])

    first = await client.get("/v1/programmes", params={"fiscal_year": 2031, "limit": 2})
    page = msgspec.json.decode(first.content, type=Page[Programme])
    second = await client.get(
        "/v1/programmes", params={"fiscal_year": 2031, "limit": 2, "cursor": page.next_cursor}
    )
    rest = msgspec.json.decode(second.content, type=Page[Programme])

    assert [one.id for one in (*page.data, *rest.data)] == sorted(made, reverse=True)
    assert not rest.has_more
    funded = {one.id: one.appropriated.amount for one in (*page.data, *rest.data)}
    assert sorted(funded.values()) == ["0.00", "0.00", "1000.50"]
    everything = await client.get("/v1/programmes", params={"limit": 100})
    assert {2031, 2032} <= {one["fiscal_year"] for one in everything.json()["data"]}
