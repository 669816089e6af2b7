"""What is taken away is gone at once where that is said, and within a second everywhere else.

Two real servers stand on one database; one is told, the other only hears of it.
"""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from joserfc import jws

from ecosystem.runtime.database import Database
from ecosystem.runtime.keyring import PUBLISHED_S
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from tests.conftest import fresh
from tests.login.visitor import with_account
from tests.parties import assertion, bearer, key_of, seeded
from tests.serving.service import Service, run

SOON_S: Final = 1.0
ISSUER: Final = "http://two.example"
REASON: Final = {"reason": "For the test."}

Headers = dict[str, str]
Told = Callable[["Two"], Awaitable[tuple[Headers, Callable[[], Awaitable[httpx.Response]]]]]


@pytest.fixture(scope="module")
def url(server: EmbeddedServer) -> str:
    """A database for both."""
    return server.dsn(fresh(server), role="ecosystem_api")


@pytest.fixture(scope="module")
def addresses(url: str) -> Iterator[tuple[str, str, Path]]:
    """Where the two servers answer; they share a database and a folder with their keys."""
    folder = Path(tempfile.mkdtemp(prefix="ecosystem-two-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        services: list[Service] = []
        for _ in range(2):
            settings = {"DATABASE_URL": url, "ECOSYSTEM_PUBLIC_URL": ISSUER}
            service = Service(folder, settings=settings)
            stack.callback(service.discard)
            services.append(service.start().ready())
        yield services[0].address, services[1].address, services[0].folder


@dataclass(frozen=True)
class Two:
    """The server that is told, the other, and a database for what no server does."""

    told: httpx.AsyncClient
    other: httpx.AsyncClient
    database: Database
    folder: Path
    """Where both keep their keys."""


@pytest.fixture
async def two(addresses: tuple[str, str, Path], url: str) -> AsyncIterator[Two]:
    """A client on each of the servers."""
    database = Database(url, Settings())
    async with (
        httpx.AsyncClient(base_url=addresses[0], timeout=30) as told,
        httpx.AsyncClient(base_url=addresses[1], timeout=30) as other,
    ):
        yield Two(told, other, database, addresses[2])
    await database.close()


async def _reader(two: Two) -> tuple[dict[str, Any], Headers, Headers]:
    """Return a client with a secret, who administers it, and a token of its own."""
    place = f"/v1/organisations/{(await seeded(two.told)).party('bank').organisation_id}"
    administrator = await bearer(two.told, "bank", "administrator")
    asked = {"name": "reader", "scopes": ["needs:read"]}
    made = (await two.told.post(f"{place}/clients", json=asked, headers=administrator)).json()
    given = await two.told.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(made["id"], made["client_secret"]),
    )
    headers = {"Authorization": f"Bearer {given.json()['access_token']}"}
    return made, administrator | {"If-Match": "*"}, headers


async def _client_deactivated(two: Two) -> Any:
    made, administrator, headers = await _reader(two)
    path = f"/v1/clients/{made['id']}/deactivation"
    return headers, lambda: two.told.post(path, headers=administrator)


async def _secret_ended(two: Two) -> Any:
    made, administrator, headers = await _reader(two)
    path, now = f"/v1/clients/{made['id']}/secrets", {"keeps_days": 0}
    return headers, lambda: two.told.post(path, json=now, headers=administrator)


async def _token_given_back(two: Two) -> Any:
    made, _, headers = await _reader(two)
    form = {"token": headers["Authorization"].removeprefix("Bearer ")}
    who = (made["id"], made["client_secret"])
    return headers, lambda: two.told.post("/oauth/revoke", data=form, auth=who)


async def _authorisation_revoked(two: Two) -> Any:
    headers = await bearer(two.told, "auditor", "auditor")
    file = (await seeded(two.told)).party("platform").client("tokens").file
    client_id, key = key_of(Settings(data_folder=str(two.folder)), file)
    form = assertion(client_id, key, aud=ISSUER)
    form["token"] = headers["Authorization"].removeprefix("Bearer ")
    return headers, lambda: two.told.post("/oauth/revoke", data=form)


def _changed(
    party: str, person: str, change: str, body: Any, *, by: tuple[str, str]
) -> Callable[[Two], Awaitable[Any]]:
    """Return how something is done to a seeded person."""

    async def prepared(two: Two) -> Any:
        person_id = (await seeded(two.told)).party(party).person(person).id
        headers = await bearer(two.told, party, person)
        who = await bearer(two.told, *by) | {"If-Match": "*"}
        path = f"/v1/people/{person_id}/{change}"
        return headers, lambda: two.told.post(path, json=body, headers=who)

    return prepared


async def _organisation_suspended(two: Two) -> Any:
    party = (await seeded(two.told)).party("verifier")
    headers = await bearer(two.told, "verifier", "verifier")
    operator = await bearer(two.told, "platform", "operator") | {"If-Match": "*"}
    path = f"/v1/organisations/{party.organisation_id}/suspension"
    return headers, lambda: two.told.post(path, json={"reason": "Forged."}, headers=operator)


CASES: Final[dict[str, tuple[Any, Any]]] = {
    "a client that is deactivated": (_client_deactivated, 401),
    "a secret that is ended": (_secret_ended, 401),
    "a token that is given back": (_token_given_back, 401),
    "an authorisation that is revoked": (_authorisation_revoked, 401),
    "a person who is disabled": (
        _changed("bank", "lender", "deactivation", REASON, by=("platform", "operator")),
        401,
    ),
    "a member who has left": (
        _changed(
            "second_enterprise", "delivery", "leaving", None,
            by=("second_enterprise", "administrator"),
        ),
        401,
    ),
    "a role that is taken away": (
        _changed(
            "think_tank", "bidder", "roles", {"roles": ["delivery"]},
            by=("think_tank", "administrator"),
        ),
        (["delivery"], True),
    ),
    "an organisation that is suspended": (_organisation_suspended, (["verifier"], False)),
}  # fmt: skip


async def _standing(http: httpx.AsyncClient, headers: Headers) -> Any:
    """Return what a token is good for: 401, or its roles and whether its house is verified."""
    answer = await http.get("/v1/me", headers=headers)
    if answer.status_code != 200:
        return answer.status_code
    me = answer.json()
    return me["roles"], me["verified"]


@pytest.mark.parametrize("case", CASES)
async def test_it_is_gone_at_once_where_it_is_said_and_within_a_second_elsewhere(
    case: str, two: Two
) -> None:
    prepare, left = CASES[case]
    headers, act = await prepare(two)
    before = await _standing(two.told, headers)
    assert before not in (401, left)
    assert await _standing(two.other, headers) == before, "both remember the token now"

    answer = await act()

    said_at = time.monotonic()
    assert answer.is_success, answer.text
    assert await _standing(two.told, headers) == left
    while await _standing(two.other, headers) != left:
        assert time.monotonic() < said_at + SOON_S, f"{case} still counts elsewhere"
        await asyncio.sleep(0.01)


async def test_a_login_that_has_ended_has_ended_everywhere(two: Two) -> None:
    visitor = await with_account(two.told, two.database)
    await visitor.log_in()
    elsewhere = visitor.elsewhere()
    elsewhere.http, elsewhere.cookies = two.other, dict(visitor.cookies)
    assert (await elsewhere.get("/account")).status_code == 200

    await visitor.get("/logout")
    await visitor.submit("/logout")

    assert (await elsewhere.get("/account")).status_code == 303


async def test_a_key_that_is_removed_counts_nowhere_and_the_new_one_at_once(two: Two) -> None:
    headers = await bearer(two.told, "auditor", "auditor")
    for one in (two.told, two.other):
        assert (await one.get("/v1/me", headers=headers)).status_code == 200

    ended = run("keys", "rotate", "tokens", "--at-once", "--data-folder", str(two.folder))

    said_at = time.monotonic()
    assert ended.returncode == 0, ended.stderr
    for one in (two.told, two.other):
        while (await one.get("/v1/me", headers=headers)).status_code != 401:
            assert time.monotonic() < said_at + SOON_S
            await asyncio.sleep(0.01)
    again = await bearer(two.other, "auditor", "auditor")
    assert (await two.told.get("/v1/me", headers=again)).status_code == 200


async def test_a_key_that_is_rotated_goes_on_checking_what_it_signed(two: Two) -> None:
    headers = await bearer(two.told, "auditor", "auditor")
    before = (await two.other.get("/oauth/jwks")).json()["keys"]

    ended = run("keys", "rotate", "tokens", "--json", "--data-folder", str(two.folder))

    answer = await two.other.get("/oauth/jwks")
    published = answer.json()["keys"]
    assert ended.returncode == 0, ended.stderr
    assert answer.headers["cache-control"] == f"public, max-age={PUBLISHED_S}"
    assert [one["kid"] for one in published] == [before[-1]["kid"], json.loads(ended.stdout)["key"]]
    assert published[0] == before[-1]
    for one in (two.told, two.other):
        assert (await one.get("/v1/me", headers=headers)).status_code == 200
    token = (await bearer(two.told, "auditor", "auditor"))["Authorization"].split()[1]
    assert jws.extract_compact(token.encode()).headers()["kid"] == before[-1]["kid"]
