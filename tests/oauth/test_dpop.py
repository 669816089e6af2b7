"""Proofs of a key: one for each request, for its method, its address and its token, used once.

Named after the modules of the OpenID Foundation's conformance suite for FAPI 2.0.
"""

import asyncio
import base64
import hashlib
import json
import math
import time
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from ecosystem.runtime.minting import secret
from tests.oauth.flow import Flow, Program, refused
from tests.parties import ISSUER, bearer

TOKEN: Final = f"{ISSUER}/oauth/token"
ME: Final = f"{ISSUER}/v1/me"
FORM: Final = {"grant_type": "client_credentials"}
KEY: Final = ECKey.generate_key("P-256")
OTHER: Final = ECKey.generate_key("P-256")
RSA: Final = RSAKey.generate_key(2048)
SHARED: Final = OctKey.generate_key(256)
_ALGORITHMS: Final = ["ES256", "RS256", "HS256", "none"]


def proof(
    *,
    key: Any = KEY,
    signed_by: Any = None,
    header: dict[str, Any] | None = None,
    token: str | None = None,
    seconds: float = 0,
    **changed: Any,
) -> str:
    """Return a proof, made so many seconds from now; None leaves a member out."""
    claims: dict[str, Any] = {"htm": "POST", "htu": TOKEN, "jti": secret()}
    claims |= {"iat": int(time.time() + seconds)}
    if token is not None:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    head |= header or {}
    return jwt.encode(
        {name: value for name, value in head.items() if value is not None},
        {name: value for name, value in (claims | changed).items() if value is not None},
        signed_by or key,
        algorithms=_ALGORITHMS,
        registry=jws.JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False),
        default_type=None,
    )


def _headed(**header: Any) -> str:
    """Return a proof with a header that no library would make, and the signature of another."""
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.as_dict(private=False)} | header
    coded = base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("=")
    signed = proof().split(".")
    return f"{coded}.{signed[1]}.{'' if head['alg'] == 'none' else signed[2]}"


async def token_of(flow: Flow, client: Program, *proofs: str) -> httpx.Response:
    """Send a token request of a program, with these proofs."""
    given = client.proof()
    headers = [("DPoP", one) for one in proofs]
    return await flow.http.post("/oauth/token", data={**given["data"], **FORM}, headers=headers)


async def bound(flow: Flow) -> str:
    """Return a token that is bound to the key."""
    answer = await token_of(flow, await flow.program(), proof())
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"
    token: str = answer.json()["access_token"]
    return token


async def me(
    flow: Flow, token: str, *proofs: str, scheme: str = "DPoP", method: str = "GET"
) -> httpx.Response:
    """Ask who one is, with a token and these proofs."""
    headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", one) for one in proofs)]
    return await flow.http.request(method, "/v1/me", headers=headers)


def for_me(held: str, **changed: Any) -> str:
    """Return a proof for asking who one is, with the token that one holds."""
    claims: dict[str, Any] = {"htm": "GET", "htu": ME, "token": held}
    return proof(**(claims | changed))


def challenge(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the challenge of a refusal, which is a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.headers["www-authenticate"]


INVALID_PROOF: Final = 'DPoP realm="ecosystem", error="invalid_dpop_proof", algs="ES256"'
INVALID_TOKEN: Final = 'DPoP realm="ecosystem", error="invalid_token", algs="ES256"'

WRONG: Final[dict[str, Callable[[], str]]] = {
    "no_type": lambda: proof(header={"typ": None}),
    "another_type": lambda: proof(header={"typ": "JWT"}),
    "no_key": lambda: proof(header={"jwk": None}),
    "a_private_key": lambda: proof(header={"jwk": KEY.as_dict(private=True)}),
    "a_key_that_is_no_object": lambda: _headed(jwk="key"),
    "another_curve": lambda: proof(key=ECKey.generate_key("P-384"), signed_by=KEY),
    "signed_by_rsa": lambda: proof(key=RSA, header={"alg": "RS256"}),
    "signed_by_a_shared_secret": lambda: proof(signed_by=SHARED, header={"alg": "HS256"}),
    "a_shared_secret_as_key": lambda: proof(
        key=SHARED, header={"alg": "HS256", "jwk": SHARED.as_dict(private=True)}
    ),
    "unsigned": lambda: _headed(alg="none"),
    "signed_by_another_key": lambda: proof(signed_by=OTHER),
    "a_further_header": lambda: proof(header={"jku": "https://other.example/keys"}),
    "another_method": lambda: proof(htm="GET"),
    "the_method_in_small_letters": lambda: proof(htm="post"),
    "no_method": lambda: proof(htm=None),
    "another_address": lambda: proof(htu=f"{ISSUER}/oauth/par"),
    "another_host": lambda: proof(htu="http://other.example/oauth/token"),
    "another_port": lambda: proof(htu="http://127.0.0.1:8081/oauth/token"),
    "an_address_that_is_none": lambda: proof(htu="http://[/oauth/token"),
    "no_address": lambda: proof(htu=None),
    "no_identifier": lambda: proof(jti=None),
    "an_empty_identifier": lambda: proof(jti=""),
    "a_long_identifier": lambda: proof(jti="x" * 129),
    "an_identifier_with_nul": lambda: proof(jti="a\x00"),
    "no_time": lambda: proof(iat=None),
    "a_time_that_is_text": lambda: proof(iat="now"),
    "a_minute_ahead": lambda: proof(seconds=61),
    "five_minutes_old": lambda: proof(seconds=-300),
    "an_expiry_in_the_past": lambda: proof(exp=int(time.time()) - 10),
    "not_valid_yet": lambda: proof(nbf=int(time.time()) + 300),
    "a_time_that_is_no_number": lambda: proof(iat=math.nan),
    "an_infinite_time": lambda: proof(iat=math.inf),
    "an_expiry_that_is_no_number": lambda: proof(exp=math.nan),
    "an_expiry_at_the_beginning_of_time": lambda: proof(exp=0),
    "a_beginning_that_is_no_number": lambda: proof(nbf=math.nan),
    "no_jwt": lambda: "garbage",
    "three_dots": lambda: "a.b.c",
    "an_empty_proof": lambda: "",
    "a_huge_proof": lambda: proof(more="x" * 5_000),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_dpop_negative_tests(flow: Flow, wrong: str) -> None:
    answer = await token_of(flow, await flow.program(), WRONG[wrong]())

    assert refused(answer) == (400, "invalid_dpop_proof")


async def test_dpop_two_headers_fail(flow: Flow) -> None:
    answer = await token_of(flow, await flow.program(), proof(), proof())

    assert refused(answer) == (400, "invalid_dpop_proof")


async def test_dpop_reuse_of_jti_fails(flow: Flow) -> None:
    client, once = await flow.program(), proof()

    first = await token_of(flow, client, once)
    second = await token_of(flow, client, once)

    assert first.status_code == 200, first.text
    assert refused(second) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize("seconds", [-10, 10])
async def test_ensure_dpop_proof_with_iat_10_seconds_before_and_after_succeeds(
    flow: Flow, seconds: int
) -> None:
    answer = await token_of(flow, await flow.program(), proof(seconds=seconds))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("more", ["?a=b", "#c", "?a=b#c"])
async def test_query_and_fragment_of_the_address_are_not_compared(flow: Flow, more: str) -> None:
    answer = await token_of(flow, await flow.program(), proof(htu=TOKEN + more))

    assert answer.status_code == 200, answer.text


async def test_a_bound_token_works_with_a_proof_each_time(flow: Flow) -> None:
    token = await bound(flow)

    answers = [await me(flow, token, for_me(token)) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_proof_for_head_says_head(flow: Flow) -> None:
    token = await bound(flow)

    right = await me(flow, token, for_me(token, htm="HEAD"), method="HEAD")
    wrong = await me(flow, token, for_me(token), method="HEAD")

    assert (right.status_code, wrong.status_code) == (200, 401)


@pytest.mark.parametrize("remembered", [False, True])
async def test_a_bound_token_is_worth_nothing_as_bearer(flow: Flow, *, remembered: bool) -> None:
    token = await bound(flow)
    if remembered:
        assert (await me(flow, token, for_me(token))).status_code == 200

    answer = await me(flow, token, scheme="Bearer")

    assert challenge(answer) == (401, INVALID_TOKEN)


async def test_a_token_that_is_bound_to_no_key_comes_as_bearer(flow: Flow) -> None:
    token = (await bearer(flow.http, "bank", "lender"))["Authorization"].removeprefix("Bearer ")

    answer = await me(flow, token, for_me(token))

    assert challenge(answer) == (401, INVALID_TOKEN)


async def test_ensure_mismatched_dpop_jkt_fails(flow: Flow) -> None:
    token = await bound(flow)

    answer = await me(flow, token, for_me(token, key=OTHER))

    assert challenge(answer) == (401, INVALID_TOKEN)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"token": None}, id="no_ath"),
        pytest.param({"token": "another"}, id="ath_of_another_token"),
        pytest.param({"htm": "POST"}, id="another_method"),
        pytest.param({"htu": TOKEN}, id="another_address"),
        pytest.param({"seconds": -300}, id="old"),
        pytest.param({"signed_by": OTHER}, id="signed_by_another_key"),
    ],
)
async def test_dpop_negative_tests_at_a_resource(flow: Flow, changed: dict[str, Any]) -> None:
    token = await bound(flow)

    answer = await me(flow, token, for_me(token, **changed))

    assert challenge(answer) == (401, INVALID_PROOF)


@pytest.mark.parametrize("count", [0, 2])
async def test_a_resource_wants_one_proof(flow: Flow, count: int) -> None:
    token = await bound(flow)

    answer = await me(flow, token, *(for_me(token) for _ in range(count)))

    assert challenge(answer) == (401, INVALID_PROOF)


async def test_of_eight_requests_with_one_proof_one_is_answered(flow: Flow) -> None:
    client, once = await flow.program(), proof()
    tokens = await asyncio.gather(*(token_of(flow, client, once) for _ in range(8)))
    token = next(one for one in tokens if one.status_code == 200).json()["access_token"]
    again = for_me(token)

    answers = await asyncio.gather(*(me(flow, token, again) for _ in range(8)))

    assert sorted(one.status_code for one in tokens) == [200] + [400] * 7
    assert sorted(one.status_code for one in answers) == [200] + [401] * 7


async def test_a_client_that_must_prove_a_key_gets_nothing_without(flow: Flow) -> None:
    client = await flow.program(dpop=True)

    answer = await token_of(flow, client)

    assert refused(answer) == (400, "invalid_dpop_proof")


async def test_a_code_is_bound_to_the_key_of_its_request(flow: Flow) -> None:
    client = await flow.program()
    thumbprint = KEY.thumbprint()
    form = {"grant_type": "authorization_code", "code_verifier": flow.verifier}

    code = await flow.code(client, dpop_jkt=thumbprint)
    given = client.proof()["data"]
    wrong = await flow.http.post(
        "/oauth/token", data={**given, **form, "code": code}, headers={"DPoP": proof(key=OTHER)}
    )
    given = client.proof()["data"]
    right = await flow.http.post(
        "/oauth/token", data={**given, **form, "code": code}, headers={"DPoP": proof()}
    )

    assert refused(wrong) == (400, "invalid_dpop_proof")
    assert right.status_code == 200, right.text
    assert right.json()["token_type"] == "DPoP"


async def test_a_public_clients_refresh_token_is_bound_to_its_key(flow: Flow) -> None:
    client = await flow.program("public")
    form = {"grant_type": "authorization_code", "code_verifier": flow.verifier}
    first = await flow.http.post(
        "/oauth/token",
        data={**form, "client_id": client.id, "code": await flow.code(client)},
        headers={"DPoP": proof()},
    )
    assert first.status_code == 200, first.text
    more = {
        "grant_type": "refresh_token",
        "client_id": client.id,
        "refresh_token": first.json()["refresh_token"],
    }

    wrong = await flow.http.post("/oauth/token", data=more, headers={"DPoP": proof(key=OTHER)})
    none = await flow.http.post("/oauth/token", data=more)
    right = await flow.http.post("/oauth/token", data=more, headers={"DPoP": proof()})

    assert refused(wrong) == refused(none) == (400, "invalid_dpop_proof")
    assert right.status_code == 200, right.text


async def test_a_pushed_request_binds_its_code_to_the_key_that_is_proved(flow: Flow) -> None:
    client = await flow.program()
    form = flow.wanted(client) | client.proof()["data"]
    headers = {"DPoP": proof(htu=f"{ISSUER}/oauth/par")}

    pushed = await flow.http.post("/oauth/par", data=form, headers=headers)
    mismatched = await flow.http.post(
        "/oauth/par",
        data={**form, **client.proof()["data"], "dpop_jkt": OTHER.thumbprint()},
        headers={"DPoP": proof(htu=f"{ISSUER}/oauth/par")},
    )

    assert pushed.status_code == 201, pushed.text
    assert refused(mismatched) == (400, "invalid_dpop_proof")
    kept = await flow.owner.fetchval(
        "SELECT asked->>'jkt' FROM authorisation_request WHERE client_id = $1", client.id
    )
    assert kept == KEY.thumbprint()
