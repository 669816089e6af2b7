"""Pushed authorisation requests: proved, bound to their client, good for 90 s, answered once.

Named after the modules of the OpenID Foundation's conformance suite for FAPI 2.0.
"""

import asyncio
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from joserfc.jwk import RSAKey

from ecosystem.identity.oauth.authorising import Onward, Question, Trouble
from tests.oauth.flow import BACK, Flow, Program, refused, said
from tests.parties import ISSUER, assertion

NOW = int(time.time())


async def _query(flow: Flow, client: Program, **changed: Any) -> dict[str, str]:
    """Push a request; return what the client sends a browser with."""
    answer = await flow.push(client, **changed)
    assert answer.status_code == 201, answer.text
    return {"client_id": client.id, "request_uri": answer.json()["request_uri"]}


@pytest.mark.parametrize("kind", ["keys", "secret", "public"])
async def test_a_pushed_request_is_answered_with_a_code(flow: Flow, kind: str) -> None:
    client = await flow.program(kind)

    pushed = await flow.push(client, state="pushed")
    query = {"client_id": client.id, "request_uri": pushed.json()["request_uri"]}
    question = await flow.come(query, session=flow.session)

    assert (pushed.status_code, pushed.json()["expires_in"]) == (201, 90)
    assert pushed.headers["cache-control"] == "no-store"
    assert isinstance(question, Question)
    told = await flow.answer(question)
    assert isinstance(told, dict)
    assert (told["state"], told["iss"]) == ("pushed", ISSUER)
    assert (await flow.exchange(client, told["code"])).status_code == 200


async def test_what_stands_beside_the_handle_is_not_read(flow: Flow) -> None:
    client = await flow.program()
    query = await _query(flow, client, scope="needs:read")

    question = await flow.come({**query, "scope": "offers:read"}, session=flow.session)

    assert isinstance(question, Question)
    assert question.wanted.scopes == ("needs:read",)


async def test_par_attempt_reuse_request_uri(flow: Flow) -> None:
    client = await flow.program()
    query = await _query(flow, client)
    question = await flow.come(query, session=flow.session)
    assert isinstance(question, Question)
    assert isinstance(await flow.answer(question), dict)

    assert await flow.come(query, session=flow.session) is Trouble.REQUEST_UNKNOWN
    assert await flow.answer(question) is Trouble.REQUEST_UNKNOWN


async def test_par_ensure_server_accepts_reused_request_uri_before_authentication_completion(
    flow: Flow,
) -> None:
    client = await flow.program()
    query = await _query(flow, client)

    unknown = [await flow.come(query) for _ in range(2)]
    known = [await flow.come(query, session=flow.session) for _ in range(2)]

    assert all(isinstance(one, Onward) for one in unknown)
    assert all(isinstance(one, Question) for one in known)


async def test_par_attempt_to_use_expired_request_uri(flow: Flow) -> None:
    client = await flow.program()
    query = await _query(flow, client)
    age = "UPDATE authorisation_request SET expires_at = expires_at - interval '{}'"
    other = await _query(flow, client)
    assert isinstance(await flow.come(other, session=flow.session), Question)

    await flow.owner.execute(age.format("90 seconds"))

    assert await flow.come(query, session=flow.session) is Trouble.REQUEST_UNKNOWN
    assert isinstance(await flow.come(other, session=flow.session), Question)
    await flow.owner.execute(age.format("15 minutes"))
    assert await flow.come(other, session=flow.session) is Trouble.REQUEST_UNKNOWN


async def test_par_ensure_request_uri_is_bound_to_client(flow: Flow) -> None:
    client, other = await flow.program(), await flow.program()
    query = await _query(flow, client)

    stolen = await flow.come({**query, "client_id": other.id}, session=flow.session)

    assert stolen is Trouble.REQUEST_UNKNOWN


async def test_par_reject_request_uri_in_par_authorization_form_params(flow: Flow) -> None:
    client = await flow.program()
    query = await _query(flow, client)

    answer = await flow.push(client, request_uri=query["request_uri"])

    assert refused(answer) == (400, "invalid_request")


@pytest.mark.parametrize("verb", ["GET", "PUT", "PATCH", "DELETE"])
async def test_par_reject_invalid_http_verb(flow: Flow, verb: str) -> None:
    answer = await flow.http.request(verb, "/oauth/par")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    "audience",
    [
        pytest.param(f"{ISSUER}/oauth/token", id="par_token_endpoint_as_audience_fails"),
        pytest.param(f"{ISSUER}/oauth/par", id="par_endpoint_as_audience_fails"),
        pytest.param([f"{ISSUER}/oauth/par"], id="par_endpoint_as_array_audience_fails"),
        pytest.param([ISSUER], id="issuer_as_array_audience_fails"),
        pytest.param("https://other.example", id="wrong_audience_fails"),
    ],
)
async def test_par_audience(flow: Flow, audience: Any) -> None:
    client = await flow.program()

    answer = await flow.push(client, claims={"aud": audience})

    assert refused(answer) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        pytest.param({"iat": NOW + 8, "nbf": NOW + 8}, 201, id="8_seconds_ahead_is_accepted"),
        pytest.param({"iat": NOW + 60}, 401, id="iat_60_seconds_ahead_fails"),
        pytest.param({"nbf": NOW + 60}, 401, id="nbf_60_seconds_ahead_fails"),
        pytest.param({"exp": NOW - 300}, 401, id="exp_is_5_minutes_in_past_fails"),
        pytest.param({"sub": None}, 401, id="no_sub_fails"),
    ],
)
async def test_par_ensure_jwt_client_assertion(
    flow: Flow, claims: dict[str, int | None], status: int
) -> None:
    shift = int(time.time()) - NOW
    moved = {name: value + shift if value else None for name, value in claims.items()}
    client = await flow.program()

    answer = await flow.push(client, claims=moved)

    assert answer.status_code == status, answer.text


async def test_ensure_signed_client_assertion_with_rs256_fails(flow: Flow) -> None:
    client = await flow.program()
    key = RSAKey.generate_key(2048, {"kid": "one"})
    form = assertion(client.id, key, header={"alg": "RS256"})

    answer = await flow.http.post("/oauth/par", data={**flow.wanted(client), **form})

    assert refused(answer) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        pytest.param({"code_challenge": None}, "invalid_request", id="par_ensure_pkce_required"),
        pytest.param(
            {"code_challenge_method": "plain"}, "invalid_request", id="par_plain_pkce_rejected"
        ),
        pytest.param({"code_challenge_method": None}, "invalid_request", id="plain by default"),
        pytest.param({"code_challenge": "short"}, "invalid_request", id="a short challenge"),
        pytest.param(
            {"response_type": "token"},
            "unsupported_response_type",
            id="ensure_response_type_token_fails",
        ),
        pytest.param(
            {"response_type": "code id_token"},
            "unsupported_response_type",
            id="ensure_response_type_code_id_token_fails",
        ),
        pytest.param({"response_type": None}, "invalid_request", id="no response_type"),
        pytest.param({"response_mode": "fragment"}, "invalid_request", id="another response mode"),
        pytest.param({"redirect_uri": None}, "invalid_request", id="no redirect_uri"),
        pytest.param({"redirect_uri": f"{BACK}/"}, "invalid_request", id="another redirect_uri"),
        pytest.param({"scope": "payments:write"}, "invalid_scope", id="a scope it does not hold"),
        pytest.param({"request": "a.b.c"}, "request_not_supported", id="a signed request"),
        pytest.param({"resource": "https://x.example"}, "invalid_target", id="another resource"),
        pytest.param({"prompt": "none login"}, "invalid_request", id="a prompt at odds"),
        pytest.param({"max_age": "-1"}, "invalid_request", id="a negative age"),
        pytest.param({"dpop_jkt": "short"}, "invalid_request", id="no thumbprint"),
        pytest.param(
            {"acr_values": "gold"}, "unmet_authentication_requirements", id="an unknown acr"
        ),
    ],
)
async def test_what_cannot_be_granted_is_refused_when_it_is_pushed(
    flow: Flow, changed: dict[str, Any], error: str
) -> None:
    client = await flow.program()

    answer = await flow.push(client, **changed)

    assert refused(answer) == (400, error)


async def test_par_without_duplicate_parameters(flow: Flow) -> None:
    client = await flow.program("public")
    form = urlencode([*flow.wanted(client).items(), ("state", "another")])

    answer = await flow.http.post(
        "/oauth/par",
        content=form,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )

    assert refused(answer) == (400, "invalid_request")


async def test_of_eight_pushes_with_one_assertion_one_wins(flow: Flow) -> None:
    client = await flow.program()
    form = flow.wanted(client) | client.proof()["data"]

    answers = await asyncio.gather(*(flow.http.post("/oauth/par", data=form) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [201] + [401] * 7


async def test_of_eight_answers_to_a_pushed_request_at_once_one_wins(flow: Flow) -> None:
    client = await flow.program()
    question = await flow.come(await _query(flow, client), session=flow.session)
    assert isinstance(question, Question)

    answers = await asyncio.gather(*(flow.answer(question) for _ in range(8)))

    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert answers.count(Trouble.REQUEST_UNKNOWN) == 7


async def test_a_client_of_the_high_profile_must_push(flow: Flow) -> None:
    client = await flow.program(profile="high", dpop=True)

    told = said(await flow.come(flow.wanted(client)))

    assert (told["error"], told["iss"]) == ("invalid_request", ISSUER)
    assert (await flow.push(client)).status_code == 201


async def test_the_handle_is_kept_by_its_digest_alone(flow: Flow) -> None:
    client = await flow.program()
    query = await _query(flow, client)
    handle = query["request_uri"].rpartition(":")[2]

    rows = await flow.owner.fetch("SELECT * FROM authorisation_request")

    assert len(handle) == 43
    assert all(handle not in str(dict(row)) for row in rows)
    assert urlsplit(query["request_uri"]).scheme == "urn"
