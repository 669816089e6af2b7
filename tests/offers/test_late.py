"""Late submissions: refused, provable by whom they concern, and on record at the opening."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from ecosystem.values.period import wire
from tests.builders import OPENERS, as_sent, content
from tests.offers.market import Market

DEADLINE = timedelta(days=20)
LATE = DEADLINE + timedelta(milliseconds=1)


async def seen(market: Market, who: str) -> list[dict[str, Any]]:
    path = f"/v1/needs/{market.need.id}/late-submissions"
    found: list[dict[str, Any]] = (await market.get(path, who)).json()["data"]
    return found


async def opened(market: Market) -> dict[str, Any]:
    await market.clock(market.start + timedelta(days=21))
    for who in OPENERS[:2]:
        assert (await market.hand_in(who)).status_code == 201
    return await market.record()


async def test_a_late_submission_is_refused_and_its_bidder_can_prove_it(market: Market) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    sealed = await market.sealed(offer_id, "enterprise", content())
    await market.clock(market.start + LATE)

    path = f"/v1/offers/{offer_id}/envelopes"
    answer = await market.post(path, "enterprise/bidder", sealed)

    assert (answer.status_code, answer.json()["code"]) == (410, "submission_over")
    (record,) = await seen(market, "enterprise/bidder")
    keys = KeySet.import_key_set((await market.get("/.well-known/receipt-keys")).json())
    signed = jws.deserialize_compact(record["receipt"], keys, algorithms=["ES256"])
    claims = msgspec.json.decode(signed.payload)
    assert signed.headers()["typ"] == "late-receipt+jwt"
    assert claims["received_at"] == wire(market.start + LATE)
    assert claims["submission_ended_at"] == wire(market.start + DEADLINE)
    assert claims["envelopes_sha256"] == record["envelope_digests"]
    assert len(record["envelope_digests"]) == 1


async def test_before_the_opening_nobody_else_learns_that_somebody_was_late(
    market: Market,
) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    await market.clock(market.start + LATE)

    await market.submit(offer_id, "enterprise", content())
    await market.told()

    for who in ("city/officer", "city/opener", "auditor/auditor", "second_enterprise/bidder"):
        assert await seen(market, who) == []
        events = (await market.get("/v1/events?after=0&limit=100", who)).text
        assert "late_submission" not in events


async def test_from_the_opening_on_the_record_names_who_was_late_and_nothing_of_it_is_opened(
    market: Market,
) -> None:
    in_time = await market.draft({"second_enterprise": "100"})
    assert (await market.submit(in_time, "second_enterprise", content())).status_code == 201
    late = await market.draft({"enterprise": "100"})
    await market.clock(market.start + LATE)
    await market.submit(late, "enterprise", content("1.00"))

    record = await opened(market)

    assert [one["offer_id"] for one in record["offers"]] == [in_time]
    assert record["late"] == [
        {
            "offer_id": late,
            "lead_id": market.world.organisation("enterprise"),
            "received_at": wire(market.start + LATE).replace(".001000Z", ".001Z"),
        }
    ]
    for who in ("city/officer", "auditor/auditor", "enterprise/bidder"):
        assert [one["offer_id"] for one in await seen(market, who)] == [late]
    assert await seen(market, "second_enterprise/bidder") == []


@pytest.mark.parametrize("way", ["submission", "envelopes"])
async def test_a_late_replacement_leaves_the_offer_that_was_in_time(
    market: Market, way: str
) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    first = (await market.submit(offer_id, "enterprise", content())).json()
    bodies = {
        "submission": as_sent(content("1.00")),
        "envelopes": await market.sealed(offer_id, "enterprise", content("1.00")),
    }
    await market.clock(market.start + LATE)

    path = f"/v1/offers/{offer_id}/{way}"
    assert (await market.post(path, "enterprise/bidder", bodies[way])).status_code == 410

    (one,) = (await opened(market))["offers"]
    assert one["envelope_digest"] == first["envelope_digest"]
