"""Codes: good once, within 60 s, for who asked, at the address and with the secret he has.

Named after the modules of the OpenID Foundation's conformance suite for FAPI 2.0.
"""

import asyncio

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.oauth.flow import BACK, Flow, refused


@pytest.mark.parametrize("kind", ["keys", "secret", "public"])
async def test_happy_flow(flow: Flow, kind: str) -> None:
    client = await flow.program(kind)

    answer = await flow.exchange(client, await flow.code(client, scope="needs:read"))

    assert answer.status_code == 200, answer.text
    body = answer.json()
    keys = KeySet.import_key_set((await flow.http.get("/oauth/jwks")).json())
    claims = jwt.decode(body["access_token"], keys, algorithms=["ES256"]).claims
    assert (claims["sub"], claims["client_id"]) == (flow.person_id, client.id)
    assert (claims["acr"], claims["auth_time"]) == ("phr", int(flow.authenticated_at.timestamp()))
    assert (body["token_type"], body["scope"]) == ("Bearer", "needs:read")
    assert claims["grant_id"].startswith("grant_")
    assert await flow.works(body["access_token"])
    assert answer.headers["cache-control"] == "no-store"


async def test_attempt_reuse_authorization_code_after_one_second(flow: Flow) -> None:
    client = await flow.program()
    code = await flow.code(client)
    first = (await flow.exchange(client, code)).json()

    again = await flow.exchange(client, code)

    assert refused(again) == (400, "invalid_grant")
    refreshed = await flow.refresh(client, first["refresh_token"])
    assert refused(refreshed) == (400, "invalid_grant")
    revoked = await flow.owner.fetchval(
        "SELECT revoked_at IS NOT NULL FROM authorisation WHERE client_id = $1", client.id
    )
    assert revoked


async def test_attempt_to_use_expired_auth_code(flow: Flow) -> None:
    client = await flow.program()
    code = await flow.code(client)
    await flow.owner.execute(
        "UPDATE authorisation_code SET expires_at = expires_at - interval '60 seconds'"
    )

    answer = await flow.exchange(client, code)

    assert refused(answer) == (400, "invalid_grant")


async def test_ensure_authorization_code_is_bound_to_client(flow: Flow) -> None:
    client, other = await flow.program(), await flow.program()
    code = await flow.code(client)

    stolen = await flow.exchange(other, code)
    own = await flow.exchange(client, code)

    assert refused(stolen) == (400, "invalid_grant")
    assert own.status_code == 200, own.text


async def test_ensure_authorization_code_is_bound_to_redirect_uri(flow: Flow) -> None:
    client = await flow.program(redirect_uris=[BACK, f"{BACK}/other"])
    code = await flow.code(client)

    elsewhere = await flow.exchange(client, code, redirect_uri=f"{BACK}/other")
    unsaid = await flow.exchange(client, code, redirect_uri=None)

    assert refused(elsewhere) == (400, "invalid_grant")
    assert unsaid.status_code == 200, unsaid.text


@pytest.mark.parametrize("kind", ["keys", "public"])
@pytest.mark.parametrize(
    ("verifier", "error"),
    [(None, "invalid_request"), ("x" * 43, "invalid_grant"), ("short", "invalid_request")],
)
async def test_par_pkce_code_verifier_required(
    flow: Flow, kind: str, verifier: str | None, error: str
) -> None:
    client = await flow.program(kind)
    code = await flow.code(client)

    answer = await flow.exchange(client, code, code_verifier=verifier)

    assert refused(answer) == (400, error)
    assert (await flow.exchange(client, code)).status_code == 200


async def test_of_eight_that_use_a_code_at_once_one_wins(flow: Flow) -> None:
    client = await flow.program()
    code = await flow.code(client)

    answers = await asyncio.gather(*(flow.exchange(client, code) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


async def test_a_public_client_gets_no_token_by_itself(flow: Flow) -> None:
    client = await flow.program("public")

    answer = await flow.ask(client, {"grant_type": "client_credentials"})

    assert refused(answer) == (401, "invalid_client")


@pytest.mark.parametrize("kind", ["keys", "secret"])
async def test_a_client_that_can_prove_itself_must(flow: Flow, kind: str) -> None:
    client = await flow.program(kind)
    code = await flow.code(client)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": flow.verifier}

    answer = await flow.http.post("/oauth/token", data={**form, "client_id": client.id})

    assert refused(answer) == (401, "invalid_client")


async def test_a_wrong_proof_makes_nobody_a_public_client(flow: Flow) -> None:
    client = await flow.program("public")
    code = await flow.code(client)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": flow.verifier}

    answer = await flow.http.post(
        "/oauth/token", data={**form, "client_id": client.id}, auth=(client.id, "anything")
    )

    assert refused(answer) == (401, "invalid_client")


async def test_a_token_is_for_this_service_alone(flow: Flow) -> None:
    client = await flow.program()
    code = await flow.code(client)

    answer = await flow.exchange(client, code, resource="https://other.example")

    assert refused(answer) == (400, "invalid_target")


async def test_a_person_who_is_deactivated_meanwhile_gets_no_token(flow: Flow) -> None:
    client = await flow.program()
    code = await flow.code(client)
    disable = "UPDATE person SET disabled_at = $1 WHERE id = $2"

    await flow.owner.execute(disable, flow.authenticated_at, flow.person_id)
    answer = await flow.exchange(client, code)
    await flow.owner.execute(disable, None, flow.person_id)

    assert refused(answer) == (400, "invalid_grant")
