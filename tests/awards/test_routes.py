"""From evaluators to a final award over HTTP."""

import hashlib
import json
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.values.period import wire
from tests.awarding import admitted
from tests.builders import AT as PUBLISHED_AT
from tests.builders import (
    OPENING,
    REASON,
    Published,
    World,
    content,
    offered,
    published,
    settled,
)
from tests.parties import bearer

WHY = {"zh": REASON.zh, "en": REASON.en}
_keys = count(1)


async def post(
    client: httpx.AsyncClient, path: str, who: str, body: object = None, **more: str
) -> httpx.Response:
    party, _, person = who.partition("/")
    headers = await bearer(client, party, person)
    headers["Idempotency-Key"] = f"award-{next(_keys)}"
    return await client.post(path, headers=headers | more, json=body)


@pytest.fixture
async def world(client: httpx.AsyncClient, database: Database, chosen: Settings) -> World:
    del client
    return await settled(database, Path(chosen.data_folder or "."))


@pytest.fixture
async def need(world: World, client: httpx.AsyncClient) -> Published:
    shown = (await client.get("/v1/sandbox/clock")).json()
    if datetime.fromisoformat(shown["now"]) < OPENING:
        asked = {"now": wire(OPENING), "runs": False}
        await client.post("/v1/sandbox/clock", json=asked)
    return await published(world, at=PUBLISHED_AT)


def recomputed(contest: dict[str, Any]) -> str:
    """Return a contest's digest as a stranger computes it, with a library of JSON alone."""
    both = {"inputs": contest["inputs"], "ranking": contest["ranking"]}
    text = json.dumps(both, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


async def evaluated(client: httpx.AsyncClient, world: World, need: Published) -> str:
    """Have two evaluators rank one offer; return the offer."""
    offer_id = await offered(world, need.lot_id, content())
    await admitted(world, need.id)
    path, people = f"/v1/needs/{need.id}", ("city/evaluator", "verifier/evaluator")
    ids = [world.actor(who).person_id for who in people]
    answers = [await post(client, f"{path}/evaluators", "city/officer", {"people": ids})]
    scores = {"scores": [{"criterion": "quality", "score": "82.5", "reason": WHY}]}
    for who in people:
        none = {"has_conflict": False, "reason": WHY}
        answers.append(await post(client, f"{path}/conflict-declarations", who, none))
        answers.append(await post(client, f"/v1/offers/{offer_id}/scores", who, scores))
    there = f"/v1/offers/{offer_id}/consensus"
    answers += [await post(client, there, who, scores) for who in people]
    assert [answer.json()["state"] for answer in answers[-2:]] == ["open", "agreed"]
    tag = (await client.get(path)).headers["etag"]
    answers.append(await post(client, f"{path}/evaluation", "city/officer", **{"If-Match": tag}))
    assert [answer.status_code for answer in answers] == [201] * 8, answers[-1].text
    return offer_id


async def test_a_stranger_recomputes_the_evaluation_from_its_answer_alone(
    client: httpx.AsyncClient, world: World, need: Published
) -> None:
    offer_id = await evaluated(client, world, need)

    shown = (await client.get(f"/v1/needs/{need.id}/evaluation")).json()

    (contest,) = shown["contests"]
    assert recomputed(contest) == contest["digest"]
    assert hashlib.sha256(f"{contest['digest']}\n".encode()).hexdigest() == shown["digest"]
    (first,) = contest["ranking"]["ranked"]
    points = [line["points"] for line in first["lines"]]
    assert first["offer_id"] == offer_id
    assert points == ["8.0000", "33.0000", "16.0000"]


async def test_an_award_is_proposed_approved_by_another_and_final_after_ten_days(
    client: httpx.AsyncClient, world: World, need: Published
) -> None:
    offer_id = await evaluated(client, world, need)
    proposal = {"offer_id": offer_id, "reason": WHY}

    made = await post(client, f"/v1/lots/{need.lot_id}/awards", "city/officer", proposal)
    path = made.headers["location"]
    without = await post(client, f"{path}/approval", "city/approver")
    stale = await post(client, f"{path}/approval", "city/approver", **{"If-Match": '"v9"'})
    mark = (await client.get(path)).headers["etag"]
    done = await post(client, f"{path}/approval", "city/approver", **{"If-Match": mark})

    assert made.status_code == 201, made.text
    assert (without.status_code, stale.status_code) == (428, 412)
    assert (done.status_code, done.json()["state"]) == (201, "standstill")
    shown = (await client.get(path)).json()
    assert shown["price"] == {"amount": "800000.00", "currency": "CNY"}
    assert (await client.get(f"/v1/needs/{need.id}")).json()["state"] == "awarded"
    listed = (await client.get(f"/v1/awards?need_id={need.id}")).json()["data"]
    assert [one["id"] for one in listed] == [shown["id"]]
    ends = datetime.fromisoformat(shown["standstill_ends_at"])
    assert ends - datetime.fromisoformat(shown["approved_at"]) == timedelta(days=10)
    await client.post("/v1/sandbox/clock", json={"now": wire(ends), "runs": False})
    assert (await client.get(path)).json()["state"] == "final"


async def test_what_is_not_there_yet_is_missing(client: httpx.AsyncClient, need: Published) -> None:
    unknown = "award_01900000000070008000000000000001"

    answers = [
        await client.get(f"/v1/needs/{need.id}/evaluation"),
        await client.get(f"/v1/awards/{unknown}"),
        await client.get("/v1/awards/nonsense"),
    ]

    codes = [(one.status_code, one.json()["code"]) for one in answers]
    assert codes == [(404, "evaluation_missing"), *[(404, "award_missing")] * 2]


async def test_bidders_neither_appoint_nor_evaluate_nor_award(
    client: httpx.AsyncClient, need: Published
) -> None:
    for path in (
        f"/v1/needs/{need.id}/evaluators",
        f"/v1/needs/{need.id}/evaluation",
        f"/v1/lots/{need.lot_id}/awards",
    ):
        answer = await post(client, path, "enterprise/bidder", {}, **{"If-Match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
