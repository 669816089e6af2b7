"""Read what was: a thing as of two times, and what happened to it in between."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Subquery,
    Text,
    any_,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
)

from ecosystem.history.past import rules
from ecosystem.history.past.model import (
    Asked,
    Between,
    Change,
    Comparison,
    Correction,
    Moment,
    Then,
)
from ecosystem.history.queries import NothingThen
from ecosystem.history.tables import event, log_entry
from ecosystem.runtime.columns import json_of
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.identifiers import authority_of
from ecosystem.values.period import wire

BETWEEN_MAX: Final = 200
"""How many events two moments may lie apart that are compared."""
_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
_KNOWN_AT: Final = bindparam("known_at", type_=DateTime(timezone=True))
_POSITION: Final = bindparam("position", type_=BigInteger)
_VALID_AT: Final = bindparam("valid_at", type_=DateTime(timezone=True))
_THIS: Final = (
    event.c.authority_id == bindparam("authority_id", type_=Integer),
    event.c.stream == bindparam("stream", type_=Text),
)
_OTHER: Final = event.alias("other")
_OF_OTHER: Final = (
    _OTHER.c.authority_id == bindparam("authority_id", type_=Integer),
    _OTHER.c.stream == bindparam("stream", type_=Text),
)
_PLACED: Final = (log_entry.c.authority_id == event.c.authority_id) & (
    log_entry.c.event_id == event.c.id
)
_AFTER: Final = event.c.body["after"]
_BY_TIME: Final = event.c.recorded_at <= _KNOWN_AT
_BY_POSITION: Final = exists().where(_PLACED, log_entry.c.position <= _POSITION)
_HEAD: Final = select(func.coalesce(func.max(log_entry.c.position), 0)).scalar_subquery()
_AT_POSITION: Final = (
    select(event.c.recorded_at)
    .join(log_entry, _PLACED)
    .where(log_entry.c.position == _POSITION)
    .scalar_subquery()
)


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """A thing as it was, and of which moments that is true."""

    state: bytes
    """JSON of the thing, as today's view writes it."""
    version: int
    then: Then
    seen: Record
    """What else was selected of the thing as it is now."""
    beside: tuple[bytes, ...] = ()
    """JSON of each of the others that were there, of which more members may be told."""

    def answer(self) -> bytes:
        """Return the JSON of the thing with its member `then`."""
        return b'%b,"then":%b}' % (self.state[:-1], msgspec.json.encode(self.then))

    def replaced(self, **members: Any) -> "Memory":
        """Return the same with other values of these members of the thing."""
        state = msgspec.json.encode({**rules.members(self.state), **members})
        return msgspec.structs.replace(self, state=state)


class Beside(msgspec.Struct, frozen=True):
    """Other things that are read as they were with one: some of their members."""

    which: Callable[[Subquery], Select[*tuple[Any, ...]]]
    """Selects `authority_id` and `id` of the others, by what was selected of the one."""
    members: tuple[str, ...]
    only: Callable[[Subquery, Any], ColumnElement[bool]]
    """Tells by the one, and by those members as JSON, whether another matters."""


class _Other(msgspec.Struct, frozen=True):
    """One of them, by its last event that was known."""

    id: str
    version: int
    is_partial: bool
    told: msgspec.Raw


class Past:
    """How the past of one kind of thing is read, in one statement with who may see it."""

    def __init__(self, seen: Select[*tuple[Any, ...]], *, beside: Beside | None = None) -> None:
        """Read the past of what `seen` selects: one row where today's reader may see the thing.

        Whatever that binds is given to `read`. So the past is as hidden as the present. What it
        selects beside an identifier is told of the thing as it is now. Who may see the thing sees
        `beside`, too.
        """
        self._by_time = _remembering(seen, beside, known=_BY_TIME, since=_KNOWN_AT, head=_NO_HEAD)
        self._by_position = _remembering(
            seen, beside, known=_BY_POSITION, since=_AT_POSITION, head=_HEAD
        )

    async def read(
        self, tx: Tx, stream: str, *, asked: Asked, parameter: str = "as_of", **reader: Any
    ) -> Memory | None:
        """Return a thing as of what is asked, or None where its reader may not see it today.

        `parameter` is what named the moment. Refuses with MomentAhead, and with NothingThen where
        nothing of it was known or in force.
        """
        at, position = asked.known.at, asked.known.position
        statement = self._by_time if position is None else self._by_position
        row = await tx.row(
            statement, stream=stream, known_at=at, position=position,
            valid_at=asked.valid_at or _END, **reader,
        )  # fmt: skip
        if row is None:
            return None
        if position is not None and position > row["head"]:
            detail = f"The log has {row['head']} positions."
            raise rules.MomentAhead(detail, parameter=parameter)
        if row["after"] is None:
            began = await tx.value(_BEGAN, authority_id=authority_of(stream), stream=stream)
            raise _nothing(began, parameter=parameter)
        memory = await _memory(tx, stream, row, asked=asked)
        if row["beside"] is None:
            return memory
        return msgspec.structs.replace(memory, beside=await _beside(tx, stream, row, asked=asked))

    async def compare(
        self, tx: Tx, stream: str, *, since: Moment | None, until: Moment, **reader: Any
    ) -> Comparison | None:
        """Return how a thing was at two moments, and what happened to it in between.

        By default since it came to be. None where its reader may not see it today. Refuses as
        `read` does, and with MomentsReversed, MomentsFarApart.
        """
        second = await self.read(tx, stream, asked=Asked(known=until), parameter="until", **reader)
        if second is None:
            return None
        if since is None:
            began = await tx.value(_BEGAN, authority_id=authority_of(stream), stream=stream)
            since = Moment(at=began)
        first = await self.read(tx, stream, asked=Asked(known=since), parameter="from", **reader)
        if first is None:
            return None
        if first.version > second.version:
            raise rules.MomentsReversed(
                "More was known at `from` than at `until`.", parameter="from"
            )
        if second.version - first.version > BETWEEN_MAX:
            raise rules.MomentsFarApart(
                f"At most {BETWEEN_MAX} events are compared.", parameter="from"
            )
        return await _compared(tx, stream, first, second)


def _nothing(began: datetime | None, *, parameter: str) -> NothingThen:
    if began is None:
        return NothingThen("Nothing of this thing was recorded of it alone.", parameter=parameter)
    return NothingThen(
        f"The first event of this thing was recorded at {wire(began)}.", parameter=parameter
    )


async def _compared(tx: Tx, stream: str, first: Memory, second: Memory) -> Comparison:
    rows = await tx.rows(
        _BETWEEN, authority_id=authority_of(stream), stream=stream, first=first.version,
        last=second.version,
    )  # fmt: skip
    bodies = [msgspec.json.decode(row["body"], type=_Body) for row in rows]
    steps = {
        row["id"]: (before.after, body.after)
        for row, (before, body) in zip(rows[1:], pairwise(bodies), strict=True)
    }
    return Comparison(
        object=stream,
        since=first.then,
        until=second.then,
        differences=rules.differences(bodies[0].after, bodies[-1].after, between=steps),
        events=tuple(
            _between(row, body, known_at=first.then.as_of)
            for row, body in zip(rows[1:], bodies[1:], strict=True)
        ),
    )


def _between(row: Record, body: "_Body", *, known_at: datetime) -> Between:
    given = {name: row[name] for name in Between.__struct_fields__ if name in row}
    return Between(
        **given,
        is_correction=row["valid_at"] <= known_at,
        why=rules.why(body.decision, body.facts),
    )


class _Body(msgspec.Struct, frozen=True):
    """Of an event's body, what a comparison tells."""

    facts: dict[str, Any]
    decision: dict[str, Any]
    after: dict[str, Any]


_BEGAN: Final = Statement(select(event.c.recorded_at).where(*_THIS, event.c.version == 1))
_BETWEEN: Final = Statement(
    select(
        event.c.id,
        event.c.version,
        event.c.type,
        log_entry.c.position,
        event.c.valid_at,
        event.c.recorded_at,
        event.c.organisation_id,
        event.c.client_id,
        event.c.person_id,
        event.c.request_id,
        event.c.body,
    )
    .outerjoin(log_entry, _PLACED)
    .where(*_THIS, event.c.version >= bindparam("first", type_=Integer))
    .where(event.c.version <= bindparam("last", type_=Integer))
    .order_by(event.c.version)
)
"""The event that made the first moment, and all that followed it up to the second."""

_NO_HEAD: Final[ColumnElement[int]] = literal_column("NULL::bigint")


def _remembering(
    seen: Select[*tuple[Any, ...]],
    beside: Beside | None,
    *,
    known: ColumnElement[bool],
    since: Any,
    head: ColumnElement[int],
) -> Statement:
    """Return the statement that finds the last event that was known, and what corrects it."""
    this = seen.subquery("seen")
    last = (
        select(event.c.body, event.c.version)
        .where(*_THIS, known)
        .order_by(event.c.version.desc())
        .limit(1)
        .lateral("last")
    )
    ahead = exists().where(
        *_OF_OTHER, _OTHER.c.version <= last.c.version, _OTHER.c.valid_at > _VALID_AT
    )
    return Statement(
        select(
            # Only of the last: where events are sorted, none of them is looked into.
            last.c.body["after"].label("after"),
            last.c.version,
            ahead.label("is_partial"),
            _correction_of(last.c.version, since=since).label("corrected_by"),
            head.label("head"),
            since.label("as_of"),
            (null() if beside is None else _others(this, beside, known)).label("beside"),
            *(column for column in this.c if column.key != "id"),
        ).select_from(this.outerjoin(last, true()))
    )


def _others(this: Subquery, beside: Beside, known: ColumnElement[bool]) -> Any:
    """Return those beside one thing, each by its last event that was known, as JSON."""
    others = beside.which(this).correlate(this).subquery("others")
    last = (
        select(event.c.body, event.c.version)
        .where(event.c.authority_id == others.c.authority_id, event.c.stream == others.c.id, known)
        .order_by(event.c.version.desc())
        .limit(1)
        .lateral("last")
    )
    ahead = exists().where(
        _OTHER.c.authority_id == others.c.authority_id,
        _OTHER.c.stream == others.c.id,
        _OTHER.c.version <= last.c.version,
        _OTHER.c.valid_at > _VALID_AT,
    )
    columns = [column(name, JSON) for name in beside.members]
    # Reads the whole of the JSON but once, whatever the number of its members.
    told = func.json_to_record(last.c.body["after"]).table_valued(*columns)
    told = told.render_derived(name="told", with_types=True)
    one = json_of(
        id=others.c.id,
        version=last.c.version,
        is_partial=ahead,
        told=json_of(**{name: told.c[name] for name in beside.members}),
    )
    return (
        select(func.json_agg(one))
        .select_from(others.join(last, true()).join(told, true()))
        .where(or_(ahead, beside.only(this, told.c)))
        .scalar_subquery()
    )


def _correction_of(version: ColumnElement[int], *, since: Any) -> Any:
    """Return the newest event that came after `version` and took effect by then, as JSON."""
    members = ("id", "type", "version", "valid_at", "recorded_at")
    return (
        select(json_of(**{name: _OTHER.c[name] for name in members}))
        .where(*_OF_OTHER, _OTHER.c.version > version)
        .where(_OTHER.c.valid_at <= func.least(_VALID_AT, since))
        .order_by(_OTHER.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )


_CHANGES: Final = Statement(
    select(event.c.stream, event.c.version, event.c.valid_at, _AFTER.label("after"))
    .where(event.c.authority_id == bindparam("authority_id", type_=Integer))
    .where(event.c.stream == any_(bindparam("streams", type_=ARRAY(Text))))
    .order_by(event.c.stream, event.c.version)
)


async def _memory(tx: Tx, stream: str, row: Record, *, asked: Asked) -> Memory:
    then = Then(
        as_of=row["as_of"],
        position=asked.known.position,
        valid_at=asked.valid_at,
        corrected_by=_correction(row["corrected_by"]),
    )
    if asked.valid_at is None or not row["is_partial"]:
        return Memory(state=row["after"], version=row["version"], then=then, seen=row)
    (changes,) = await _changes(tx, authority_of(stream), {stream: row["version"]})
    found = rules.in_force(changes, valid_at=asked.valid_at)
    if found is None:
        began = min(change.valid_at for change in changes)
        raise NothingThen(
            f"What was known of this thing was in force since {wire(began)}.", parameter="valid_at"
        )
    version: int = msgspec.json.decode(found["version"])
    return Memory(state=msgspec.json.encode(found), version=version, then=then, seen=row)


async def _beside(tx: Tx, stream: str, row: Record, *, asked: Asked) -> tuple[bytes, ...]:
    """Return the others as of what is asked; those that were not there are left out."""
    others = msgspec.json.decode(row["beside"], type=tuple[_Other, ...])
    whole = tuple(bytes(one.told) for one in others if not one.is_partial)
    versions = {one.id: one.version for one in others if one.is_partial}
    if asked.valid_at is None or not versions:
        return whole
    changes = await _changes(tx, authority_of(stream), versions)
    were = [rules.in_force(each, valid_at=asked.valid_at) for each in changes]
    return (*whole, *(msgspec.json.encode(one) for one in were if one is not None))


async def _changes(tx: Tx, authority_id: int, versions: dict[str, int]) -> list[list[Change]]:
    """Return of each of these things its first events up to a version, in their order."""
    rows = await tx.rows(_CHANGES, authority_id=authority_id, streams=list(versions))
    found: dict[str, list[Change]] = {stream: [] for stream in versions}
    for row in rows:
        if row["version"] <= versions[row["stream"]]:
            change = Change(valid_at=row["valid_at"], after=msgspec.Raw(row["after"]))
            found[row["stream"]].append(change)
    return list(found.values())


def _correction(text: bytes | None) -> Correction | None:
    return None if text is None else msgspec.json.decode(text, type=Correction)
