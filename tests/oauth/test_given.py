"""Tokens that were given: their clients ask about them and give them back, and nobody else."""

import asyncio
from typing import Any, Final

import httpx
import pytest
from joserfc.jwk import ECKey

from ecosystem.runtime.settings import Settings
from tests.oauth.flow import Flow, Program, refused
from tests.parties import bearer, key_of, seeded

FORM: Final = {"grant_type": "client_credentials"}
INACTIVE: Final = {"active": False}


async def _ask(flow: Flow, what: str, client: Program, token: str, **more: str) -> httpx.Response:
    proof = client.proof()
    form = {"token": token, **more, **proof.pop("data")}
    return await flow.http.post(f"/oauth/{what}", data=form, **proof)


async def _told(flow: Flow, client: Program, token: str) -> dict[str, Any]:
    answer = await _ask(flow, "introspect", client, token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


async def _own(flow: Flow, client: Program) -> str:
    """Return a token of a program that acts by itself."""
    answer = await flow.ask(client, FORM)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


async def _authorised(flow: Flow, client: Program) -> dict[str, str]:
    """Return the tokens of a client that a person authorised."""
    answer = await flow.exchange(client, await flow.code(client))
    assert answer.status_code == 200, answer.text
    body: dict[str, str] = answer.json()
    return body


@pytest.mark.parametrize("kind", ["keys", "secret"])
async def test_a_program_learns_what_its_own_token_is_good_for(flow: Flow, kind: str) -> None:
    client = await flow.program(kind, scopes=["needs:read"])

    told = await _told(flow, client, await _own(flow, client))

    assert told["active"] is True
    assert told["scope"] == "needs:read"
    assert told["client_id"] == told["sub"] == client.id
    assert told["organisation_id"] == flow.organisation_id
    assert told["token_type"] == "Bearer"
    assert told["exp"] - told["iat"] == 600
    assert told["iss"] == told["aud"]


async def test_both_tokens_of_an_authorisation_name_its_person(flow: Flow) -> None:
    client = await flow.program()
    given = await _authorised(flow, client)

    access = await _told(flow, client, given["access_token"])
    refresh = await _told(flow, client, given["refresh_token"])

    assert access["sub"] == refresh["sub"] == flow.person_id
    assert access["acr"] == refresh["acr"] == "phr"
    assert access["auth_time"] == int(flow.authenticated_at.timestamp())
    assert "token_type" not in refresh
    assert refresh["exp"] > access["exp"]


async def test_a_stranger_learns_nothing_of_a_token(flow: Flow) -> None:
    client, stranger = await flow.program(), await flow.program()
    given = await _authorised(flow, client)

    told = [await _told(flow, stranger, given[one]) for one in ("access_token", "refresh_token")]

    assert told == [INACTIVE, INACTIVE]


async def test_a_client_of_the_operator_may_ask_about_any_token(
    flow: Flow, chosen: Settings
) -> None:
    file = (await seeded(flow.http)).party("platform").client("tokens").file
    identifier, key = key_of(chosen, file)
    client = await flow.program()

    told = await _told(flow, Program(id=identifier, key=key), await _own(flow, client))

    assert told["client_id"] == client.id


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "eyJ.eyJ.x", "x" * 5_000, "%00", "\\"])
async def test_what_is_no_token_is_inactive_and_given_back_without_effect(
    flow: Flow, token: str
) -> None:
    client = await flow.program()

    assert await _told(flow, client, token) == INACTIVE
    assert (await _ask(flow, "revoke", client, token)).status_code == 200


@pytest.mark.parametrize("what", ["introspect", "revoke"])
async def test_who_does_not_prove_himself_is_refused(flow: Flow, what: str) -> None:
    client = await flow.program()
    token = await _own(flow, client)
    impostor = Program(id=client.id, key=ECKey.generate_key("P-256", {"kid": "one"}))

    forged = await _ask(flow, what, impostor, token)
    unproved = await flow.http.post(f"/oauth/{what}", data={"token": token})
    missing = await flow.http.post(f"/oauth/{what}", data=client.proof()["data"])

    assert refused(forged) == (401, "invalid_client")
    assert refused(unproved) == (401, "invalid_client")
    assert refused(missing) == (400, "invalid_request")
    assert await flow.works(token)


async def test_a_public_client_cannot_ask_and_can_give_back(flow: Flow) -> None:
    client = await flow.program("public")
    given = await _authorised(flow, client)

    asked = await _ask(flow, "introspect", client, given["access_token"])
    back = await _ask(flow, "revoke", client, given["refresh_token"])

    assert refused(asked) == (401, "invalid_client")
    assert back.status_code == 200
    assert not await flow.works(given["access_token"])


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_to_give_one_back_ends_all_that_was_authorised(flow: Flow, which: str) -> None:
    client = await flow.program()
    given = await _authorised(flow, client)
    assert await flow.works(given["access_token"])

    back = await _ask(flow, "revoke", client, given[which], token_type_hint="anything")

    assert (back.status_code, back.json()) == (200, {})
    assert not await flow.works(given["access_token"])
    assert refused(await flow.refresh(client, given["refresh_token"])) == (400, "invalid_grant")
    told = [await _told(flow, client, given[one]) for one in ("access_token", "refresh_token")]
    assert told == [INACTIVE, INACTIVE]


async def test_a_programs_token_that_is_given_back_is_worth_nothing_and_its_others_are(
    flow: Flow,
) -> None:
    client = await flow.program()
    first, second = await _own(flow, client), await _own(flow, client)
    assert await flow.works(first)

    await _ask(flow, "revoke", client, first)

    assert not await flow.works(first)
    assert await _told(flow, client, first) == INACTIVE
    assert await flow.works(second)


async def test_what_another_client_was_given_stays(flow: Flow) -> None:
    client, stranger = await flow.program(), await flow.program()
    given = await _authorised(flow, client)

    answers = [await _ask(flow, "revoke", stranger, one) for one in given.values()]

    assert {answer.status_code for answer in answers} == {200}
    assert await flow.works(given["access_token"])
    assert (await flow.refresh(client, given["refresh_token"])).status_code == 200


async def test_eight_that_give_one_token_back_at_once_are_all_told_that_it_is(flow: Flow) -> None:
    client = await flow.program()
    token = await _own(flow, client)

    answers = await asyncio.gather(*(_ask(flow, "revoke", client, token) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert not await flow.works(token)


async def test_a_token_of_who_is_no_member_any_more_is_inactive(flow: Flow) -> None:
    client = await flow.program()
    given = await _authorised(flow, client)
    disable = "UPDATE person SET disabled_at = $1 WHERE id = $2"

    await flow.owner.execute(disable, flow.authenticated_at, flow.person_id)
    told = [await _told(flow, client, given[one]) for one in ("access_token", "refresh_token")]
    await flow.owner.execute(disable, None, flow.person_id)

    assert told == [INACTIVE, INACTIVE]


async def test_the_sandboxes_token_ends_like_any_other(flow: Flow, chosen: Settings) -> None:
    headers = await bearer(flow.http, "bank", "lender")
    token = headers["Authorization"].removeprefix("Bearer ")
    file = (await seeded(flow.http)).party("platform").client("tokens").file
    identifier, key = key_of(chosen, file)
    assert await flow.works(token)

    await _ask(flow, "revoke", Program(id=identifier, key=key), token)

    assert not await flow.works(token)
