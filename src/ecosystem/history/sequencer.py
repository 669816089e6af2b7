"""The one sequencer: gives each committed event its gapless position.

A feed that pages on a sequence or a timestamp loses events that commit late. So every
write also inserts into a queue, and one leader, elected by an advisory lock, drains it in
order of arrival. Arrival is drawn under the lock on the thing that changed, so that the
events of one thing keep their order.
"""

import hashlib
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
)

from ecosystem.history.tables import event, event_pending, log_entry
from ecosystem.runtime.database import Database, Statement, Tx

BATCH: Final = 1_000
_LEADER: Final = 0x7365_7175_656E_6365
"""Key of the advisory lock: `sequence` in ASCII."""
_LEAF: Final = b"\x00"

_LEAD: Final = Statement(
    select(func.pg_try_advisory_xact_lock(bindparam("lock", type_=BigInteger)))
)
_HEAD: Final = Statement(select(func.coalesce(func.max(log_entry.c.position), 0)))
_oldest = (
    select(event_pending.c.authority_id, event_pending.c.event_id)
    .order_by(event_pending.c.arrival)
    .limit(bindparam("batch"))
)
_DRAIN: Final = Statement(
    delete(event_pending)
    .where(tuple_(event_pending.c.authority_id, event_pending.c.event_id).in_(_oldest))
    .returning(event_pending.c.authority_id, event_pending.c.event_id, event_pending.c.arrival)
)
_arrived = (
    func.unnest(
        bindparam("positions", type_=ARRAY(BigInteger)),
        bindparam("authorities", type_=ARRAY(Integer)),
        bindparam("events", type_=ARRAY(Text)),
    )
    .table_valued("position", "authority_id", "event_id")
    .render_derived(name="arrived")
)
_APPEND: Final = Statement(
    insert(log_entry).from_select(
        ["position", "authority_id", "event_id", "leaf_hash"],
        select(
            _arrived.c.position,
            _arrived.c.authority_id,
            _arrived.c.event_id,
            func.sha256(bindparam("leaf", type_=LargeBinary).op("||")(event.c.hash)),
        ).join_from(
            _arrived,
            event,
            (event.c.authority_id == _arrived.c.authority_id) & (event.c.id == _arrived.c.event_id),
        ),
    )
)


async def sequence(database: Database) -> int | None:
    """Give positions to one batch of events; return how many, or None where another leads."""
    async with database.transaction() as tx:
        if not await tx.value(_LEAD, lock=_LEADER):
            return None
        return await _drain(tx)


async def _drain(tx: Tx) -> int:
    rows = sorted(await tx.rows(_DRAIN, batch=BATCH), key=_arrival)
    if not rows:
        return 0
    first: int = await tx.value(_HEAD) + 1
    await tx.run(
        _APPEND,
        positions=list(range(first, first + len(rows))),
        authorities=[row["authority_id"] for row in rows],
        events=[row["event_id"] for row in rows],
        leaf=_LEAF,
    )
    return len(rows)


def _arrival(row: Any) -> int:
    arrival: int = row["arrival"]
    return arrival


def leaf_hash(event_hash: bytes) -> bytes:
    """Return the leaf of an event in the log. Source: RFC 9162, section 2.1.1."""
    return hashlib.sha256(_LEAF + event_hash).digest()
