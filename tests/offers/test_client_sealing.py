"""Offers that the bidder's own program has sealed: taken as they are, and opened like others."""

from datetime import timedelta

import pytest

from tests.builders import OPENERS, as_sent, content, published
from tests.offers.market import Market


async def test_an_offer_sealed_by_its_bidder_is_opened_and_the_server_never_read_it(
    market: Market,
) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    sealed = await market.sealed(offer_id, "enterprise", content("765432.10"))

    sent = await market.post(f"/v1/offers/{offer_id}/envelopes", "enterprise/bidder", sealed)
    await market.clock(market.start + timedelta(days=21))
    for who in OPENERS[:2]:
        assert (await market.hand_in(who)).status_code == 201

    assert sent.status_code == 201, sent.text
    found = (await market.get(f"/v1/offers/{offer_id}", "city/officer")).json()
    assert found["content"] == as_sent(content("765432.10"))
    assert sent.json()["envelope_digest"] == found["envelope_digest"]


async def test_an_envelope_for_other_terms_is_refused_with_every_place(market: Market) -> None:
    own = await market.draft({"enterprise": "100"})
    rival = await market.draft({"second_enterprise": "100"})
    sealed = await market.sealed(rival, "second_enterprise", content())

    answer = await market.post(f"/v1/offers/{own}/envelopes", "enterprise/bidder", sealed)

    assert (answer.status_code, answer.json()["code"]) == (422, "envelope_for_another")
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {
        "/envelopes/0/header/bidder_id", "/envelopes/0/header/offer_id",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"nonce": "AAAA"}, "/envelopes/0/nonce"),
        ({"boxes": ["AAAA", "AAAA"]}, "/envelopes/0/boxes"),
        ({"header": {"sealed_by": "server"}}, "/envelopes/0/header/sealed_by"),
    ],
)
async def test_an_envelope_of_another_form_is_malformed(
    market: Market, change: dict[str, object], pointer: str
) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    body = await market.sealed(offer_id, "enterprise", content())
    (envelope,) = body["envelopes"]
    header = change.pop("header", {})
    bent = envelope | change | {"header": envelope["header"] | header}

    answer = await market.post(
        f"/v1/offers/{offer_id}/envelopes", "enterprise/bidder", {"envelopes": [bent]}
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "envelope_malformed")
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}


async def test_a_need_may_forbid_that_the_server_seals(market: Market) -> None:
    market.need = await published(market.world, at=market.start, client_sealing_required=True)
    offer_id = await market.draft({"enterprise": "100"})

    refused = await market.submit(offer_id, "enterprise", content())
    sealed = await market.sealed(offer_id, "enterprise", content())
    taken = await market.post(f"/v1/offers/{offer_id}/envelopes", "enterprise/bidder", sealed)

    assert (refused.status_code, refused.json()["code"]) == (422, "client_sealing_required")
    assert taken.status_code == 201, taken.text


async def test_as_many_officers_open_as_the_need_declares(market: Market) -> None:
    market.need = await published(market.world, at=market.start, threshold=3)
    offer_id = await market.draft({"enterprise": "100"})
    assert (await market.submit(offer_id, "enterprise", content())).status_code == 201
    await market.clock(market.start + timedelta(days=21))

    states = [(await market.hand_in(who)).json()["state"] for who in OPENERS]

    assert states == ["closed", "closed", "opened"]


async def test_what_a_bidder_sealed_and_is_no_offer_is_excluded_by_his_fault(
    market: Market,
) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    sealed = await market.sealed(offer_id, "enterprise", content("1000000.01"))
    await market.post(f"/v1/offers/{offer_id}/envelopes", "enterprise/bidder", sealed)
    await market.clock(market.start + timedelta(days=21))
    for who in OPENERS[:2]:
        await market.hand_in(who)

    (one,) = (await market.record())["offers"]
    assert (one["state"], one["failure"], one["at_fault"]) == ("excluded", "unsound", "bidder")
