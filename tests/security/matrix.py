"""Organisations in which one person holds one role, and what each is answered."""

import re
import uuid
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import httpx

from ecosystem.identity.model import KINDS_OF_ROLE
from ecosystem.manual import describe
from ecosystem.runtime.database import Database
from ecosystem.runtime.operation import Operation
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.identifiers import authority_of, compose
from ecosystem.values.permit import Permit
from tests.joining import joined

KINDS: Final = tuple(kind for kind in OrganisationKind if kind is not OrganisationKind.PLATFORM)
EXAMPLES: Final = describe.examples()
_NAMED: Final = re.compile(r"\{(\w+)\}")

Headers = dict[str, str]
Cell = tuple[OrganisationKind, Role]
CELLS: Final[tuple[Cell, ...]] = tuple(
    (kind, role) for kind in KINDS for role in Role if kind in KINDS_OF_ROLE[role]
)
"""Every role of every kind of organisation."""


def allows(permit: Permit, cell: Cell) -> bool:
    """Tell whether a permit lets a verified organisation's person pass the desk."""
    kind, role = cell
    return (not permit.kinds or kind in permit.kinds) and (not permit.roles or role in permit.roles)


def cell_name(cell: Cell) -> str:
    """Return a cell in words."""
    return f"{cell[0]}'s {cell[1]}"


@dataclass(frozen=True)
class Cast:
    """Who calls: for each kind of organisation a person in each of its roles."""

    tokens: dict[Cell, Headers]


async def cast(
    client: httpx.AsyncClient, database: Database, owner_url: str, *, jurisdiction: str = "110000"
) -> Cast:
    """Register one organisation of each kind, verified, with one person for each role."""
    tokens: dict[Cell, Headers] = {}
    owner = await asyncpg.connect(owner_url)
    try:
        for kind in KINDS:
            organisation_id = await _registered(client, owner, kind, jurisdiction)
            for role in (role for of, role in CELLS if of is kind):
                person_id = await joined(database, organisation_id, kind, role)
                tokens[kind, role] = await token(client, person_id, organisation_id)
    finally:
        await owner.close()
    return Cast(tokens)


async def _registered(
    client: httpx.AsyncClient, owner: Any, kind: OrganisationKind, jurisdiction: str
) -> str:
    asked = {
        "kind": kind,
        "name": {"en": f"A {kind} from elsewhere"},
        "jurisdiction": jurisdiction,
        "administrator": {"en": "A stranger"},
    }
    made = (await client.post("/v1/organisations", json=asked)).json()
    found: str = made["organisation_id"]
    await owner.execute("UPDATE organisation SET state = 'verified' WHERE id = $1", found)
    return found


async def token(
    client: httpx.AsyncClient, person_id: str, organisation_id: str, **wanted: Any
) -> Headers:
    """Return the Authorization header of somebody who has just used her passkey."""
    asked = {"person_id": person_id, "organisation_id": organisation_id} | wanted
    answer = await client.post("/v1/sandbox/tokens", json=asked)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def nothing_like(identifier: str) -> str:
    """Return an identifier of the same kind and authority that names nothing."""
    prefix = identifier.partition("_")[0]
    return compose(prefix, milliseconds=1, authority=authority_of(identifier), entropy=1)


async def sent(
    client: httpx.AsyncClient, one: Operation, path: str, headers: Headers
) -> httpx.Response:
    """Send an operation's recorded example to `path`, under a new key."""
    more = {"Idempotency-Key": str(uuid.uuid4())}
    if one.changes:
        more["If-Match"] = "*"
    if one.accepts == "*/*":
        return await client.request(
            one.method, path, content=b"a", headers=headers | more | {"Content-Type": "text/plain"}
        )
    body = EXAMPLES.get(one.name, {}).get("body")
    if one.method == "GET" or one.body is None:
        return await client.request(one.method, path, headers=headers | more)
    kind = {"Content-Type": one.accepts}
    return await client.request(one.method, path, json=body, headers=headers | more | kind)


def at(one: Operation, ids: dict[str, str]) -> str:
    """Return an operation's path with these identifiers."""
    return _NAMED.sub(lambda found: ids[found[1]], one.path)


def said(answer: httpx.Response, identifiers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Return an answer without what must differ: the request, and the identifier asked for."""
    body: dict[str, Any] = answer.json()
    text = {name: str(value) for name, value in body.items() if name != "instance"}
    for identifier in identifiers.values():
        text = {name: value.replace(identifier, "it") for name, value in text.items()}
    return answer.status_code, text
