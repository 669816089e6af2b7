"""Memberships over HTTP, in a sandbox with seeded parties."""

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.values.actor import Role
from tests.joining import code_of, header_of, newcomer
from tests.parties import bearer, seeded

UNKNOWN = "invitation_01890a5d00007000800000000000000a"
ANY = {"If-Match": "*"}


async def _place(client: httpx.AsyncClient, party: str) -> str:
    return f"/v1/organisations/{(await seeded(client)).party(party).organisation_id}"


async def _invited(
    client: httpx.AsyncClient, party: str, *roles: str, by: dict[str, str] | None = None
) -> httpx.Response:
    answer = await client.post(
        f"{await _place(client, party)}/invitations",
        json={"name": {"zh": "李", "en": "Li"}, "roles": roles},
        headers=by or await bearer(client, party, "administrator"),
    )
    assert answer.status_code == 201, answer.text
    return answer


async def test_the_people_of_an_organisation_are_listed_for_itself_alone(
    client: httpx.AsyncClient,
) -> None:
    party = (await seeded(client)).party("think_tank")
    address = f"{await _place(client, 'think_tank')}/people"

    first = await client.get(
        f"{address}?limit=4", headers=await bearer(client, "think_tank", "bidder")
    )
    rest = await client.get(
        first.links["next"]["url"], headers=await bearer(client, "think_tank", "bidder")
    )
    foreign = await client.get(address, headers=await bearer(client, "bank", "administrator"))
    nothing = await client.get(
        "/v1/organisations/org_01890a5d00007000800000000000000a/people",
        headers=await bearer(client, "bank", "administrator"),
    )

    found = [*first.json()["data"], *rest.json()["data"]]
    assert {one["id"]: tuple(one["roles"]) for one in found} == {
        one.id: tuple(role.value for role in one.roles) for one in party.people
    }
    assert {one["organisation_id"] for one in found} == {party.organisation_id}
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_your_organisation")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "organisation_unknown")


async def test_a_person_is_read_by_her_organisation_and_the_operator_alone(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await newcomer(client, database, "bank", Role.LENDER)
    path = f"/v1/people/{person}"

    own = await client.get(path, headers=await bearer(client, "bank", "bidder"))
    operator = await client.get(path, headers=await bearer(client, "platform", "operator"))
    unseen = await client.get(path, headers=await bearer(client, "city", "administrator"))
    missing = await client.get(
        "/v1/people/person_01890a5d00007000800000000000000c",
        headers=await bearer(client, "city", "administrator"),
    )

    assert (own.json()["roles"], own.json()["active"]) == (["lender"], True)
    assert (operator.json()["organisation_id"], operator.json()["roles"]) == (None, [])
    assert (unseen.status_code, missing.status_code) == (404, 404)
    assert unseen.json()["code"] == missing.json()["code"] == "person_unknown"


async def test_new_roles_count_at_the_next_request(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await newcomer(client, database, "bank", Role.LENDER)
    bank = (await seeded(client)).party("bank").organisation_id
    headers = await header_of(client, person, bank)
    by = await bearer(client, "bank", "administrator")
    path = f"/v1/people/{person}/roles"

    unread = await client.post(path, json={"roles": ["bidder"]}, headers=by)
    stale = await client.post(path, json={"roles": ["bidder"]}, headers=by | {"If-Match": '"v1"'})
    wrong = await client.post(path, json={"roles": ["opener"]}, headers=by | {"If-Match": '"v2"'})
    own = await client.post(path, json={"roles": ["bidder"]}, headers=headers | ANY)
    before = (await client.get("/v1/me", headers=headers)).json()["roles"]
    changed = await client.post(
        path, json={"roles": ["bidder", "bidder"]}, headers=by | {"If-Match": '"v2"'}
    )

    assert (unread.status_code, stale.status_code) == (428, 412)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "role_not_of_kind")
    assert (own.status_code, before) == (403, ["lender"])
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v3"')
    assert (await client.get("/v1/me", headers=headers)).json()["roles"] == ["bidder"]


async def test_who_leaves_one_organisation_acts_on_in_the_other(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await newcomer(client, database, "bank", Role.LENDER)
    bank = (await seeded(client)).party("bank").organisation_id
    headers = await header_of(client, person, bank)
    made = await _invited(client, "enterprise", "bidder")
    accepted = await client.post(
        "/v1/invitation-acceptances",
        json={"code": code_of(made.json()["link"])},
        headers=headers,
    )
    other = await header_of(client, person, accepted.json()["organisation_id"])

    left = await client.post(f"/v1/people/{person}/leaving", headers=headers | {"If-Match": '"v2"'})

    assert (left.status_code, left.json()["state"]) == (200, "left")
    assert (await client.get("/v1/me", headers=headers)).status_code == 401
    assert (await client.get("/v1/me", headers=other)).json()["roles"] == ["bidder"]
    gone = await client.get(
        f"/v1/people/{person}", headers=await bearer(client, "bank", "administrator")
    )
    assert gone.status_code == 404


async def test_an_administrator_ends_the_membership_and_nothing_else(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await newcomer(client, database, "bank", Role.LENDER)
    by = await bearer(client, "bank", "administrator")

    everywhere = await client.post(
        f"/v1/people/{person}/deactivation", json={"reason": "Dismissed."}, headers=by | ANY
    )
    colleague = await client.post(
        f"/v1/people/{person}/leaving", headers=await bearer(client, "bank", "bidder") | ANY
    )
    foreign = await client.post(
        f"/v1/people/{person}/leaving", headers=await bearer(client, "city", "administrator") | ANY
    )
    removed = await client.post(f"/v1/people/{person}/leaving", headers=by | ANY)

    assert everywhere.status_code == 403
    assert (colleague.status_code, colleague.json()["code"]) == (403, "not_administrator")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "person_unknown")
    assert removed.status_code == 200


@pytest.mark.parametrize(
    ("party", "person", "code"),
    [
        ("verifier", "administrator", "last_administrator"),
        ("platform", "operator", "last_administrator"),
    ],
)
async def test_the_last_administrator_stays(
    client: httpx.AsyncClient, party: str, person: str, code: str
) -> None:
    by = await bearer(client, party, person)
    path = f"/v1/people/{(await seeded(client)).party(party).person(person).id}"

    left = await client.post(f"{path}/leaving", headers=by | ANY)
    demoted = await client.post(f"{path}/roles", json={"roles": ["signatory"]}, headers=by | ANY)

    assert (left.status_code, left.json()["code"]) == (409, code)
    assert (demoted.status_code, demoted.json()["code"]) == (409, code)


async def test_the_operator_disables_a_person_everywhere_and_enables_her_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await newcomer(client, database, "bank", Role.LENDER)
    bank = (await seeded(client)).party("bank").organisation_id
    headers = await header_of(client, person, bank)
    operator = await bearer(client, "platform", "operator")
    path, why = f"/v1/people/{person}", {"reason": "Impersonated."}

    gone = await client.post(f"{path}/deactivation", json=why, headers=operator | ANY)
    seen = await client.get(path, headers=await bearer(client, "bank", "administrator"))
    dead = await client.get("/v1/me", headers=headers)
    none = await client.post(
        "/v1/sandbox/tokens", json={"person_id": person, "organisation_id": bank}
    )
    tag = (await client.get(path, headers=operator)).headers["etag"]
    back = await client.post(f"{path}/reactivation", json=why, headers=operator | {"If-Match": tag})

    assert (gone.json()["state"], dead.status_code, none.status_code) == ("deactivated", 401, 404)
    assert (seen.json()["active"], seen.headers["etag"]) == (False, '"v2.inactive"')
    assert tag == gone.headers["etag"] == '"v2.inactive"'
    assert (back.status_code, back.headers["etag"]) == (200, '"v3"')
    again = await client.post(f"{path}/reactivation", json=why, headers=operator | ANY)
    assert (again.status_code, again.json()["code"]) == (409, "person_active")
    assert (await header_of(client, person, bank)) != headers


async def test_the_last_operator_is_not_disabled(client: httpx.AsyncClient) -> None:
    operator = (await seeded(client)).party("platform").person("operator").id

    answer = await client.post(
        f"/v1/people/{operator}/deactivation",
        json={"reason": "By mistake."},
        headers=await bearer(client, "platform", "operator") | ANY,
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "last_operator")
