"""Opening keys: shown to be held, and replaced without loss of what was published before."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from ecosystem.cli.opener import OpeningOfficer
from ecosystem.offers.sealing import PrivateKeyOfAnother
from tests.builders import OPENERS, content, published
from tests.offers.market import Market
from tests.parties import bearer

CHALLENGES, KEYS = "/v1/opening-key-challenges", "/v1/opening-keys"
WHO = OPENERS[0]


def officer(market: Market) -> OpeningOfficer:
    return OpeningOfficer.new(market.world.actor(WHO).person_id or "")


async def asked(market: Market, key: str, *, who: str = WHO) -> dict[str, Any]:
    answer = await market.post(CHALLENGES, who, {"public_key": key})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def registered(market: Market, new: OpeningOfficer, answer: str) -> httpx.Response:
    return await market.post(KEYS, WHO, {"public_key": new.public_key, "answer": answer})


async def test_a_key_is_registered_by_who_opens_the_challenge_to_it(market: Market) -> None:
    new = officer(market)

    challenge = await asked(market, new.public_key)
    made = await registered(market, new, new.answer(challenge["sealed"]))

    assert (made.status_code, made.json()["state"]) == (201, "registered")


async def test_a_key_of_somebody_else_is_not_registered(market: Market) -> None:
    new, other = officer(market), officer(market)
    for_other = other.answer((await asked(market, other.public_key))["sealed"])
    by_another = await asked(market, new.public_key, who=OPENERS[1])

    for answer in (for_other, new.answer(by_another["sealed"]), "A" * 43):
        refused = await registered(market, new, answer)
        assert (refused.status_code, refused.json()["code"]) == (422, "key_not_held")


async def test_an_answer_is_too_late_after_the_next_ten_minutes(market: Market) -> None:
    new = officer(market)
    answer = new.answer((await asked(market, new.public_key))["sealed"])

    await market.clock(market.start + timedelta(minutes=20))

    assert (await registered(market, new, answer)).status_code == 422


@pytest.mark.parametrize("key", ["A" * 43, "AQ" + "A" * 41, "_" * 43])
async def test_a_key_to_which_nothing_can_be_sealed_is_refused(market: Market, key: str) -> None:
    refused = await market.post(CHALLENGES, WHO, {"public_key": key})

    assert (refused.status_code, refused.json()["code"]) == (422, "key_unsound")


async def test_a_program_opens_no_shares_that_were_given_to_somebody_else(market: Market) -> None:
    offer_id = await market.draft({"enterprise": "100"})
    assert (await market.submit(offer_id, "enterprise", content())).status_code == 201
    await market.clock(market.start + timedelta(days=21))
    path = f"/v1/needs/{market.need.id}/sealed-shares"
    given = {who: (await market.get(path, who)).json() for who in OPENERS[:2]}
    own = OpeningOfficer(market.world.actor(WHO).person_id or "", market.world.private_keys[WHO])

    with pytest.raises(PrivateKeyOfAnother, match=own.person_id):
        own.open(given[OPENERS[1]])

    assert [one["offer_id"] for one in own.open(given[WHO])["shares"]] == [offer_id]


async def test_registering_asks_for_the_passkey(market: Market) -> None:
    new = officer(market)
    answer = new.answer((await asked(market, new.public_key))["sealed"])
    party, _, person = WHO.partition("/")
    stale = await bearer(market.client, party, person, authenticated_ago_s=3600)

    refused = await market.client.post(
        KEYS, headers=stale, json={"public_key": new.public_key, "answer": answer}
    )

    assert (refused.status_code, refused.json()["code"]) == (
        401,
        "insufficient_user_authentication",
    )


async def test_a_new_key_opens_what_is_published_later_and_the_old_one_what_was_before(
    market: Market,
) -> None:
    first = market.need
    new = officer(market)
    challenge = await asked(market, new.public_key)
    assert (await registered(market, new, new.answer(challenge["sealed"]))).status_code == 201
    later = await published(market.world, at=market.start)
    for market.need in (first, later):
        offer_id = await market.draft({"enterprise": "100"})
        assert (await market.submit(offer_id, "enterprise", content())).status_code == 201
    await market.clock(market.start + timedelta(days=21))

    for need, key in ((first, market.world.private_keys[WHO]), (later, new.private_key)):
        market.need, market.world.private_keys[WHO] = need, key
        states = [(await market.hand_in(who)).json()["state"] for who in OPENERS[:2]]
        assert states == ["closed", "opened"]
