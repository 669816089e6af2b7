"""Offers in two envelopes: taken both or none, each opened in its turn, by the right shares."""

from typing import Any

import asyncpg
import msgspec
import pytest
from joserfc import jws

from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.needs.amending import actions as amending
from ecosystem.needs.amending.model import AmendmentDraft, NeedChange
from ecosystem.needs.rules import NeedUnsound
from ecosystem.offers import actions, halves, sealing, shapes
from ecosystem.offers import queries as offers
from ecosystem.offers.envelope import (
    Envelope,
    EnvelopeForAnother,
    EnvelopeMalformed,
    Part,
    SealedBy,
)
from ecosystem.offers.financial import actions as financial
from ecosystem.offers.model import OfferContent, Receipt, SealedOffer
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening import queries as openings
from ecosystem.offers.opening import rules
from ecosystem.offers.opening.model import Opening
from ecosystem.runtime.minting import entropy
from tests.awarding import EVALUATORS, admitted, appointed, excluded, frozen, scored, sifted
from tests.builders import (
    AT,
    KEY,
    OPENERS,
    OPENING,
    REASON,
    Published,
    World,
    content,
    drafted,
    financing,
    offered,
    opened,
    published,
    seen,
    shares_of,
    submitted,
)


@pytest.fixture
async def need(world: World) -> Published:
    """A need whose offers come in two envelopes."""
    return await published(world, envelopes="two")


async def envelopes_of(
    world: World, offer_id: str, what: OfferContent, *, by: str = "enterprise", again: bool = False
) -> tuple[Envelope, ...]:
    """Seal both parts as a bidder's own program does; with `again` by the same dice."""
    rolled: dict[int, bytes] = {}
    async with world.acting(f"{by}/bidder") as (tx, actor):
        facts, _, row = await offers.locked(tx, offer_id, by=actor, at=AT)
    return tuple(
        sealing.seal(
            text,
            terms=offers.sealing_terms(facts, row, part=part),
            sealed_by=SealedBy.CLIENT,
            entropy=(lambda n: rolled.setdefault(n, entropy(n))) if again else entropy,
        )
        for part, text in halves.split(what, envelopes=Envelopes.TWO)
    )


async def sent(
    world: World, offer_id: str, sealed: tuple[Envelope, ...], *, by: str = "enterprise"
) -> Receipt:
    async with world.acting(f"{by}/bidder") as (tx, actor):
        return await actions.submit_sealed(
            tx, offer_id, SealedOffer(sealed), key=KEY, by=actor, at=AT, expected=None
        )


async def prices_ready(world: World, need: Published, *offer_ids: str) -> None:
    """Open the technical parts, score those of `offer_ids`, and freeze the scores."""
    await admitted(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        for offer_id in offer_ids:
            await scored(world, offer_id, who)
    await frozen(world, need.id)


async def record_of(world: World, need: Published, *of: Part) -> Opening:
    async with world.database.transaction() as tx:
        found = await openings.record(tx, need.id, of=of)
    return msgspec.json.decode(found, type=Opening)


async def owned(owner_url: str, statement: str, *values: Any) -> None:
    """Do what only the owner of the database can."""
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("SET app.purpose = 'opening'")
        await owner.execute(statement, *values)
    finally:
        await owner.close()


@pytest.mark.parametrize("sealer", ["client", "server"])
async def test_one_receipt_commits_to_both_envelopes(
    world: World, need: Published, sealer: str
) -> None:
    offer_id = await drafted(world, need.lot_id)

    if sealer == "client":
        receipt = await sent(world, offer_id, await envelopes_of(world, offer_id, content()))
    else:
        receipt = await submitted(world, offer_id, content())

    claims = msgspec.json.decode(jws.deserialize_compact(receipt.receipt, KEY).payload)
    shown = await seen(world, "enterprise/bidder", offer_id)
    assert shown is not None
    assert claims["envelope_sha256"] == receipt.envelope_digest == shown["envelope_digest"]
    assert claims["financial"]["envelope_sha256"] == receipt.financial_digest
    assert shown["financial_digest"] == receipt.financial_digest != receipt.envelope_digest
    assert (shown["financial_state"], shown["content"]) == ("sealed", None)


async def test_both_envelopes_are_taken_or_none(world: World, need: Published) -> None:
    offer_id = await drafted(world, need.lot_id)
    technical, price = await envelopes_of(world, offer_id, content())

    for bent in ((technical,), (price,), (price, technical), (technical, technical)):
        with pytest.raises(EnvelopeForAnother):
            await sent(world, offer_id, bent)

    shown = await seen(world, "enterprise/bidder", offer_id)
    assert shown is not None
    assert (shown["state"], shown["financial_digest"]) == ("draft", None)


async def test_a_need_with_one_envelope_takes_no_two(world: World) -> None:
    whole = await published(world)
    offer_id = await drafted(world, whole.lot_id)

    with pytest.raises(EnvelopeForAnother):
        await sent(world, offer_id, await envelopes_of(world, offer_id, content()))


async def test_envelopes_that_share_a_key_are_refused_for_one_would_open_the_other(
    world: World, need: Published
) -> None:
    offer_id = await drafted(world, need.lot_id)

    with pytest.raises(EnvelopeMalformed, match="anew"):
        await sent(world, offer_id, await envelopes_of(world, offer_id, content(), again=True))


async def test_what_replaces_and_withdraws_an_offer_does_so_with_both_envelopes(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content("1.00"))
    first = await seen(world, "enterprise/bidder", offer_id)
    await submitted(world, offer_id, content("2.00"))
    second = await seen(world, "enterprise/bidder", offer_id)
    async with world.acting("enterprise/bidder") as (tx, by):
        await actions.withdraw(tx, offer_id, by=by, at=AT, expected=None)
    last = await seen(world, "enterprise/bidder", offer_id)

    assert first is not None
    assert second is not None
    assert last is not None
    assert first["financial_digest"] != second["financial_digest"]
    assert (last["state"], last["financial_state"]) == ("withdrawn", None)


async def test_the_database_keeps_both_parts_of_what_is_submitted_or_none(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    with pytest.raises(asyncpg.RestrictViolationError, match="rule") as refused:
        await owned(
            owner_url,
            "UPDATE offer SET (financial_envelope, financial_state) = (NULL, NULL) WHERE id = $1",
            offer_id,
        )

    assert refused.value.constraint_name == "both_parts_or_none"


async def test_a_technical_part_that_names_the_price_is_no_offer(
    world: World, need: Published
) -> None:
    offer_id = await drafted(world, need.lot_id)
    _, price = await envelopes_of(world, offer_id, content())
    async with world.acting("enterprise/bidder") as (tx, by):
        facts, _, row = await offers.locked(tx, offer_id, by=by, at=AT)
    telling = sealing.seal(
        msgspec.json.encode(content("777123.45")),
        terms=offers.sealing_terms(facts, row, part=Part.TECHNICAL),
        sealed_by=SealedBy.CLIENT,
        entropy=entropy,
    )
    await sent(world, offer_id, (telling, price))

    await opened(world, need.id)

    (one,) = (await record_of(world, need, Part.TECHNICAL)).offers
    assert (one.state, one.failure, one.at_fault) == ("excluded", "unsound", "bidder")
    shown = await seen(world, "city/officer", offer_id)
    assert shown is not None
    assert shown["content"] is None


async def test_the_price_of_an_excluded_offer_is_never_opened_and_is_given_back(
    world: World, need: Published, owner_url: str
) -> None:
    sound = await offered(world, need.lot_id, content())
    out = await offered(world, need.lot_id, content("777123.45"), by="second_enterprise")
    barred = await offered(world, need.lot_id, financing(), by="bank", kind="financing")
    await owned(
        owner_url,
        "UPDATE offer SET envelope = (SELECT envelope FROM offer WHERE id = $2) WHERE id = $1",
        out, sound,
    )  # fmt: skip
    await prices_ready(world, need, sound)
    await excluded(world, barred)

    async with world.acting(OPENERS[0]) as (tx, by):
        given = await financial.give_out(tx, need.id, by=by, at=OPENING)
    await opened(world, need.id, of_prices=True)

    assert [one.offer_id for one in given.data] == [sound]
    record = await record_of(world, need, Part.FINANCIAL)
    assert [(one.offer_id, one.state) for one in record.offers] == [(sound, "admitted")]
    assert {one.offer_id for one in record.unopened} == {out, barred}
    shown = await seen(world, "second_enterprise/bidder", out)
    assert shown is not None
    assert (shown["state"], shown["financial_state"]) == ("excluded", "unopened")
    returned = {one.offer_id: one.envelope_digest for one in record.unopened}
    assert shown["financial_digest"] == returned[out]
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await owned(owner_url, "UPDATE offer SET financial_state = 'opened' WHERE id = $1", out)
    assert refused.value.constraint_name == "no_price_of_an_excluded_offer"


async def test_whose_fault_it_is_that_a_price_does_not_open(
    world: World, need: Published, owner_url: str
) -> None:
    dear = await drafted(world, need.lot_id)
    await sent(world, dear, await envelopes_of(world, dear, content("1000000.01")))
    moved = await offered(world, need.lot_id, content(), by="second_enterprise")
    await prices_ready(world, need, dear, moved)
    await owned(
        owner_url,
        "UPDATE offer SET (financial_envelope, financial_digest) = (envelope, envelope_digest) "
        "WHERE id = $1", moved,
    )  # fmt: skip

    await opened(world, need.id, of_prices=True)

    record = await record_of(world, need, Part.FINANCIAL)
    assert {one.offer_id: (one.state, one.failure, one.at_fault) for one in record.offers} == {
        dear: ("excluded", "unsound", "bidder"),
        moved: ("excluded", "altered", "keeper"),
    }
    shown = await seen(world, "city/officer", dear)
    assert shown is not None
    assert (shown["financial_state"], "price" in shown["content"]) == ("failed", False)


async def test_shares_of_technical_parts_open_no_price_and_name_their_officer(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    of_technical = await shares_of(world, need.id, OPENERS[0])
    await prices_ready(world, need, offer_id)
    bent = msgspec.structs.replace(of_technical, digest=msgspec.UNSET)

    async with world.acting(OPENERS[0]) as (tx, by):
        with pytest.raises(rules.SharesFalse, match=offer_id):
            await financial.hand_in(tx, need.id, bent, by=by, at=OPENING)
    async with world.acting(OPENERS[0]) as (tx, by):
        await opening.record_refused(tx, need.id, bent, by=by, at=OPENING, of_prices=True)
    await opened(world, need.id, of_prices=True)

    (attempt,) = (await record_of(world, need, Part.FINANCIAL)).refused
    assert (attempt.person_id, attempt.refused_with) == (by.person_id, "shares_false")
    assert (await record_of(world, need, Part.TECHNICAL)).refused == ()


async def test_who_would_open_prices_too_early_stands_in_their_record_alone(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    await opened(world, need.id)
    async with world.acting(OPENERS[2]) as (tx, by):
        with pytest.raises(rules.ScoresNotFrozen):
            await financial.give_out(tx, need.id, by=by, at=OPENING)
    async with world.acting(OPENERS[2]) as (tx, by):
        await opening.record_attempt(tx, need.id, by=by, at=OPENING, of_prices=True)
    await sifted(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, offer_id, who)
    await frozen(world, need.id)
    await opened(world, need.id, of_prices=True)

    (attempt,) = (await record_of(world, need, Part.FINANCIAL)).refused
    assert (attempt.person_id, attempt.refused_with) == (by.person_id, "scores_not_frozen")
    assert (await record_of(world, need, Part.TECHNICAL)).refused == ()


def test_price_and_financing_lie_in_the_financial_part_and_all_else_in_the_other() -> None:
    for what, priced in ((content(), "price"), (financing(), "financing")):
        (_, technical), (_, price) = halves.split(what, envelopes=Envelopes.TWO)

        whole = msgspec.json.decode(msgspec.json.encode(what))
        assert msgspec.json.decode(price).keys() == {priced}
        assert msgspec.json.decode(technical).keys() == whole.keys() - {priced}
        assert msgspec.json.decode(halves.joined(technical, price), type=OfferContent) == what


async def test_a_technical_part_is_held_to_what_the_lot_asks(need: Published) -> None:
    with pytest.raises(shapes.ContentUnsound) as refused:
        shapes.check_technical(content(answers=[]), lot=need.lots[0])

    assert {one.code for one in refused.value.faults} == {"price_apart", "requirement_unanswered"}


async def test_in_how_many_envelopes_offers_come_is_fixed_with_the_publication(
    world: World, need: Published
) -> None:
    asked = AmendmentDraft(REASON, NeedChange(envelopes=Envelopes.ONE))
    async with world.acting("city/officer") as (tx, by):
        with pytest.raises(NeedUnsound) as refused:
            await amending.amend(tx, need.id, asked, by=by, at=AT, expected=None)

    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("/envelopes", "not_amendable")
    ]
