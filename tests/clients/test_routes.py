"""Clients over HTTP, in a sandbox with seeded parties."""

from typing import Any

import asyncpg
import httpx
import pytest

from tests.identity.parties import administrator_of, registered
from tests.parties import bearer, seeded


async def test_a_clients_secret_is_shown_once(client: httpx.AsyncClient) -> None:
    made = await registered(client)
    administrator = await administrator_of(client, made)
    form = {"grant_type": "client_credentials"}

    added = await client.post(
        f"/v1/organisations/{made['organisation_id']}/clients",
        json={"name": "reader", "scopes": ["needs:read"], "roles": ["bidder"]},
        headers=administrator,
    )

    assert added.status_code == 201, added.text
    secret = added.json()["client_secret"]
    token = await client.post("/oauth/token", data=form, auth=(added.json()["id"], secret))
    read = await client.get(added.headers["location"], headers=administrator)
    assert token.status_code == 200
    assert read.json()["method"] == "client_secret_basic"
    assert secret not in read.text
    assert "client_secret" not in read.json()


async def test_a_secret_is_kept_nowhere_not_even_for_a_retry(
    client: httpx.AsyncClient, owner_url: str
) -> None:
    enterprise = (await seeded(client)).party("enterprise").organisation_id
    headers = await bearer(client, "enterprise", "administrator") | {"Idempotency-Key": "once"}
    asked = {"name": "reader", "scopes": ["needs:read"]}

    first = await client.post(
        f"/v1/organisations/{enterprise}/clients", json=asked, headers=headers
    )
    again = await client.post(
        f"/v1/organisations/{enterprise}/clients", json=asked, headers=headers
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["client_secret"] != again.json()["client_secret"]
    connection = await asyncpg.connect(owner_url)
    kept = await connection.fetchval("SELECT count(*) FROM stored_answer")
    await connection.close()
    assert kept == 0


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"scopes": ["payments:write"]}, "scope_needs_keys"),
        ({"profile": "high"}, "keys_needed"),
        ({"public": True}, "public_acts_for_people"),
        ({"redirect_uris": ["http://client.example/"]}, "redirect_unusable"),
        ({"redirect_uris": ["https://client.example/"] * 11}, "malformed"),
        ({"redirect_uris": ["https://client.example/\x00"]}, "malformed"),
        ({"jwks_uri": "http://client.example/"}, "key_address_unusable"),
        ({"roles": ["administrator"]}, "role_of_people_only"),
        ({"roles": ["officer"]}, "role_not_of_kind"),
        (
            {"jwks": {"keys": [{"kty": "EC", "kid": "a", "crv": "P-256", "x": "AA", "y": "AA"}]}},
            "key_unusable",
        ),
        ({"jwks": {"keys": [{"kty": "EC", "kid": "a", "d": "private"}]}}, "malformed"),
        ({"scopes": ["everything"]}, "malformed"),
        ({"secret_digest": "AA"}, "malformed"),
    ],
)
async def test_a_client_that_breaks_a_rule_is_refused(
    client: httpx.AsyncClient, changed: dict[str, Any], code: str
) -> None:
    enterprise = (await seeded(client)).party("enterprise").organisation_id

    answer = await client.post(
        f"/v1/organisations/{enterprise}/clients",
        json={"name": "wrong", "scopes": ["needs:read"]} | changed,
        headers=await bearer(client, "enterprise", "administrator"),
    )

    assert answer.json()["code"] == code, answer.text


async def test_an_officer_lists_the_clients_of_her_own_organisation_alone(
    client: httpx.AsyncClient,
) -> None:
    parties = await seeded(client)
    city = parties.party("city").organisation_id
    officer = await bearer(client, "city", "officer")
    asked = {
        "name": "application",
        "scopes": ["needs:read"],
        "public": True,
        "redirect_uris": ["http://127.0.0.1/back", "com.example.app:/back"],
    }

    added = await client.post(f"/v1/organisations/{city}/clients", json=asked, headers=officer)
    first = await client.get("/v1/clients?limit=1", headers=officer)
    whole = await client.get("/v1/clients?limit=100", headers=officer)
    other = await client.get(
        "/v1/clients?limit=100", headers=await bearer(client, "bank", "lender")
    )

    assert added.status_code == 201, added.text
    assert (added.json()["method"], added.json()["client_secret"]) == ("none", None)
    (newest,) = first.json()["data"]
    assert newest["redirect_uris"] == asked["redirect_uris"]
    assert first.json()["has_more"] is True
    assert {one["organisation_id"] for one in whole.json()["data"]} == {city}
    assert newest["id"] not in {one["id"] for one in other.json()["data"]}


async def test_a_person_of_another_role_adds_no_client(client: httpx.AsyncClient) -> None:
    city = (await seeded(client)).party("city").organisation_id

    refused = await client.post(
        f"/v1/organisations/{city}/clients",
        json={"name": "mine", "scopes": ["needs:read"]},
        headers=await bearer(client, "city", "treasurer"),
    )

    assert refused.status_code == 403


async def test_a_client_gets_no_scope_that_the_token_of_who_adds_it_lacks(
    client: httpx.AsyncClient,
) -> None:
    city = (await seeded(client)).party("city").organisation_id
    narrow = await bearer(client, "city", "officer", scopes=["organisations:write", "needs:read"])

    refused = await client.post(
        f"/v1/organisations/{city}/clients",
        json={"name": "wide", "scopes": ["needs:read", "offers:read"]},
        headers=narrow,
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "scope_not_yours")
