"""A thousand offers for one need are opened within a minute, and officers see how far they are."""

import asyncio

import asyncpg
import msgspec

from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.cli.opener import OpeningOfficer
from ecosystem.offers import halves, sealing
from ecosystem.offers.envelope import Envelope, Officer, Part, SealedBy, Terms
from ecosystem.offers.financial import actions as financial
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening import queries as openings
from ecosystem.offers.opening.model import HandedShares, Opening
from ecosystem.runtime.minting import entropy, mint
from ecosystem.values.period import wire
from tests.awarding import frozen, sifted
from tests.builders import (
    AT,
    DEADLINE,
    OPENERS,
    OPENING,
    Published,
    World,
    content,
    lot_draft,
    published,
)

MANY = 1_000


def sealed(
    world: World, need: Published, offer_id: str, bidder_id: str, *, in_parts: bool
) -> tuple[Envelope, ...]:
    officers = (
        OpeningOfficer(world.actor(who).person_id or "", world.private_keys[who]) for who in OPENERS
    )
    terms = Terms(
        need_id=need.id,
        lot_id=need.lot_id,
        bidder_id=bidder_id,
        offer_id=offer_id,
        deadline_at=wire(DEADLINE),
        officers=tuple(Officer(one.person_id, one.public_key) for one in officers),
    )
    count = Envelopes.TWO if in_parts else Envelopes.ONE
    return tuple(
        sealing.seal(
            text,
            terms=msgspec.structs.replace(terms, part=part),
            sealed_by=SealedBy.CLIENT,
            entropy=entropy,
        )
        for part, text in halves.split(content(), envelopes=count)
    )


async def plant(world: World, need: Published, owner_url: str, *, in_parts: bool = False) -> None:
    """Put down what so many bidders have submitted, each of them another."""
    authority, rows = world.actor("city/officer").organisation_number, []
    for _ in range(MANY):
        offer_id, bidder_id = mint("offer", authority=authority), mint("org")
        envelope, *price = sealed(world, need, offer_id, bidder_id, in_parts=in_parts)
        apart = (price[0].encode().decode(), price[0].digest(), "sealed") if price else (None,) * 3
        rows.append(
            (authority, offer_id, need.id, need.lot_id, 1, "delivery", "draft", bidder_id,
             [bidder_id], envelope.encode().decode(), envelope.digest(), "client", AT, "receipt",
             *apart)
        )  # fmt: skip
    owner = await asyncpg.connect(owner_url)
    await owner.execute("SET app.purpose = 'opening'")
    await owner.execute(
        "INSERT INTO organisation SELECT (jsonb_populate_record(known, jsonb_build_object("
        "'id', bidder, 'number', nextval('organisation_number_seq')))).* "
        "FROM organisation AS known, unnest($2::text[]) AS bidder WHERE known.id = $1",
        world.organisation("enterprise"), [row[7] for row in rows],
    )  # fmt: skip
    await owner.executemany(
        "INSERT INTO offer (authority_id, id, need_id, lot_id, version, kind, state, lead_id, "
        "member_ids, envelope, envelope_digest, sealed_by, received_at, receipt, "
        "financial_envelope, financial_digest, financial_state) VALUES ($1, $2, $3, $4, $5, $6, "
        "$7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        rows,
    )
    await owner.execute(
        "UPDATE offer SET state = 'submitted', confirmed_version = content_version FROM need "
        "WHERE need.id = $1 AND need_id = $1",
        need.id,
    )
    await owner.execute(
        "INSERT INTO offer_member SELECT authority_id, id, lead_id, 1, 100, $2, 'person' "
        "FROM offer WHERE need_id = $1",
        need.id, AT,
    )  # fmt: skip
    await put_on_record(owner, need)
    await owner.close()


async def put_on_record(owner: "asyncpg.Connection[asyncpg.Record]", need: Published) -> None:
    """Have the history say what it says of a submission: the digests of what came."""
    await owner.execute(
        "INSERT INTO event (authority_id, id, stream, version, type, valid_at, recorded_at, "
        "organisation_id, is_public, visible_to, is_sealed, body, salt, body_digest, hash) "
        "SELECT authority_id, 'event' || substr(id, 6), id, 1, 'offer.submitted', $2, $2, lead_id, "
        "false, member_ids, true, json_build_object('decision', json_build_object("
        "'envelope_digest', envelope_digest, 'financial_digest', financial_digest)), '', '', "
        "sha256(id::bytea) FROM offer WHERE need_id = $1",
        need.id, AT,
    )  # fmt: skip


async def handed_in(
    world: World, need: Published, who: str, steps: list[tuple[int, int]], *, prices: bool = False
) -> str:
    """Open and hand in as an officer's own program does, over what goes over the wire."""
    officer = OpeningOfficer(world.actor(who).person_id or "", world.private_keys[who])
    async with world.acting(who) as (tx, by):
        shown = await opening.give_out(tx, need.id, by=by, at=OPENING, of_prices=prices)
    sealed_shares = msgspec.json.decode(msgspec.json.encode(shown))
    asked = officer.open(sealed_shares, progress=lambda done, of: steps.append((done, of)))
    handed = msgspec.json.decode(msgspec.json.encode(asked), type=HandedShares)
    async with world.acting(who) as (tx, by):
        act = financial.hand_in if prices else opening.hand_in
        return (await act(tx, need.id, handed, by=by, at=OPENING)).state


async def test_a_thousand_offers_are_opened_within_a_minute(
    world: World, need: Published, owner_url: str
) -> None:
    await plant(world, need, owner_url)
    steps: list[tuple[int, int]] = []

    async with asyncio.timeout(60):
        states = [await handed_in(world, need, who, steps) for who in OPENERS[:2]]

    assert states == ["closed", "opened"]
    assert steps == [(done, MANY) for done in range(1, MANY + 1)] * 2
    async with world.database.transaction() as tx:
        record = msgspec.json.decode(await openings.record(tx, need.id), type=Opening)
    assert record.count == MANY
    assert {one.state for one in record.offers} == {"opened"}


async def test_a_thousand_prices_are_opened_after_a_thousand_technical_parts(
    world: World, owner_url: str
) -> None:
    criteria = [
        {"code": "price", "kind": "price", "name": {"en": "Price"}, "weight": "100"},
        {"code": "licence", "kind": "requirement", "name": {"en": "Licence"}, "weight": "0"},
    ]
    need = await published(world, envelopes="two", lots=[lot_draft(criteria=criteria)])
    await plant(world, need, owner_url, in_parts=True)

    async with asyncio.timeout(240):
        states = [await handed_in(world, need, who, []) for who in OPENERS[:2]]
        await sifted(world, need.id)
        states += [await frozen(world, need.id, conferring=False)]
        states += [await handed_in(world, need, who, [], prices=True) for who in OPENERS[:2]]

    assert states == ["closed", "opened", "frozen", "sealed", "opened"]
    async with world.database.transaction() as tx:
        text = await openings.record(tx, need.id, of=(Part.FINANCIAL,))
    record = msgspec.json.decode(text, type=Opening)
    assert (record.count, {one.state for one in record.offers}) == (MANY, {"admitted"})
