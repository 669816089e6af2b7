"""Attempts: taken up in one transaction, sent outside of any, and recorded in another.

Whoever takes a webhook up holds it by a lease, a number and an end in real time. Should the
process be killed, the lease runs out and another sends the same message again, under the same
identifier; should it come back late, its number is another one and what it says counts no more.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import BigInteger, DateTime, Text, bindparam, delete, update

from ecosystem.feed.webhooks import actions, queries, rules
from ecosystem.feed.webhooks.model import (
    TEST,
    Answered,
    Attempt,
    AttemptFacts,
    Judged,
    Outcome,
    State,
    StopFacts,
)
from ecosystem.feed.webhooks.tables import PURPOSE, webhook, webhook_delivery
from ecosystem.runtime import idempotency
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Statement, Tx
from ecosystem.values.period import wire

SEEING: Final = {"purpose": PURPOSE}
"""As what row-level security knows the courier."""
_THIS: Final = (
    webhook.c.authority_id == bindparam("of_authority"),
    webhook.c.id == bindparam("of_webhook"),
)
_DELIVERY: Final = (
    webhook_delivery.c.authority_id == bindparam("of_authority"),
    webhook_delivery.c.id == bindparam("of_delivery"),
)
_MOVE: Final = Statement(
    update(webhook).where(*_THIS).values(cursor=bindparam("to", type_=BigInteger))
)
_LEASE: Final = Statement(
    update(webhook)
    .where(*_THIS)
    .values(
        lease=webhook.c.lease + 1,
        leased_until=bindparam("until", type_=DateTime(timezone=True)),
    )
    .returning(webhook.c.lease)
)
_BEGIN: Final = Statement(
    update(webhook_delivery)
    .where(*_DELIVERY)
    .values(
        attempts=webhook_delivery.c.attempts + 1,
        attempted_at=bindparam("since", type_=DateTime(timezone=True)),
    )
)
_SETTLE: Final = Statement(
    update(webhook_delivery).where(*_DELIVERY),
    columns=("state", "next_at", "ended_at", "is_replay", "last_status", "last_problem"),
)
_RELEASE: Final = Statement(
    update(webhook)
    .where(*_THIS)
    .values(leased_until=None, has_lost=bindparam("loses", type_=webhook.c.has_lost.type))
)
_FORGET: Final = Statement(
    delete(webhook_delivery).where(
        webhook_delivery.c.ended_at < bindparam("since", type_=DateTime(timezone=True)),
        webhook_delivery.c.state != bindparam("kept", type_=Text),
    )
)


async def take_up(
    database: Database, clock: Clock, *, authority_id: int, webhook_id: str, lease_s: float
) -> Attempt | None:
    """Return the next attempt at a webhook, and hold the webhook for `lease_s`.

    None where there is nothing to send now, or somebody else holds it. Effects: its cursor moves
    over what it does not want; the message has a row before it is sent for the first time.
    """
    while True:
        async with database.transaction(SEEING) as tx:
            now = await idempotency.clock(tx)
            at = clock.at(now)
            row = await queries.to_serve(tx, authority_id, webhook_id, now=now)
            message = None if row is None else await _next(tx, row, at=at)
            if row is None or message is None:
                return None
            if message.content is not None:
                until = now + timedelta(seconds=lease_s)
                return await _begin(tx, row, message, at=at, until=until)


class _Message(msgspec.Struct, frozen=True):
    """What is next: a message, or without content no more than that it goes on."""

    delivery_id: str = ""
    content: bytes | None = None


async def _next(tx: Tx, row: Record, *, at: datetime) -> _Message | None:
    """Return what is next of a webhook; None where nothing is, or not yet."""
    waiting = await queries.pending(tx, row)
    if waiting is None:
        return await _look(tx, row, at=at)
    if waiting["next_at"] > at:
        return None
    delivery_id, position = waiting["id"], waiting["position"]
    if position is None:
        return _Message(delivery_id, _test(row["id"], at=at))
    event = await queries.told(tx, row, after=position - 1, until=position, all_of_it=True)
    if event is None:
        judged = Judged(outcome=Outcome.DEAD)
        answered = Answered(problem="not_visible")
        await _settle(tx, row["authority_id"], delivery_id, judged, answered, at=at)
        return _Message()
    return _Message(delivery_id, event["content"])


async def _look(tx: Tx, row: Record, *, at: datetime) -> _Message | None:
    """Look for the next event that a webhook wants, and move its cursor there."""
    cursor, head = row["cursor"], await queries.head(tx)
    if cursor >= head:
        return None
    until = min(cursor + queries.SCAN, head)
    event = await queries.told(tx, row, after=cursor, until=until, all_of_it=False)
    place = {"of_authority": row["authority_id"], "of_webhook": row["id"]}
    await tx.run(_MOVE, **place, to=until if event is None else event["position"])
    if event is None:
        return _Message()
    kind, position = event["type"], event["position"]
    delivery_id = await actions.queue(tx, row, kind=kind, position=position, at=at)
    return _Message(delivery_id, event["content"])


async def _begin(
    tx: Tx, row: Record, message: _Message, *, at: datetime, until: datetime
) -> Attempt:
    authority_id, webhook_id = row["authority_id"], row["id"]
    lease: int = await tx.value(
        _LEASE, of_authority=authority_id, of_webhook=webhook_id, until=until
    )
    await tx.run(_BEGIN, of_authority=authority_id, of_delivery=message.delivery_id, since=at)
    salts = [row["salt"]]
    if row["previous_until"] is not None and at < row["previous_until"]:
        salts.append(row["previous_salt"])
    return Attempt(
        authority_id=authority_id,
        webhook_id=webhook_id,
        delivery_id=message.delivery_id,
        lease=lease,
        url=row["url"],
        content=message.content or b"",
        salts=tuple(salts),
    )


async def record(
    database: Database, clock: Clock, attempt: Attempt, answered: Answered, *, draw: float
) -> bool:
    """Record how an attempt went; return whether the next message may be sent now.

    Effects: the lease ends; `webhook.stopped` where it follows. Nothing happens where the
    lease has run out and another has taken the webhook up, or it was deleted.
    """
    async with database.transaction(SEEING) as tx:
        at = clock.at(await idempotency.clock(tx))
        row = await queries.held(tx, attempt)
        if row is None:
            return False
        facts = _facts(row, answered, draw=draw)
        judged = rules.judge(facts)
        await _settle(tx, attempt.authority_id, attempt.delivery_id, judged, answered, at=at)
        await tx.run(
            _RELEASE,
            of_authority=attempt.authority_id,
            of_webhook=attempt.webhook_id,
            loses=rules.loses(facts, judged),
        )
        if judged.stops is not None and row["state"] == State.ACTIVE:
            said = StopFacts(because=judged.stops, status=answered.status, problem=answered.problem)
            await actions.stop(tx, row, said, at=at)
    return judged.stops is None and judged.outcome is not Outcome.PENDING


def _facts(row: Record, answered: Answered, *, draw: float) -> AttemptFacts:
    return AttemptFacts(
        is_test=row["position"] is None,
        is_replay=row["is_replay"],
        attempts=row["attempts"],
        has_lost=row["has_lost"],
        status=answered.status,
        problem=answered.problem,
        draw=draw,
    )


async def _settle(
    tx: Tx, authority_id: int, delivery_id: str, judged: Judged, answered: Answered, *, at: datetime
) -> None:
    is_pending = judged.outcome is Outcome.PENDING
    await tx.run(
        _SETTLE,
        of_authority=authority_id,
        of_delivery=delivery_id,
        state=judged.outcome,
        next_at=at + timedelta(seconds=judged.wait_s) if is_pending else None,
        ended_at=None if is_pending else at,
        is_replay=False,
        last_status=answered.status,
        last_problem=answered.problem,
    )


async def due(database: Database, clock: Clock, *, limit: int) -> list[Record]:
    """Return webhooks that something can be sent to now; those that are well come first."""
    async with database.transaction(SEEING) as tx:
        now = await idempotency.clock(tx)
        return await tx.rows(queries.DUE, now=now, at=clock.at(now), limit=limit)


async def forget(database: Database, clock: Clock) -> None:
    """Forget what has become of messages a month ago and more."""
    async with database.transaction(SEEING) as tx:
        since = clock.at(await idempotency.clock(tx)) - rules.KEPT
        await tx.run(_FORGET, since=since, kept=Outcome.PENDING.value)


def _test(webhook_id: str, *, at: datetime) -> bytes:
    told: dict[str, Any] = {
        "type": TEST, "timestamp": wire(at), "data": {"webhook_id": webhook_id},
    }  # fmt: skip
    return msgspec.json.encode(told)
