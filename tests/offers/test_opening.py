"""The opening on a real database: several together, all at once, and what fails on record."""

import asyncio
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from ecosystem.needs import actions as needs
from ecosystem.offers import rules
from ecosystem.offers.model import Drafted, DraftFacts, OfferFacts, Submitted
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening import queries as openings
from ecosystem.offers.opening import rules as opening_rules
from ecosystem.offers.opening.model import HandedIn, HandedShares, HandInFacts, OpenFacts, Opening
from tests.builders import (
    AT,
    OPENERS,
    OPENING,
    REASON,
    Published,
    World,
    content,
    financing,
    hand_in,
    offered,
    opened,
    seen,
    shares_of,
    told,
)

CANARY = "777123.45"
WORDS = "canary sings at dawn"
ONE_SECOND = timedelta(seconds=1)


async def test_one_opener_alone_opens_nothing_however_often(world: World, need: Published) -> None:
    offer_id = await offered(world, need.lot_id, content())

    state = await hand_in(world, need.id, OPENERS[0])
    with pytest.raises(opening_rules.HandedInBefore):
        await hand_in(world, need.id, OPENERS[0])

    assert state == "closed"
    assert await seen(world, "city/officer", offer_id) is None


async def test_the_database_too_takes_an_opener_once_and_never_one_alone(
    world: World, need: Published
) -> None:
    await offered(world, need.lot_id, content())
    await hand_in(world, need.id, OPENERS[0])
    by = world.actor(OPENERS[0])
    connection = await world.database.connect()
    try:
        await connection.execute("SET app.purpose = 'opening'")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(
                "INSERT INTO opening_share SELECT authority_id, need_id, person_id, shares, now() "
                "FROM opening_share WHERE need_id = $1", need.id,
            )  # fmt: skip
        with pytest.raises(asyncpg.RestrictViolationError, match="opening"):
            await connection.execute(
                "INSERT INTO opening VALUES ($1, $2, now(), $3, '{}')",
                by.organisation_number, need.id, [by.person_id, by.person_id],
            )  # fmt: skip
    finally:
        await connection.close()


async def test_two_openers_at_once_open_exactly_once(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    states = await asyncio.gather(*(hand_in(world, need.id, who) for who in OPENERS[:2]))

    assert sorted(states) == ["closed", "opened"]
    connection = await asyncpg.connect(owner_url)
    told = await connection.fetchval(
        "SELECT count(*) FROM event WHERE (stream, type) = ($1, 'need.opened')", need.id
    )
    await connection.close()
    assert told == 1
    assert await seen(world, "city/officer", offer_id) is not None


async def test_a_third_opener_comes_too_late(world: World, need: Published) -> None:
    await opened(world, need.id)

    with pytest.raises(opening_rules.OpenedBefore):
        await hand_in(world, need.id, OPENERS[2])


async def test_a_false_share_names_the_offer_and_is_not_kept(world: World, need: Published) -> None:
    offer_id = await offered(world, need.lot_id, content())
    (of_another,) = (await shares_of(world, need.id, OPENERS[1])).shares

    with pytest.raises(opening_rules.SharesFalse) as refused:
        async with world.acting(OPENERS[0]) as (tx, by):
            await opening.hand_in(tx, need.id, HandedShares((of_another,)), by=by, at=OPENING)

    assert offer_id in refused.value.detail
    assert [fault.pointer for fault in refused.value.faults] == ["/shares/0/share"]
    assert await hand_in(world, need.id, OPENERS[0]) == "closed"


async def test_shares_for_some_offers_only_are_refused(world: World, need: Published) -> None:
    await offered(world, need.lot_id, content())
    await offered(world, need.lot_id, content(), by="second_enterprise")
    shares = (await shares_of(world, need.id, OPENERS[0])).shares

    with pytest.raises(opening_rules.SharesIncomplete):
        async with world.acting(OPENERS[0]) as (tx, by):
            await opening.hand_in(tx, need.id, HandedShares(shares[:1]), by=by, at=OPENING)


async def test_an_altered_envelope_excludes_its_offer_by_the_keepers_fault(
    world: World, need: Published, owner_url: str
) -> None:
    altered = await offered(world, need.lot_id, content())
    sound = await offered(world, need.lot_id, content(), by="second_enterprise")
    shares = await shares_of(world, need.id, OPENERS[0])
    owner = await asyncpg.connect(owner_url)
    await owner.execute("SET app.purpose = 'opening'")
    await owner.execute(
        "UPDATE offer SET envelope = (SELECT envelope FROM offer WHERE id = $2) WHERE id = $1",
        altered, sound,
    )  # fmt: skip
    await owner.close()

    with pytest.raises(opening_rules.SharesOutdated):
        async with world.acting(OPENERS[0]) as (tx, by):
            await opening.hand_in(tx, need.id, shares, by=by, at=OPENING)
    await opened(world, need.id)

    async with world.database.transaction() as tx:
        record = msgspec.json.decode(await openings.record(tx, need.id), type=Opening)
    found = {one.offer_id: (one.state, one.failure, one.at_fault) for one in record.offers}
    assert found == {
        altered: ("excluded", "altered", "keeper"),
        sound: ("opened", None, None),
    }


async def test_the_record_of_an_opening_is_public(world: World, need: Published) -> None:
    offer_id = await offered(world, need.lot_id, financing(), by="bank", kind="financing")
    await opened(world, need.id)

    async with world.database.transaction() as tx:
        record = msgspec.json.decode(await openings.record(tx, need.id), type=Opening)

    assert record.openers == tuple(world.actor(who).person_id for who in OPENERS[:2])
    assert (record.opened_at, record.count) == (OPENING, 1)
    (one,) = record.offers
    assert (one.offer_id, one.lead_id) == (offer_id, world.organisation("bank"))


async def test_a_cancelled_need_is_never_opened(world: World, need: Published) -> None:
    await offered(world, need.lot_id, content())
    async with world.acting("city/officer") as (tx, by):
        await needs.cancel(tx, need.id, reason=REASON, by=by, at=AT, expected=None)

    with pytest.raises(opening_rules.NothingToOpen):
        await hand_in(world, need.id, OPENERS[0])


async def test_the_log_alone_decides_again(world: World, need: Published, owner_url: str) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await opened(world, need.id)

    body = await told(owner_url, offer_id, "offer.drafted")
    facts = msgspec.convert(body.facts, DraftFacts)
    assert rules.draft(facts, by=body.by, at=AT) == msgspec.convert(body.decision, Drafted)
    body = await told(owner_url, offer_id, "offer.submitted")
    sent = msgspec.convert(body.facts, OfferFacts)
    assert rules.submit(sent, by=body.by, at=AT) == msgspec.convert(body.decision, Submitted)
    body = await told(owner_url, need.id, "need.shares_handed_in")
    handed = msgspec.convert(body.facts, HandInFacts)
    assert opening_rules.hand_in(handed, by=body.by, at=OPENING) == msgspec.convert(
        body.decision, HandedIn
    )
    body = await told(owner_url, need.id, "need.opened")
    unsealed = msgspec.convert(body.facts, OpenFacts)
    assert opening_rules.open_all(unsealed, by=body.by, at=OPENING) == msgspec.convert(
        body.decision, Opening
    )
