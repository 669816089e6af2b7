"""What belongs to others is not to be known of: every route that takes an identifier says so.

Made from what the routes declare of themselves, so that a new route is covered by itself. Six
organisations, one of each kind and all of another province, try whatever there is with all
scopes and all roles that their kind has.
"""

import base64
import hashlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from ecosystem.cli.texts import text
from ecosystem.identity.model import KINDS_OF_ROLE
from ecosystem.manual import describe
from ecosystem.runtime.operation import Operation
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.identifiers import authority_of, compose
from tests.api.searching import OPERATIONS, Search
from tests.parties import SEEN

KINDS = tuple(kind for kind in OrganisationKind if kind is not OrganisationKind.PLATFORM)
OPEN_TO_THE_MARKET = {
    "any", "any but the authority", "any; where it was awarded, its lender", "invited by the need",
}  # fmt: skip
"""Relations that everyone has to what is published."""
KNOWN_TO_ALL = {"lot_id", "question_id"}
"""Parts of a published need, which have no address of their own to be read at."""

NAMED = [
    one
    for one in OPERATIONS
    if re.search(r"\{\w+_id\}", one.path) and not re.search("form_id|profile_id", one.path)
]
OWNED = [
    one
    for one in NAMED
    if not one.permit.is_public() and one.permit.relation not in OPEN_TO_THE_MARKET
]
OF_NEEDS = [one for one in NAMED if "{need_id}" in one.path]


@dataclass
class Strangers:
    """Who tries, and what they try."""

    http: httpx.Client
    search: Search
    tokens: dict[OrganisationKind, str] = field(default_factory=dict[OrganisationKind, str])
    drafted_id: str = ""

    def tries(self, one: Operation, kind: OrganisationKind, identifier: str) -> httpx.Response:
        """Call an operation on a thing, as who has nothing to do with it."""
        headers = {
            "Authorization": f"Bearer {self.tokens[kind]}",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        if one.changes:
            headers["If-Match"] = "*"
        path = re.sub(r"\{\w+\}", identifier, one.path)
        if one.accepts == "*/*":
            return self.http.post(path, content=b"a", headers={**headers, **_of_file(b"a")})
        if one.body is None:
            return self.http.request(one.method, path, headers=headers)
        example = describe.examples().get(one.name, {}).get("body")
        body = self.search.bodies.get(one.name, example)
        assert body is not None, f"no body of {one.name} is known"
        headers["Content-Type"] = one.accepts
        return self.http.request(one.method, path, headers=headers, json=body)

    def can_read(self, one: Operation, kind: OrganisationKind, identifier: str) -> bool:
        """Tell whether a stranger may read the thing that the operation is on."""
        (name,) = re.findall(r"\{(\w+)\}", one.path)
        reading = (
            other
            for other in NAMED
            if other.method == "GET" and other.path.endswith(f"/{{{name}}}")
        )
        found = next(reading, None)
        if found is None:
            return name in KNOWN_TO_ALL
        return self.tries(found, kind, identifier).is_success


@pytest.fixture(scope="module")
def strangers(search: Search) -> Iterator[Strangers]:
    """One organisation of each kind, verified, with a person in all of its roles."""
    with httpx.Client(base_url=search.address, timeout=30) as http:
        made = Strangers(http, search)
        for kind in KINDS:
            made.tokens[kind] = _registered(made, kind)
        headers = {"Authorization": f"Bearer {search.tokens['city']}"}
        draft = http.post("/v1/needs", json=search.bodies["draft_need"], headers=headers)
        made.drafted_id = draft.json()["id"]
        yield made


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("one", OWNED, ids=lambda one: one.name)
def test_what_belongs_to_others_is_missing_or_refused(
    one: Operation, kind: OrganisationKind, strangers: Strangers
) -> None:
    (name,) = re.findall(r"\{(\w+)\}", one.path)
    identifier = strangers.search.identifiers[name][0]

    answer = strangers.tries(one, kind, identifier)
    unknown = strangers.tries(one, kind, _unknown(identifier))

    assert answer.status_code in {403, 404}, answer.text
    assert unknown.status_code in {403, 404}, unknown.text
    _is_a_problem(answer)
    if not strangers.can_read(one, kind, identifier):
        assert _without(answer, identifier) == _without(unknown, _unknown(identifier))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("one", OF_NEEDS, ids=lambda one: one.name)
def test_a_draft_is_like_nothing_to_all_others(
    one: Operation, kind: OrganisationKind, strangers: Strangers
) -> None:
    identifier = strangers.drafted_id

    answer = strangers.tries(one, kind, identifier)
    unknown = strangers.tries(one, kind, _unknown(identifier))

    assert answer.status_code in {403, 404}, answer.text
    assert _without(answer, identifier) == _without(unknown, _unknown(identifier))


def test_there_is_something_of_others_to_try() -> None:
    assert len(OWNED) > 40
    assert {one.method for one in OWNED} == {"GET", "POST", "PATCH", "DELETE"}


def _registered(strangers: Strangers, kind: OrganisationKind) -> str:
    """Return the token of a person of a new organisation in another province."""
    http, operator = strangers.http, strangers.search.tokens["operator"]
    asked = {
        "kind": kind,
        "name": text("外地", "From elsewhere"),
        "jurisdiction": "110000",
        "administrator": text("外人", "A stranger"),
    }
    made = http.post("/v1/organisations", json=asked).json()
    place = f"/v1/organisations/{made['organisation_id']}"
    verified = http.post(
        f"{place}/verification",
        json=SEEN,
        headers={"Authorization": f"Bearer {operator}", "If-Match": "*"},
    )
    assert verified.is_success, verified.text
    accepted = http.post(
        "/v1/invitation-acceptances",
        json={"code": made["invitation"]["link"].partition("code=")[2]},
        headers={"Authorization": f"Bearer {strangers.search.tokens['auditor']}"},
    )
    assert accepted.is_success, accepted.text
    joined = accepted.json()
    wanted = {name: joined[name] for name in ("person_id", "organisation_id")}
    token: str = http.post("/v1/sandbox/tokens", json=wanted).json()["access_token"]
    roles = [role for role in Role if kind in KINDS_OF_ROLE[role]]
    changed = http.post(
        f"/v1/people/{joined['person_id']}/roles",
        json={"roles": roles},
        headers={"Authorization": f"Bearer {token}", "If-Match": "*"},
    )
    assert changed.is_success, changed.text
    return token


def _unknown(identifier: str) -> str:
    """Return an identifier of the same kind and authority that names nothing."""
    prefix = identifier.partition("_")[0]
    return compose(prefix, milliseconds=1, authority=authority_of(identifier), entropy=1)


def _without(answer: httpx.Response, identifier: str) -> dict[str, Any]:
    """Return an answer without what must differ: the request, and the identifier asked for."""
    said: dict[str, Any] = answer.json()
    return {
        name: value.replace(identifier, "it") if isinstance(value, str) else value
        for name, value in said.items()
        if name != "instance"
    }


def _is_a_problem(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


def _of_file(content: bytes) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return {
        "Content-Type": "text/plain",
        "Content-Digest": f"sha-256=:{digest}:",
        "Content-Disposition": "attachment; filename*=UTF-8''a.txt",
    }
