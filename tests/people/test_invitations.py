"""Invitations over HTTP, in a sandbox with seeded parties."""

import asyncio

import asyncpg
import httpx

from tests.joining import code_of, join
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


async def _accept(
    client: httpx.AsyncClient, link: str, by: dict[str, str]
) -> tuple[int, str | None]:
    answer = await client.post(
        "/v1/invitation-acceptances", json={"code": code_of(link)}, headers=by
    )
    return answer.status_code, answer.json().get("code")


async def test_an_invitation_is_read_by_administrators_without_its_code(
    client: httpx.AsyncClient,
) -> None:
    by = await bearer(client, "bank", "administrator")
    made = await _invited(client, "bank", "lender", "bidder")

    read = await client.get(made.headers["location"], headers=by)
    listed = await client.get(f"{await _place(client, 'bank')}/invitations?limit=1", headers=by)

    assert made.json()["link"].startswith("http://127.0.0.1:8080/invitation?code=")
    assert read.headers["etag"] == made.headers["etag"] == '"v1"'
    assert (read.json()["state"], read.json()["accepted_by"]) == ("open", None)
    assert set(read.json()["roles"]) == {"lender", "bidder"}
    assert listed.json()["data"] == [read.json()]
    assert code_of(made.json()["link"]) not in read.text + listed.text


async def test_nobody_else_may_know_of_an_invitation(client: httpx.AsyncClient) -> None:
    made = await _invited(client, "bank", "lender")
    stranger = await bearer(client, "city", "administrator")
    colleague = await bearer(client, "bank", "lender")

    unseen = await client.get(made.headers["location"], headers=stranger)
    missing = await client.get(f"/v1/invitations/{UNKNOWN}", headers=stranger)
    foreign = await client.post(f"{made.headers['location']}/withdrawal", headers=stranger | ANY)
    list_ = await client.get(f"{await _place(client, 'bank')}/invitations", headers=stranger)
    inside = await client.get(made.headers["location"], headers=colleague)

    assert {unseen.status_code, missing.status_code, foreign.status_code} == {404}
    assert unseen.json()["code"] == missing.json()["code"] == "invitation_unknown"
    assert (list_.status_code, list_.json()["code"]) == (403, "not_your_organisation")
    assert inside.status_code == 403


async def test_the_code_is_kept_nowhere_not_even_for_a_retry(
    client: httpx.AsyncClient, owner_url: str
) -> None:
    by = await bearer(client, "bank", "administrator") | {"Idempotency-Key": "once"}

    links = [(await _invited(client, "bank", "lender", by=by)).json()["link"] for _ in range(2)]

    assert links[0] != links[1]
    connection = await asyncpg.connect(owner_url)
    kept = await connection.fetch(
        "SELECT i::text FROM invitation i UNION ALL SELECT body::text FROM event "
        "UNION ALL SELECT convert_from(body, 'UTF8') FROM stored_answer"
    )
    await connection.close()
    assert kept
    assert not [row for row in kept for link in links if code_of(link) in row[0]]


async def test_nobody_invites_to_another_organisation_or_without_the_role(
    client: httpx.AsyncClient,
) -> None:
    place = await _place(client, "city")
    mole = {"name": {"en": "Mole"}, "roles": ["signatory"]}

    foreign = await client.post(
        f"{place}/invitations", json=mole, headers=await bearer(client, "bank", "administrator")
    )
    colleague = await client.post(
        f"{place}/invitations", json=mole, headers=await bearer(client, "city", "officer")
    )
    wrong = await client.post(
        f"{place}/invitations",
        json={"name": {"en": "Mole"}, "roles": ["signatory", "bidder"]},
        headers=await bearer(client, "city", "administrator"),
    )

    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_your_organisation")
    assert colleague.status_code == 403
    assert (wrong.status_code, wrong.json()["code"]) == (422, "role_not_of_kind")
    assert wrong.json()["errors"][0]["pointer"] == "/roles/1"


async def test_a_person_belongs_to_two_organisations_and_acts_for_the_one_of_her_token(
    client: httpx.AsyncClient,
) -> None:
    lender = await bearer(client, "bank", "lender")
    made = await _invited(client, "second_enterprise", "delivery")

    there = await join(client, made.json()["link"], party="bank", person="lender")

    here = (await client.get("/v1/me", headers=lender)).json()
    other = (await client.get("/v1/me", headers=there)).json()
    assert here["person_id"] == other["person_id"]
    assert (here["roles"], other["roles"]) == (["lender"], ["delivery"])
    parties = await seeded(client)
    own = parties.party("bank").organisation_id
    second = parties.party("second_enterprise").organisation_id
    assert {one["organisation_id"]: one["roles"] for one in other["memberships"]} == {
        own: ["lender"],
        second: ["delivery"],
    }
    read = await client.get(
        made.headers["location"], headers=await bearer(client, "second_enterprise", "administrator")
    )
    assert (read.json()["state"], read.json()["accepted_by"]) == ("accepted", here["person_id"])


async def test_a_key_of_a_person_belongs_to_the_organisation_that_she_acts_for(
    client: httpx.AsyncClient,
) -> None:
    here = await bearer(client, "verifier", "verifier")
    made = await _invited(client, "bank", "lender")
    there = await join(client, made.json()["link"], party="verifier", person="verifier")
    asked, key = (
        {"name": {"en": "Data"}, "filters": {"operation": "data"}},
        {"Idempotency-Key": "1"},
    )

    first, other, again = [
        await client.post("/v1/saved-searches", json=asked, headers={**by, **key})
        for by in (here, there, there)
    ]

    assert "idempotency-replayed" not in other.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json()["id"] != other.json()["id"] == again.json()["id"]


async def test_of_eight_who_accept_at_once_one_joins(client: httpx.AsyncClient) -> None:
    link = (await _invited(client, "verifier", "verifier")).json()["link"]
    city = (await seeded(client)).party("city")
    eight = [await bearer(client, "city", person.key) for person in city.people[:8]]

    told = await asyncio.gather(*(_accept(client, link, by) for by in eight))

    assert sorted(status for status, _ in told) == [201, *[410] * 7]
    assert {code for status, code in told if status == 410} == {"invitation_accepted"}


async def test_a_member_does_not_join_again_and_the_link_stays_good_for_another(
    client: httpx.AsyncClient,
) -> None:
    link = (await _invited(client, "bank", "signatory")).json()["link"]

    again = await _accept(client, link, await bearer(client, "bank", "bidder"))
    other = await _accept(client, link, await bearer(client, "auditor", "administrator"))

    assert again == (409, "member_already")
    assert other[0] == 201


async def test_a_withdrawn_invitation_is_gone_and_an_unknown_code_is_missing(
    client: httpx.AsyncClient,
) -> None:
    by = await bearer(client, "bank", "administrator")
    made = await _invited(client, "bank", "signatory")
    path = f"{made.headers['location']}/withdrawal"

    stale = await client.post(path, headers=by | {"If-Match": '"v2"'})
    gone = await client.post(path, headers=by | {"If-Match": '"v1"'})
    again = await client.post(path, headers=by | {"If-Match": gone.headers["etag"]})

    assert (stale.status_code, gone.json()["state"]) == (412, "withdrawn")
    assert (again.status_code, again.json()["code"]) == (410, "invitation_withdrawn")
    reviewer = await bearer(client, "oversight", "administrator")
    told = await _accept(client, made.json()["link"], reviewer)
    assert told == (410, "invitation_withdrawn")
    made_up = await _accept(client, f"http://x/invitation?code={'A' * 43}", reviewer)
    assert made_up == (404, "invitation_unknown")


async def test_to_an_organisation_whose_link_was_lost_the_operator_invites_an_administrator(
    client: httpx.AsyncClient,
) -> None:
    asked = {"kind": "enterprise", "name": {"en": "Lost"}, "jurisdiction": "440300"}
    made = (
        await client.post("/v1/organisations", json=asked | {"administrator": {"en": "Lost"}})
    ).json()
    place = f"/v1/organisations/{made['organisation_id']}/invitations"
    operator = await bearer(client, "platform", "operator")
    another = {"name": {"en": "Found"}, "roles": ["administrator"]}

    wider = await client.post(place, json=another | {"roles": ["signatory"]}, headers=operator)
    anyone = await client.post(
        place, json=another, headers=await bearer(client, "city", "administrator")
    )
    invited = await client.post(place, json=another, headers=operator)
    own = await join(client, invited.json()["link"], party="oversight", person="administrator")
    late = await client.post(place, json=another, headers=operator)

    assert (await client.get("/v1/me", headers=own)).json()["roles"] == ["administrator"]
    assert {wider.status_code, anyone.status_code, late.status_code} == {403}
    assert late.json()["code"] == "not_your_organisation"


async def test_a_program_joins_nothing(client: httpx.AsyncClient) -> None:
    made = await _invited(client, "bank", "signatory")
    administrator = await bearer(client, "enterprise", "administrator")
    added = await client.post(
        f"{await _place(client, 'enterprise')}/clients",
        json={"name": "reader", "scopes": ["organisations:read"]},
        headers=administrator,
    )
    token = await client.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(added.json()["id"], added.json()["client_secret"]),
    )
    by = {"Authorization": f"Bearer {token.json()['access_token']}"}

    assert await _accept(client, made.json()["link"], by) == (403, "not_allowed")
