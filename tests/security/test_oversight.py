"""Whoever registers as an auditor oversees nobody until it is verified, nor once suspended."""

import uuid
from typing import Any

import httpx
import pytest

from ecosystem.runtime.web import seen_by
from ecosystem.values.actor import Actor, OrganisationKind
from tests.conventions import market
from tests.joining import join
from tests.parties import SEEN, bearer, comes_true

SOMEONE = Actor(
    organisation_id="org_01890a5d00007000800000000000000a",
    organisation_number=7,
    kind=OrganisationKind.AUDITOR,
    verified=True,
    jurisdiction="CN",
    client_id="client_01890a5d00007000800000000000000b",
)


async def _anyone(client: httpx.AsyncClient) -> dict[str, Any]:
    """Register an auditor of the whole country, as anyone on the internet may."""
    answer = await client.post(
        "/v1/organisations",
        json={
            "kind": "auditor",
            "name": {"zh": "假审计"},
            "jurisdiction": "CN",
            "administrator": {"zh": "某人"},
        },
    )
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _token(client: httpx.AsyncClient, made: dict[str, Any]) -> dict[str, str]:
    return await join(client, made["invitation"]["link"])


async def _judge(client: httpx.AsyncClient, organisation_id: str, what: str) -> None:
    path = f"/v1/organisations/{organisation_id}"
    tag = (await client.get(path)).headers["etag"]
    operator = await bearer(client, "platform", "operator")
    answer = await client.post(
        f"{path}/{what}",
        json=SEEN if what == "verification" else {"reason": "So it is."},
        headers={**operator, "If-Match": tag, "Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status_code == 200, answer.text


async def _sees_drafts(client: httpx.AsyncClient, who: dict[str, str]) -> bool:
    after = 0
    while True:
        asked = {"limit": 100, "after": after}
        events = (await client.get("/v1/events", params=asked, headers=who)).json()["data"]
        if any(event["type"] == "need.drafted" for event in events):
            return True
        if not events:
            return False
        after = events[-1]["position"]


async def test_an_auditor_oversees_only_while_it_is_verified(client: httpx.AsyncClient) -> None:
    officer = (await market.make(client)).officer
    assert await comes_true(lambda: _sees_drafts(client, officer), within_s=20)
    made = await _anyone(client)
    who = await _token(client, made)
    assert not await _sees_drafts(client, who)

    await _judge(client, made["organisation_id"], "verification")
    assert await _sees_drafts(client, who)

    await _judge(client, made["organisation_id"], "suspension")
    assert not await _sees_drafts(client, who)


@pytest.mark.parametrize(
    ("verified", "kind", "oversees"),
    [
        (True, OrganisationKind.AUDITOR, "CN"),
        (False, OrganisationKind.AUDITOR, None),
        (True, OrganisationKind.GOVERNMENT, None),
        (True, OrganisationKind.ENTERPRISE, None),
    ],
)
def test_the_database_is_told_of_oversight_only_where_a_verified_auditor_reads(
    *, verified: bool, kind: OrganisationKind, oversees: str | None
) -> None:
    actor = Actor(
        organisation_id=SOMEONE.organisation_id,
        organisation_number=SOMEONE.organisation_number,
        kind=kind,
        verified=verified,
        jurisdiction=SOMEONE.jurisdiction,
        client_id=SOMEONE.client_id,
    )
    assert seen_by(actor).get("oversees") == oversees
