"""What is told of who joins and leaves, and to whom."""

from typing import Any

import httpx

from tests.joining import join
from tests.parties import bearer, comes_true

ANY = {"If-Match": "*"}


async def _types(client: httpx.AsyncClient, headers: dict[str, str], own: str) -> list[str]:
    """Return the types of all events of an organisation that somebody sees, in their order."""
    after, found = 0, list[str]()
    while True:
        asked = {"limit": 100, "after": after}
        page = (await client.get("/v1/events", params=asked, headers=headers)).json()["data"]
        if not page:
            return found
        after = page[-1]["position"]
        found += [one["type"] for one in page if one["organisation_id"] == own]


async def _coming_and_going(client: httpx.AsyncClient) -> tuple[str, dict[str, str]]:
    """Register an organisation, whose second person removes the first; return her header."""
    asked: dict[str, Any] = {
        "kind": "enterprise",
        "name": {"en": "Private"},
        "jurisdiction": "440300",
        "administrator": {"en": "First"},
    }
    made = (await client.post("/v1/organisations", json=asked)).json()
    own = made["organisation_id"]
    first = await join(client, made["invitation"]["link"], party="oversight", person="reviewer")
    person = (await client.get("/v1/me", headers=first)).json()["person_id"]
    newcomer = {"name": {"zh": "李"}, "roles": ["administrator"]}
    address = f"/v1/organisations/{own}/invitations"
    link = (await client.post(address, json=newcomer, headers=first)).json()["link"]
    second = await join(client, link, party="oversight", person="administrator")
    gone = await client.post(f"/v1/people/{person}/leaving", headers=second | ANY)
    assert gone.status_code == 200, gone.text
    return own, second


async def test_each_change_is_an_event_for_those_whom_it_concerns_and_for_nobody_else(
    client: httpx.AsyncClient,
) -> None:
    own, member = await _coming_and_going(client)
    told = [
        "organisation.registered",
        "person.invited",
        "person.joined",
        "person.invited",
        "person.joined",
        "person.left",
    ]

    async def sees_all() -> bool:
        return await _types(client, member, own) == told

    assert await comes_true(sees_all, within_s=5), await _types(client, member, own)
    former = await bearer(client, "oversight", "reviewer")
    assert await _types(client, former, own) == []
    assert await _types(client, {}, own) == []
