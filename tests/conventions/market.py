"""A city with a budget, a draft and a published need, made over HTTP, for tests of conventions."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from ecosystem.cli.opener import OpeningOfficer
from ecosystem.cli.texts import NEED, text
from tests.parties import bearer, seeded

Headers = dict[str, str]


@dataclass(frozen=True)
class Market:
    """What a test of conventions works with."""

    officer: Headers
    approver: Headers
    treasurer: Headers
    bidder: Headers
    draft: dict[str, Any]
    """The body of a need that can be drafted and published."""
    drafted_id: str
    published_id: str
    programme_id: str


async def make(client: httpx.AsyncClient) -> Market:
    """Return a market with one draft and one published need."""
    who = {
        name: await bearer(client, party, name)
        for party, name in (
            ("city", "officer"),
            ("city", "approver"),
            ("city", "treasurer"),
            ("enterprise", "bidder"),
        )
    }
    programme_id = await _programme(client, who["treasurer"])
    draft = await _draft(client, programme_id)
    drafted = await created(client, "/v1/needs", who["officer"], draft)
    published = await created(client, "/v1/needs", who["officer"], draft)
    await publish(client, who["officer"], published["id"])
    return Market(
        **who,
        draft=draft,
        drafted_id=drafted["id"],
        published_id=published["id"],
        programme_id=programme_id,
    )


async def created(
    client: httpx.AsyncClient, path: str, who: Headers, body: dict[str, Any]
) -> dict[str, Any]:
    """Post under a new key, and return what was made."""
    headers = {**who, "Idempotency-Key": str(uuid.uuid4())}
    answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def publish(client: httpx.AsyncClient, who: Headers, need_id: str) -> httpx.Response:
    """Publish a draft, under its ETag."""
    path = f"/v1/needs/{need_id}"
    tag = (await client.get(path, headers=who)).headers["etag"]
    return await client.post(f"{path}/publication", headers={**who, "If-Match": tag})


async def _programme(client: httpx.AsyncClient, treasurer: Headers) -> str:
    asked = {
        "name": text("数据平台运营", "Operation of the platform"),
        "fiscal_year": 2027,
        "sector": "urban_governance",
        "operation": "data",
        "phase": "operation",
        "currency": "CNY",
    }
    made = await created(client, "/v1/programmes", treasurer, asked)
    path = f"/v1/programmes/{made['id']}"
    tag = (await client.get(path)).headers["etag"]
    answer = await client.post(
        f"{path}/appropriations",
        json={
            "amount": {"amount": "500000000.00", "currency": "CNY"},
            "reason": text("年度预算", "Yearly budget"),
        },
        headers={**treasurer, "If-Match": tag, "Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status_code == 201, answer.text
    programme_id: str = made["id"]
    return programme_id


async def _draft(client: httpx.AsyncClient, programme_id: str) -> dict[str, Any]:
    city = (await seeded(client)).party("city")
    openers = ("opener", "second_opener", "reserve_opener")
    for name in openers:
        officer = OpeningOfficer.new(city.person(name).id)
        key = {"public_key": officer.public_key}
        who = await bearer(client, "city", name)
        asked = await created(client, "/v1/opening-key-challenges", who, key)
        proof = {"answer": officer.answer(asked["sealed"])}
        await created(client, "/v1/opening-keys", who, key | proof)
    now = datetime.now(UTC)
    return {
        **NEED,
        "programme_id": programme_id,
        "openers": [city.person(name).id for name in openers],
        "enquiry_ends_at": (now + timedelta(days=10)).isoformat(),
        "submission_ends_at": (now + timedelta(days=20)).isoformat(),
        "opening_at": (now + timedelta(days=20, hours=1)).isoformat(),
    }
