"""The sandbox's tokens are a shortcut to what a person's agreement gives, and nothing else."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt

from ecosystem.identity.oauth import actions
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.values.actor import Role
from tests.joining import newcomer
from tests.oauth.flow import SCOPES, Flow, flow_of
from tests.parties import bearer

_OWN_CLAIMS = {"jti", "iat", "exp", "auth_time", "client_id", "grant_id"}
_OWN_COLUMNS = {"id", "client_id", "authenticated_at", "created_at", "expires_at"}


@pytest.fixture
async def flow(
    client: httpx.AsyncClient, database: Database, owner_url: str
) -> AsyncIterator[Flow]:
    """The seeded enterprise's bidder, the service, and its database."""
    made = await flow_of(client, database, owner_url)
    yield made
    await made.owner.close()


async def _asked(flow: Flow, **changed: Any) -> httpx.Response:
    wanted = {"person_id": flow.person_id, "organisation_id": flow.organisation_id}
    return await flow.http.post("/v1/sandbox/tokens", json=wanted | changed)


async def _by_shortcut(flow: Flow, **changed: Any) -> str:
    answer = await _asked(flow, **changed)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["access_token"]
    return token


async def _by_agreement(flow: Flow) -> str:
    program = await flow.program()
    answer = await flow.exchange(program, await flow.code(program))
    token: str = answer.json()["access_token"]
    return token


def _opened(token: str, edge: Edge) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a token's header and its claims, signed by the service."""
    found = jwt.decode(
        token, edge.application.state.house.keys.tokens.signing(time.time()), algorithms=["ES256"]
    )
    return dict(found.header), dict(found.claims)


async def _row(flow: Flow, grant_id: str) -> dict[str, Any]:
    row = await flow.owner.fetchrow("SELECT * FROM authorisation WHERE id = $1", grant_id)
    assert row is not None
    return dict(row)


def _without(found: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in names}


async def test_the_shortcut_gives_what_agreeing_gives_but_for_identifiers_and_instants(
    flow: Flow, edge: Edge
) -> None:
    shortcut, agreed = await _by_shortcut(flow, scopes=SCOPES), await _by_agreement(flow)

    header, claims = _opened(shortcut, edge)
    its_header, its_claims = _opened(agreed, edge)
    assert header == its_header
    assert set(claims) == set(its_claims) >= _OWN_CLAIMS
    assert _without(claims, _OWN_CLAIMS) == _without(its_claims, _OWN_CLAIMS)
    row, its_row = await _row(flow, claims["grant_id"]), await _row(flow, its_claims["grant_id"])
    assert _without(row, _OWN_COLUMNS) == _without(its_row, _OWN_COLUMNS)
    assert row["client_id"] == claims["client_id"]
    assert row["expires_at"] - row["created_at"] == actions.AUTHORISED
    assert datetime.now(UTC) - row["authenticated_at"] < timedelta(minutes=1)


@pytest.mark.parametrize("way", [_by_shortcut, _by_agreement])
async def test_either_is_revoked_in_the_same_way(way: Any, flow: Flow, edge: Edge) -> None:
    token = await way(flow)
    _, claims = _opened(token, edge)

    async with flow.database.transaction() as tx:
        await actions.revoke_grant(tx, claims["grant_id"], now=datetime.now(UTC))

    assert (await _row(flow, claims["grant_id"]))["revoked_at"] is not None


@pytest.mark.parametrize("way", [_by_shortcut, _by_agreement])
async def test_either_dies_with_the_membership(way: Any, flow: Flow) -> None:
    administrator = await bearer(flow.http, "enterprise", "administrator")
    joined = await newcomer(flow.http, flow.database, "enterprise", Role.BIDDER)
    member = flow.with_(person_id=joined)
    token = await way(member)
    assert await flow.works(token)

    gone = await flow.http.post(
        f"/v1/people/{joined}/leaving", headers=administrator | {"If-Match": '"v2"'}
    )

    assert gone.status_code == 200, gone.text
    assert not await flow.works(token)
    assert (await _asked(member)).json()["code"] == "person_not_there"


async def test_a_weak_and_an_old_login_can_be_tried(flow: Flow, edge: Edge) -> None:
    token = await _by_shortcut(flow, acr="pwd", authenticated_ago_s=3_600)

    _, claims = _opened(token, edge)
    assert claims["acr"] == "pwd"
    assert claims["iat"] - claims["auth_time"] in {3_600, 3_601}


@pytest.mark.parametrize(
    "changed", [{"acr": "none"}, {"authenticated_ago_s": -1}, {"authenticated_ago_s": 43_201}]
)
async def test_a_login_that_cannot_be_is_refused(flow: Flow, changed: dict[str, Any]) -> None:
    assert (await _asked(flow, **changed)).status_code == 400


async def test_authorisations_that_have_expired_are_forgotten(flow: Flow, edge: Edge) -> None:
    _, claims = _opened(await _by_shortcut(flow), edge)
    await flow.owner.execute(
        "UPDATE authorisation SET expires_at = now() - interval '1 second' WHERE id = $1",
        claims["grant_id"],
    )

    await _by_shortcut(flow)

    kept = "SELECT count(*) FROM authorisation WHERE id = $1"
    assert await flow.owner.fetchval(kept, claims["grant_id"]) == 0
