"""An amended need: who has offered is told, confirms, or is not opened; and what waits."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from ecosystem.needs.amending import actions as amending
from ecosystem.needs.amending.model import AmendmentDraft, NeedChange
from ecosystem.needs.questions import actions as questions
from ecosystem.offers import actions, queries
from ecosystem.offers.confirming import actions as confirming
from ecosystem.offers.confirming import rules
from ecosystem.offers.confirming.model import Outdated
from ecosystem.offers.model import OfferFacts
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening import queries as openings
from ecosystem.offers.opening import rules as opening_rules
from ecosystem.offers.rules import NotLead, OfferMissing, SubmissionOver
from ecosystem.values.text import Text
from tests.builders import (
    AT,
    DEADLINE,
    KEY,
    OPENERS,
    REASON,
    Published,
    World,
    content,
    drafted,
    hand_in,
    offered,
    opened,
    published,
    seen,
    submitted,
    told,
)
from tests.replay import replayed

ASKED = AmendmentDraft(reason=REASON, changes=msgspec.convert(
    {"title": {"en": "Amended"}}, NeedChange
))  # fmt: skip


async def amend(world: World, need_id: str) -> int:
    async with world.acting("city/officer") as (tx, by):
        now = await amending.amend(tx, need_id, ASKED, by=by, at=AT, expected=None)
    return now.version


async def confirm(world: World, offer_id: str, *, by: str = "enterprise") -> None:
    async with world.acting(f"{by}/bidder") as (tx, actor):
        await confirming.confirm(tx, offer_id, by=actor, at=AT, expected=None)


async def test_what_is_not_confirmed_is_not_opened_and_its_bidder_was_told(
    world: World, need: Published, owner_url: str
) -> None:
    left = await offered(world, need.lot_id, content())
    kept = await offered(world, need.lot_id, content(), by="second_enterprise")
    version = await amend(world, need.id)
    await confirm(world, kept, by="second_enterprise")

    await opened(world, need.id)

    asked = await told(owner_url, left, "offer.confirmation_asked")
    assert asked.decision == {"content_version": version}
    record = msgspec.json.decode(
        await openings.record(world.database.plain(), need.id), type=dict[str, object]
    )
    found = {one["offer_id"]: one for one in record["offers"]}  # type: ignore[attr-defined]
    assert found[left]["state"] == "excluded"
    assert (found[left]["failure"], found[left]["at_fault"]) == ("unconfirmed", "bidder")
    assert found[kept]["state"] == "opened"
    excluded = await seen(world, "city/officer", left)
    assert excluded is not None
    assert excluded["content"] is None


async def test_to_submit_anew_confirms_as_well(world: World, need: Published) -> None:
    offer_id = await offered(world, need.lot_id, content())
    version = await amend(world, need.id)

    await submitted(world, offer_id, content())

    view = await seen(world, "enterprise/bidder", offer_id)
    assert view is not None
    assert view["confirmed_version"] == version
    with pytest.raises(rules.ConfirmedBefore):
        await confirm(world, offer_id)


async def test_who_amends_sees_no_offer_by_it(world: World, need: Published) -> None:
    offer_id = await offered(world, need.lot_id, content())

    async with world.acting("city/officer") as (tx, by):
        await amending.amend(tx, need.id, ASKED, by=by, at=AT, expected=None)
        with pytest.raises(OfferMissing):
            await queries.view(tx, offer_id, seen_by=by)


async def test_only_the_lead_confirms_what_is_submitted_and_in_time(
    world: World, need: Published
) -> None:
    offer_id = await drafted(world, need.lot_id)
    with pytest.raises(rules.NothingSubmitted):
        await confirm(world, offer_id)
    await submitted(world, offer_id, content())
    await amend(world, need.id)

    async with world.acting("enterprise/bidder") as (tx, by):
        facts, _, _ = await queries.locked(tx, offer_id, by=by, at=AT)
        with pytest.raises(NotLead):
            rules.confirm(facts, by=world.actor("second_enterprise/bidder"), at=AT)
        with pytest.raises(SubmissionOver):
            rules.confirm(facts, by=by, at=DEADLINE)


async def test_a_submission_that_meets_an_amendment_is_for_one_version_or_the_other(
    world: World, need: Published
) -> None:
    offer_id = await drafted(world, need.lot_id)
    async with world.acting("city/officer") as (tx, by):
        now = await amending.amend(tx, need.id, ASKED, by=by, at=AT, expected=None)
        submitting = asyncio.create_task(submitted(world, offer_id, content()))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(submitting), 0.3)
    await submitting

    view = await seen(world, "enterprise/bidder", offer_id)
    assert view is not None
    assert view["confirmed_version"] == now.version


async def test_an_amendment_that_meets_a_submission_asks_for_its_confirmation(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await drafted(world, need.lot_id)
    async with world.acting("enterprise/bidder") as (tx, by):
        await actions.submit(tx, offer_id, content(), key=KEY, by=by, at=AT, expected=None)
        amended = asyncio.create_task(amend(world, need.id))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(amended), 0.3)
    version = await amended

    asked = await told(owner_url, offer_id, "offer.confirmation_asked")
    assert (asked.facts["confirmed_version"], asked.decision["content_version"]) == (1, version)


async def test_offers_stay_sealed_while_a_question_waits_where_the_law_has_it_so(
    world: World,
) -> None:
    late = AT + timedelta(days=45)
    need = await published(
        world, jurisdiction="440304", enquiry_ends_at=AT + timedelta(days=30),
        submission_ends_at=late, opening_at=late,
    )  # fmt: skip
    async with world.acting("enterprise/bidder") as (tx, by):
        asked = await questions.ask(tx, need.id, text=Text(en="Which?"), by=by, at=AT)

    async with world.acting(OPENERS[0]) as (tx, by):
        with pytest.raises(opening_rules.QuestionsUnanswered):
            await opening.give_out(tx, need.id, by=by, at=late)
    async with world.acting("city/officer") as (tx, by):
        await questions.answer(tx, asked.id, text=Text(en="This."), by=by, at=AT)
    async with world.acting(OPENERS[0]) as (tx, by):
        assert (await opening.give_out(tx, need.id, by=by, at=late)).data == ()


async def refused(world: World, sql: str, *values: Any, purpose: str = "opening") -> str | None:
    """Return the name of the rule by which the database refuses the serving role."""
    connection = await world.database.connect()
    try:
        await connection.execute(f"SET app.purpose = '{purpose}'")
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as no:
            await connection.execute(sql, *values)
    finally:
        await connection.close()
    name: str | None = no.value.as_dict().get("constraint_name")
    return name


async def test_the_database_opens_no_offer_that_was_not_confirmed_after_an_amendment(
    world: World, need: Published
) -> None:
    left = await offered(world, need.lot_id, content())
    kept = await offered(world, need.lot_id, content(), by="second_enterprise")
    version = await amend(world, need.id)
    await confirm(world, kept, by="second_enterprise")
    moved = "UPDATE offer SET state = $2, version = version + 1 WHERE id = $1"
    said = "UPDATE offer SET confirmed_version = $2, state = $3 WHERE id = $1"
    back = "UPDATE need SET content_version = $2 WHERE id = $1"

    assert await refused(world, moved, left, "opened") == "what_is_opened_is_confirmed"
    for state in ("admitted", "awarded", "not_awarded"):
        assert await refused(world, moved, left, state) in {
            "offer_goes_as_decided", "what_is_opened_is_confirmed", "offer_takes_its_turn",
        }  # fmt: skip
    assert await refused(world, said, left, version + 1, "submitted") == (
        "what_is_opened_is_confirmed"
    )
    assert await refused(world, back, need.id, 1) == "need_terms_stay"
    await hand_in(world, need.id, OPENERS[0])
    for state in ("submitted", "opened"):
        assert await refused(world, said, left, version, state) == "what_is_opened_is_confirmed"
    assert await refused(world, back, need.id, version + 1) == "need_terms_stay"

    await hand_in(world, need.id, OPENERS[1])
    assert await refused(world, moved, left, "opened") == "offer_goes_as_decided"
    found = await seen(world, "city/officer", kept)
    assert found is not None
    assert found["state"] == "opened"


async def test_the_database_opens_nothing_while_a_question_waits_where_the_law_has_it_so(
    world: World,
) -> None:
    late = AT + timedelta(days=45)
    need = await published(
        world, jurisdiction="440304", enquiry_ends_at=AT + timedelta(days=30),
        submission_ends_at=late, opening_at=late,
    )  # fmt: skip
    async with world.acting("enterprise/bidder") as (tx, by):
        asked = await questions.ask(tx, need.id, text=Text(en="Which?"), by=by, at=AT)
    opener = world.actor(OPENERS[0])
    handing = "INSERT INTO opening_share VALUES ($1, $2, $3, '{}', now())"
    opens = "INSERT INTO opening VALUES ($1, $2, now(), ARRAY['person_a', 'person_b'], '{}')"
    place = (opener.organisation_number, need.id)
    harmless = "UPDATE need SET waits_for_answers = false WHERE id = $1"
    unanswered = "UPDATE question SET answer = NULL, answered_at = NULL WHERE id = $1"

    assert await refused(world, handing, *place, opener.person_id) == "shares_wait_for_answers"
    assert await refused(world, opens, *place) == "an_opening_waits_for_answers"
    assert await refused(world, harmless, need.id) == "need_terms_stay"
    async with world.acting("city/officer") as (tx, by):
        await questions.answer(tx, asked.id, text=Text(en="This."), by=by, at=AT)
    assert await refused(world, unanswered, asked.id) == "question_hands_stay"
    connection = await world.database.connect()
    await connection.execute("SET app.purpose = 'opening'")
    assert await connection.execute(handing, *place, opener.person_id) == "INSERT 0 1"
    await connection.close()


async def test_the_log_alone_decides_confirmations_again(world: World) -> None:
    decided = await replayed(
        world.database,
        {
            "offer.confirmation_asked": (rules.ask, Outdated),
            "offer.confirmed": (rules.confirm, OfferFacts),
        },
    )

    assert all(decided.values())


async def test_the_database_keeps_the_liability_of_what_is_submitted(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    name = await refused(world, "UPDATE offer SET liability = 'several' WHERE id = $1", offer_id)

    assert name == "liability_stays_as_submitted"
