"""Every route for every role: as its permit says at home, and like nothing abroad.

Made from what the routes declare of themselves, so that a new route is covered by itself.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any, Final

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.operation import Operation
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.scopes import SCOPES
from tests.conftest import reach
from tests.contracts.partnership import awarded
from tests.conventions.everything import OPERATIONS, Everything, gather, unknown
from tests.joining import joined
from tests.parties import SEEN, able, assertion, bearer, key_of
from tests.security.matrix import (
    CELLS,
    Cast,
    Cell,
    Headers,
    allows,
    at,
    cast,
    cell_name,
    nothing_like,
    said,
    sent,
    token,
)

OPEN_TO_THE_MARKET: Final = {
    "any", "any but the authority", "any; where it was awarded, its lender", "invited by the need",
}  # fmt: skip
"""Relations that everyone has to what is published."""
GUARDED: Final = [one for one in OPERATIONS if not one.permit.is_public()]
NAMED: Final = [one for one in OPERATIONS if re.search(r"\{\w+_id\}", one.path)]
OWNED: Final = [
    one
    for one in NAMED
    if not one.permit.is_public()
    and one.permit.relation not in OPEN_TO_THE_MARKET
    and "form_id" not in one.path
    and "profile_id" not in one.path
]
KNOWN_TO_ALL: Final = {"lot_id", "question_id"}
"""Parts of a published need, which have no address of their own to be read at."""
READERS: Final = (
    ("city", "officer"),
    ("enterprise", "delivery"),
    ("think_tank", "delivery"),
    ("auditor", "auditor"),
)
"""The two sides of what there is, a stranger, and whoever oversees it; besides them anyone."""
READING: Final = [one for one in NAMED if one.method == "GET" and "form_id" not in one.path]
TIMED: Final = 9
_MOMENT: Final = re.compile(rb'"(as_of|at)":"[^"]+"')
"""When something is read is said by what is computed or compared as it is read."""
_AT_HOME: Final = {
    "read_sealed_shares": 409, "read_financial_sealed_shares": 409, "read_consensus": 404,
}  # fmt: skip
"""What is opened has no sealed shares any more, and here nobody has scored an offer."""
_OPERATOR: Final = (OrganisationKind.PLATFORM, Role.OPERATOR)


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
async def there(
    client: httpx.AsyncClient,
    database: Database,
    server: EmbeddedServer,
    database_name: str,
    kept: dict[str, Any],
) -> Everything:
    """One of each thing, all of the seeded city and its suppliers."""
    if "there" not in kept:
        superuser = server.dsn(database_name, role="postgres")
        kept["there"] = await gather(await awarded(client, database, superuser), database)
    made: Everything = kept["there"]
    return msgspec.structs.replace(made, client=client)


@pytest.fixture
async def strangers(
    client: httpx.AsyncClient, database: Database, owner_url: str, kept: dict[str, Any]
) -> Cast:
    """Organisations of every kind in another province, with one person for each role."""
    if "strangers" not in kept:
        kept["strangers"] = await cast(client, database, owner_url)
    found: Cast = kept["strangers"]
    return found


def test_the_matrix_has_many_rows_and_columns() -> None:
    assert len(OPERATIONS) > 80
    assert len(OWNED) > 40
    assert {role for _, role in CELLS} == set(Role) - {Role.OPERATOR}


async def test_the_desk_lets_each_role_do_exactly_what_the_table_says(
    there: Everything, strangers: Cast
) -> None:
    wrong: list[str] = []
    for one in OPERATIONS:
        for cell in CELLS:
            answer = await there.client.request(
                one.method, unknown(one), headers=strangers.tokens[cell]
            )
            may = one.permit.is_public() or allows(one.permit, cell)
            if _is_not_allowed(answer) == may:
                wrong.append(f"{one.name} answers {cell_name(cell)} with {answer.status_code}")
    assert wrong == [], "\n".join(wrong)


def _is_not_allowed(answer: httpx.Response) -> bool:
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return is_problem and answer.status_code == 403 and answer.json()["code"] == "not_allowed"


async def test_at_home_nobody_is_refused_by_the_desk_whom_the_table_lets(
    there: Everything,
) -> None:
    wrong: list[str] = []
    for one in GUARDED:
        if one.method == "GET":
            answer = await there.client.get(there.path(one), headers=await there.caller(one))
            if answer.status_code != _AT_HOME.get(one.name, 200):
                wrong.append(f"{one.name}: {answer.status_code}")
    assert wrong == [], "\n".join(wrong)


async def test_each_thing_that_a_permit_asks_for_is_asked_for(
    there: Everything, database: Database, owner_url: str
) -> None:
    """Take away one thing at a time: the scope, then the verification."""
    owner, wrong = await asyncpg.connect(owner_url), list[str]()
    for one in GUARDED:
        permit, (party, _) = one.permit, next(able(there.parties, one.permit))
        place = party.organisation_id
        able_to = permit.roles or (Role.SIGNATORY,)
        role = next(one for one in able_to if (party.kind, one) in [*CELLS, _OPERATOR])
        somebody = await joined(database, place, party.kind, role)
        if permit.scope is not None:
            less = [scope for scope in SCOPES if scope != permit.scope]
            headers = await token(there.client, somebody, place, scopes=less)
            wrong += await _let(there, one, headers, lacking=permit.scope)
        if permit.verified:
            headers = await token(there.client, somebody, place)
            await owner.execute("UPDATE organisation SET state = 'suspended' WHERE id = $1", place)
            wrong += await _let(there, one, headers, lacking="verified")
            await owner.execute("UPDATE organisation SET state = 'verified' WHERE id = $1", place)
    await owner.close()
    assert wrong == [], "\n".join(wrong)


async def test_a_program_does_nothing_that_is_for_people(
    there: Everything, chosen: Settings
) -> None:
    headers, wrong = dict[str, Headers](), list[str]()
    for one in GUARDED:
        party, _ = next(able(there.parties, one.permit))
        if party.key not in headers:
            file = party.client("tokens" if party.key == "platform" else "system").file
            form = assertion(*key_of(chosen, file))
            answer = await there.client.post("/oauth/token", data=form)
            headers[party.key] = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        if one.permit.person:
            wrong += await _let(there, one, headers[party.key], lacking="Only a person")
    assert wrong == [], "\n".join(wrong)


async def _let(there: Everything, one: Operation, headers: Headers, *, lacking: str) -> list[str]:
    answer = await there.client.request(one.method, unknown(one), headers=headers)
    if answer.status_code == 403 and lacking in answer.json()["detail"]:
        return []
    return [f"{one.name} lets somebody who lacks: {lacking}: {answer.status_code}"]


async def test_abroad_a_thing_is_like_nothing_for_every_role(
    there: Everything, strangers: Cast
) -> None:
    wrong: list[str] = []
    for one in OWNED:
        for cell in CELLS:
            headers = strangers.tokens[cell]
            if not await _is_visible(there, one, headers):
                wrong += await _differs(there, one, cell, headers)
    assert wrong == [], "\n".join(wrong)


async def _differs(there: Everything, one: Operation, cell: Cell, headers: Headers) -> list[str]:
    """Return in a sentence how the answer about a thing is not that about nothing."""
    ids = {name: there.ids[name] for name in _names(one)}
    none = {name: nothing_like(identifier) for name, identifier in ids.items()}
    about = said(await sent(there.client, one, at(one, ids), headers), ids)
    nothing = said(await sent(there.client, one, at(one, none), headers), none)
    expected = 404 if allows(one.permit, cell) else 403
    if about == nothing and about[0] == expected:
        return []
    return [f"{one.name} by {cell_name(cell)}: {about} is not {expected} {nothing}"]


async def _is_visible(there: Everything, one: Operation, headers: Headers) -> bool:
    """Tell whether a stranger may read the thing that an operation is on, as anyone may."""
    (name,) = _names(one)
    reading = [
        other for other in NAMED if other.method == "GET" and other.path.endswith(f"/{{{name}}}")
    ]
    if not reading:
        return name in KNOWN_TO_ALL
    return (await there.client.get(there.path(reading[0]), headers=headers)).is_success


def _names(one: Operation) -> list[str]:
    return re.findall(r"\{(\w+)\}", one.path)


async def test_abroad_a_thing_costs_what_nothing_costs(
    there: Everything, strangers: Cast, chosen: Settings
) -> None:
    """Compare what the database is asked, which no busy machine disturbs, and then the time."""
    alone = app.build(msgspec.structs.replace(chosen, background="apart"))
    wrong: list[str] = []
    async with app.living(alone), reach(alone) as client:
        for one in OWNED:
            cell = next(cell for cell in CELLS if allows(one.permit, cell))
            headers = strangers.tokens[cell]
            if not await _is_visible(there, one, headers):
                ids = {name: there.ids[name] for name in _names(one)}
                none = {name: nothing_like(identifier) for name, identifier in ids.items()}
                about, nothing = Cost(), Cost()
                for _ in range(TIMED):
                    await about.of(client, alone, one, at(one, ids), headers)
                    await nothing.of(client, alone, one, at(one, none), headers)
                if about.statements != nothing.statements or not about.is_like(nothing):
                    wrong.append(f"{one.name}: {about} for a thing, {nothing} for nothing")
    assert wrong == [], "\n".join(wrong)


class Cost:
    """What answering a request has cost."""

    def __init__(self) -> None:
        """Know of nothing yet."""
        self.statements: list[str] = []
        self.seconds: list[float] = []

    async def of(
        self, client: httpx.AsyncClient, edge: Edge, one: Operation, path: str, headers: Headers
    ) -> None:
        """Send a request and learn what it costs."""
        async with listening(edge.application.state.house.database) as self.statements:
            began = time.process_time()
            await sent(client, one, path, headers)
            self.seconds.append(time.process_time() - began)

    def is_like(self, other: "Cost") -> bool:
        """Tell whether the times are within noise of each other."""
        one, two = sorted((median(self.seconds), median(other.seconds)))
        return two <= 2 * one + 0.002

    def __str__(self) -> str:
        """Say it in short."""
        return f"{len(self.statements)} statements in {median(self.seconds) * 1000:.1f} ms"


@asynccontextmanager
async def listening(database: Database) -> AsyncGenerator[list[str]]:
    """Hear what the database is asked by who takes its connection next."""
    heard: list[str] = []

    def note(said: Any) -> None:
        heard.append(said.query)

    connection = await database.pool.acquire()
    connection.add_query_logger(note)
    database.pool.release(connection)
    try:
        yield heard
        await asyncio.sleep(0)  # The driver tells of a statement in the loop's next turn.
    finally:
        connection.remove_query_logger(note)


async def test_what_was_readable_stays_so_when_its_organisations_are_suspended(
    there: Everything,
) -> None:
    before = await _readings(there)
    for party in ("city", "enterprise"):
        await _judge(there, party, "suspension", {"reason": "Under inquiry."})
    after = await _readings(there)
    for party in ("city", "enterprise"):
        await _judge(there, party, "verification", SEEN)

    assert before == after
    read = {who for who, answer in before.items() if answer is not None}
    public = {("read_need", None), ("read_contract", None), ("read_award", None)}
    owned = {"read_milestone_history", "read_payment", "list_payments", "read_document_content"}
    assert public | {(name, reader) for name in owned for reader in READERS[:2]} <= read
    assert {(name, READERS[3]) for name in owned} <= read
    assert not {(name, READERS[2]) for name in owned} & read


async def _readings(there: Everything) -> dict[tuple[str, tuple[str, str] | None], bytes | None]:
    """Return what each reader reads of each thing; of the organisation itself only that he does."""
    found: dict[tuple[str, tuple[str, str] | None], bytes | None] = {}
    for reader in (*READERS, None):
        headers = {} if reader is None else await bearer(there.client, *reader)
        for one in READING:
            answer = await there.client.get(there.path(one), headers=headers)
            content = b"" if one.name == "read_organisation" else _MOMENT.sub(b"", answer.content)
            found[one.name, reader] = content if answer.is_success else None
    return found


async def _judge(there: Everything, party: str, act: str, said: dict[str, Any]) -> None:
    path = f"/v1/organisations/{there.parties.party(party).organisation_id}/{act}"
    headers = await bearer(there.client, "platform", "operator") | {"If-Match": "*"}
    answer = await there.client.post(path, json=said, headers=headers)
    assert answer.status_code == 200, answer.text
