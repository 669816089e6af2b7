"""Whoever gave a program its keys is no second hand to what it did, in rules and database."""

import uuid
from typing import Any

import httpx
import msgspec
import pytest
from joserfc.jwk import ECKey

from ecosystem.identity import queries as identity
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.values import control
from ecosystem.values.actor import Actor, OrganisationKind
from tests.parties import bearer, seeded

PARTY = "enterprise"


class House:
    """The seeded enterprise: who belongs to it, and what its people do to its programs."""

    def __init__(self, http: httpx.AsyncClient, edge: Edge, parties: Any) -> None:
        self.http = http
        self.database: Database = edge.application.state.house.database
        self.party = parties.party(PARTY)

    async def added(self, who: dict[str, str], **asked: Any) -> str:
        """Add a program with a role of its own; return its identifier."""
        given = {"name": "desk", "scopes": ["needs:read"], "roles": ["delivery"]} | asked
        path = f"/v1/organisations/{self.party.organisation_id}/clients"
        answer = await self.http.post(path, json=given, headers=who)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made

    async def changed(self, client_id: str, who: dict[str, str], **asked: Any) -> None:
        """Change a program."""
        headers = who | {"If-Match": "*", "Content-Type": "application/merge-patch+json"}
        answer = await self.http.patch(f"/v1/clients/{client_id}", json=asked, headers=headers)
        assert answer.status_code == 200, answer.text

    async def keeps(self, key: str) -> tuple[str, ...]:
        """Return the programs that a person keeps, as her next request finds them."""
        async with self.database.transaction() as tx:
            found = await identity.actor(
                tx, client_id=self.party.clients[0].id, person_id=self.party.person(key).id,
                organisation_id=self.party.organisation_id, scopes=(),
            )  # fmt: skip
        assert found is not None
        return found.keeps


@pytest.fixture
async def house(client: httpx.AsyncClient, edge: Edge) -> House:
    return House(client, edge, await seeded(client))


def _keys(*kids: str) -> dict[str, Any]:
    members = ("kty", "kid", "crv", "x", "y")
    made = [ECKey.generate_key("P-256", {"kid": kid}).as_dict(private=False) for kid in kids]
    return {"keys": [{name: one[name] for name in members} for one in made]}


async def test_who_adds_a_program_and_who_gives_it_a_key_keep_it(house: House) -> None:
    administrator = await bearer(house.http, PARTY, "administrator")
    delivery = await bearer(house.http, PARTY, "delivery")
    before = await house.keeps("administrator"), await house.keeps("delivery")

    desk = await house.added(administrator, jwks=_keys("first"))
    alone = await house.keeps("administrator"), await house.keeps("delivery")
    await house.changed(desk, delivery, name="bench")
    renamed = await house.keeps("delivery")
    await house.changed(desk, delivery, jwks=_keys("second"))

    assert desk not in before[0] + before[1]
    assert desk in alone[0]
    assert desk not in alone[1] + renamed
    assert desk in await house.keeps("administrator")
    assert desk in await house.keeps("delivery")


async def test_who_has_its_new_secret_keeps_a_program(house: House) -> None:
    administrator = await bearer(house.http, PARTY, "administrator")
    delivery = await bearer(house.http, PARTY, "delivery")
    desk = await house.added(administrator)
    headers = delivery | {"If-Match": "*", "Idempotency-Key": str(uuid.uuid4())}

    answer = await house.http.post(f"/v1/clients/{desk}/secrets", json={}, headers=headers)

    assert answer.status_code == 201, answer.text
    assert desk in await house.keeps("delivery")


def test_what_ones_program_began_is_ones_own() -> None:
    program = "client_" + "0" * 32
    person = Actor(
        organisation_id="org_1", organisation_number=1, kind=OrganisationKind.GOVERNMENT,
        verified=True, jurisdiction="CN", client_id="client_portal", person_id="person_1",
        keeps=(program,),
    )  # fmt: skip

    assert control.is_own(person, program)
    assert not control.is_own(msgspec.structs.replace(person, keeps=()), program)
