"""Tokens die at once with what stands behind them, in every process."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem import app
from ecosystem.identity import queries
from ecosystem.identity.authentication import Authenticator
from ecosystem.identity.oauth.known import Known, Verified, forget_everywhere
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge, TokenInvalid
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Role
from tests.conftest import reach, routes
from tests.identity.builders import CLIENT, ORGANISATION, OTHER, PERSON, actor
from tests.joining import header_of, newcomer
from tests.parties import bearer, comes_true, seeded


@pytest.fixture
async def elsewhere(chosen: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A second process of the same service, as far as the database can tell."""
    built = app.build(chosen, routes=routes(chosen, beside=True))
    async with app.living(built), reach(built) as opened:
        yield opened


async def _newcomer(client: httpx.AsyncClient, database: Database) -> tuple[str, dict[str, str]]:
    """Have somebody new join the bank; return her and her token's header."""
    person = await newcomer(client, database, "bank", Role.LENDER)
    bank = (await seeded(client)).party("bank").organisation_id
    return person, await header_of(client, person, bank)


async def _status(client: httpx.AsyncClient, headers: dict[str, str]) -> int:
    return (await client.get("/v1/me", headers=headers)).status_code


async def _is_dead(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    return await _status(client, headers) == 401


async def _remembers(authenticator: Authenticator) -> bool:
    return authenticator.remembers


async def _execute(url: str, statement: str, *values: str) -> None:
    """Change something behind the service's back."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def test_a_deactivated_persons_token_is_dead_at_the_next_request(
    client: httpx.AsyncClient, database: Database
) -> None:
    person, headers = await _newcomer(client, database)
    operator = await bearer(client, "platform", "operator")
    assert await _status(client, headers) == 200

    path, why = f"/v1/people/{person}/deactivation", {"reason": "Two used one account."}
    unread = await client.post(path, json=why, headers=operator)
    stale = await client.post(path, json=why, headers=operator | {"If-Match": '"v2"'})
    assert (unread.status_code, stale.status_code) == (428, 412)
    assert await _status(client, headers) == 200
    gone = await client.post(path, json=why, headers=operator | {"If-Match": '"v1"'})

    assert gone.json()["state"] == "deactivated"
    dead = await client.get("/v1/me", headers=headers)
    assert dead.status_code == 401
    assert 'error="invalid_token"' in dead.headers["www-authenticate"]
    seen = {"If-Match": gone.headers["etag"]}
    again = await client.post(path, json=why, headers=operator | seen)
    assert (again.status_code, again.json()["code"]) == (409, "inactive")


async def test_it_is_dead_in_other_processes_within_a_second(
    client: httpx.AsyncClient, elsewhere: httpx.AsyncClient, database: Database
) -> None:
    person, headers = await _newcomer(client, database)
    assert await _status(elsewhere, headers) == 200

    await client.post(
        f"/v1/people/{person}/leaving",
        headers=await bearer(client, "bank", "administrator") | {"If-Match": '"v2"'},
    )

    assert await comes_true(lambda: _is_dead(elsewhere, headers), within_s=1)


async def test_a_deactivated_client_gets_no_token_and_its_tokens_are_dead(
    client: httpx.AsyncClient,
) -> None:
    bank = (await seeded(client)).party("bank").organisation_id
    administrator = await bearer(client, "bank", "administrator")
    added = await client.post(
        f"/v1/organisations/{bank}/clients",
        json={"name": "reader", "scopes": ["needs:read"]},
        headers=administrator,
    )
    client_id, secret = added.json()["id"], added.json()["client_secret"]
    form = {"grant_type": "client_credentials"}
    token = await client.post("/oauth/token", data=form, auth=(client_id, secret))
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    assert await _status(client, headers) == 200

    foreign = await client.post(
        f"/v1/clients/{client_id}/deactivation",
        headers=await bearer(client, "city", "administrator") | {"If-Match": '"v1"'},
    )
    path = f"/v1/clients/{client_id}/deactivation"
    gone = await client.post(path, headers=administrator | {"If-Match": '"v1"'})

    assert (foreign.status_code, gone.status_code) == (404, 200)
    assert await _status(client, headers) == 401
    refused = await client.post("/oauth/token", data=form, auth=(client_id, secret))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


async def test_a_suspended_organisation_is_no_longer_verified_at_the_next_request(
    client: httpx.AsyncClient,
) -> None:
    bidder = await bearer(client, "second_enterprise", "bidder")
    operator = await bearer(client, "platform", "operator")
    party = (await seeded(client)).party("second_enterprise")
    assert (await client.get("/v1/me", headers=bidder)).json()["verified"] is True

    await client.post(
        f"/v1/organisations/{party.organisation_id}/suspension",
        json={"reason": "Forged papers."},
        headers=operator | {"If-Match": '"v2"'},
    )

    assert (await client.get("/v1/me", headers=bidder)).json()["verified"] is False


@pytest.mark.parametrize("value", ["Bearer", "Bearer x.y.z", "Basic eDp5", "Bearer \xff", "token"])
async def test_whatever_is_no_token_is_refused_even_where_anyone_may_read(
    client: httpx.AsyncClient, value: str
) -> None:
    answer = await client.get(
        "/v1/organisations", headers={b"authorization": value.encode("latin-1")}
    )

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_without_its_listener_the_database_is_asked_each_time(
    edge: Edge, client: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    person, headers = await _newcomer(client, database)
    token = headers["Authorization"].removeprefix("Bearer ")
    deaf = Authenticator(edge.application.state.house)
    assert (await deaf.actor(token, None)).person_id == person

    await _execute(owner_url, "UPDATE person SET disabled_at = now() WHERE id = $1", person)

    with pytest.raises(TokenInvalid):
        await deaf.actor(token, None)


async def test_a_listener_whose_connection_ends_forgets_and_listens_again(
    edge: Edge,
    client: httpx.AsyncClient,
    database: Database,
    server: EmbeddedServer,
    owner_url: str,
) -> None:
    person, headers = await _newcomer(client, database)
    assert await _status(client, headers) == 200
    await _execute(owner_url, "UPDATE person SET disabled_at = now() WHERE id = $1", person)
    assert await _status(client, headers) == 200, "nothing was told, so it is remembered"

    await _execute(
        server.admin_dsn(),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1",
        "LISTEN%ecosystem_access%",
    )
    await _execute(
        server.admin_dsn(),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1",
        "SELECT",
    )

    assert await comes_true(lambda: _is_dead(client, headers), within_s=1)
    authenticator: Authenticator = edge.application.state.authenticator
    assert await comes_true(lambda: _remembers(authenticator), within_s=3)
    assert await _status(client, await bearer(client, "bank", "lender")) == 200


def _verified(*more: str, **changed: Any) -> Verified:
    who = actor(**changed)
    jti, grant_id = (*more, None, None)[:2]
    return Verified(who, 10, jti=jti, grant_id=grant_id)


def test_what_was_read_before_something_died_is_not_kept_after() -> None:
    known = Known()
    generation = known.generation

    forget_everywhere(PERSON)
    known.keep(b"a", _verified(), generation=generation)

    assert known.get(b"a", now=0) is None


@pytest.mark.parametrize("who", [PERSON, CLIENT, ORGANISATION])
def test_forgetting_a_person_a_client_or_an_organisation_forgets_their_tokens_alone(
    who: str,
) -> None:
    known = Known()
    other = _verified(person_id=None, client_id="client_b", organisation_id=OTHER)
    known.keep(b"a", _verified(), generation=known.generation)
    known.keep(b"b", other, generation=known.generation)

    known.forget(who)

    assert known.get(b"a", now=0) is None
    assert known.get(b"b", now=0) == other


def test_forgetting_a_token_or_its_authorisation_forgets_it_alone() -> None:
    known = Known()
    known.keep(b"a", _verified("token_a", "grant_a"), generation=known.generation)
    known.keep(b"b", _verified("token_b", "grant_a"), generation=known.generation)
    known.keep(b"c", _verified("token_c", "grant_c"), generation=known.generation)

    known.forget("token_a")
    assert [known.get(one, now=0) is None for one in (b"a", b"b", b"c")] == [True, False, False]

    known.forget("grant_a")
    assert [known.get(one, now=0) is None for one in (b"a", b"b", b"c")] == [True, True, False]


def test_a_known_token_is_forgotten_when_it_expires_and_when_there_are_too_many() -> None:
    known = Known()
    for number in range(10_001):
        known.keep(b"%d" % number, _verified(), generation=known.generation)

    assert known.get(b"0", now=0) is None
    assert known.get(b"1", now=9) == _verified()
    assert known.get(b"1", now=10) is None


async def test_a_client_never_acts_by_itself_for_another_organisation(
    edge: Edge, client: httpx.AsyncClient
) -> None:
    parties = await seeded(client)
    house = edge.application.state.house

    found = await queries.actor(
        house.database.plain(),
        client_id=parties.party("bank").clients[0].id,
        person_id=None,
        organisation_id=parties.party("city").organisation_id,
        scopes=("needs:read",),
    )

    assert found is None


async def test_two_authorization_headers_are_refused_whatever_each_holds(
    client: httpx.AsyncClient,
) -> None:
    token = (await bearer(client, "city", "officer"))["Authorization"]
    once = [("Authorization", token), ("X-Twice", "a"), ("X-Twice", "b")]

    good = await client.get("/v1/needs", headers=once)
    twice = await client.get("/v1/needs", headers=[*once, ("authorization", token)])
    other = await client.get("/v1/needs", headers=[("Authorization", "Basic YTpi"), *once])

    assert good.status_code == 200
    for refused in (twice, other):
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
        assert "two Authorization headers" in refused.json()["detail"]
