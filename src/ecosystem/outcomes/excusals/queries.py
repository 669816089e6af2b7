"""Read excusals: facts for the rules, locked; views for people."""

from typing import Any, Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.contracts import queries as contracts
from ecosystem.outcomes.excusals.model import (
    DecideFacts,
    Excusal,
    ExcusalDecision,
    ExcusalState,
)
from ecosystem.outcomes.excusals.rules import ExcusalMissing
from ecosystem.outcomes.excusals.tables import excusal
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

_KEY: Final = (
    excusal.c.authority_id == bindparam("authority_id", type_=Integer),
    excusal.c.id == bindparam("id", type_=Text),
)
_VIEW: Final = [excusal.c[name] for name in Excusal.__struct_fields__]
_SEEN: Final = contracts.is_concerned(excusal.c.authority_id, excusal.c.contract_id)
_one = select(*_VIEW).where(*_KEY, _SEEN).subquery("one")
_ONE: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
EXCUSALS: Final = page_of(
    select(*_VIEW).where(
        excusal.c.authority_id == bindparam("authority_id", type_=Integer),
        excusal.c.metric_id == bindparam("metric_id", type_=Text),
        _SEEN,
    )
)
"""A page of the excusals of a metric that the reader is concerned with."""
_LOCKED: Final = Statement(
    select(excusal, contracts.role_of(excusal.c.authority_id, excusal.c.contract_id).label("role"))
    .where(*_KEY, _SEEN)
    .with_for_update()
)


async def excusal_view(tx: Tx, excusal_id: str, *, seen_by: Actor) -> Record:
    """Return an excusal's JSON as `body`, and its version. Refuses with ExcusalMissing."""
    return _found(await tx.row(_ONE, **_named(excusal_id), **contracts.reads_as(seen_by)))


async def locked(
    tx: Tx, excusal_id: str, decision: ExcusalDecision, *, by: Actor, expected: int | None
) -> tuple[DecideFacts, Record]:
    """Lock an excusal, and return what a decision is checked against, and its row.

    Refuses with ExcusalMissing, or RevisionStale where `expected` is another version.
    """
    row = _found(await tx.row(_LOCKED, **_named(excusal_id), **contracts.reads_as(by)))
    revision.check(expected, actual=row["version"])
    facts = DecideFacts(
        role=row["role"],
        state=ExcusalState(row["state"]),
        asked_by=row["asked_by"],
        asked_hand=row["asked_hand"],
        decision=decision,
    )
    return facts, row


def _named(excusal_id: str) -> dict[str, Any]:
    authority = owner(excusal_id, "excusal", otherwise=ExcusalMissing)
    return {"authority_id": authority, "id": excusal_id}


def _found(row: Record | None) -> Record:
    if row is None:
        raise ExcusalMissing("There is no such excusal in a contract of the caller's.")
    return row
