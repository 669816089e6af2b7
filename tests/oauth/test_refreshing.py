"""Refresh tokens: replaced each time where the client is public, kept where it proves itself."""

import asyncio

import pytest

from tests.oauth.flow import Flow, Program, refused


async def _first(flow: Flow, kind: str) -> tuple[Program, str]:
    client = await flow.program(kind)
    answer = await flow.exchange(client, await flow.code(client))
    assert answer.status_code == 200, answer.text
    return client, answer.json()["refresh_token"]


@pytest.mark.parametrize("kind", ["keys", "secret"])
async def test_refresh_token(flow: Flow, kind: str) -> None:
    client, token = await _first(flow, kind)

    answers = [await flow.refresh(client, token) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert all("refresh_token" not in answer.json() for answer in answers)
    assert await flow.works(answers[-1].json()["access_token"])


async def test_a_public_client_gets_another_refresh_token_each_time(flow: Flow) -> None:
    client, token = await _first(flow, "public")

    second = (await flow.refresh(client, token)).json()["refresh_token"]
    third = (await flow.refresh(client, second)).json()["refresh_token"]

    assert len({token, second, third}) == 3


async def test_refresh_token_reuse_ends_everything(flow: Flow) -> None:
    client, token = await _first(flow, "public")
    newest = (await flow.refresh(client, token)).json()

    again = await flow.refresh(client, token)
    after = await flow.refresh(client, newest["refresh_token"])

    assert refused(again) == refused(after) == (400, "invalid_grant")


async def test_a_refresh_token_is_bound_to_its_client(flow: Flow) -> None:
    _, token = await _first(flow, "keys")
    other = await flow.program()

    answer = await flow.refresh(other, token)

    assert refused(answer) == (400, "invalid_grant")


async def test_a_narrower_scope_leaves_the_authorisation_as_wide_as_it_was(flow: Flow) -> None:
    client, token = await _first(flow, "public")

    narrow = (await flow.refresh(client, token, scope="needs:read")).json()
    wide = (await flow.refresh(client, narrow["refresh_token"])).json()
    wider = await flow.refresh(client, wide["refresh_token"], scope="needs:read payments:read")

    assert narrow["scope"] == "needs:read"
    assert wide["scope"] == "needs:read offers:read offers:draft"
    assert refused(wider) == (400, "invalid_scope")


async def test_an_authorisation_ends_after_14_days_however_often_it_was_used(flow: Flow) -> None:
    client, token = await _first(flow, "keys")
    lives = await flow.owner.fetchval(
        "SELECT expires_at - created_at FROM authorisation WHERE client_id = $1", client.id
    )

    await flow.owner.execute("UPDATE authorisation SET expires_at = now()")
    answer = await flow.refresh(client, token)

    assert lives.total_seconds() == 14 * 86_400
    assert refused(answer) == (400, "invalid_grant")


async def test_of_eight_that_use_a_refresh_token_at_once_one_wins(flow: Flow) -> None:
    client, token = await _first(flow, "public")

    answers = await asyncio.gather(*(flow.refresh(client, token) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


async def test_a_program_by_itself_gets_no_refresh_token(flow: Flow) -> None:
    client = await flow.program()

    answer = await flow.ask(client, {"grant_type": "client_credentials"})

    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
