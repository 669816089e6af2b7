"""Offers on a real database: who sees one, what is kept, and how all open at once."""

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest
from joserfc import jws

from ecosystem.history.model import Body
from ecosystem.needs import actions as needs
from ecosystem.offers import actions, queries, rules
from ecosystem.offers.model import (
    Drafted,
    DraftFacts,
    HandedIn,
    HandedShares,
    HandInFacts,
    OfferContent,
    OfferFacts,
    OpenFacts,
    Opening,
    Submitted,
)
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening import queries as openings
from ecosystem.runtime.database import Database
from tests.builders import (
    AT,
    DEADLINE,
    KEY,
    OPENERS,
    OPENING,
    REASON,
    Published,
    World,
    appointed,
    content,
    drafted,
    financing,
    hand_in,
    offered,
    opened,
    published,
    settled,
    shares_of,
    submitted,
)

CANARY = "777123.45"
WORDS = "canary sings at dawn"
ONE_SECOND = timedelta(seconds=1)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await settled(database, tmp_path)


@pytest.fixture
async def need(world: World) -> Published:
    return await published(world)


async def seen(world: World, who: str, offer_id: str) -> dict[str, object] | None:
    async with world.acting(who) as (tx, by):
        try:
            row = await queries.view(tx, offer_id, seen_by=by)
        except rules.OfferMissing:
            return None
    found: dict[str, object] = msgspec.json.decode(row[0])
    return found


def as_read(offered: OfferContent) -> object:
    found: object = msgspec.json.decode(msgspec.json.encode(offered))
    return found


async def dump(owner_url: str) -> str:
    """Return every row of every table as the owner of the tables could take it away."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SET app.purpose = 'opening'")
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        statements = [f"SELECT {one[0]}::text AS row FROM {one[0]}" for one in names]  # noqa: S608
        rows = [await connection.fetch(statement) for statement in statements]
    finally:
        await connection.close()
    return "\n".join(row["row"] for table in rows for row in table)


def in_hex(*texts: str) -> list[str]:
    """Return how a dump shows texts that lie in columns of bytes."""
    return [text.encode().hex() for text in texts]


async def facts_of(owner_url: str, stream: str, kind: str) -> Body:
    connection = await asyncpg.connect(owner_url)
    try:
        text = await connection.fetchval(
            "SELECT body::text FROM event WHERE stream = $1 AND type = $2 ORDER BY version DESC",
            stream, kind,
        )  # fmt: skip
    finally:
        await connection.close()
    return msgspec.json.decode(text, type=Body)


async def test_what_was_offered_is_nowhere_in_the_database_before_the_opening(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await offered(world, need.lot_id, content(CANARY, proposal={"en": WORDS}))

    before = await dump(owner_url)
    await opened(world, need.id)
    after = await dump(owner_url)

    assert offer_id in before
    assert "cipher_text" in before
    assert not any(told in before for told in (CANARY, WORDS, *in_hex(CANARY, WORDS)))
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
        assert found["content"] == as_read(content())
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
    submission = await facts_of(owner_url, offer_id, "offer.submitted")
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
    assert found["content"] == as_read(content("700000.00"))


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
    assert found["content"] == as_read(content())


async def test_a_withdrawn_offer_is_destroyed_and_never_opened(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    async with world.acting("enterprise/bidder") as (tx, by):
        await actions.withdraw(tx, offer_id, by=by, at=AT)
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


async def test_one_opener_alone_opens_nothing_however_often(world: World, need: Published) -> None:
    offer_id = await offered(world, need.lot_id, content())

    state = await hand_in(world, need.id, OPENERS[0])
    with pytest.raises(rules.HandedInBefore):
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
        with pytest.raises(asyncpg.CheckViolationError, match="nobody_opens_alone"):
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

    with pytest.raises(rules.OpenedBefore):
        await hand_in(world, need.id, OPENERS[2])


async def test_a_false_share_names_the_offer_and_is_not_kept(world: World, need: Published) -> None:
    offer_id = await offered(world, need.lot_id, content())
    (of_another,) = (await shares_of(world, need.id, OPENERS[1])).shares

    with pytest.raises(rules.SharesFalse) as refused:
        async with world.acting(OPENERS[0]) as (tx, by):
            await opening.hand_in(tx, need.id, HandedShares((of_another,)), by=by, at=OPENING)

    assert offer_id in refused.value.detail
    assert refused.value.faults[0].pointer == "/shares/0/share"
    assert await hand_in(world, need.id, OPENERS[0]) == "closed"


async def test_shares_for_some_offers_only_are_refused(world: World, need: Published) -> None:
    await offered(world, need.lot_id, content())
    await offered(world, need.lot_id, content(), by="second_enterprise")
    shares = (await shares_of(world, need.id, OPENERS[0])).shares

    with pytest.raises(rules.SharesIncomplete):
        async with world.acting(OPENERS[0]) as (tx, by):
            await opening.hand_in(tx, need.id, HandedShares(shares[:1]), by=by, at=OPENING)


async def test_an_altered_envelope_excludes_its_offer_by_the_keepers_fault(
    world: World, need: Published, owner_url: str
) -> None:
    altered = await offered(world, need.lot_id, content())
    sound = await offered(world, need.lot_id, content(), by="second_enterprise")
    shares = {who: await shares_of(world, need.id, who) for who in OPENERS[:2]}
    owner = await asyncpg.connect(owner_url)
    await owner.execute("SET app.purpose = 'opening'")
    await owner.execute(
        "UPDATE offer SET envelope = (SELECT envelope FROM offer WHERE id = $2) WHERE id = $1",
        altered, sound,
    )  # fmt: skip
    await owner.close()

    for who, handed in shares.items():
        async with world.acting(who) as (tx, by):
            await opening.hand_in(tx, need.id, handed, by=by, at=OPENING)

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

    with pytest.raises(rules.NothingToOpen):
        await hand_in(world, need.id, OPENERS[0])


async def test_the_log_alone_decides_again(world: World, need: Published, owner_url: str) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await opened(world, need.id)

    told = await facts_of(owner_url, offer_id, "offer.drafted")
    facts = msgspec.convert(told.facts, DraftFacts)
    assert rules.draft(facts, by=told.by, at=AT) == msgspec.convert(told.decision, Drafted)
    told = await facts_of(owner_url, offer_id, "offer.submitted")
    sent = msgspec.convert(told.facts, OfferFacts)
    assert rules.submit(sent, by=told.by, at=AT) == msgspec.convert(told.decision, Submitted)
    told = await facts_of(owner_url, need.id, "need.shares_handed_in")
    handed = msgspec.convert(told.facts, HandInFacts)
    assert rules.hand_in(handed, by=told.by, at=OPENING) == msgspec.convert(told.decision, HandedIn)
    told = await facts_of(owner_url, need.id, "need.opened")
    unsealed = msgspec.convert(told.facts, OpenFacts)
    assert rules.open_all(unsealed, by=told.by, at=OPENING) == msgspec.convert(
        told.decision, Opening
    )
