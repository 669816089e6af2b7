"""What must hold of memberships when two act at once, and what the database itself refuses."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest

from ecosystem.identity import queries as identity
from ecosystem.identity.people import actions, rules
from ecosystem.identity.people.queries import PersonUnknown
from ecosystem.runtime.database import Database
from ecosystem.values.actor import Actor, Role
from ecosystem.values.refusal import Refusal
from tests.joining import code_of, header_of, newcomer
from tests.oauth.flow import Flow, flow_of
from tests.parties import bearer, seeded


async def _acting(
    client: httpx.AsyncClient, database: Database, person_id: str, party: str = "bank"
) -> Actor:
    platform = (await seeded(client)).party("platform")
    found = await identity.actor(
        database.plain(),
        client_id=platform.clients[0].id,
        person_id=person_id,
        organisation_id=(await seeded(client)).party(party).organisation_id,
        scopes=("organisations:write",),
    )
    assert found is not None
    return found


async def _removes(database: Database, by: Actor, person_id: str) -> type[Refusal] | None:
    """Remove a member in a session of its own; return what refused."""
    try:
        async with database.transaction() as tx:
            await actions.leave(tx, person_id, by=by, at=datetime.now(UTC), expected=None)
    except Refusal as refusal:
        return type(refusal)
    return None


async def test_of_two_administrators_who_remove_each_other_at_once_one_succeeds(
    client: httpx.AsyncClient, database: Database
) -> None:
    one, other = [await newcomer(client, database, "bank", Role.ADMINISTRATOR) for _ in range(2)]
    by_one, by_other = [await _acting(client, database, who) for who in (one, other)]

    told = await asyncio.gather(
        _removes(database, by_one, other), _removes(database, by_other, one)
    )

    assert sorted(told, key=str) == sorted([None, rules.NotAdministrator], key=str)


async def test_of_the_last_two_administrators_one_stays_when_both_leave_at_once(
    client: httpx.AsyncClient, database: Database
) -> None:
    party = (await seeded(client)).party("think_tank")
    one = party.person("administrator").id
    other = await newcomer(client, database, "think_tank", Role.ADMINISTRATOR)
    by_one, by_other = [await _acting(client, database, who, "think_tank") for who in (one, other)]

    told = await asyncio.gather(
        _removes(database, by_one, one), _removes(database, by_other, other)
    )

    assert sorted(told, key=str) == sorted([None, rules.LastAdministrator], key=str)
    assert len(await _administrators(database, party.organisation_id)) == 1


async def test_who_is_gone_cannot_be_removed_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    remaining = await newcomer(client, database, "bank", Role.ADMINISTRATOR)
    leaving = await newcomer(client, database, "bank", Role.BIDDER)
    by = await _acting(client, database, remaining)

    told = await asyncio.gather(*(_removes(database, by, leaving) for _ in range(4)))

    assert sorted(told, key=str) == sorted([None, *[PersonUnknown] * 3], key=str)


async def test_leaving_revokes_what_was_authorised_there_and_nothing_elsewhere(
    client: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    flow = await flow_of(client, database, owner_url)
    program = await flow.program()
    answer = await flow.exchange(program, await flow.code(program))
    token, refresh = answer.json()["access_token"], answer.json()["refresh_token"]
    assert await flow.works(token)
    elsewhere = await _authorised_elsewhere(flow)

    async with database.transaction() as tx:
        by = await identity.actor(
            tx,
            client_id=program.id,
            person_id=flow.person_id,
            organisation_id=flow.organisation_id,
            scopes=(),
        )
        assert by is not None
        await actions.leave(tx, flow.person_id, by=by, at=datetime.now(UTC), expected=None)

    assert not await flow.works(token)
    assert (await flow.refresh(program, refresh)).json()["error"] == "invalid_grant"
    rows = await flow.owner.fetch(
        "SELECT id, revoked_at FROM authorisation WHERE person_id = $1", flow.person_id
    )
    await flow.owner.close()
    assert {row["id"] for row in rows if row["revoked_at"] is None} == {elsewhere}
    assert len(rows) == 2


async def test_a_client_learns_only_of_memberships_in_which_it_may_act(
    client: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    seeded_flow = await flow_of(client, database, owner_url)
    person = await newcomer(client, database, "enterprise", Role.BIDDER)
    flow = seeded_flow.with_(person_id=person)
    here = await header_of(client, person, flow.organisation_id)
    bank = (await seeded(client)).party("bank").organisation_id
    invited = await client.post(
        f"/v1/organisations/{bank}/invitations",
        json={"name": {"en": "Both"}, "roles": ["lender"]},
        headers=await bearer(client, "bank", "administrator"),
    )
    await client.post(
        "/v1/invitation-acceptances",
        json={"code": code_of(invited.json()["link"])},
        headers=here,
    )

    program = await flow.program()
    token = (await flow.exchange(program, await flow.code(program))).json()["access_token"]
    own = await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    platforms = await client.get("/v1/me", headers=here)

    await flow.owner.close()
    assert [one["organisation_id"] for one in own.json()["memberships"]] == [flow.organisation_id]
    assert len(platforms.json()["memberships"]) == 2


async def _authorised_elsewhere(flow: Flow) -> str:
    """Have the person have authorised something for another organisation."""
    copied: str = await flow.owner.fetchval(
        "INSERT INTO authorisation SELECT 'grant_01890a5d00007000800000000000000a', client_id, "
        "person_id, $2, scopes, acr, authenticated_at, jkt, created_at, expires_at, NULL "
        "FROM authorisation WHERE person_id = $1 RETURNING id",
        flow.person_id,
        (await seeded(flow.http)).party("bank").organisation_id,
    )
    return copied


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE membership SET roles = '{}'",
        "UPDATE membership SET roles = '{king}'",
        "UPDATE invitation SET roles = '{}'",
        "UPDATE invitation SET withdrawn_at = now() WHERE accepted_at IS NOT NULL",
        "UPDATE invitation SET accepted_at = expires_at WHERE accepted_at IS NOT NULL",
        "UPDATE invitation SET accepted_by = NULL WHERE accepted_at IS NOT NULL",
        "UPDATE invitation SET digest = 'short'",
    ],
)
async def test_the_database_keeps_invitations_and_memberships_sound(
    client: httpx.AsyncClient, owner_url: str, change: str
) -> None:
    await seeded(client)
    connection = await asyncpg.connect(owner_url)

    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(change)
    finally:
        await connection.close()


async def _administrators(database: Database, organisation_id: str) -> set[str]:
    connection = await database.connect()
    rows = await connection.fetch(
        "SELECT person_id FROM membership WHERE organisation_id = $1 "
        "AND 'administrator' = ANY (roles)",
        organisation_id,
    )
    await connection.close()
    return {row["person_id"] for row in rows}
