"""Two sessions of the database at one client at once: of their outcomes exactly one is right."""

import asyncio
import base64
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from joserfc.jwk import ECKey

from ecosystem.identity.clients import actions
from ecosystem.identity.clients.model import ClientChange, Jwks
from ecosystem.identity.oauth import server, terms
from ecosystem.identity.oauth.terms import Asked
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.web import House
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.revision import RevisionStale
from ecosystem.values.scopes import SCOPES
from tests.clients.builders import JWKS
from tests.oauth.flow import Flow, Program, flow_of

T = TypeVar("T")
FORM = {"grant_type": "client_credentials"}


class Bench:
    """A client, its administrator, and sessions that work at it."""

    def __init__(self, flow: Flow, database: Database, house: House, program: Program) -> None:
        self.flow = flow
        self.database = database
        self.house = house
        self.program = program
        self.by = Actor(
            organisation_id=flow.organisation_id,
            organisation_number=1,
            kind=OrganisationKind.ENTERPRISE,
            verified=True,
            jurisdiction="440300",
            client_id="test",
            person_id=flow.person_id,
            roles=(Role.ADMINISTRATOR,),
            scopes=SCOPES,
        )

    async def renew(self, tx: Tx, *, keeps: timedelta, expected: int | None = None) -> str:
        """Replace the secret; return the new one."""
        now = datetime.now(UTC)
        made, _ = await actions.replace_secret(
            tx, self.program.id, until=now + keeps, by=self.by, at=now, expected=expected
        )
        return made

    async def change(self, tx: Tx, *, expected: int | None = None, **asked: Any) -> None:
        """Change the client."""
        await actions.change_client(
            tx, self.program.id, ClientChange(**asked), by=self.by, at=datetime.now(UTC),
            expected=expected,
        )  # fmt: skip

    async def token(self, tx: Tx) -> str | None:
        """Ask for a token, as the endpoint does, in a session that is still open."""
        proof = self.program.proof()
        basic = base64.b64encode(":".join(proof.get("auth", ())).encode()).decode()
        told = await server.token(
            tx,
            Asked(
                body=urlencode(FORM | proof["data"]).encode(),
                authorization=f"Basic {basic}" if "auth" in proof else None,
                signing=terms.signing(self.house, now=datetime.now(UTC)),
            ),
        )
        found: str | None = told.body.get("access_token")
        return found

    async def in_its_own(self, work: Any) -> Any:
        """Do one thing in a session of its own, and commit it."""
        async with self.database.transaction() as tx:
            return await work(tx)


@pytest.fixture
async def flow(client: httpx.AsyncClient, database: Database, owner_url: str) -> Any:
    made = await flow_of(client, database, owner_url)
    yield made
    await made.owner.close()


async def _bench(flow: Flow, edge: Edge, database: Database, kind: str) -> Bench:
    house = edge.application.state.house
    # That it was just used, so that no note of its use takes a lock.
    program = await flow.program(kind, last_used_at=datetime.now(UTC))
    return Bench(flow, database, house, program)


async def _waits(work: Awaitable[T]) -> asyncio.Future[T]:
    """Start something, and see that it waits for another session."""
    started = asyncio.ensure_future(work)
    await asyncio.wait([started], timeout=0.3)
    assert not started.done()
    return started


async def test_of_two_secrets_that_replace_one_version_one_is_kept(
    flow: Flow, edge: Edge, database: Database
) -> None:
    at = await _bench(flow, edge, database, "secret")
    day = timedelta(days=1)

    async with database.transaction() as tx:
        first = await at.renew(tx, keeps=day, expected=1)
        second = await _waits(at.in_its_own(lambda tx: at.renew(tx, keeps=day, expected=1)))
    with pytest.raises(RevisionStale):
        await second

    assert at.program.secret is not None
    for secret in (first, at.program.secret):
        answer = await flow.ask(Program(id=at.program.id, secret=secret), FORM)
        assert answer.status_code == 200, answer.text


async def test_of_two_secrets_that_replace_whatever_is_there_the_later_one_counts(
    flow: Flow, edge: Edge, database: Database
) -> None:
    at, day = await _bench(flow, edge, database, "secret"), timedelta(days=1)

    async with database.transaction() as tx:
        first = await at.renew(tx, keeps=day)
        waiting = await _waits(at.in_its_own(lambda tx: at.renew(tx, keeps=day)))
    second = await waiting

    told = [
        (await flow.ask(Program(id=at.program.id, secret=one), FORM)).status_code
        for one in (at.program.secret, first, second)
    ]
    assert told == [401, 200, 200]


async def test_of_keys_by_value_and_by_address_at_once_one_are_kept(
    flow: Flow, edge: Edge, database: Database
) -> None:
    at = await _bench(flow, edge, database, "keys")

    async with database.transaction() as tx:
        await at.change(tx, expected=1, jwks=JWKS)
        second = await _waits(
            at.in_its_own(
                lambda tx: at.change(tx, expected=1, jwks_uri="https://client.example/keys")
            )
        )
    with pytest.raises(RevisionStale):
        await second

    kept = await flow.owner.fetchrow(
        "SELECT jwks, jwks_uri FROM client WHERE id = $1", at.program.id
    )
    assert kept is not None
    assert (kept["jwks"] is not None, kept["jwks_uri"]) == (True, None)


@pytest.mark.parametrize("kind", ["secret", "keys"])
async def test_a_token_that_is_being_given_dies_with_what_is_taken_away_meanwhile(
    flow: Flow, edge: Edge, database: Database, kind: str
) -> None:
    at = await _bench(flow, edge, database, kind)
    fresh = ECKey.generate_key("P-256", {"kid": "two"})
    members = {n: fresh.as_dict(private=False)[n] for n in ("kty", "kid", "crv", "x", "y")}

    async def taken_away(tx: Tx) -> None:
        if kind == "secret":
            await at.renew(tx, keeps=timedelta(0))
        else:
            await at.change(tx, jwks=msgspec.convert({"keys": [members]}, Jwks))

    async with database.transaction() as tx:
        token = await at.token(tx)
        waiting = await _waits(at.in_its_own(taken_away))
    await waiting

    assert token is not None
    assert not await flow.works(token)


async def test_who_asks_while_the_secret_is_replaced_is_told_by_the_new_one(
    flow: Flow, edge: Edge, database: Database
) -> None:
    at = await _bench(flow, edge, database, "secret")

    async with database.transaction() as tx:
        await at.renew(tx, keeps=timedelta(0))
        asking = await _waits(at.in_its_own(at.token))

    assert await asking is None
