"""How a test has somebody join an organisation: a seeded person, or somebody new."""

from datetime import UTC, datetime

import httpx

from ecosystem.identity.people import actions
from ecosystem.identity.people.model import Herself, NewInvitation
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.text import Text
from tests.parties import bearer, seeded


def code_of(link: str) -> str:
    """Return the code that an invitation's link carries."""
    before, _, code = link.partition("/invitation?code=")
    assert before.startswith("http"), link
    return code


async def header_of(
    client: httpx.AsyncClient, person_id: str, organisation_id: str
) -> dict[str, str]:
    """Return the Authorization header of a member of an organisation."""
    asked = {"person_id": person_id, "organisation_id": organisation_id}
    answer = await client.post("/v1/sandbox/tokens", json=asked)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def join(
    client: httpx.AsyncClient, link: str, *, party: str = "oversight", person: str = "reviewer"
) -> dict[str, str]:
    """Have a seeded person accept an invitation; return her header in that organisation."""
    accepted = await client.post(
        "/v1/invitation-acceptances",
        json={"code": code_of(link)},
        headers=await bearer(client, party, person),
    )
    assert accepted.status_code == 201, accepted.text
    joined = accepted.json()
    return await header_of(client, joined["person_id"], joined["organisation_id"])


async def newcomer(client: httpx.AsyncClient, database: Database, party: str, *roles: Role) -> str:
    """Have somebody new join a seeded organisation, through the actions; return her identifier."""
    found = (await seeded(client)).party(party)
    return await joined(database, found.organisation_id, found.kind, *roles)


async def joined(
    database: Database, organisation_id: str, kind: OrganisationKind, *roles: Role
) -> str:
    """Have somebody new join any organisation, through the actions; return her identifier."""
    by = Actor(
        organisation_id=organisation_id,
        organisation_number=0,
        kind=kind,
        verified=True,
        jurisdiction="CN",
        client_id="test",
        person_id=mint("person"),
        roles=(Role.ADMINISTRATOR,),
    )
    at = datetime.now(UTC)
    asked = NewInvitation(name=Text(en="Newcomer"), roles=roles)
    async with database.transaction() as tx:
        issued = await actions.invite(tx, organisation_id, asked, by=by, at=at)
        begun = await actions.accept(tx, issued.code, herself=Herself(), at=at)
    return begun.joined.person_id
