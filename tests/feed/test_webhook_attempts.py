"""Attempts follow one another, whoever makes them: in order, leased, for three days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from ecosystem.feed.webhooks import actions, attempts, rules
from ecosystem.feed.webhooks.model import Answered, Attempt, WebhookDraft
from ecosystem.history import actions as history
from ecosystem.history import sequencer
from ecosystem.history.model import AUTHORITY, EVERYONE, Audience
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, OrganisationKind
from tests.feed.test_order import Said

OK, WRONG = Answered(status=204), Answered(status=500)
CITY = 7_001
KEY = b"k" * 32


class Reader:
    """An organisation with a webhook, and a courier that is moved by hand."""

    def __init__(self, database: Database, by: Actor, webhook_id: str) -> None:
        self.database = database
        self.by = by
        self.webhook_id = webhook_id
        self.clock = Clock()

    async def take_up(self, *, lease_s: float = 60) -> Attempt | None:
        return await attempts.take_up(
            self.database, self.clock, authority_id=self.by.organisation_number,
            webhook_id=self.webhook_id, lease_s=lease_s,
        )  # fmt: skip

    async def tell(self, attempt: Attempt, answered: Answered) -> bool:
        return await attempts.record(self.database, self.clock, attempt, answered, draw=0.5)

    async def next(self, answered: Answered, *, ahead: timedelta = timedelta(0)) -> str:
        """Have the next attempt end like this, so much later; return the delivery."""
        self.clock.offset += ahead
        attempt = await self.take_up()
        assert attempt is not None
        await self.tell(attempt, answered)
        return attempt.delivery_id

    async def exhaust(self) -> str:
        """Fail with one message as often as it is tried; return the delivery."""
        ids = {await self.next(WRONG, ahead=timedelta(days=1.3)) for _ in range(10)}
        (delivery_id,) = ids
        return delivery_id

    async def row(self, sql: str, *arguments: Any) -> asyncpg.Record:
        connection = await self.database.connect()
        try:
            await connection.execute(f"SET app.organisation = '{self.by.organisation_id}'")
            found = await connection.fetchrow(sql, *arguments)
        finally:
            await connection.close()
        assert found is not None
        return found

    async def state(self) -> tuple[str, str | None]:
        found = await self.row(
            "SELECT state, stopped_because FROM webhook WHERE id = $1", self.webhook_id
        )
        return found[0], found[1]

    async def fate(self, delivery_id: str) -> tuple[str, int]:
        found = await self.row(
            "SELECT state, attempts FROM webhook_delivery WHERE id = $1", delivery_id
        )
        return found[0], found[1]


async def organised(database: Database, *, kind: str = "enterprise") -> Actor:
    """Return a verified organisation that is there."""
    organisation_id = mint("org")
    connection = await database.connect()
    try:
        number = await connection.fetchval(
            "INSERT INTO organisation (id, kind, name, jurisdiction, state, other_names, "
            "beneficial_owners, registered_at, version) VALUES "
            "($1, $2, '{\"en\": \"A\"}', '440300', 'verified', '[]', '[]', now(), 1) "
            "RETURNING number",
            organisation_id, kind,
        )  # fmt: skip
    finally:
        await connection.close()
    return Actor(
        organisation_id=organisation_id, organisation_number=number, kind=OrganisationKind(kind),
        verified=True, jurisdiction="440300", client_id=mint("client"),
    )  # fmt: skip


async def reading(
    database: Database, *, kind: str = "enterprise", by: Actor | None = None, **asked: Any
) -> Reader:
    by = by or await organised(database, kind=kind)
    draft = WebhookDraft(url="https://hooks.example/", **asked)
    async with database.transaction({"organisation": by.organisation_id}) as tx:
        made = await actions.register(
            tx, draft, key=KEY, loopback=False, by=by, at=datetime.now(UTC)
        )
    await sequencer.sequence(database)
    return Reader(database, by, made.id)


async def happen(
    database: Database, *, audience: Audience = EVERYONE, number: int = CITY, kind: str = "a.tried"
) -> str:
    """Record an event and give it its place; return the thing that it is about."""
    stream = mint("need", authority=number)
    by = Actor(
        organisation_id=mint("org"), organisation_number=number, verified=True,
        kind=OrganisationKind.GOVERNMENT, jurisdiction="440300", client_id=mint("client"),
    )  # fmt: skip
    said, at = Said(1), datetime.now(UTC)
    async with database.transaction() as tx:
        await history.record(
            tx, kind, stream, facts=said, decision=said, by=by, at=at, audience=audience
        )
    await sequencer.sequence(database)
    return stream


@pytest.fixture
async def reader(database: Database) -> Reader:
    return await reading(database, event_types=("a.tried",))


async def test_messages_follow_the_order_of_the_feed_one_at_a_time(reader: Reader) -> None:
    streams = [await happen(reader.database) for _ in range(3)]

    for stream in streams:
        attempt = await reader.take_up()
        assert attempt is not None
        assert stream in attempt.content.decode()
        assert await reader.take_up() is None
        assert await reader.tell(attempt, OK)
    assert await reader.take_up() is None


async def test_whoever_comes_back_after_its_lease_is_not_listened_to(reader: Reader) -> None:
    await happen(reader.database)
    killed = await reader.take_up(lease_s=0)
    other = await reader.take_up()
    assert killed is not None
    assert other is not None

    assert other.delivery_id == killed.delivery_id
    assert not await reader.tell(killed, OK)
    assert await reader.fate(other.delivery_id) == ("pending", 2)
    assert await reader.tell(other, OK)
    assert await reader.fate(other.delivery_id) == ("delivered", 2)


async def test_a_message_dies_after_three_days_and_the_next_failure_stops_the_webhook(
    reader: Reader,
) -> None:
    for _ in range(3):
        await happen(reader.database)
    began = reader.clock.offset
    dead = await reader.exhaust()
    assert await reader.fate(dead) == ("dead", 10)
    assert reader.clock.offset - began > timedelta(days=3)
    assert await reader.state() == ("active", None)

    waiting = await reader.next(WRONG)
    reader.clock.offset += timedelta(days=3)
    assert await reader.state() == ("stopped", "failing")
    assert (await reader.fate(waiting))[0] == "pending"
    assert await reader.take_up() is None
    told = await reader.row(
        "SELECT visible_to, is_sealed, is_public FROM event "
        "WHERE stream = $1 AND type = 'webhook.stopped'", reader.webhook_id,
    )  # fmt: skip
    assert tuple(told) == ([reader.by.organisation_id], True, False)

    at, local = reader.clock.now(), {"organisation": reader.by.organisation_id}
    async with reader.database.transaction(local) as tx:
        await actions.resume(tx, reader.webhook_id, by=reader.by, at=at, expected=None)
        replayed = await actions.replay(tx, reader.webhook_id, by=reader.by, at=at)
    taken = [await reader.next(OK) for _ in range(3)]
    assert (replayed, taken[:2]) == (1, [dead, waiting])
    assert await reader.take_up() is None


async def test_a_replay_is_one_attempt_and_a_bad_message_holds_up_no_other(reader: Reader) -> None:
    await happen(reader.database)
    await happen(reader.database)
    dead = await reader.exhaust()
    await reader.next(OK)

    local = {"organisation": reader.by.organisation_id}
    async with reader.database.transaction(local) as tx:
        await actions.replay_one(tx, dead, by=reader.by, at=reader.clock.now())
    assert await reader.next(WRONG) == dead
    assert (await reader.fate(dead))[0] == "dead"
    assert await reader.state() == ("active", None)
    async with reader.database.transaction(local) as tx:
        with pytest.raises(rules.DeliveryMissing):
            await actions.replay_one(tx, mint("delivery"), by=reader.by, at=reader.clock.now())


async def test_410_stops_at_once(reader: Reader) -> None:
    await happen(reader.database)
    delivery_id = await reader.next(Answered(status=410))

    assert await reader.state() == ("stopped", "gone")
    assert (await reader.fate(delivery_id))[0] == "pending"


async def test_an_event_that_the_organisation_may_not_see_is_never_sent(database: Database) -> None:
    firm, city = await reading(database), await reading(database, kind="government")
    own, other = city.by.organisation_number, firm.by.organisation_id
    seen = {
        "public": await happen(database),
        "named": await happen(database, audience=Audience(organisations=(other,))),
        "of_city": await happen(database, audience=AUTHORITY, number=own),
        "of_another": await happen(database, audience=AUTHORITY),
        "sealed": await happen(
            database, number=own, audience=Audience(organisations=(other,), is_sealed=True)
        ),
    }

    async def sent(to: Reader) -> set[str]:
        found: set[str] = set()
        while (attempt := await to.take_up()) is not None:
            found |= {name for name, stream in seen.items() if stream in attempt.content.decode()}
            await to.tell(attempt, OK)
        return found

    assert await sent(firm) == {"public", "named", "sealed"}
    assert await sent(city) == {"public", "of_city"}


async def test_a_suspended_organisation_gets_nothing_until_it_is_verified_again(
    reader: Reader,
) -> None:
    await happen(reader.database)
    change = "UPDATE organisation SET state = $2 WHERE id = $1 RETURNING id"
    await reader.row(change, reader.by.organisation_id, "suspended")
    due = await attempts.due(reader.database, reader.clock, limit=100)
    assert reader.webhook_id not in {one["id"] for one in due}
    assert await reader.take_up() is None

    await reader.row(change, reader.by.organisation_id, "verified")
    due = await attempts.due(reader.database, reader.clock, limit=100)
    assert reader.webhook_id in {one["id"] for one in due}
    await reader.next(OK)


async def test_the_database_keeps_webhooks_to_themselves_and_their_turns(reader: Reader) -> None:
    await happen(reader.database)
    delivery_id = await reader.next(OK)
    connection = await reader.database.connect()
    try:
        for table in ("webhook", "webhook_delivery"):
            await connection.execute(f"SET app.organisation = '{mint('org')}'")
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608
        await connection.execute(f"SET app.organisation = '{reader.by.organisation_id}'")
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(
                "UPDATE webhook_delivery SET state = 'pending', ended_at = NULL, "
                "next_at = now() WHERE id = $1", delivery_id,
            )  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "UPDATE webhook SET organisation_id = $2 WHERE id = $1", reader.webhook_id,
                mint("org"),
            )  # fmt: skip
    finally:
        await connection.close()


async def test_what_is_over_for_a_month_is_forgotten(reader: Reader) -> None:
    for _ in range(2):
        await happen(reader.database)
    delivered, pending = await reader.next(OK), await reader.next(WRONG)

    reader.clock.offset += rules.KEPT + timedelta(days=1)
    await attempts.forget(reader.database, reader.clock)

    kept = "SELECT count(*) FROM webhook_delivery WHERE id = $1"
    assert (await reader.row(kept, delivered))[0] == 0
    assert (await reader.row(kept, pending))[0] == 1
