"""Clients change: keys and secrets overlap, scopes only narrow, and nobody grows by it."""

import asyncio
import uuid
from typing import Any, Final

import httpx
import pytest
from joserfc.jwk import ECKey

from ecosystem.identity.authentication import Authenticator
from ecosystem.identity.clients import rules
from ecosystem.identity.clients.model import (
    AuthMethod,
    ChangeFacts,
    ClientChange,
    Jwks,
    NewClient,
)
from ecosystem.identity.rules import Inactive
from ecosystem.runtime.edge import Edge, TokenInvalid
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.refusal import Refusal
from tests.clients.builders import JWKS
from tests.identity.builders import AT, CLIENT, ORGANISATION, actor
from tests.oauth.flow import Program
from tests.parties import bearer, seeded

FORM: Final = {"grant_type": "client_credentials"}
SCOPES: Final = ("needs:read", "offers:draft")
BY: Final = actor(roles=(Role.BIDDER, Role.DELIVERY), scopes=(*SCOPES, "offers:read"))


def facts(
    asked: ClientChange | None = None, *, method: AuthMethod = AuthMethod.KEYS, **changed: Any
) -> ChangeFacts:
    """Return what is known when a client with keys changes."""
    given: dict[str, Any] = {
        "name": "desk",
        "scopes": SCOPES,
        "roles": (Role.BIDDER,),
        "jwks": JWKS if method is AuthMethod.KEYS else None,
    }
    active = changed.pop("is_active", True)
    return ChangeFacts(
        client_id=CLIENT,
        organisation_id=ORGANISATION,
        kind=OrganisationKind.ENTERPRISE,
        is_active=active,
        version=1,
        present=NewClient(**(given | changed)),
        method=method,
        asked=asked,
    )


def test_what_is_left_out_stays() -> None:
    then = rules.change_client(facts(ClientChange(name="bench")), by=BY, at=AT).client

    assert then.name == "bench"
    assert (then.scopes, then.roles, then.jwks) == (SCOPES, (Role.BIDDER,), JWKS)


def test_keys_by_address_take_the_place_of_keys_by_value_and_the_reverse() -> None:
    address = "https://client.example/keys"

    by_address = rules.change_client(facts(ClientChange(jwks_uri=address)), by=BY, at=AT).client
    back = rules.change_client(
        facts(ClientChange(jwks=JWKS), jwks=None, jwks_uri=address), by=BY, at=AT
    ).client

    assert (by_address.jwks, by_address.jwks_uri) == (None, address)
    assert (back.jwks, back.jwks_uri) == (JWKS, None)


@pytest.mark.parametrize(
    ("refusal", "known"),
    [
        (Inactive, facts(ClientChange(name="x"), is_active=False)),
        (rules.RoleNotYours, facts(ClientChange(name="x"), roles=(Role.SIGNATORY,))),
        (rules.ScopeNotYours, facts(ClientChange(name="x"), scopes=("payments:read",))),
        (rules.ScopesOnlyNarrow, facts(ClientChange(scopes=("offers:read",)))),
        (rules.MethodStays, facts(ClientChange(jwks=JWKS), method=AuthMethod.SECRET)),
        (rules.MethodStays, facts(ClientChange(jwks_uri="https://a.example/"), public=True,
                                  roles=(), method=AuthMethod.NONE)),
        (rules.KeysTwice, facts(ClientChange(jwks=JWKS, jwks_uri="https://client.example/"))),
        (rules.KeyUnusable, facts(ClientChange(jwks=Jwks((JWKS.keys[0], JWKS.keys[0]))))),
        (rules.KeyAddressUnusable, facts(ClientChange(jwks_uri="http://client.example/"))),
        (rules.PublicActsForPeople, facts(ClientChange(redirect_uris=()), public=True, roles=(),
                                          dpop=True, method=AuthMethod.NONE,
                                          redirect_uris=("https://client.example/",))),
        (rules.RedirectUnusable, facts(ClientChange(redirect_uris=("http://client.example/",)))),
    ],
)  # fmt: skip
def test_a_change_is_refused(refusal: type[Refusal], known: ChangeFacts) -> None:
    with pytest.raises(refusal):
        rules.change_client(known, by=BY, at=AT)


@pytest.mark.parametrize("method", [AuthMethod.KEYS, AuthMethod.NONE])
def test_only_a_secret_is_replaced(method: AuthMethod) -> None:
    with pytest.raises(rules.MethodStays):
        rules.replace_secret(facts(method=method), by=BY, at=AT)


def test_who_is_less_than_a_client_gets_no_secret_of_it() -> None:
    known = facts(method=AuthMethod.SECRET, roles=(Role.SIGNATORY,))

    with pytest.raises(rules.RoleNotYours):
        rules.replace_secret(known, by=BY, at=AT)


class Desk:
    """The seeded enterprise's administrator, and a client that she has added."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str], made: Any) -> None:
        self.http = http
        self.headers = headers
        self.id: str = made["id"]
        self.secret: str | None = made["client_secret"]
        self.path = f"/v1/clients/{made['id']}"

    @classmethod
    async def opened(cls, http: httpx.AsyncClient, **asked: Any) -> "Desk":
        enterprise = (await seeded(http)).party("enterprise").organisation_id
        headers = await bearer(http, "enterprise", "administrator")
        answer = await http.post(
            f"/v1/organisations/{enterprise}/clients",
            json={"name": "desk", "scopes": ["needs:read", "offers:read"]} | asked,
            headers=headers,
        )
        assert answer.status_code == 201, answer.text
        return cls(http, headers, answer.json())

    async def change(self, *, tag: str | None = None, **asked: Any) -> httpx.Response:
        etag = tag or (await self.http.get(self.path, headers=self.headers)).headers["etag"]
        kind = "application/merge-patch+json"
        headers = self.headers | {"If-Match": etag, "Content-Type": kind}
        return await self.http.patch(self.path, json=asked, headers=headers)

    async def renew(self, *, tag: str | None = None, **asked: Any) -> httpx.Response:
        etag = tag or (await self.http.get(self.path, headers=self.headers)).headers["etag"]
        headers = self.headers | {"If-Match": etag, "Idempotency-Key": str(uuid.uuid4())}
        return await self.http.post(f"{self.path}/secrets", json=asked, headers=headers)

    async def token(self, secret: str | None) -> httpx.Response:
        return await self.http.post("/oauth/token", data=FORM, auth=(self.id, secret or ""))


def _keys(*keys: ECKey) -> dict[str, Any]:
    members = ("kty", "kid", "crv", "x", "y")
    shown = [key.as_dict(private=False) for key in keys]
    return {"keys": [{name: one[name] for name in members} for one in shown]}


async def test_two_keys_are_good_while_one_follows_the_other(client: httpx.AsyncClient) -> None:
    old, new = (ECKey.generate_key("P-256", {"kid": kid}) for kid in ("old", "new"))
    desk = await Desk.opened(client, jwks=_keys(old))

    async def works(key: ECKey) -> int:
        form = Program(id=desk.id, key=key).proof()["data"] | FORM
        return (await client.post("/oauth/token", data=form)).status_code

    assert (await works(old), await works(new)) == (200, 401)
    assert (await desk.change(jwks=_keys(old, new))).status_code == 200
    assert (await works(old), await works(new)) == (200, 200)
    assert (await desk.change(jwks=_keys(new))).status_code == 200
    assert (await works(old), await works(new)) == (401, 200)


async def test_tokens_end_with_the_key_that_is_taken_away(
    client: httpx.AsyncClient, edge: Edge
) -> None:
    old, new = (ECKey.generate_key("P-256", {"kid": kid}) for kid in ("old", "new"))
    desk = await Desk.opened(client, jwks=_keys(old))

    async def works(token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        here = (await client.get("/v1/me", headers=headers)).status_code == 200
        deaf = Authenticator(edge.application.state.house)
        try:
            await deaf.actor(token)
        except TokenInvalid:
            assert not here
            return False
        assert here
        return True

    async def given(key: ECKey) -> str:
        form = Program(id=desk.id, key=key).proof()["data"] | FORM
        token: str = (await client.post("/oauth/token", data=form)).json()["access_token"]
        return token

    first = await given(old)
    await desk.change(jwks=_keys(old, new))
    overlapping = await works(first)
    await desk.change(jwks=_keys(new))
    ended = await works(first)

    assert (overlapping, ended) == (True, False)
    assert await works(await given(new))


async def test_tokens_end_with_the_secret_that_is_ended_at_once(client: httpx.AsyncClient) -> None:
    desk = await Desk.opened(client)
    token = (await desk.token(desk.secret)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    await desk.renew(keeps_days=1)
    kept = await client.get("/v1/me", headers=headers)
    third = (await desk.renew(keeps_days=0)).json()["client_secret"]
    ended = await client.get("/v1/me", headers=headers)
    new = (await desk.token(third)).json()["access_token"]

    assert (kept.status_code, ended.status_code) == (200, 401)
    fresh = await client.get("/v1/me", headers={"Authorization": f"Bearer {new}"})
    assert fresh.status_code == 200


async def test_narrower_scopes_count_for_tokens_that_were_given_before(
    client: httpx.AsyncClient,
) -> None:
    desk = await Desk.opened(client)
    given = (await desk.token(desk.secret)).json()["access_token"]
    headers = {"Authorization": f"Bearer {given}"}
    before = (await client.get("/v1/me", headers=headers)).json()["scopes"]

    changed = await desk.change(scopes=["needs:read"])
    after = (await client.get("/v1/me", headers=headers)).json()["scopes"]
    wider = await desk.change(scopes=["needs:read", "offers:read"])

    assert changed.status_code == 200, changed.text
    assert (before, after) == (["needs:read", "offers:read"], ["needs:read"])
    assert (wider.status_code, wider.json()["code"]) == (422, "scopes_only_narrow")


async def test_two_secrets_are_good_until_the_old_one_ends(
    client: httpx.AsyncClient,
) -> None:
    desk = await Desk.opened(client)

    renewed = await desk.renew()
    second = renewed.json()["client_secret"]
    overlapping = [(await desk.token(one)).status_code for one in (desk.secret, second)]
    third = (await desk.renew(keeps_days=0)).json()["client_secret"]
    ended = [(await desk.token(one)).status_code for one in (desk.secret, second, third)]

    assert renewed.status_code == 201, renewed.text
    assert overlapping == [200, 200]
    assert ended == [401, 401, 200]
    shown = (await client.get(desk.path, headers=desk.headers)).text
    assert not any(one in shown for one in (second, third))


async def test_of_two_changes_under_one_etag_one_counts(client: httpx.AsyncClient) -> None:
    desk = await Desk.opened(client)

    renewals = await asyncio.gather(*(desk.renew(tag='"v1"') for _ in range(8)))
    changes = await asyncio.gather(*(desk.change(tag='"v2"', name=f"n{i}") for i in range(8)))

    assert sorted(one.status_code for one in renewals) == [201] + [412] * 7
    assert sorted(one.status_code for one in changes) == [200] + [412] * 7


async def test_when_a_client_was_last_used_is_noted_at_most_once_a_minute(
    client: httpx.AsyncClient,
) -> None:
    desk = await Desk.opened(client)

    async def noted() -> Any:
        listed = await client.get("/v1/clients?limit=100", headers=desk.headers)
        return next(one for one in listed.json()["data"] if one["id"] == desk.id)["last_used_at"]

    assert await noted() is None
    await desk.token("wrong")
    assert await noted() is None
    await desk.token(desk.secret)
    first = await noted()
    await desk.token(desk.secret)
    assert first is not None
    assert await noted() == first


async def test_another_organisations_client_is_not_there(client: httpx.AsyncClient) -> None:
    desk = await Desk.opened(client)
    stranger = Desk(client, await bearer(client, "bank", "administrator"), {
        "id": desk.id, "client_secret": None,
    })  # fmt: skip

    answers = [await stranger.change(tag="*", name="mine"), await stranger.renew(tag="*")]

    assert [one.status_code for one in answers] == [404, 404]
