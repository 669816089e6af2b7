"""A city, bidders and a need, made through the same actions as everywhere.

`settled` seeds the parties of the sandbox; every step after that takes the world and says who
acts by two short names, `city/officer`.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from joserfc.jwk import ECKey
from sqlalchemy import select

from ecosystem.budgets import actions as budgets
from ecosystem.budgets.model import AppropriationDraft, ProgrammeDraft
from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.history.model import Body
from ecosystem.identity.tables import organisation
from ecosystem.needs import actions as needs
from ecosystem.needs import queries as needs_queries
from ecosystem.needs.model import Lot, NeedDraft
from ecosystem.offers import actions as offers
from ecosystem.offers import queries as offers_queries
from ecosystem.offers import sealing
from ecosystem.offers.envelope import encode
from ecosystem.offers.financial import actions as financial
from ecosystem.offers.model import Financing, OfferContent, OfferDraft, Receipt
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening.model import HandedShare, HandedShares
from ecosystem.offers.rules import OfferMissing
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Statement, Tx
from ecosystem.runtime.web import seen_by
from ecosystem.sandbox.model import Parties
from ecosystem.sandbox.seed import seed
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from ecosystem.values.text import Text

AT = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
"""When needs are published."""
DEADLINE = AT + timedelta(days=20)
OPENING = AT + timedelta(days=20, hours=1)
KEY = ECKey.generate_key("P-256", {"kid": "receipts"})
Of = TypeVar("Of")
OPENERS = ("city/opener", "city/second_opener", "city/reserve_opener")
_NUMBERS = Statement(select(organisation.c.id, organisation.c.number))
REASON = Text(zh="见记录", en="See the record")


@dataclass
class World:
    """The parties, and what is needed to act as any of them."""

    database: Database
    parties: Parties
    numbers: dict[str, int]
    """The number of each organisation."""
    programme_id: str = ""
    private_keys: dict[str, bytes] = field(default_factory=dict[str, bytes])
    """The openers' keys, by their short names."""

    def actor(self, who: str) -> Actor:
        """Return who acts: `city/officer` is the city's officer."""
        party, _, key = who.partition("/")
        found = self.parties.party(party)
        person = found.person(key)
        return Actor(
            organisation_id=found.organisation_id,
            organisation_number=self.numbers[found.organisation_id],
            kind=found.kind,
            verified=True,
            jurisdiction=found.jurisdiction,
            client_id=found.clients[0].id,
            person_id=person.id,
            roles=person.roles,
        )

    def organisation(self, party: str) -> str:
        """Return the identifier of an organisation."""
        return self.parties.party(party).organisation_id

    @asynccontextmanager
    async def acting(self, who: str) -> AsyncGenerator[tuple[Tx, Actor]]:
        """Open a transaction that row-level security knows `who` of."""
        by = self.actor(who)
        async with self.database.transaction(seen_by(by)) as tx:
            yield tx, by


@dataclass(frozen=True)
class Published:
    """A need that takes offers."""

    id: str
    lots: tuple[Lot, ...]

    @property
    def lot_id(self) -> str:
        """The first lot."""
        return self.lots[0].id


async def waiting(act: Coroutine[Any, Any, Of]) -> "asyncio.Task[Of]":
    """Begin what another session does while this one is in the middle; see that it waits."""
    begun = asyncio.create_task(act)
    ended, _ = await asyncio.wait({begun}, timeout=0.3)
    assert not ended, "it waits for nobody"
    return begun


def cny(amount: str) -> Money:
    """Return an amount of yuan."""
    return Money(amount, "CNY")


async def settled(database: Database, folder: Path) -> World:
    """Seed the parties, give the city a budget and its openers their keys; once a database."""
    parties = await seed(database, Clock(), folder)
    async with database.transaction() as tx:
        rows = await tx.rows(_NUMBERS)
    world = World(database, parties, {row["id"]: row["number"] for row in rows})
    async with world.acting("city/treasurer") as (tx, by):
        asked = ProgrammeDraft(
            name=Text(en="Operation of city monitoring"),
            fiscal_year=AT.year,
            sector=Sector.URBAN_GOVERNANCE,
            operation=Operation.DATA,
            phase=Phase.OPERATION,
            currency="CNY",
        )
        made = await budgets.open_programme(tx, asked, by=by, at=AT)
        money = AppropriationDraft(amount=cny("90000000.00"), reason=REASON)
        await budgets.appropriate(tx, made.id, money, by=by, at=AT, expected=None)
        world.programme_id = made.id
    for who in OPENERS:
        key = X25519PrivateKey.generate()
        world.private_keys[who] = key.private_bytes_raw()
        async with world.acting(who) as (tx, by):
            public = encode(key.public_key().public_bytes_raw())
            await needs.register_key(tx, public_key=public, is_held=True, by=by, at=AT)
    # Of two who act at once, one would else be done before the other's session is there.
    async with database.transaction(), database.transaction():
        return world


def lot_draft(**changes: Any) -> dict[str, Any]:
    """Return a lot compared by price, quality, one requirement and one metric."""
    return {
        "title": {"en": "Monitoring"},
        "ceiling": {"amount": "1000000.00", "currency": "CNY"},
        "criteria": [
            {"code": "price", "kind": "price", "name": {"en": "Price"}, "weight": "40"},
            {"code": "quality", "kind": "quality", "name": {"en": "Plan"}, "weight": "40"},
            {"code": "uptime", "kind": "metric_commitment", "name": {"en": "Up"}, "weight": "20"},
            {"code": "licence", "kind": "requirement", "name": {"en": "Licence"}, "weight": "0"},
        ],
        "outcomes": [
            {
                "metric": "uptime",
                "name": {"en": "Availability"},
                "unit": "percent",
                "direction": "up",
                "baseline": "90",
                "target": "100",
                "data_source": {"en": "Monitoring log"},
            }
        ],
    } | changes


async def published(world: World, *, at: datetime = AT, **changes: Any) -> Published:
    """Publish a need of the city; from `AT`, offers are taken until `DEADLINE`."""
    draft = {
        "title": {"zh": "城市体征监测", "en": "City monitoring"},
        "description": {"en": "Operated by its outcomes."},
        "sector": "urban_governance",
        "operation": "data",
        "phase": "operation",
        "jurisdiction": "440300",
        "lots": [lot_draft()],
        "invited_kinds": ["enterprise", "think_tank", "financial_institution"],
        "invited_offers": ["delivery", "advisory", "financing"],
        "contract_form": {"id": "city-data-platform-operation", "version": "1.0"},
        "programme_id": world.programme_id,
        "openers": [world.actor(who).person_id for who in OPENERS],
        "enquiry_ends_at": at + timedelta(days=10),
        "submission_ends_at": at + (DEADLINE - AT),
        "opening_at": at + (OPENING - AT),
    } | changes
    async with world.acting("city/officer") as (tx, by):
        made = await needs.draft(tx, msgspec.convert(draft, NeedDraft), by=by, at=at)
        await needs.publish(tx, made.id, by=by, at=at, expected=None)
        row = await needs_queries.held(tx, made.id, seen_by=by, at=at)
    return Published(made.id, msgspec.json.decode(row["lots"], type=tuple[Lot, ...]))


def content(price: str | None = "800000.00", **changes: Any) -> OfferContent:
    """Return what is offered for a lot of `lot_draft`; None leaves a part out."""
    given = {
        "price": None if price is None else {"amount": price, "currency": "CNY"},
        "metric_commitments": [{"metric": "uptime", "value": "98"}],
        "answers": [{"criterion": "licence", "meets": True, "text": {"en": "Held."}}],
        "proposal": {"en": "A team of twelve."},
    } | changes
    return msgspec.convert(
        {name: value for name, value in given.items() if value is not None}, OfferContent
    )


def financing(rate: str = "3.85", **changes: Any) -> OfferContent:
    """Return the terms of a loan for a lot of `lot_draft`."""
    terms = {
        "amount": {"amount": "500000.00", "currency": "CNY"},
        "annual_rate": rate,
        "tenor_months": 36,
        "grace_months": 6,
        "fees": {"amount": "1000.00", "currency": "CNY"},
        "repayment": "equal_instalment",
    } | changes
    without = content()
    return msgspec.structs.replace(
        without,
        price=msgspec.UNSET,
        metric_commitments=(),
        financing=msgspec.convert(terms, Financing),
    )


def as_sent(what: OfferContent) -> dict[str, Any]:
    """Return a content as JSON has it."""
    sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(what))
    return sent


async def drafted(
    world: World,
    lot_id: str,
    *,
    kind: str = "delivery",
    shares: Mapping[str, str] | None = None,
    consenting: bool = True,
) -> str:
    """Draft an offer by parties and their shares, the lead first; have the others consent."""
    shares = shares or {"enterprise": "100"}
    lead, *others = shares
    members = [
        {"organisation_id": world.organisation(party), "share": share}
        for party, share in shares.items()
    ]
    asked = msgspec.convert({"kind": kind, "members": members}, OfferDraft)
    async with world.acting(f"{lead}/bidder") as (tx, by):
        made = await offers.draft(tx, lot_id, asked, by=by, at=AT)
    for party in others if consenting else ():
        async with world.acting(f"{party}/bidder") as (tx, by):
            await offers.consent(tx, made.id, by=by, at=AT)
    return made.id


async def submitted(
    world: World, offer_id: str, what: OfferContent, *, by: str = "enterprise", at: datetime = AT
) -> Receipt:
    """Submit an offer as the lead's bidder."""
    async with world.acting(f"{by}/bidder") as (tx, actor):
        return await offers.submit(tx, offer_id, what, key=KEY, by=actor, at=at, expected=None)


async def offered(
    world: World, lot_id: str, what: OfferContent, *, by: str = "enterprise", kind: str = "delivery"
) -> str:
    """Draft and submit an offer of one organisation alone."""
    offer_id = await drafted(world, lot_id, kind=kind, shares={by: "100"})
    await submitted(world, offer_id, what, by=by)
    return offer_id


async def seen(world: World, who: str, offer_id: str) -> dict[str, Any] | None:
    """Return an offer as far as somebody may read it, or None."""
    async with world.acting(who) as (tx, by):
        try:
            row = await offers_queries.view(tx, offer_id, seen_by=by)
        except OfferMissing:
            return None
    found: dict[str, Any] = msgspec.json.decode(row[0])
    return found


async def shares_of(
    world: World, need_id: str, who: str, *, at: datetime = OPENING, of_prices: bool = False
) -> HandedShares:
    """Open an opener's shares as the opener's own program does."""
    async with world.acting(who) as (tx, by):
        sealed = await opening.give_out(tx, need_id, by=by, at=at, of_prices=of_prices)
    return HandedShares(
        tuple(
            HandedShare(
                one.offer_id,
                encode(
                    sealing.open_share(
                        one.envelope,
                        officer_id=one.officer_id,
                        private_key=world.private_keys[who],
                    )
                ),
            )
            for one in sealed.data
        ),
        digest=sealed.digest,
    )


async def hand_in(
    world: World, need_id: str, who: str, *, at: datetime = OPENING, of_prices: bool = False
) -> str:
    """Open and hand in an opener's shares; return the need's state, or that of its prices."""
    shares = await shares_of(world, need_id, who, at=at, of_prices=of_prices)
    act = financial.hand_in if of_prices else opening.hand_in
    async with world.acting(who) as (tx, by):
        return (await act(tx, need_id, shares, by=by, at=at)).state


async def opened(world: World, need_id: str, *, of_prices: bool = False) -> None:
    """Open a need's offers, or the financial parts of them, by two officers."""
    for who in OPENERS[:2]:
        await hand_in(world, need_id, who, of_prices=of_prices)


async def told(owner_url: str, stream: str, kind: str) -> Body:
    """Return what the last event of a kind says of a thing, as the log keeps it."""
    connection = await asyncpg.connect(owner_url)
    try:
        text = await connection.fetchval(
            "SELECT body::text FROM event WHERE stream = $1 AND type = $2 ORDER BY version DESC",
            stream, kind,
        )  # fmt: skip
    finally:
        await connection.close()
    return msgspec.json.decode(text, type=Body)
