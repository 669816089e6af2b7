"""Webhooks as their organisation sees them, and what the courier finds to send."""

from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from ecosystem.feed import queries as feed
from ecosystem.feed.webhooks.model import Attempt, Outcome, State, Wanted
from ecosystem.feed.webhooks.rules import DeliveryMissing, DeliveryNotDead, WebhookMissing
from ecosystem.feed.webhooks.tables import webhook, webhook_delivery
from ecosystem.history.tables import event, log_entry
from ecosystem.identity.queries import versioned
from ecosystem.identity.tables import organisation
from ecosystem.needs.tables import saved_search
from ecosystem.runtime.columns import instant, json_of, json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import authority_of

RULE: Final = "rule:webhook"
"""Stands where a client stands: nobody acted."""
SCAN: Final = 2_000
"""How many positions of the log are looked through at once for an event that is wanted."""
_hook, _sent = webhook.c, webhook_delivery.c
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_OWN: Final = _hook.organisation_id == bindparam("organisation_id", type_=Text)
_NOW: Final = bindparam("now", type_=DateTime(timezone=True))
_AT: Final = bindparam("at", type_=DateTime(timezone=True))
_IS_PENDING: Final = _sent.state == literal("pending", literal_execute=True)
_VIEW: Final = (
    _hook.id, _hook.version, _hook.state, _hook.url, _hook.description, _hook.event_types,
    _hook.search_id, _hook.public_key, _hook.previous_public_key,
    instant(_hook.previous_until).label("previous_until"),
    instant(_hook.registered_at).label("registered_at"), _hook.stopped_because,
    instant(_hook.stopped_at).label("stopped_at"),
)  # fmt: skip
WEBHOOKS: Final = page_of(select(*_VIEW, _hook.cursor.label("after")).where(_OWN))
_ONE: Final = versioned(*_VIEW, where=and_(_OWN, _hook.id == _ID))
_LOCKED: Final = Statement(select(webhook).where(_OWN, _hook.id == _ID).with_for_update())
_OF_DELIVERY: Final = Statement(
    select(_sent.webhook_id, _sent.state).where(
        _sent.organisation_id == bindparam("organisation_id", type_=Text), _sent.id == _ID
    )
)
_TURN: Final = Statement(
    select(func.pg_advisory_xact_lock(func.hashtext(bindparam("of_whom", type_=Text))))
)
_COUNT: Final = Statement(select(func.count()).select_from(webhook).where(_OWN))
_HEAD: Final = Statement(select(func.coalesce(func.max(log_entry.c.position), 0)))
_SEARCH: Final = Statement(
    select(
        exists().where(
            saved_search.c.id == _ID,
            saved_search.c.organisation_id == bindparam("organisation_id", type_=Text),
        )
    )
)
_OF_HOOK: Final = and_(
    _sent.authority_id == _hook.authority_id, _sent.webhook_id == _hook.id, _IS_PENDING
)
_WAITS: Final = (
    select(func.min(_sent.next_at)).where(_OF_HOOK, _sent.position.is_(None)).scalar_subquery()
)
_head = webhook_delivery.alias("head")
_HEADS: Final = (
    select(_head.c.next_at)
    .where(
        _head.c.authority_id == _hook.authority_id,
        _head.c.webhook_id == _hook.id,
        _head.c.state == literal("pending", literal_execute=True),
        _head.c.position.is_not(None),
    )
    .order_by(_head.c.position)
    .limit(1)
    .scalar_subquery()
)
_FAILING: Final = exists().where(_OF_HOOK, _sent.attempts > 0)
_SERVED: Final = (
    _hook.state == literal(State.ACTIVE.value, literal_execute=True),
    organisation.c.state == literal("verified", literal_execute=True),
    or_(_hook.leased_until.is_(None), _hook.leased_until <= _NOW),
)
_last = select(func.coalesce(func.max(log_entry.c.position), 0)).scalar_subquery()
DUE: Final = Statement(
    select(_hook.authority_id, _hook.id, _FAILING.label("is_failing"))
    .join(organisation, organisation.c.id == _hook.organisation_id)
    .where(*_SERVED)
    .where(
        or_(
            _WAITS <= _AT,
            _HEADS <= _AT,
            and_(_HEADS.is_(None), _hook.cursor < _last),
        )
    )
    .order_by("is_failing", _hook.id)
    .limit(bindparam("limit"))
)
"""Webhooks that something can be sent to now, those that are well first."""
_TO_SERVE: Final = Statement(
    select(
        webhook,
        organisation.c.number,
        organisation.c.kind,
        organisation.c.jurisdiction,
    )
    .join(organisation, organisation.c.id == _hook.organisation_id)
    .where(_hook.authority_id == _AUTHORITY, _hook.id == _ID, *_SERVED)
    .with_for_update(of=webhook, skip_locked=True)
)
_PENDING: Final = Statement(
    select(webhook_delivery)
    .where(_sent.authority_id == _AUTHORITY, _sent.webhook_id == _ID, _IS_PENDING)
    .order_by(_sent.position.asc().nulls_first(), _sent.id)
    .limit(1)
)
_found = (
    select(*feed.EVENT)
    .join(event, feed.IN_LOG)
    .where(
        log_entry.c.position > bindparam("after", type_=BigInteger),
        log_entry.c.position <= bindparam("until", type_=BigInteger),
        feed.SEEN,
        or_(
            bindparam("event_types", type_=ARRAY(Text)).is_(None),
            event.c.type == any_(bindparam("event_types", type_=ARRAY(Text))),
        ),
        or_(
            bindparam("of_search", type_=Text).is_(None),
            event.c.stream == bindparam("of_search", type_=Text),
        ),
    )
    .order_by(log_entry.c.position)
    .limit(1)
    .subquery("found")
)
_EVENT: Final = Statement(
    select(
        _found.c.position,
        _found.c.type,
        json_of(
            type=_found.c.type,
            timestamp=instant(_found.c.recorded_at),
            data=json_row(_found),
        ).label("content"),
    )
)
_HELD: Final = Statement(
    select(
        webhook,
        organisation.c.number,
        organisation.c.kind,
        organisation.c.jurisdiction,
        _sent.position,
        _sent.attempts,
        _sent.is_replay,
    )
    .join(organisation, organisation.c.id == _hook.organisation_id)
    .join(
        webhook_delivery,
        and_(_sent.authority_id == _hook.authority_id, _sent.webhook_id == _hook.id),
    )
    .where(
        _hook.authority_id == _AUTHORITY,
        _hook.id == _ID,
        _hook.lease == bindparam("lease", type_=BigInteger),
        _sent.id == bindparam("delivery_id", type_=Text),
        _IS_PENDING,
    )
    .with_for_update(of=(webhook, webhook_delivery))
)


@cache
def deliveries(*, in_state: bool) -> Statement:
    """Return the statement for a page of what was sent to a webhook, the newest first."""
    shown = select(
        _sent.id, _sent.type, _sent.position, _sent.state, _sent.attempts, _sent.last_status,
        _sent.last_problem,
        *(
            instant(webhook_delivery.c[name]).label(name)
            for name in ("made_at", "attempted_at", "next_at", "ended_at")
        ),
    ).where(
        _sent.authority_id == _AUTHORITY, _sent.webhook_id == bindparam("webhook_id", type_=Text)
    )  # fmt: skip
    if in_state:
        shown = shown.where(_sent.state == bindparam("in_state", type_=Text))
    return page_of(shown)


async def view(tx: Tx, webhook_id: str, *, by: Actor) -> Record:
    """Return a webhook's JSON and version. Refuses with WebhookMissing."""
    return _found_or_not(await tx.row(_ONE, id=webhook_id, organisation_id=by.organisation_id))


async def locked(tx: Tx, webhook_id: str, *, by: Actor, expected: int | None = None) -> Record:
    """Lock a webhook and return its row. Refuses with WebhookMissing or RevisionStale."""
    row = _found_or_not(await tx.row(_LOCKED, id=webhook_id, organisation_id=by.organisation_id))
    revision.check(expected, actual=row["version"])
    return row


async def registered(tx: Tx, *, by: Actor) -> int:
    """Return how many webhooks the caller's organisation has; another must wait to register."""
    await tx.value(_TURN, of_whom=f"webhooks of {by.organisation_id}")
    count: int = await tx.value(_COUNT, organisation_id=by.organisation_id)
    return count


async def head(tx: Tx) -> int:
    """Return the last position of the log."""
    position: int = await tx.value(_HEAD)
    return position


async def keeps(tx: Tx, search_id: str | None, *, by: Actor) -> bool:
    """Tell whether the caller's organisation keeps a saved search; true for none."""
    if search_id is None:
        return True
    kept: bool = await tx.value(_SEARCH, id=search_id, organisation_id=by.organisation_id)
    return kept


async def own(tx: Tx, webhook_id: str, *, by: Actor) -> int:
    """Return the authority number of a webhook of the caller's. Refuses with WebhookMissing."""
    await view(tx, webhook_id, by=by)
    return authority_of(webhook_id)


async def dead(tx: Tx, delivery_id: str, *, by: Actor) -> str:
    """Return the webhook of a dead delivery. Refuses with DeliveryMissing or DeliveryNotDead."""
    row = await tx.row(_OF_DELIVERY, id=delivery_id, organisation_id=by.organisation_id)
    if row is None:
        raise DeliveryMissing("No webhook of the caller's organisation has such a delivery.")
    if row["state"] != Outcome.DEAD:
        raise DeliveryNotDead(f"It is {row['state']}.")
    webhook_id: str = row["webhook_id"]
    return webhook_id


def wanted(row: Record) -> Wanted:
    """Return what a webhook is to send, and where."""
    types = row["event_types"]
    return Wanted(
        url=row["url"],
        description=row["description"],
        event_types=None if types is None else tuple(types),
        search_id=row["search_id"],
    )


async def to_serve(tx: Tx, authority_id: int, webhook_id: str, *, now: datetime) -> Record | None:
    """Lock a webhook that is active, of a verified organisation, and held by nobody; or None."""
    return await tx.row(_TO_SERVE, authority_id=authority_id, id=webhook_id, now=now)


async def pending(tx: Tx, row: Record) -> Record | None:
    """Return the delivery that is next: a test, or else the one of the lowest position."""
    return await tx.row(_PENDING, authority_id=row["authority_id"], id=row["id"])


async def told(tx: Tx, row: Record, *, after: int, until: int, all_of_it: bool) -> Record | None:
    """Return the first event in a part of the log that a webhook's organisation may see.

    It is one that the webhook wants, unless `all_of_it` is looked at.
    """
    return await tx.row(
        _EVENT,
        after=after,
        until=until,
        event_types=None if all_of_it else row["event_types"],
        of_search=None if all_of_it else row["search_id"],
        **feed.reading_as(owner(row)),
    )


async def held(tx: Tx, attempt: Attempt) -> Record | None:
    """Lock the webhook and the delivery of an attempt; None where another has taken it up."""
    return await tx.row(
        _HELD,
        authority_id=attempt.authority_id,
        id=attempt.webhook_id,
        lease=attempt.lease,
        delivery_id=attempt.delivery_id,
    )


def owner(row: Record) -> Actor:
    """Return the organisation of a webhook that is served: a verified one."""
    return Actor(
        organisation_id=row["organisation_id"],
        organisation_number=row["number"],
        kind=OrganisationKind(row["kind"]),
        verified=True,
        jurisdiction=row["jurisdiction"],
        client_id=RULE,
    )


def _found_or_not(row: Any) -> Record:
    if row is None:
        raise WebhookMissing("The caller's organisation has no such webhook.")
    found: Record = row
    return found
