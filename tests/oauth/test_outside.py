"""People come with tokens of an outside issuer: of a second instance of this service, and bad ones.

The bad ones are made by hand, by an issuer that is reached over real HTTP.
"""

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from ecosystem import app
from ecosystem.identity.outside import rules
from ecosystem.identity.outside.model import LinkFacts, UnlinkFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Role
from tests.conftest import fresh, reach
from tests.joining import code_of, header_of, joined
from tests.oauth.issuing import AUDIENCE, Issuing, issuing
from tests.oauth.market import PATH, Market, opened
from tests.parties import bearer, comes_true
from tests.replay import replayed
from tests.serving.service import Service

CHALLENGE = "www-authenticate"
PROBLEM = "application/problem+json"
Headers = dict[str, str]


@pytest.fixture
def issuer() -> Iterator[Issuing]:
    """An issuer of tokens made by hand."""
    with issuing() as made:
        yield made


@pytest.fixture
async def market(
    chosen: Settings, database: Database, owner_url: str, issuer: Issuing
) -> AsyncIterator[Market]:
    """The service that accepts the tokens made by hand, with one identity linked."""
    async with AsyncExitStack() as stack:
        made = await opened(
            stack, chosen, database, owner_url, issuer=issuer.name, audience=AUDIENCE
        )
        linked = await made.link(issuer.token())
        assert linked.status_code == 201, linked.text
        yield made


@pytest.fixture(scope="module")
def abroad(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A second instance of this service, with a database of its own, on a port of its own."""
    folder: Path = tmp_path_factory.mktemp("abroad")
    url = server.dsn(fresh(server), role="ecosystem_api")
    service = Service(folder, settings={"DATABASE_URL": url})
    with ExitStack() as stack:
        stack.callback(service.discard)
        yield service.start().ready()


def _is_refused(answer: httpx.Response) -> bool:
    """Tell whether a token was refused as every bad token is."""
    return (
        answer.status_code == 401
        and answer.headers["content-type"] == PROBLEM
        and 'error="invalid_token"' in answer.headers[CHALLENGE]
    )


async def test_a_token_of_a_second_instance_is_accepted_once_its_person_has_linked_it(
    chosen: Settings, database: Database, owner_url: str, abroad: Service
) -> None:
    async with AsyncExitStack() as stack:
        market = await opened(
            stack, chosen, database, owner_url, issuer=abroad.address, audience=abroad.address
        )
        there = await stack.enter_async_context(httpx.AsyncClient(base_url=abroad.address))
        given = await bearer(there, "city", "officer", scopes=["needs:read", "history:read"])
        token = given["Authorization"].removeprefix("Bearer ")
        assert _is_refused(await market.me(token))

        linked = await market.link(token)
        me = await market.me(token)

        assert linked.json()["issuer"] == abroad.address
        assert me.status_code == 200, me.text
        assert me.json()["person_id"] == market.person_id
        assert me.json()["organisation_id"] == market.bank
        assert me.json()["client_id"] == market.client_id
        assert set(me.json()["scopes"]) == {"needs:read", "history:read"}


async def test_what_proved_her_abroad_counts_for_stepping_up_and_nothing_else_does(
    market: Market, issuer: Issuing
) -> None:
    """To link further identities is for who steps up, and for tokens of this service alone."""
    scope, now = "organisations:write", int(time.time())
    said = {
        "by passkey": issuer.token(scope=scope, acr="phr", auth_time=now - 10),
        "long ago": issuer.token(scope=scope, acr="phr", auth_time=now - 10_000),
        "never said when": issuer.token(scope=scope, acr="phr"),
        "in a time to come": issuer.token(scope=scope, acr="phr", auth_time=now + 1_000),
        "in another way": issuer.token(scope=scope, acr="gold", auth_time=now - 10),
    }

    codes = {
        how: (
            await market.http.post(
                PATH, json={"token": "a"}, headers={"Authorization": f"Bearer {token}"}
            )
        ).json()["code"]
        for how, token in said.items()
    }

    assert codes.pop("by passkey") == "own_token_needed"
    assert set(codes.values()) == {"insufficient_user_authentication"}


async def test_the_clients_scopes_bound_what_a_token_says(market: Market, issuer: Issuing) -> None:
    await market.owner.execute(
        "UPDATE client SET scopes = '{needs:read}' WHERE id = $1", market.client_id
    )

    me = await market.me(issuer.token(scope="needs:read payments:write no-such-scope"))

    assert me.json()["scopes"] == ["needs:read"]


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
async def test_tokens_signed_by_rsa_are_accepted(
    market: Market, issuer: Issuing, algorithm: str
) -> None:
    token = issuer.token(key=issuer.rsa, header={"alg": algorithm}, aud=["other", AUDIENCE])

    assert await market.works(token)


def _unsigned(issuer: Issuing) -> str:
    head = {"alg": "none", "typ": "at+jwt", "kid": "ec"}
    first = base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("=")
    return f"{first}.{issuer.token().split('.')[1]}."


def _by_shared_secret(issuer: Issuing) -> str:
    """Sign as if the public key, which everybody has, were a secret that two share."""
    head = {"alg": "HS256", "typ": "at+jwt", "kid": "ec"}
    first = base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("=")
    signed = f"{first}.{issuer.token().split('.')[1]}"
    mac = hmac.digest(issuer.ec.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


BAD: dict[str, Any] = {
    "no signature": _unsigned,
    "the public key as a shared secret": _by_shared_secret,
    "another issuer": lambda one: one.token(iss="https://other.example"),
    "another audience": lambda one: one.token(aud="https://other.example"),
    "audiences without this one": lambda one: one.token(aud=["a", "b"]),
    "no audience": lambda one: one.token(aud=None),
    "an ID token": lambda one: one.token(header={"typ": "JWT"}),
    "no type": lambda one: one.token(header={"typ": None}),
    "an unknown key": lambda one: one.token(header={"kid": "other"}),
    "no key named": lambda one: one.token(header={"kid": None}),
    "another's signature": lambda one: one.token(key=ECKey.generate_key("P-256", {"kid": "ec"})),
    "an algorithm of another key": lambda one: one.token(header={"kid": "rsa"}),
    "expired": lambda one: one.token(exp=int(time.time()) - 1),
    "never expiring": lambda one: one.token(exp=float("inf")),
    "no expiry": lambda one: one.token(exp=None),
    "not yet valid": lambda one: one.token(nbf=int(time.time()) + 60),
    "issued in a time to come": lambda one: one.token(iat=int(time.time()) + 60),
    "jku": lambda one: one.token(header={"jku": f"{one.name}/keys"}),
    "jwk": lambda one: one.token(header={"jwk": one.ec.as_dict(private=False)}),
    "x5u": lambda one: one.token(header={"x5u": f"{one.name}/keys"}),
    "nobody's": lambda one: one.token("somebody else"),
    "no subject": lambda one: one.token(sub=None),
    "a subject that is a number": lambda one: one.token(sub=7),
    "a subject with a NUL": lambda one: one.token("a\0b"),
    "bound to a certificate": lambda one: one.token(cnf={"x5t#S256": "a"}),
    "bound to a key, and sent as Bearer": lambda one: one.token(cnf={"jkt": "a"}),
    "too long": lambda one: one.token(more="a" * 9_000),
}


async def test_a_bad_token_is_refused(market: Market, issuer: Issuing) -> None:
    assert await market.works(issuer.token())

    answers = {how: await market.me(made(issuer)) for how, made in BAD.items()}

    accepted = {how: said.text for how, said in answers.items() if said.status_code != 401}
    assert accepted == {}
    assert all(said.headers["content-type"] == PROBLEM for said in answers.values())
    assert all('error="invalid_token"' in said.headers[CHALLENGE] for said in answers.values())


async def test_a_token_that_names_the_issuer_and_is_signed_by_this_service_is_refused(
    market: Market, issuer: Issuing
) -> None:
    own: ECKey = market.edge.application.state.house.keys.tokens.signing(time.time())

    assert _is_refused(await market.me(issuer.token(key=own)))
    assert _is_refused(await market.me(issuer.token(key=own, header={"kid": "ec"})))


async def test_a_disabled_persons_tokens_are_dead_at_once(market: Market, issuer: Issuing) -> None:
    token = issuer.token()
    assert await market.works(token)

    gone = await market.http.post(
        f"/v1/people/{market.person_id}/deactivation",
        json={"reason": "For the test."},
        headers=await bearer(market.http, "platform", "operator") | {"If-Match": "*"},
    )

    assert gone.status_code == 200, gone.text
    assert _is_refused(await market.me(token))


async def test_who_has_left_has_no_token_any_more(market: Market, issuer: Issuing) -> None:
    token = issuer.token()
    assert await market.works(token)

    left = await market.http.post(
        f"/v1/people/{market.person_id}/leaving",
        headers=await bearer(market.http, "bank", "administrator") | {"If-Match": "*"},
    )

    assert left.status_code == 200, left.text
    assert _is_refused(await market.me(token))


async def test_a_deactivated_client_ends_all_outside_tokens(
    market: Market, issuer: Issuing
) -> None:
    token = issuer.token()
    assert await market.works(token)

    platform = market.parties.party("platform")
    who = await joined(market.database, platform.organisation_id, platform.kind, Role.ADMINISTRATOR)
    administrator = await header_of(market.http, who, platform.organisation_id)
    gone = await market.http.post(
        f"/v1/clients/{market.client_id}/deactivation", headers=administrator | {"If-Match": "*"}
    )

    assert gone.status_code == 200, gone.text
    assert _is_refused(await market.me(token))


async def test_a_removed_identity_has_no_token_any_more_in_any_process(
    market: Market, issuer: Issuing
) -> None:
    token = issuer.token()
    own = await header_of(market.http, market.person_id, market.bank)
    house = market.edge.application.state.house
    elsewhere = app.build(house.settings)
    async with app.living(elsewhere), reach(elsewhere) as other:
        beside = replace(market, http=other)
        assert await market.works(token)
        assert await beside.works(token)
        (listed,) = (await market.http.get(PATH, headers=own)).json()["data"]

        gone = await market.http.post(f"{PATH}/{listed['id']}/removal", headers=own)

        assert (gone.status_code, gone.json()["state"]) == (200, "removed")
        assert _is_refused(await market.me(token))
        assert await comes_true(lambda: beside.is_dead(token), within_s=1)
    again = await market.http.post(f"{PATH}/{listed['id']}/removal", headers=own)
    assert (again.status_code, again.json()["code"]) == (404, "identity_unknown")


async def test_nobody_removes_anothers_identity(market: Market, issuer: Issuing) -> None:
    own = await header_of(market.http, market.person_id, market.bank)
    (listed,) = (await market.http.get(PATH, headers=own)).json()["data"]
    other = await header_of(market.http, await market.somebody(), market.bank)

    refused = await market.http.post(f"{PATH}/{listed['id']}/removal", headers=other)

    assert refused.status_code == 404
    assert await market.works(issuer.token())


async def test_an_identity_is_one_persons(market: Market, issuer: Issuing) -> None:
    again = await market.link(issuer.token())
    other = await market.link(issuer.token(), person_id=await market.somebody())

    assert (again.status_code, again.json()["code"]) == (409, "identity_linked")
    assert (other.status_code, other.json()["code"]) == (409, "identity_of_another")


async def test_a_bad_token_links_nothing(market: Market, issuer: Issuing) -> None:
    bad = {how: made for how, made in BAD.items() if how not in {"nobody's", "too long"}}

    answers = {how: await market.link(made(issuer)) for how, made in bad.items()}

    said = {how: (one.status_code, one.json()["code"]) for how, one in answers.items()}
    assert said == dict.fromkeys(bad, (422, "outside_token_invalid"))


async def test_who_belongs_to_several_organisations_names_one(
    market: Market, issuer: Issuing
) -> None:
    city = market.parties.party("city")
    token = issuer.token()
    assert await market.works(token)
    invited = await market.http.post(
        f"/v1/organisations/{city.organisation_id}/invitations",
        json={"name": {"en": "Newcomer"}, "roles": ["officer"]},
        headers=await bearer(market.http, "city", "administrator"),
    )
    accepted = await market.http.post(
        "/v1/invitation-acceptances",
        json={"code": code_of(invited.json()["link"])},
        headers=await header_of(market.http, market.person_id, market.bank),
    )
    assert accepted.status_code == 201, accepted.text

    silent = await market.me(token)
    there = await market.me(token, Ecosystem_Organisation=city.organisation_id)
    here = await market.me(token, Ecosystem_Organisation=market.bank)
    foreign = await market.me(
        token, Ecosystem_Organisation=market.parties.party("enterprise").organisation_id
    )
    nonsense = await market.me(token, Ecosystem_Organisation="%00' or")

    assert (silent.status_code, silent.json()["code"]) == (400, "organisation_missing")
    assert there.json()["organisation_id"] == city.organisation_id
    assert here.json()["organisation_id"] == market.bank
    assert _is_refused(foreign)
    assert _is_refused(nonsense)


async def test_an_issuer_that_was_never_reached_is_its_own_fault(
    market: Market, issuer: Issuing
) -> None:
    token, house = issuer.token(), market.edge.application.state.house
    unreached = app.build(house.settings)
    issuer.stop()
    async with app.living(unreached), reach(unreached) as http:
        answer = await http.get("/v1/me", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 503
    assert answer.headers["content-type"] == PROBLEM
    assert 1 <= int(answer.headers["retry-after"]) <= 5


async def test_its_keys_are_good_while_it_is_away(market: Market, issuer: Issuing) -> None:
    assert await market.works(issuer.token())

    issuer.stop()

    assert await market.works(issuer.token(jti="another"))


async def test_without_an_outside_issuer_there_is_nothing_to_link(
    client: httpx.AsyncClient, issuer: Issuing
) -> None:
    headers = await bearer(client, "bank", "lender")

    answer = await client.post(PATH, json={"token": issuer.token()}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (404, "no_outside_issuer")
    assert (await client.get(PATH, headers=headers)).json() == {"data": []}


async def test_the_history_decides_again_and_holds_no_token(
    market: Market, issuer: Issuing, database: Database
) -> None:
    own = await header_of(market.http, market.person_id, market.bank)
    (listed,) = (await market.http.get(PATH, headers=own)).json()["data"]
    await market.http.post(f"{PATH}/{listed['id']}/removal", headers=own)

    found = await replayed(
        database,
        {
            "person.outside_identity_added": (rules.link, LinkFacts),
            "person.outside_identity_removed": (rules.unlink, UnlinkFacts),
        },
    )

    assert min(found.values()) > 0
    signature = issuer.token().split(".")[0]
    rows = await market.owner.fetch("SELECT body::text FROM event WHERE type LIKE '%outside%'")
    assert all(signature not in row["body"] for row in rows)
