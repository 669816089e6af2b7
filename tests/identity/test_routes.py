"""Organisations, people and clients over HTTP, in a sandbox with seeded parties."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.identity.parties import administrator_of, registered, registration
from tests.parties import SEEN, bearer, seeded

NOBODY = "org_01890a5d00007000800000000000000a"


async def test_an_organisation_registers_itself_and_is_read_by_anyone(
    client: httpx.AsyncClient,
) -> None:
    made = await registered(client)

    read = await client.get(f"/v1/organisations/{made['organisation_id']}")
    assert read.status_code == 200
    assert read.headers["etag"] == '"v1"'
    assert read.json()["state"] == made["state"] == "registered"
    assert read.json()["name"] == {"zh": "新企业", "en": "New Enterprise"}
    assert read.json()["registered_at"].endswith("Z")
    assert "bank_account" not in read.json()


async def test_only_the_organisation_itself_sees_its_bank_account(
    client: httpx.AsyncClient,
) -> None:
    made = await registered(client)
    address = f"/v1/organisations/{made['organisation_id']}"

    own = await client.get(address, headers=await administrator_of(client, made))
    other = await client.get(address, headers=await bearer(client, "city", "treasurer"))

    assert own.json()["bank_account"]["number"] == "6222000000000001"
    assert "bank_account" not in other.json()
    assert own.headers["etag"] != other.headers["etag"]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"kind": "platform"}, 422, "platform_not_registered"),
        ({"kind": "guild"}, 400, "malformed"),
        ({"jurisdiction": "999999"}, 422, "jurisdiction_unknown"),
        ({"identifiers": [{"scheme": "LEI", "id": "1"}]}, 422, "check_digit_wrong"),
        (
            {"identifiers": [{"scheme": "CN-USC", "id": "11440300MA5K00A10K"}]},
            409,
            "identifier_taken",
        ),
        ({"number": 0}, 400, "malformed"),
        ({"state": "verified"}, 400, "malformed"),
        ({"name": {}}, 400, "malformed"),
        ({"name": {"en": "a\x00b"}}, 400, "malformed"),
    ],
)
async def test_a_registration_that_breaks_a_rule_changes_nothing(
    client: httpx.AsyncClient, changed: dict[str, Any], status: int, code: str
) -> None:
    before = (await client.get("/v1/organisations", params={"limit": 1})).text

    answer = await client.post("/v1/organisations", json=registration(**changed))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/v1/organisations", params={"limit": 1})).text == before


async def test_of_two_that_register_one_identifier_at_once_one_is_refused(
    client: httpx.AsyncClient,
) -> None:
    identifier = [{"scheme": "GB-COH", "id": "00000001"}]

    answers = await asyncio.gather(
        *(
            client.post("/v1/organisations", json=registration(identifiers=identifier))
            for _ in range(4)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    "organisation_id", [NOBODY, "org_1", "%00", "person_01890a5d00007000800000000000000c"]
)
async def test_an_organisation_that_nobody_registered_is_missing(
    client: httpx.AsyncClient, organisation_id: str
) -> None:
    answer = await client.get(f"/v1/organisations/{organisation_id}")

    assert (answer.status_code, answer.json()["code"]) == (404, "organisation_unknown")


async def test_the_list_keeps_kind_and_jurisdiction_and_pages_without_a_gap(
    client: httpx.AsyncClient,
) -> None:
    asked = {"kind": "think_tank", "jurisdiction": "440000"}
    whole = (await client.get("/v1/organisations", params=asked)).json()["data"]
    governments = (await client.get("/v1/organisations?kind=government")).json()["data"]

    assert [one["kind"] for one in whole] == ["think_tank"]
    assert {one["jurisdiction"] for one in governments} >= {"440300", "440000"}
    found: list[str] = []
    address: str | None = "/v1/organisations?limit=3"
    while address:
        page = await client.get(address)
        found += [one["id"] for one in page.json()["data"]]
        link = page.links.get("next")
        address = link["url"] if link else None
    everyone = (await client.get("/v1/organisations?limit=100")).json()["data"]
    assert found == [one["id"] for one in everyone]
    assert found == sorted(found, reverse=True)


async def test_the_operator_verifies_and_suspends_under_the_version_it_has_seen(
    client: httpx.AsyncClient,
) -> None:
    made = await registered(client)
    operator = await bearer(client, "platform", "operator")
    address = f"/v1/organisations/{made['organisation_id']}"
    reason = {"reason": "Papers seen."}

    unseen = await client.post(f"{address}/verification", json=SEEN, headers=operator)
    stale = await client.post(
        f"{address}/verification", json=SEEN, headers=operator | {"If-Match": '"v9"'}
    )
    verified = await client.post(
        f"{address}/verification", json=SEEN, headers=operator | {"If-Match": '"v1"'}
    )
    suspended = await client.post(
        f"{address}/suspension",
        json=reason,
        headers=operator | {"If-Match": verified.headers["etag"]},
    )

    assert (unseen.status_code, stale.status_code) == (428, 412)
    assert (verified.status_code, verified.json()["state"]) == (200, "verified")
    assert (suspended.status_code, suspended.json()["state"]) == (200, "suspended")
    read = await client.get(address)
    assert (read.json()["state"], read.headers["etag"]) == ("suspended", '"v3"')


async def test_of_two_verifications_at_once_one_is_refused(client: httpx.AsyncClient) -> None:
    made = await registered(client)
    operator = await bearer(client, "platform", "operator")

    answers = await asyncio.gather(
        *(
            client.post(
                f"/v1/organisations/{made['organisation_id']}/verification",
                json=SEEN,
                headers=operator | {"If-Match": '"v1"'},
            )
            for _ in range(4)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


async def test_only_the_operator_verifies(client: httpx.AsyncClient) -> None:
    made = await registered(client)
    address = f"/v1/organisations/{made['organisation_id']}/verification"
    match = {"If-Match": '"v1"'}

    anyone = await client.post(address, json=SEEN, headers=match)
    itself = await client.post(
        address, json=SEEN, headers=match | await administrator_of(client, made)
    )
    narrow = await client.post(
        address,
        json=SEEN,
        headers=match | await bearer(client, "platform", "operator", scopes=["organisations:read"]),
    )

    assert (anyone.status_code, anyone.headers["www-authenticate"]) == (
        401,
        'Bearer realm="ecosystem"',
    )
    assert (itself.status_code, narrow.status_code) == (403, 403)
    assert "organisations:write" in narrow.json()["detail"]


async def test_nobody_adds_clients_to_another_organisation(client: httpx.AsyncClient) -> None:
    city = (await seeded(client)).party("city").organisation_id
    address, asked = f"/v1/organisations/{city}/clients", {"name": "mole", "scopes": ["needs:read"]}

    program = await client.post(
        address, json=asked, headers=await bearer(client, "bank", "administrator")
    )
    colleague = await client.post(
        address, json=asked, headers=await bearer(client, "city", "evaluator")
    )

    assert (program.status_code, colleague.status_code) == (403, 403)
    assert program.json()["code"] == "not_your_organisation"


async def test_whoever_has_a_token_may_ask_who_it_stands_for(client: httpx.AsyncClient) -> None:
    headers = await bearer(client, "auditor", "auditor", scopes=["history:read"])

    me = await client.get("/v1/me", headers=headers)
    nobody = await client.get("/v1/me")

    assert (me.json()["roles"], me.json()["scopes"]) == (["auditor"], ["history:read"])
    assert me.json()["jurisdiction"] == "440000"
    assert nobody.status_code == 401
