"""Two at once, in two sessions that stand at the same point: one right outcome each."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from ecosystem.offers import actions, rules
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening import rules as opening_rules
from ecosystem.offers.rules import NeedNotOpen, OfferOver
from ecosystem.values.refusal import Refusal
from ecosystem.values.revision import RevisionStale
from tests.builders import (
    AT,
    DEADLINE,
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
    published,
    seen,
    shares_of,
    submitted,
    waiting,
)

JUST_IN_TIME = DEADLINE - timedelta(milliseconds=1)


async def ends(*acts: Any) -> list[Any]:
    """Do all at once; return what each ended with, a refusal too."""
    return list(await asyncio.gather(*acts, return_exceptions=True))


async def withdrawn(world: World, offer_id: str, *, expected: int | None) -> str:
    async with world.acting("enterprise/bidder") as (tx, by):
        return (await actions.withdraw(tx, offer_id, by=by, at=AT, expected=expected)).state


@pytest.mark.parametrize(("expected", "refusal"), [(2, RevisionStale), (None, OfferOver)])
async def test_of_two_withdrawals_one_withdraws(
    world: World, need: Published, expected: int | None, refusal: type[Refusal]
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    async with world.acting("enterprise/bidder") as (tx, by):
        first = await actions.withdraw(tx, offer_id, by=by, at=AT, expected=expected)
        second = await waiting(withdrawn(world, offer_id, expected=expected))

    assert first.state == "withdrawn"
    with pytest.raises(refusal):
        await second


async def test_of_a_withdrawal_and_a_replacement_that_saw_the_same_one_counts(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    async def replaced() -> str:
        async with world.acting("enterprise/bidder") as (tx, by):
            return (
                await actions.submit(tx, offer_id, content(), key=KEY, by=by, at=AT, expected=2)
            ).state

    found = await ends(withdrawn(world, offer_id, expected=2), replaced())

    refused = [one for one in found if isinstance(one, Refusal)]
    (state,) = [one for one in found if isinstance(one, str)]
    assert [type(one) for one in refused] in ([RevisionStale], [OfferOver])
    shown = await seen(world, "enterprise/bidder", offer_id)
    assert shown is not None
    assert shown["state"] == state


async def test_a_replacement_that_holds_the_offer_is_what_the_officers_then_find(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content("900000.00"))
    read_before = {who: await shares_of(world, need.id, who) for who in OPENERS[:2]}

    async with world.acting("enterprise/bidder") as (tx, by):
        await actions.submit(
            tx, offer_id, content("700000.00"), key=KEY, by=by, at=JUST_IN_TIME, expected=None
        )
        officer = asyncio.create_task(handed(world, need.id, OPENERS[0], read_before))
        await asyncio.sleep(0.1)
        assert not officer.done()

    with pytest.raises(opening_rules.SharesOutdated):
        await officer
    for who in OPENERS[:2]:
        await hand_in(world, need.id, who)
    shown = await seen(world, "city/officer", offer_id)
    assert shown is not None
    assert shown["content"] == as_sent(content("700000.00"))


async def test_a_replacement_that_comes_to_the_offer_after_the_first_officer_changes_nothing(
    world: World, need: Published
) -> None:
    need = await published(world, opening_at=DEADLINE)
    offer_id = await offered(world, need.lot_id, content("900000.00"))
    await hand_in(world, need.id, OPENERS[0])

    with pytest.raises(NeedNotOpen):
        await submitted(world, offer_id, content("1.00"), at=JUST_IN_TIME)

    assert await hand_in(world, need.id, OPENERS[1]) == "opened"
    shown = await seen(world, "city/officer", offer_id)
    assert shown is not None
    assert shown["content"] == as_sent(content("900000.00"))


async def test_a_submission_and_a_late_one_at_once_end_as_their_times_say(
    world: World, need: Published
) -> None:
    offer_id = await drafted(world, need.lot_id)

    in_time, late = await ends(
        submitted(world, offer_id, content("900000.00"), at=JUST_IN_TIME),
        submitted(world, offer_id, content("1.00"), at=DEADLINE),
    )

    assert in_time.received_at == JUST_IN_TIME
    assert isinstance(late, rules.SubmissionOver)


async def handed(world: World, need_id: str, who: str, shares: dict[str, Any]) -> str:
    async with world.acting(who) as (tx, by):
        return (await opening.hand_in(tx, need_id, shares[who], by=by, at=OPENING)).state
