"""Offers over HTTP: receipts, retries, what stays unknown, and what is put on record."""

import asyncio
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from ecosystem.history.sequencer import sequence
from ecosystem.offers.envelope import encode
from ecosystem.offers.model import OFFERS_MAX
from ecosystem.runtime.minting import mint
from ecosystem.values.period import wire
from tests.builders import (
    OPENERS,
    as_sent,
    content,
    financing,
)
from tests.offers.market import Market
from tests.parties import bearer

CANARY = "777123.45"

SECURED = financing(
    security=[
        {"kind": "receivables", "description": {"zh": "本合同应收账款", "en": "Of this contract"}}
    ],
    drawdowns=[
        {"share": "60", "condition": {"en": "After the takeover."}, "milestone": "takeover"},
        {"share": "40", "condition": {"zh": "验收后", "en": "After acceptance."}},
    ],
)


async def test_a_receipt_is_verified_with_the_published_keys_and_replayed(market: Market) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    path = f"/v1/offers/{offer_id}/submission"

    first = await market.post(path, "enterprise/bidder", as_sent(content()), key="once")
    again = await market.post(path, "enterprise/bidder", as_sent(content()), key="once")

    assert first.status_code == 201, first.text
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    keys = KeySet.import_key_set((await market.get("/.well-known/receipt-keys")).json())
    signed = jws.deserialize_compact(first.json()["receipt"], keys, algorithms=["ES256"])
    claims = msgspec.json.decode(signed.payload)
    assert claims["envelope_sha256"] == first.json()["envelope_digest"]
    assert claims["received_at"] == wire(market.start)


async def test_a_submission_needs_an_idempotency_key(market: Market) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    headers = await bearer(market.client, "enterprise", "bidder") | {"If-Match": '"v1"'}

    answer = await market.client.post(
        f"/v1/offers/{offer_id}/submission", headers=headers, json=as_sent(content())
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


async def test_of_two_submissions_that_saw_the_same_offer_one_counts(market: Market) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    path = f"/v1/offers/{offer_id}"
    tag = (await market.get(path, "enterprise/bidder")).headers["etag"]

    answers = await asyncio.gather(
        *(
            market.post(f"{path}/submission", "enterprise/bidder", as_sent(content()), match=tag)
            for _ in range(4)
        )
    )
    stale = await market.post(f"{path}/withdrawal", "enterprise/bidder", match=tag)

    assert sorted(one.status_code for one in answers) == [201, 412, 412, 412]
    assert (stale.status_code, stale.json()["code"]) == (412, "revision_stale")
    assert (await market.get(path, "enterprise/bidder")).json()["state"] == "submitted"


async def test_faults_of_the_content_are_answered_all_at_once(market: Market) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    wrong = as_sent(content("1000000.01", answers=[], metric_commitments=[])) | {
        "metric_commitments": [{"metric": "speed", "value": "1"}]
    }

    answer = await market.post(f"/v1/offers/{offer_id}/submission", "enterprise/bidder", wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, "content_unsound")
    assert {fault["code"] for fault in answer.json()["errors"]} == {
        "above_ceiling", "metric_unknown", "requirement_unanswered",
    }  # fmt: skip


async def test_a_late_submission_is_gone(market: Market) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    await market.clock(market.start + timedelta(days=20))

    answer = await market.post(
        f"/v1/offers/{offer_id}/submission", "enterprise/bidder", as_sent(content())
    )

    assert (answer.status_code, answer.json()["code"]) == (410, "submission_over")


async def test_neither_price_nor_bidder_reaches_the_log_or_the_stored_answers(
    market: Market, owner_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    offer_id = await market.draft({"enterprise": "70", "think_tank": "30"})
    await market.post(f"/v1/offers/{offer_id}/consents", "think_tank/bidder")
    path = f"/v1/offers/{offer_id}/submission"
    await market.post(path, "enterprise/bidder", {"price": CANARY})
    sent = await market.post(path, "enterprise/bidder", as_sent(content(CANARY)))
    await market.get(f"/v1/offers/{offer_id}", "enterprise/bidder")

    assert sent.status_code == 201
    lines = capsys.readouterr().err
    assert f'"path":"{path}"' in lines
    assert CANARY not in lines
    for party in ("enterprise", "think_tank"):
        found = market.world.parties.party(party)
        people = [person.id for person in found.people]
        for name in (found.organisation_id, *people, *(one.id for one in found.clients)):
            assert name not in lines
    connection = await asyncpg.connect(owner_url)
    stored = await connection.fetch("SELECT body FROM stored_answer")
    await connection.close()
    assert stored
    assert not any(CANARY.encode() in row["body"] for row in stored)


async def test_before_the_opening_an_offer_is_unknown_to_all_but_its_members(
    market: Market,
) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    await market.post(f"/v1/offers/{offer_id}/submission", "enterprise/bidder", as_sent(content()))

    for who in ("city/officer", "second_enterprise/bidder", "auditor/auditor"):
        assert (await market.get(f"/v1/offers/{offer_id}", who)).status_code == 404
        listed = (await market.get(f"/v1/offers?need_id={market.need.id}", who)).json()
        assert listed["data"] == []
    own = (await market.get(f"/v1/offers?need_id={market.need.id}", "enterprise/bidder")).json()
    assert [one["id"] for one in own["data"]] == [offer_id]
    assert (await market.get(f"/v1/needs/{market.need.id}/opening")).status_code == 404


async def test_who_opens_too_early_is_refused_and_stays_on_record_for_the_auditors(
    market: Market,
) -> None:
    path = f"/v1/needs/{market.need.id}"

    read = await market.get(f"{path}/sealed-shares", "city/opener")
    handed = await market.post(f"{path}/opening-shares", "city/opener", {"shares": []}, key="one")

    for answer in (read, handed):
        assert (answer.status_code, answer.json()["code"]) == (409, "opening_too_early")
    while await sequence(market.world.database):
        pass
    for who, expected in (("auditor/auditor", 2), (None, 0), ("enterprise/bidder", 0)):
        events = (await market.get("/v1/events?after=0&limit=100", who)).json()["data"]
        attempts = [
            one
            for one in events
            if (one["type"], one["object"]) == ("need.opening_attempted", market.need.id)
        ]
        assert len(attempts) == expected, who
    await market.clock(market.start + timedelta(days=21))
    later = await market.post(f"{path}/opening-shares", "city/opener", {"shares": []}, key="one")
    assert later.status_code == 201, later.text


async def test_two_officers_open_and_everyone_reads_the_record(market: Market) -> None:
    delivery = await market.draft({"enterprise": "70", "think_tank": "30"})
    await market.post(f"/v1/offers/{delivery}/consents", "think_tank/bidder")
    loan = await market.draft({"bank": "100"}, kind="financing")
    for offer_id, lead, what in (
        (delivery, "enterprise", content()), (loan, "bank", SECURED),
    ):  # fmt: skip
        path = f"/v1/offers/{offer_id}/submission"
        answer = await market.post(path, f"{lead}/bidder", as_sent(what))
        assert answer.status_code == 201, answer.text
    await market.clock(market.start + timedelta(days=21))

    states: list[str] = []
    for who in OPENERS[:2]:
        shares = {"shares": await market.shares(who)}
        path = f"/v1/needs/{market.need.id}/opening-shares"
        states.append((await market.post(path, who, shares)).json()["state"])

    assert states == ["closed", "opened"]
    record = (await market.get(f"/v1/needs/{market.need.id}/opening")).json()
    assert {one["offer_id"] for one in record["offers"]} == {delivery, loan}
    assert record["count"] == 2
    found = (await market.get(f"/v1/offers/{delivery}", "city/officer")).json()
    assert found["content"] == as_sent(content())
    lent = (await market.get(f"/v1/offers/{loan}", "city/officer")).json()["content"]
    assert lent == as_sent(SECURED)
    assert [one["share"] for one in lent["financing"]["drawdowns"]] == ["60", "40"]
    assert [one["share"] for one in found["members"]] == ["70", "30"]
    rival = await market.get(f"/v1/offers/{delivery}", "second_enterprise/bidder")
    assert rival.status_code == 404


async def test_only_the_openers_that_the_need_names_may_open(market: Market) -> None:
    path = f"/v1/needs/{market.need.id}/sealed-shares"
    await market.clock(market.start + timedelta(days=21))

    assert (await market.get(path, "city/officer")).status_code == 403
    assert (await market.get(path, "enterprise/bidder")).status_code == 403
    assert (await market.get(path)).status_code == 401


@pytest.mark.parametrize("over", [0, 1])
async def test_shares_of_so_many_offers_are_taken_at_once_and_of_no_more(
    market: Market, over: int
) -> None:
    path = f"/v1/needs/{market.need.id}/opening-shares"
    one = {"offer_id": mint("offer", authority=1), "share": encode(bytes(33))}
    lost = [one["offer_id"]] * (OFFERS_MAX + over)
    await market.clock(market.start + timedelta(days=21))

    answers = [
        await market.post(path, "city/opener", {"shares": [one] * (OFFERS_MAX + over)}),
        await market.post(path, "city/opener", {"shares": [], "unreadable": lost}),
    ]

    expected = (400, "malformed") if over else (422, "shares_incomplete")
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == expected, answer.text[:400]
