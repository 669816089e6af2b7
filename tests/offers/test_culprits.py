"""Whose fault it is: officers, bidders and the keeper, each named for what is theirs alone."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import asyncpg
import msgspec
import pytest

from ecosystem.offers import actions, sealing
from ecosystem.offers import queries as offers
from ecosystem.offers.envelope import Envelope, SealedBy, encode
from ecosystem.offers.model import SealedOffer
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening import queries as openings
from ecosystem.offers.opening import rules
from ecosystem.offers.opening.model import HandedShare, HandedShares, Opening
from ecosystem.runtime.minting import entropy
from tests.builders import (
    AT,
    KEY,
    OPENERS,
    OPENING,
    Published,
    World,
    as_sent,
    content,
    drafted,
    hand_in,
    offered,
    opened,
    shares_of,
    submitted,
    told,
)

BOX = 81


async def record_of(world: World, need: Published) -> Opening:
    async with world.database.transaction() as tx:
        return msgspec.json.decode(await openings.record(tx, need.id), type=Opening)


async def misdealt(
    world: World, need: Published, *, to: tuple[int, ...],
    cipher_text: Callable[[str], str] = str,
) -> str:  # fmt: skip
    """Submit an offer whose boxes do not open for the officers at these places."""
    offer_id = await drafted(world, need.lot_id)
    async with world.acting("enterprise/bidder") as (tx, by):
        facts, _, row = await offers.locked(tx, offer_id, by=by, at=AT)
        sealed = sealing.seal(
            msgspec.json.encode(as_sent(content())),
            terms=offers.sealing_terms(facts, row),
            sealed_by=SealedBy.CLIENT,
            entropy=entropy,
        )
        boxes = tuple(
            encode(bytes(BOX)) if place in to else box for place, box in enumerate(sealed.boxes)
        )
        text = cipher_text(sealed.cipher_text)
        bent = SealedOffer((msgspec.structs.replace(sealed, boxes=boxes, cipher_text=text),))
        await actions.submit_sealed(tx, offer_id, bent, key=KEY, by=by, at=AT, expected=None)
    return offer_id


async def reads_none(world: World, need: Published, who: str, *offers: str) -> str:
    """Hand in for an opener whose key opens all shares but those of `offers`."""
    async with world.acting(who) as (tx, by):
        sealed = await opening.give_out(tx, need.id, by=by, at=OPENING)
        shares = tuple(
            HandedShare(one.offer_id, _opened(world, who, one.envelope, one.officer_id))
            for one in sealed.data
            if one.offer_id not in offers
        )
        handed = HandedShares(shares, unreadable=offers)
        return (await opening.hand_in(tx, need.id, handed, by=by, at=OPENING)).state


def _opened(world: World, who: str, envelope: Envelope, officer_id: str) -> str:
    key = world.private_keys[who]
    return encode(sealing.open_share(envelope, officer_id=officer_id, private_key=key))


async def test_a_bidder_who_deals_one_officer_nothing_is_opened_by_the_others(
    world: World, need: Published
) -> None:
    crooked = await misdealt(world, need, to=(0,))
    sound = await offered(world, need.lot_id, content(), by="second_enterprise")

    states = [await reads_none(world, need, OPENERS[0], crooked)]
    states += [await hand_in(world, need.id, who) for who in OPENERS[1:]]

    assert states == ["closed", "closed", "opened"]
    found = {
        one.offer_id: (one.state, one.at_fault) for one in (await record_of(world, need)).offers
    }
    assert found == {crooked: ("opened", None), sound: ("opened", None)}


async def test_an_offer_that_too_few_officers_can_read_is_excluded_and_nobody_blamed(
    world: World, need: Published
) -> None:
    crooked = await misdealt(world, need, to=(0, 1))
    sound = await offered(world, need.lot_id, content(), by="second_enterprise")

    for who in OPENERS[:2]:
        assert await reads_none(world, need, who, crooked) == "closed"
    assert await hand_in(world, need.id, OPENERS[2]) == "opened"

    offers_ = {one.offer_id: one for one in (await record_of(world, need)).offers}
    one = offers_[crooked]
    assert (one.state, one.failure, one.at_fault) == ("excluded", "shares_wanting", "undecided")
    assert one.unread_by == tuple(world.actor(who).person_id for who in OPENERS[:2])
    assert offers_[sound].state == "opened"


async def test_an_officer_who_lost_the_key_says_so_and_the_others_open(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    states = [await reads_none(world, need, OPENERS[0], offer_id)]
    states += [await hand_in(world, need.id, who) for who in OPENERS[1:]]

    assert states == ["closed", "closed", "opened"]
    (one,) = (await record_of(world, need)).offers
    assert (one.state, one.unread_by) == ("opened", (world.actor(OPENERS[0]).person_id,))


def another(envelope: Envelope, **changes: Any) -> Envelope:
    header = msgspec.structs.replace(envelope.header, **changes)
    return msgspec.structs.replace(envelope, header=header)


def changed(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


KEEPING: Final[dict[str, Callable[[Envelope, Envelope, Envelope], object]]] = {
    "an envelope of another offer": lambda _, __, other: other,
    "an earlier envelope of the offer": lambda _, first, __: first,
    "another deadline": lambda one, _, __: another(one, deadline_at="2030-01-01T00:00:00.000000Z"),
    "other officers": lambda one, _, __: another(one, officers=one.header.officers[::-1]),
    "strange officers": lambda one, _, __: another(
        one,
        officers=tuple(
            msgspec.structs.replace(each, id=f"{each.id[:-4]}ffff", key_sha256=f"{place:064x}")
            for place, each in enumerate(one.header.officers)
        ),
    ),
    "a byte of the cipher text": lambda one, _, __: msgspec.structs.replace(
        one, cipher_text=changed(one.cipher_text)
    ),
    "a byte of a box": lambda one, _, __: msgspec.structs.replace(
        one, boxes=(changed(one.boxes[0]), *one.boxes[1:])
    ),
    "a letter that no envelope has": lambda one, _, __: msgspec.structs.replace(one, nonce="!"),
    "something else": lambda _, __, ___: {"nothing": True},
}


@pytest.mark.parametrize("keeping", KEEPING)
async def test_whatever_a_keeper_puts_in_an_envelopes_place_is_the_keepers_fault_alone(
    world: World, need: Published, owner_url: str, keeping: str
) -> None:
    bent = await drafted(world, need.lot_id)
    source = await offered(world, need.lot_id, content("1.00"), by="second_enterprise")
    owner = await asyncpg.connect(owner_url)
    await owner.execute("SET app.purpose = 'opening'")
    kept: list[Envelope] = []
    for offer_id, price in ((bent, "900000.00"), (bent, "700000.00"), (source, None)):
        if price is not None:
            await submitted(world, offer_id, content(price))
        text = await owner.fetchval("SELECT envelope::text FROM offer WHERE id = $1", offer_id)
        kept.append(msgspec.json.decode(text, type=Envelope))
    first, last, other = kept
    put = KEEPING[keeping](last, first, other)
    text = msgspec.json.encode(put, order="sorted").decode()
    await owner.execute(
        "UPDATE offer SET (envelope, envelope_digest) = ($2, $3) WHERE id = $1",
        bent, text, hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip
    await owner.close()

    await opened(world, need.id)

    found = {
        one.offer_id: (one.state, one.failure, one.at_fault)
        for one in (await record_of(world, need)).offers
    }
    assert found == {bent: ("excluded", "altered", "keeper"), source: ("opened", None, None)}


async def test_a_byte_that_a_bidder_changed_is_the_bidders_fault_alone(
    world: World, need: Published
) -> None:
    bent = await misdealt(world, need, to=(), cipher_text=changed)
    sound = await offered(world, need.lot_id, content(), by="second_enterprise")

    await opened(world, need.id)

    found = {
        one.offer_id: (one.state, one.failure, one.at_fault)
        for one in (await record_of(world, need)).offers
    }
    assert found == {bent: ("excluded", "unreadable", "bidder"), sound: ("opened", None, None)}


async def test_false_shares_stay_on_record_with_the_name_of_their_officer(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    false = await shares_of(world, need.id, OPENERS[1])
    async with world.acting(OPENERS[0]) as (tx, by):
        with pytest.raises(rules.SharesFalse):
            await opening.hand_in(tx, need.id, false, by=by, at=OPENING)

    async with world.acting(OPENERS[0]) as (tx, by):
        await opening.record_refused(tx, need.id, false, by=by, at=OPENING)
    body = await told(owner_url, need.id, "need.shares_refused")
    await opened(world, need.id)

    assert body.decision == {"offers": [offer_id], "person_id": by.person_id}
    (attempt,) = (await record_of(world, need)).refused
    assert (attempt.person_id, attempt.refused_with) == (by.person_id, "shares_false")
    assert attempt.at == OPENING


async def test_who_came_too_early_stands_in_the_record_of_the_opening(
    world: World, need: Published
) -> None:
    early = AT + timedelta(days=1)
    async with world.acting(OPENERS[2]) as (tx, by):
        await opening.record_attempt(tx, need.id, by=by, at=early)
    await opened(world, need.id)

    (attempt,) = (await record_of(world, need)).refused
    assert (attempt.person_id, attempt.at) == (by.person_id, early)
    assert attempt.refused_with == "opening_too_early"
