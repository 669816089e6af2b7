"""What an attacker gains at the doors of identity: nothing, however he times it."""

import asyncio
import hashlib
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.cli.authenticator import Authenticator
from ecosystem.identity.login import actions as accounts
from ecosystem.identity.login.passkeys import actions as passkeys
from ecosystem.identity.login.passkeys.rules import LoginEnded
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.oauth import actions as oauth
from ecosystem.identity.oauth import authorising
from ecosystem.identity.oauth.authorising import Onward, Trouble
from ecosystem.runtime import issuer
from ecosystem.runtime.database import Database
from ecosystem.runtime.fetching import Unfetched
from ecosystem.runtime.minting import entropy, mint
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Assurance
from tests.conftest import reach
from tests.login.visitor import Visitor, with_account
from tests.oauth.flow import DIGEST, Flow, flow_of, said
from tests.parties import ISSUER, seeded

T = TypeVar("T")
IDENTITIES: Final = "/v1/me/outside-identities"


@pytest.fixture
async def flow(client: httpx.AsyncClient, database: Database, owner_url: str) -> Any:
    made = await flow_of(client, database, owner_url)
    yield made
    await made.owner.close()


async def _waits(work: Awaitable[T]) -> asyncio.Future[T]:
    """Start something, and see that it waits for another session."""
    started = asyncio.ensure_future(work)
    await asyncio.wait([started], timeout=0.3)
    assert not started.done()
    return started


async def _end_her_logins(database: Database, person_id: str) -> None:
    """End whatever she has logged in to and agreed to, as a changed password does."""
    async with database.transaction() as tx:
        await accounts.end_sessions(tx, person_id)
        await oauth.revoke_all(tx, person_id)


async def test_what_is_agreed_to_while_the_login_is_ended_is_revoked_with_all_else(
    flow: Flow, database: Database
) -> None:
    program = await flow.program()
    question = await flow.asked(program)
    form = {
        "csrf": question.csrf,
        "client_id": program.id,
        "request_uri": f"urn:ietf:params:oauth:request_uri:{question.handle}",
        "organisation_id": flow.organisation_id,
        "decision": "allow",
    }

    async with database.transaction() as tx:
        told = await authorising.decide(
            tx, urlencode(form).encode(), browser=flow.browser(session=flow.session)
        )
        ending = await _waits(_end_her_logins(database, flow.person_id))
    await ending

    assert isinstance(told, Onward)
    refused = await flow.exchange(program, said(told)["code"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


async def test_a_login_that_was_ended_agrees_to_nothing(flow: Flow) -> None:
    question = await flow.asked(await flow.program())
    await flow.owner.execute("DELETE FROM login_session WHERE digest = $1", DIGEST)

    assert await flow.answer(question) is Trouble.FORGED


async def test_a_login_that_is_being_ended_adds_no_passkey(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database)
    await visitor.log_in()
    session = Session(
        digest=hashlib.sha256(visitor.cookies["session"].encode()).digest(),
        person_id=visitor.person_id,
        acr=Assurance.PASSWORD,
        authenticated_at=datetime.now(UTC),
        csrf="",
    )

    async def add() -> None:
        now = datetime.now(UTC)
        new = Authenticator(origin=ISSUER).passkey
        async with database.transaction() as tx:
            await passkeys.add(tx, session, new, label="thief", now=now, at=now)

    async with database.transaction() as tx:
        await accounts.end_sessions(tx, visitor.person_id)
        adding = await _waits(add())
    with pytest.raises(LoginEnded):
        await adding


async def test_requests_of_who_is_logged_in_do_not_wait_for_each_others_connections(
    client: httpx.AsyncClient, database: Database, chosen: Settings
) -> None:
    visitor = await with_account(client, database)
    await visitor.log_in()
    await visitor.get("/account")
    csrf = visitor.page.forms[-1][1]["csrf"]
    narrow = app.build(msgspec.structs.replace(chosen, pool_size=2, pool_wait_s_max=1))

    async with app.living(narrow), reach(narrow) as http:
        browsers = [Visitor(http, cookies=dict(visitor.cookies)) for _ in range(6)]
        told = await asyncio.gather(
            *(
                one.post("/account/sessions", {"csrf": csrf, "session": "others"})
                for one in browsers
            )
        )

    assert [one.status_code for one in told] == [303] * 6


@pytest.mark.parametrize("wrong", [{"scope": "everything"}, {"prompt": "none"}])
async def test_a_link_to_this_service_leads_nobody_to_the_address_of_somebody_unknown(
    flow: Flow, wrong: dict[str, str]
) -> None:
    program = await flow.program()
    state = "UPDATE organisation SET state = $2 WHERE id = $1"

    async def comes() -> Onward | Trouble:
        found = await flow.come(flow.wanted(program, **wrong))
        if isinstance(found, Onward) and found.location.startswith("/"):
            found = await flow.come(urlsplit(found.location).query)
        assert isinstance(found, Onward | Trouble)
        return found

    known = await comes()
    await flow.owner.execute(state, flow.organisation_id, "registered")
    unknown = await comes()
    shown = await flow.http.get("/oauth/authorize", params=flow.wanted(program, scope="all"))
    await flow.owner.execute(state, flow.organisation_id, "verified")

    assert "error" in said(known) if isinstance(known, Onward) else False
    assert unknown is Trouble.UNVERIFIED
    assert (shown.status_code, shown.headers.get("location")) == (400, None)
    assert "not verified" in shown.text


async def test_proofs_of_keys_that_never_come_again_are_forgotten(
    flow: Flow, database: Database
) -> None:
    now = datetime.now(UTC)
    keep = "INSERT INTO dpop_proof (jkt, jti, expires_at) VALUES ($1, $2, $3)"
    old = [(f"key {n}", entropy(32), now - timedelta(minutes=n)) for n in range(1, 4)]
    await flow.owner.executemany(keep, [*old, ("living", entropy(32), now + timedelta(minutes=1))])

    async with database.transaction() as tx:
        spent = await oauth.spend_proof(
            tx, jkt="another", jti=entropy(32), expires_at=now + timedelta(minutes=1), before=now
        )

    left = await flow.owner.fetch("SELECT jkt FROM dpop_proof")
    assert spent
    assert {row["jkt"] for row in left} >= {"living", "another"}
    assert not {row["jkt"] for row in left} & {key for key, *_ in old}


async def test_a_client_of_one_organisation_has_no_hand_in_outside_identities(
    flow: Flow, client: httpx.AsyncClient
) -> None:
    program = await flow.program(scopes=["organisations:read", "organisations:write"])
    given = await flow.exchange(program, await flow.code(program))
    by = {"Authorization": f"Bearer {given.json()['access_token']}"}

    listed = await client.get(IDENTITIES, headers=by)
    removed = await client.post(f"{IDENTITIES}/{mint('identity')}/removal", headers=by)

    for answer in (listed, removed):
        assert (answer.status_code, answer.json()["code"]) == (403, "client_of_one"), answer.text


def test_a_deep_document_of_an_issuer_is_no_jwks() -> None:
    deep = b'{"keys": [{"x": ' + b"[" * 60_000 + b"]" * 60_000 + b"}]}"

    with pytest.raises(Unfetched):
        issuer.public_keys(deep)


async def test_who_may_not_know_of_a_person_offers_her_nothing_and_learns_nothing(
    client: httpx.AsyncClient,
) -> None:
    parties = await seeded(client)
    bidder = parties.party("enterprise").person("bidder").id
    wanted = {
        "person_id": parties.party("bank").person("administrator").id,
        "organisation_id": parties.party("bank").organisation_id,
    }
    token = (await client.post("/v1/sandbox/tokens", json=wanted)).json()["access_token"]
    by = {"Authorization": f"Bearer {token}"}

    told = [
        await client.post(f"/v1/people/{one}/recoveries", headers=by)
        for one in (bidder, mint("person"))
    ]

    assert {(one.status_code, one.json()["code"]) for one in told} == {(404, "person_unknown")}


async def test_no_link_of_a_recovery_is_kept_or_answered_again(
    client: httpx.AsyncClient, owner_url: str
) -> None:
    bank = (await seeded(client)).party("bank")
    wanted = {
        "person_id": bank.person("administrator").id,
        "organisation_id": bank.organisation_id,
    }
    token = (await client.post("/v1/sandbox/tokens", json=wanted)).json()["access_token"]
    by = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    path = f"/v1/people/{bank.person('bidder').id}/recoveries"

    links = [(await client.post(path, headers=by)).json()["link"] for _ in range(2)]

    assert links[0] != links[1]
    owner = await asyncpg.connect(owner_url)
    kept = await owner.fetch(
        "SELECT r::text FROM recovery r UNION ALL SELECT body::text FROM event "
        "UNION ALL SELECT convert_from(body, 'UTF8') FROM stored_answer"
    )
    await owner.close()
    assert not [row for row in kept for link in links if link.partition("code=")[2] in row[0]]
