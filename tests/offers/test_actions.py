"""Offers on a real database: who sees one, what is kept, and what is received."""

from datetime import timedelta

import asyncpg
import msgspec
import pytest
from joserfc import jws

from ecosystem.offers import actions, rules
from ecosystem.offers.opening import queries as openings
from ecosystem.offers.opening.model import Opening
from ecosystem.offers.tables import offer
from tests.awarding import appointed
from tests.builders import (
    AT,
    DEADLINE,
    KEY,
    Published,
    World,
    as_sent,
    content,
    drafted,
    offered,
    opened,
    seen,
    submitted,
    told,
)
from tests.offers.dumping import CANARY, WORDS, dump, singing

ONE_SECOND = timedelta(seconds=1)


async def test_what_was_offered_is_nowhere_in_the_database_before_the_opening(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await offered(world, need.lot_id, content(CANARY, proposal={"en": WORDS}))

    before = await dump(owner_url)
    await opened(world, need.id)
    after = await dump(owner_url)

    assert offer_id in before
    assert "cipher_text" in before
    assert not list(singing(before, CANARY, WORDS))
    assert CANARY in after
    assert WORDS in after


async def test_before_the_opening_nobody_but_the_members_knows_of_an_offer(
    world: World, need: Published
) -> None:
    shares = {"enterprise": "60", "think_tank": "40"}
    offer_id = await drafted(world, need.lot_id, shares=shares)
    await submitted(world, offer_id, content())

    strangers = ("city/officer", "city/opener", "auditor/auditor", "second_enterprise/bidder")
    assert [await seen(world, who, offer_id) for who in strangers] == [None] * 4
    for member in ("enterprise/bidder", "think_tank/bidder"):
        own = await seen(world, member, offer_id)
        assert own is not None
        assert own["state"] == "submitted"
        assert own["content"] is None


async def test_after_the_opening_the_authority_and_its_auditors_read_and_rivals_do_not(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await opened(world, need.id)

    for who in ("city/officer", "auditor/auditor", "enterprise/bidder"):
        found = await seen(world, who, offer_id)
        assert found is not None
        assert found["state"] == "opened"
        assert found["content"] == as_sent(content())
    for who in ("second_enterprise/bidder", "think_tank/evaluator", "oversight/reviewer"):
        assert await seen(world, who, offer_id) is None


async def test_an_evaluator_reads_only_after_declaring_no_conflict(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await opened(world, need.id)

    people = ("city/evaluator", "city/second_evaluator", "verifier/evaluator")
    assert await seen(world, "city/evaluator", offer_id) is not None
    await appointed(world, need.id, people, conflicts=("city/second_evaluator",))

    assert await seen(world, "city/evaluator", offer_id) is not None
    assert await seen(world, "verifier/evaluator", offer_id) is not None
    assert await seen(world, "verifier/verifier", offer_id) is None
    assert await seen(world, "city/second_evaluator", offer_id) is None


async def test_the_receipt_is_signed_and_names_the_digest_of_what_is_kept(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await drafted(world, need.lot_id)

    receipt = await submitted(world, offer_id, content())

    signed = jws.deserialize_compact(receipt.receipt, KEY, algorithms=["ES256"])
    claims = msgspec.json.decode(signed.payload)
    assert signed.headers()["typ"] == "receipt+jwt"
    assert claims["offer_id"] == offer_id
    assert claims["organisation_id"] == world.organisation("enterprise")
    assert claims["envelope_sha256"] == receipt.envelope_digest
    submission = await told(owner_url, offer_id, "offer.submitted")
    assert submission.decision["envelope_digest"] == receipt.envelope_digest
    assert submission.decision["offer_commitment"] == claims["offer_commitment"]


async def test_a_later_submission_takes_the_place_of_the_earlier(
    world: World, need: Published
) -> None:
    offer_id = await drafted(world, need.lot_id)
    first = await submitted(world, offer_id, content("900000.00"))

    second = await submitted(world, offer_id, content("700000.00"), at=DEADLINE - ONE_SECOND)
    await opened(world, need.id)

    assert first.envelope_digest != second.envelope_digest
    found = await seen(world, "city/officer", offer_id)
    assert found is not None
    assert found["envelope_digest"] == second.envelope_digest
    assert found["content"] == as_sent(content("700000.00"))


async def test_a_late_offer_is_refused_and_the_one_in_time_stands(
    world: World, need: Published
) -> None:
    offer_id = await drafted(world, need.lot_id)
    await submitted(world, offer_id, content())

    with pytest.raises(rules.SubmissionOver):
        await submitted(world, offer_id, content("1.00"), at=DEADLINE)
    await opened(world, need.id)

    found = await seen(world, "city/officer", offer_id)
    assert found is not None
    assert found["content"] == as_sent(content())


async def test_a_withdrawn_offer_is_destroyed_and_never_opened(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    async with world.acting("enterprise/bidder") as (tx, by):
        await actions.withdraw(tx, offer_id, by=by, at=AT, expected=None)
    again = await offered(world, need.lot_id, content())
    await opened(world, need.id)

    async with world.database.transaction() as tx:
        record = msgspec.json.decode(await openings.record(tx, need.id), type=Opening)
    assert [one.offer_id for one in record.offers] == [again]
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SET app.purpose = 'opening'")
    kept = await connection.fetchval("SELECT envelope FROM offer WHERE id = $1", offer_id)
    await connection.close()
    assert kept is None


async def test_a_consortium_submits_only_with_every_consent(world: World, need: Published) -> None:
    shares = {"enterprise": "70", "think_tank": "30"}
    offer_id = await drafted(world, need.lot_id, shares=shares, consenting=False)

    with pytest.raises(rules.ConsentsMissing, match=world.organisation("think_tank")):
        await submitted(world, offer_id, content())
    async with world.acting("think_tank/bidder") as (tx, by):
        await actions.consent(tx, offer_id, by=by, at=AT)

    assert (await submitted(world, offer_id, content())).state == "submitted"


async def test_a_stranger_consents_to_nothing(world: World, need: Published) -> None:
    offer_id = await drafted(world, need.lot_id)

    async with world.acting("bank/bidder") as (tx, by):
        with pytest.raises(rules.OfferMissing):
            await actions.consent(tx, offer_id, by=by, at=AT)


async def test_an_organisation_leads_one_offer_of_a_kind_for_a_lot(
    world: World, need: Published
) -> None:
    await drafted(world, need.lot_id)

    with pytest.raises(rules.OfferedBefore):
        await drafted(world, need.lot_id)


async def test_no_offer_comes_into_the_world_in_a_later_state(
    world: World, need: Published
) -> None:
    draft = await drafted(world, need.lot_id)
    names = ", ".join(one.name for one in offer.columns if one.name not in {"id", "state"})
    born = (
        f"INSERT INTO offer (id, state, {names}) "  # noqa: S608 - names of columns only
        f"SELECT id || '0', $2, {names} FROM offer WHERE id = $1"
    )
    connection = await world.database.connect()
    await connection.execute("SET app.purpose = 'opening'")

    for state in ("submitted", "withdrawn", "opened", "admitted", "excluded", "awarded"):
        with pytest.raises(asyncpg.RestrictViolationError) as no:
            await connection.execute(born, draft, state)
        assert no.value.constraint_name == "offer_takes_its_turn"
    await connection.close()
