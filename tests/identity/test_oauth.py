"""The token endpoint: who proves itself gets a token, and nobody learns more than that."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from ecosystem.runtime.settings import Settings
from tests.parties import ISSUER, assertion, bearer, key_of, proof, seeded

SYSTEM = "sandbox/clients/enterprise-system.json"
READER = "sandbox/clients/enterprise-reader.json"
FORM = {"grant_type": "client_credentials"}


async def _ask(client: httpx.AsyncClient, form: Mapping[str, str], **more: Any) -> httpx.Response:
    answer = await client.post("/oauth/token", data=form, **more)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    return answer


async def test_a_client_with_a_key_gets_a_token_that_others_can_check(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    client_id, key = key_of(chosen, SYSTEM)

    answer = await _ask(client, assertion(client_id, key))

    assert answer.status_code == 200, answer.text
    body = answer.json()
    keys = KeySet.import_key_set((await client.get("/oauth/jwks")).json())
    claims = jwt.decode(body["access_token"], keys, algorithms=["ES256"]).claims
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == claims["exp"] - claims["iat"] == 600
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, ISSUER, client_id)
    assert claims["scope"] == body["scope"]
    me = await client.get("/v1/me", headers={"authorization": f"Bearer {body['access_token']}"})
    assert (me.json()["client_id"], me.json()["person_id"]) == (client_id, None)
    assert me.json()["roles"] == ["signatory", "bidder", "delivery"]


async def test_a_client_with_a_secret_gets_a_token_for_what_it_holds(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    kept = proof(chosen, READER)

    answer = await _ask(client, FORM, auth=(kept["client_id"], kept["client_secret"]))

    assert answer.status_code == 200, answer.text
    assert "needs:read" in answer.json()["scope"].split()
    assert "needs:write" not in answer.json()["scope"].split()


async def test_a_token_is_narrowed_to_the_scopes_that_are_asked_for(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    client_id, key = key_of(chosen, SYSTEM)

    narrow = await _ask(client, assertion(client_id, key) | {"scope": "offers:write needs:read"})
    again = await _ask(client, assertion(client_id, key))

    assert narrow.json()["scope"] == "needs:read offers:write"
    assert "payments:read" in again.json()["scope"]


@pytest.mark.parametrize("scope", ["needs:write", "needs:read needs:write", "everything"])
async def test_a_scope_that_the_client_does_not_hold_is_refused(
    client: httpx.AsyncClient, chosen: Settings, scope: str
) -> None:
    kept = proof(chosen, READER)

    answer = await _ask(
        client, FORM | {"scope": scope}, auth=(kept["client_id"], kept["client_secret"])
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_an_assertion_is_good_for_one_token_however_many_ask_at_once(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    form = assertion(*key_of(chosen, SYSTEM))

    answers = await asyncio.gather(*(_ask(client, form) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    assert (await _ask(client, form)).json()["error"] == "invalid_client"


async def test_an_assertion_is_spent_even_where_the_request_is_refused(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    form = assertion(*key_of(chosen, SYSTEM))

    refused = await _ask(client, form | {"scope": "everything"})
    again = await _ask(client, form)

    assert (refused.status_code, again.status_code) == (400, 401)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        pytest.param({"aud": f"{ISSUER}/oauth/token"}, 401, id="the endpoint as audience"),
        pytest.param({"aud": [ISSUER]}, 401, id="a list of audiences"),
        pytest.param({"aud": "https://other.example"}, 401, id="another server"),
        pytest.param({"exp": timedelta(seconds=-300)}, 401, id="expired five minutes ago"),
        pytest.param({"exp": timedelta(seconds=3_600)}, 401, id="good for an hour"),
        pytest.param({"exp": None}, 401, id="good for ever"),
        pytest.param({"exp": "soon"}, 401, id="an expiry that is no number"),
        pytest.param({"nbf": timedelta(seconds=300)}, 401, id="not valid yet"),
        pytest.param({"iat": timedelta(seconds=300)}, 401, id="made in the future"),
        pytest.param(
            {"nbf": timedelta(seconds=60), "iat": timedelta(seconds=60)},
            401,
            id="a clock a minute ahead",
        ),
        pytest.param({"jti": None}, 401, id="no jti"),
        pytest.param({"jti": ""}, 401, id="an empty jti"),
        pytest.param({"jti": "x" * 129}, 401, id="a long jti"),
        pytest.param({"jti": "a\x00b"}, 401, id="a jti with a NUL"),
        pytest.param({"jti": 7}, 401, id="a jti that is no text"),
        pytest.param({"iss": "somebody"}, 401, id="another issuer"),
        pytest.param({"sub": None}, 401, id="no subject"),
        pytest.param({"sub": "client_x\x00"}, 401, id="a subject with a NUL"),
        pytest.param({"sub": 7}, 401, id="a subject that is no text"),
    ],
)
async def test_the_claims_of_an_assertion_are_bounded(
    client: httpx.AsyncClient, chosen: Settings, changed: dict[str, Any], status: int
) -> None:
    now = int(time.time())
    claims: dict[str, Any] = {
        name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in changed.items()
    }

    answer = await _ask(client, assertion(*key_of(chosen, SYSTEM), **claims))

    assert answer.status_code == status, answer.text


async def test_whatever_an_unknown_caller_gets_wrong_is_answered_the_same(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    client_id, key = key_of(chosen, SYSTEM)
    reader = proof(chosen, READER)
    stranger = "client_01890a5d00007000800000000000000d"
    other_key = ECKey.generate_key("P-256", {"kid": str(key.kid)})

    answers = [
        await _ask(client, FORM),
        await _ask(client, FORM, auth=(stranger, "secret")),
        await _ask(client, FORM, auth=(reader["client_id"], "wrong")),
        await _ask(client, FORM, auth=(reader["client_id"], "")),
        await _ask(client, FORM, auth=(client_id, "secret")),
        await _ask(client, FORM, auth=("cl\x00ient", "secret")),
        await _ask(client, FORM, headers={"authorization": "Basic /w=="}),
        await _ask(client, FORM, headers={"authorization": "Basic %"}),
        await _ask(client, FORM, headers={"authorization": "Bearer x"}),
        await _ask(client, assertion(stranger, key)),
        await _ask(client, assertion(client_id, other_key)),
        await _ask(client, assertion(client_id, ECKey.generate_key("P-256", {"kid": "x"}))),
        await _ask(client, assertion(reader["client_id"], key)),
        await _ask(client, assertion(client_id, key) | {"client_assertion": "a.b.c"}),
        await _ask(client, assertion(client_id, key) | {"client_id": stranger}),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert {answer.headers["www-authenticate"] for answer in answers} == {'Basic realm="ecosystem"'}


async def test_an_assertion_signed_with_rs256_is_refused(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    client_id, _ = key_of(chosen, SYSTEM)
    key = RSAKey.generate_key(2048, {"kid": "rsa"})

    answer = await _ask(client, assertion(client_id, key, header={"alg": "RS256"}))

    assert answer.status_code == 401


async def test_keys_of_three_types_sign_assertions_and_two_keys_serve_at_once(
    client: httpx.AsyncClient,
) -> None:
    headers = await bearer(client, "bank", "administrator")
    bank = (await seeded(client)).party("bank").organisation_id
    signers: dict[str, Key] = {
        "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
        "PS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
        "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    }
    public = [key.as_dict(private=False) for key in signers.values()]

    added = await client.post(
        f"/v1/organisations/{bank}/clients",
        json={"name": "three", "scopes": ["needs:write"], "jwks": {"keys": public}},
        headers=headers,
    )

    assert added.status_code == 201, added.text
    assert added.json()["client_secret"] is None
    with pytest.warns(SecurityWarning, match="EdDSA"):
        old = assertion(added.json()["id"], signers["Ed25519"], header={"alg": "EdDSA"})
    assert (await _ask(client, old)).status_code == 200
    for alg, key in signers.items():
        answer = await _ask(client, assertion(added.json()["id"], key, header={"alg": alg}))
        assert answer.status_code == 200, (alg, answer.text)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "invalid_request"),
        (b"grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        (b"grant_type", "invalid_request"),
        (b"grant_type=%FF", "invalid_request"),
        (b"grant_type=\xff", "invalid_request"),
        (b"grant_type=client_credentials&scope=%00", "invalid_request"),
        (b"grant_type=client_credentials&scope=%22", "invalid_request"),
        (b"grant_type=client_credentials&client_secret=x", "invalid_request"),
        (b"grant_type=password&username=a&password=b", "unsupported_grant_type"),
        (b"grant_type=implicit", "unsupported_grant_type"),
        (b"&".join(b"a%d=1" % at for at in range(30)), "invalid_request"),
    ],
)
async def test_a_malformed_request_is_answered_in_the_words_of_oauth(
    client: httpx.AsyncClient, content: bytes, error: str
) -> None:
    answer = await client.post(
        "/oauth/token",
        content=content,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_two_ways_of_authentication_at_once_are_refused(
    client: httpx.AsyncClient, chosen: Settings
) -> None:
    kept = proof(chosen, READER)

    answer = await _ask(
        client,
        assertion(*key_of(chosen, SYSTEM)),
        auth=(kept["client_id"], kept["client_secret"]),
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_json_is_no_form(client: httpx.AsyncClient) -> None:
    answer = await client.post("/oauth/token", json=FORM)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_parameter_in_the_address_is_refused(client: httpx.AsyncClient) -> None:
    answer = await _ask(client, {}, params=FORM)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_the_metadata_is_what_rfc_8414_asks_for(client: httpx.AsyncClient) -> None:
    answer = await client.get("/.well-known/oauth-authorization-server")

    metadata = answer.json()
    assert metadata["issuer"] == ISSUER
    assert metadata["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert metadata["authorization_endpoint"] == f"{ISSUER}/oauth/authorize"
    assert metadata["pushed_authorization_request_endpoint"] == f"{ISSUER}/oauth/par"
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    AuthorizationServerMetadata(metadata).validate()


async def test_the_public_keys_hold_nothing_private(client: httpx.AsyncClient) -> None:
    keys = (await client.get("/oauth/jwks")).json()["keys"]

    assert [sorted(key) for key in keys] == [["alg", "crv", "kid", "kty", "use", "x", "y"]]
