"""Register, change, turn and delete webhooks; ask for tests and replays; stop what fails."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, update

from ecosystem.feed.webhooks import queries, rules, signing
from ecosystem.feed.webhooks.model import (
    TEST,
    ChangeFacts,
    NewWebhookSecret,
    Outcome,
    RegisterFacts,
    RotateFacts,
    State,
    StateFacts,
    StopFacts,
    WebhookChange,
    WebhookDraft,
)
from ecosystem.feed.webhooks.schemas import NewWebhook, ReplacedWebhookSecret
from ecosystem.feed.webhooks.tables import webhook, webhook_delivery
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import entropy, mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor

SALT_BYTES: Final = 32
_INSERT: Final = inserting(webhook)
_THIS: Final = (
    webhook.c.authority_id == bindparam("of_authority"),
    webhook.c.id == bindparam("of_webhook"),
)
_ITS: Final = (
    webhook_delivery.c.authority_id == bindparam("of_authority"),
    webhook_delivery.c.webhook_id == bindparam("of_webhook"),
)
_CHANGE: Final = Statement(
    update(webhook).where(*_THIS),
    columns=("version", "url", "description", "event_types", "search_id"),
)
_TURN: Final = Statement(
    update(webhook).where(*_THIS),
    columns=("version", "state", "stopped_because", "stopped_at", "has_lost"),
)
_ROTATE: Final = Statement(
    update(webhook).where(*_THIS),
    columns=(
        "version", "salt", "public_key", "previous_salt", "previous_public_key", "previous_until",
    ),
)  # fmt: skip
_AGAIN: Final = Statement(
    update(webhook_delivery)
    .where(*_ITS, webhook_delivery.c.state == Outcome.PENDING.value)
    .values(next_at=bindparam("now_at"), attempts=0)
)
_REPLAY: Final = (
    update(webhook_delivery)
    .where(*_ITS, webhook_delivery.c.state == Outcome.DEAD.value)
    .values(state=Outcome.PENDING.value, next_at=bindparam("now_at"), ended_at=None, is_replay=True)
    .returning(webhook_delivery.c.id)
)
_REPLAY_ALL: Final = Statement(_REPLAY)
_REPLAY_ONE: Final = Statement(_REPLAY.where(webhook_delivery.c.id == bindparam("of_delivery")))
_QUEUE: Final = inserting(webhook_delivery)
_FORGET: Final = Statement(delete(webhook_delivery).where(*_ITS))
_DELETE: Final = Statement(delete(webhook).where(*_THIS))


async def register(
    tx: Tx, asked: WebhookDraft, *, key: bytes, loopback: bool, by: Actor, at: datetime
) -> NewWebhook:
    """Register a webhook for the caller's organisation. Refuses as the rule does.

    `key` is what the secrets of this installation follow from. Effects: `webhook.registered`,
    which the organisation alone can read.
    """
    facts = RegisterFacts(
        asked=asked,
        registered=await queries.registered(tx, by=by),
        search_is_kept=await queries.keeps(tx, asked.search_id, by=by),
        loopback=loopback,
        head=await queries.head(tx),
    )
    registered = rules.register(facts, by=by, at=at)
    webhook_id, salt = mint("webhook", authority=by.organisation_number), entropy(SALT_BYTES)
    pen, wanted = signing.pen(key, webhook_id, salt=salt), registered.wanted
    await tx.run(
        _INSERT,
        authority_id=by.organisation_number, id=webhook_id, version=1, state=State.ACTIVE,
        organisation_id=by.organisation_id, url=wanted.url, description=wanted.description,
        event_types=_listed(wanted.event_types), search_id=wanted.search_id, salt=salt,
        public_key=pen.public_key, previous_salt=None, previous_public_key=None,
        previous_until=None, registered_at=at, stopped_because=None, stopped_at=None,
        cursor=registered.cursor, has_lost=False, lease=0, leased_until=None,
    )  # fmt: skip
    version = await history.record(
        tx, "webhook.registered", webhook_id, facts=facts, decision=registered, by=by, at=at,
        audience=_owner(by),
    )  # fmt: skip
    return NewWebhook(
        id=webhook_id, state=State.ACTIVE, version=version, after=registered.cursor,
        secret=pen.secret, public_key=pen.public_key,
    )  # fmt: skip


async def change(
    tx: Tx, webhook_id: str, asked: WebhookChange, *, loopback: bool, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Change a webhook. Refuses with WebhookMissing, RevisionStale, or as the rule does.

    Effects: `webhook.changed`; what is pending goes to the new target at once.
    """
    row = await queries.locked(tx, webhook_id, by=by, expected=expected)
    search_id = asked.search_id if isinstance(asked.search_id, str) else None
    facts = ChangeFacts(
        was=queries.wanted(row),
        asked=asked,
        search_is_kept=await queries.keeps(tx, search_id, by=by),
        loopback=loopback,
    )
    changed = rules.change(facts, by=by, at=at)
    wanted = changed.wanted
    version = await history.record(
        tx, "webhook.changed", webhook_id, facts=facts, decision=changed, by=by, at=at,
        audience=_owner(by),
    )  # fmt: skip
    await tx.run(
        _CHANGE,
        **_place(row), version=version, url=wanted.url, description=wanted.description,
        event_types=_listed(wanted.event_types), search_id=wanted.search_id,
    )  # fmt: skip
    if wanted.url != row["url"]:
        await tx.run(_AGAIN, **_place(row), now_at=at)
    return Standing(id=webhook_id, state=row["state"], version=version)


async def pause(
    tx: Tx, webhook_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Pause a webhook. Refuses with WebhookMissing, RevisionStale or WebhookNotActive.

    Effects: `webhook.paused`; a message that is under way still arrives.
    """
    row = await queries.locked(tx, webhook_id, by=by, expected=expected)
    facts = StateFacts(state=State(row["state"]))
    paused = rules.pause(facts, by=by, at=at)
    version = await history.record(
        tx, "webhook.paused", webhook_id, facts=facts, decision=paused, by=by, at=at,
        audience=_owner(by),
    )  # fmt: skip
    await _turn(tx, row, State.PAUSED, version=version)
    return Standing(id=webhook_id, state=State.PAUSED, version=version)


async def resume(
    tx: Tx, webhook_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Resume a webhook. Refuses with WebhookMissing, RevisionStale or WebhookActive.

    Effects: `webhook.resumed`; what is pending has three days again, from now on.
    """
    row = await queries.locked(tx, webhook_id, by=by, expected=expected)
    facts = StateFacts(state=State(row["state"]))
    resumed = rules.resume(facts, by=by, at=at)
    version = await history.record(
        tx, "webhook.resumed", webhook_id, facts=facts, decision=resumed, by=by, at=at,
        audience=_owner(by),
    )  # fmt: skip
    await _turn(tx, row, State.ACTIVE, version=version)
    await tx.run(_AGAIN, **_place(row), now_at=at)
    return Standing(id=webhook_id, state=State.ACTIVE, version=version)


async def end(tx: Tx, webhook_id: str, *, by: Actor, at: datetime, expected: int | None) -> None:
    """Delete a webhook with its deliveries. Refuses with WebhookMissing or RevisionStale."""
    row = await queries.locked(tx, webhook_id, by=by, expected=expected)
    facts = StateFacts(state=State(row["state"]))
    ended = rules.end(facts, by=by, at=at)
    await tx.run(_FORGET, **_place(row))
    await tx.run(_DELETE, **_place(row))
    await history.record(
        tx, "webhook.deleted", webhook_id, facts=facts, decision=ended, by=by, at=at,
        audience=_owner(by),
    )  # fmt: skip


async def rotate(
    tx: Tx, webhook_id: str, asked: NewWebhookSecret, *, key: bytes, by: Actor, at: datetime,
    expected: int | None,
) -> ReplacedWebhookSecret:  # fmt: skip
    """Replace a webhook's secret. Refuses with WebhookMissing or RevisionStale.

    Effects: `webhook.rotated`, which holds the public key alone.
    """
    row = await queries.locked(tx, webhook_id, by=by, expected=expected)
    salt = entropy(SALT_BYTES)
    pen = signing.pen(key, webhook_id, salt=salt)
    until = at + timedelta(hours=asked.keeps_hours)
    facts = RotateFacts(public_key=pen.public_key, previous_until=until)
    rotated = rules.rotate(facts, by=by, at=at)
    version = await history.record(
        tx, "webhook.rotated", webhook_id, facts=facts, decision=rotated, by=by, at=at,
        audience=_owner(by),
    )  # fmt: skip
    await tx.run(
        _ROTATE,
        **_place(row), version=version, salt=salt, public_key=rotated.public_key,
        previous_salt=row["salt"], previous_public_key=row["public_key"],
        previous_until=rotated.previous_until,
    )  # fmt: skip
    return ReplacedWebhookSecret(
        version=version, secret=pen.secret, public_key=pen.public_key, previous_until=until
    )


async def test(tx: Tx, webhook_id: str, *, by: Actor, at: datetime) -> str:
    """Have a message sent that is no event, and return the identifier of its delivery.

    Refuses with WebhookMissing or WebhookNotActive. It is no event of the history.
    """
    row = await queries.locked(tx, webhook_id, by=by)
    rules.check_active(State(row["state"]))
    return await queue(tx, row, kind=TEST, position=None, at=at)


async def replay(tx: Tx, webhook_id: str, *, by: Actor, at: datetime) -> int:
    """Have all dead messages of a webhook sent once more; return how many there are.

    Refuses with WebhookMissing or WebhookNotActive.
    """
    row = await queries.locked(tx, webhook_id, by=by)
    rules.check_active(State(row["state"]))
    return len(await tx.rows(_REPLAY_ALL, **_place(row), now_at=at))


async def replay_one(tx: Tx, delivery_id: str, *, by: Actor, at: datetime) -> int:
    """Have one dead message sent once more.

    Refuses with DeliveryMissing, DeliveryNotDead or WebhookNotActive.
    """
    row = await queries.locked(tx, await queries.dead(tx, delivery_id, by=by), by=by)
    rules.check_active(State(row["state"]))
    return len(await tx.rows(_REPLAY_ONE, **_place(row), of_delivery=delivery_id, now_at=at))


async def stop(tx: Tx, row: Record, facts: StopFacts, *, at: datetime) -> None:
    """Stop a webhook that is locked.

    Effects: `webhook.stopped`, which its organisation finds in the feed.
    """
    by = queries.owner(row)
    stopped = rules.stop(facts, by=by, at=at)
    version = await history.record(
        tx, "webhook.stopped", row["id"], facts=facts, decision=stopped, by=by, at=at,
        audience=_owner(by),
    )  # fmt: skip
    await _turn(tx, row, State.STOPPED, version=version, because=stopped.because, at=at)


async def queue(tx: Tx, row: Record, *, kind: str, position: int | None, at: datetime) -> str:
    """Make a delivery to a webhook that is locked, and return its identifier."""
    delivery_id = mint("delivery", authority=row["authority_id"])
    await tx.run(
        _QUEUE,
        authority_id=row["authority_id"], id=delivery_id, webhook_id=row["id"],
        organisation_id=row["organisation_id"], position=position, type=kind,
        state=Outcome.PENDING, attempts=0, is_replay=False, last_status=None, last_problem=None,
        made_at=at, attempted_at=None, next_at=at, ended_at=None,
    )  # fmt: skip
    return delivery_id


async def _turn(
    tx: Tx, row: Record, state: State, *, version: int, because: str | None = None,
    at: datetime | None = None,
) -> None:  # fmt: skip
    await tx.run(
        _TURN,
        **_place(row), version=version, state=state, stopped_because=because, stopped_at=at,
        has_lost=False,
    )  # fmt: skip


def _place(row: Record) -> dict[str, object]:
    return {"of_authority": row["authority_id"], "of_webhook": row["id"]}


def _listed(types: tuple[str, ...] | None) -> list[str] | None:
    return None if types is None else list(types)


def _owner(by: Actor) -> Audience:
    return Audience(organisations=(by.organisation_id,), is_sealed=True)
