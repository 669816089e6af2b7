"""Read a milestone as it was: by its date, and by those that it comes after or before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    any_,
    cast,
    exists,
    func,
    or_,
    select,
)

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rule_parts import Code
from ecosystem.contracts.tables import contract
from ecosystem.history.past.model import Asked, Comparison, Moment
from ecosystem.history.past.queries import Memory, Past
from ecosystem.history.past.reading import Beside
from ecosystem.history.tables import event
from ecosystem.milestones import rules
from ecosystem.milestones.model import State, Timeliness
from ecosystem.milestones.queries import KEY, SEEN, missing
from ecosystem.milestones.rules import MilestoneMissing
from ecosystem.milestones.tables import milestone
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

_CONTRACT: Final = (
    contract.c.authority_id == milestone.c.authority_id, contract.c.id == milestone.c.contract_id,
)  # fmt: skip


def _is_replanned(one: Any) -> ColumnElement[bool]:
    """Tell whether a change of the terms has altered a milestone, and may be what it waits for."""
    return exists().where(
        event.c.authority_id == one.authority_id,
        event.c.stream == one.id,
        event.c.type == "milestone.replanned",
    )


def _beside(this: Subquery) -> Select[*tuple[Any, ...]]:
    """Select what a milestone comes after, and what may have waited for it under other terms."""
    comes_after = func.words_of(this.c.comes_after, type_=ARRAY(Text))
    follows = this.c.code == any_(func.words_of(milestone.c.after, type_=ARRAY(Text)))
    may_wait = or_(this.c.is_replanned, follows, _is_replanned(milestone.c))
    return select(milestone.c.authority_id, milestone.c.id).where(
        or_(this.c.is_changed, func.cardinality(comes_after) > 0),
        milestone.c.authority_id == this.c.authority_id,
        milestone.c.contract_id == this.c.contract_id,
        milestone.c.id != this.c.id,
        or_(milestone.c.code == any_(comes_after), and_(this.c.is_changed, may_wait)),
    )


def _matters(this: Subquery, other: Any) -> ColumnElement[bool]:
    """Tell whether another keeps a milestone waiting no more, or waits for it."""
    waits_for = func.words_of(other.blocked_by, type_=ARRAY(Text))
    return or_(cast(other.state, Text) == '"accepted"', this.c.code == any_(waits_for))


_PAST: Final = Past(
    select(
        milestone.c.authority_id,
        milestone.c.id,
        milestone.c.contract_id,
        milestone.c.code,
        milestone.c.after.label("comes_after"),
        select(contract.c.edition > 1).where(*_CONTRACT).scalar_subquery().label("is_changed"),
        _is_replanned(milestone.c).label("is_replanned"),
    ).where(*KEY, SEEN),
    beside=Beside(_beside, members=("code", "state", "blocked_by"), only=_matters),
)


class _Other(msgspec.Struct, frozen=True):
    """Of a milestone beside it, what one follows from."""

    code: Code
    state: State
    blocked_by: tuple[Code, ...]


class _One(msgspec.Struct, frozen=True):
    """Of a milestone as it was recorded, what is of a moment, and what that follows from."""

    code: Code
    state: State
    due_at: datetime
    delivered_at: datetime | None
    accepted_delivery_at: datetime | None
    timeliness: Timeliness | None
    blocked_by: tuple[Code, ...]
    blocks: tuple[Code, ...]


async def past(tx: Tx, milestone_id: str, *, seen_by: Actor, asked: Asked) -> bytes:
    """Return the JSON of a milestone as of what is asked.

    By its date it is what it was then, and so are those that it comes after or before, which
    change without it. Refuses with MilestoneMissing where today's is not the caller's to see, and
    as `Past.read`.
    """
    memory = await _PAST.read(
        tx, milestone_id, asked=asked, authority_id=_owner(milestone_id), id=milestone_id,
        **contracts.reads_as(seen_by),
    )  # fmt: skip
    if memory is None:
        raise missing()
    then = msgspec.json.decode(memory.state, type=_One)
    told: dict[str, Any] = {"timeliness": _timeliness(then, memory, asked=asked)}
    is_changed: bool = memory.seen["is_changed"]
    if then.blocked_by or is_changed:
        others = [msgspec.json.decode(one, type=_Other) for one in memory.beside]
        told |= _order(then, others, is_changed=is_changed)
    if any(getattr(then, name) != value for name, value in told.items()):
        memory = memory.replaced(**told)
    return memory.answer()


def _timeliness(then: _One, memory: Memory, *, asked: Asked) -> Timeliness | None:
    at = min(memory.then.as_of, asked.valid_at or memory.then.as_of)
    delivered_at = then.accepted_delivery_at or then.delivered_at
    if then.state is State.SUBMITTED:
        delivered_at = then.delivered_at
    return rules.timeliness(then.state, due_at=then.due_at, delivered_at=delivered_at, at=at)


def _order(
    then: _One, others: Sequence[_Other], *, is_changed: bool
) -> dict[str, tuple[Code, ...]]:
    """Return what a milestone waits for, and what waits for it, by those that it is beside.

    Each was recorded with what it waited for: of that, what was accepted by then is left out, and
    nothing is ever accepted no more. What waits for this one was recorded with it, unless the
    terms have changed, which tells those alone that are altered.
    """
    accepted = {one.code for one in others if one.state is State.ACCEPTED}
    blocks = then.blocks
    if is_changed:
        waiting = () if then.state is State.ACCEPTED else others
        blocks = tuple(sorted(one.code for one in waiting if then.code in one.blocked_by))
    return {
        "blocked_by": tuple(code for code in then.blocked_by if code not in accepted),
        "blocks": blocks,
    }


async def compare(
    tx: Tx, milestone_id: str, *, since: Moment | None, until: Moment, seen_by: Actor
) -> Comparison:
    """Return how a milestone was at two moments, and what happened to it in between.

    Refuses with MilestoneMissing where today's is not the caller's to see, and as `Past.compare`.
    """
    found = await _PAST.compare(
        tx, milestone_id, since=since, until=until, authority_id=_owner(milestone_id),
        id=milestone_id, **contracts.reads_as(seen_by),
    )  # fmt: skip
    if found is None:
        raise missing()
    return found


def _owner(milestone_id: str) -> int:
    return owner(milestone_id, "milestone", otherwise=MilestoneMissing)
