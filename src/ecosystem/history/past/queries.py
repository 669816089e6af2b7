"""Read what was: a thing as of two times, and what happened to it in between."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Select,
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
from ecosystem.history.past.reading import Beside, Reading
from ecosystem.history.queries import EVENTS, Events, NothingThen
from ecosystem.runtime.database import Record, Tx
from ecosystem.values.identifiers import authority_of
from ecosystem.values.period import shown

BETWEEN_MAX: Final = 200
"""How many events two moments may lie apart that are compared."""
_END: Final = datetime(9999, 1, 1, tzinfo=UTC)


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


class _Other(msgspec.Struct, frozen=True):
    """One of them, by its last event that was known."""

    id: str
    version: int
    is_partial: bool
    told: msgspec.Raw


class Past:
    """How the past of one kind of thing is read, in one statement with who may see it."""

    def __init__(
        self,
        seen: Select[*tuple[Any, ...]],
        *,
        beside: Beside | None = None,
        events: Events = EVENTS,
    ) -> None:
        """Read the past of what `seen` selects: one row where today's reader may see the thing.

        Whatever that binds is given to `read`. So the past is as hidden as the present. What it
        selects beside an identifier is told of the thing as it is now. Who may see the thing sees
        `beside`, too. It is made of `events`.
        """
        read = Reading(events)
        self._by_time = read.by_time(seen, beside)
        self._by_position = read.by_position(seen, beside)
        self._began = read.began()
        self._between = read.between()
        self._changes = read.changes()

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
            began = shown(await self._first(tx, stream))
            raise NothingThen(
                f"The first event of this thing was recorded at {began}.", parameter=parameter
            )
        memory = await self._memory(tx, stream, row, asked=asked)
        if row["beside"] is None:
            return memory
        were = await self._beside(tx, stream, row, asked=asked)
        return msgspec.structs.replace(memory, beside=were)

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
            since = Moment(at=await self._first(tx, stream))
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
        return await self._compared(tx, stream, first, second)

    async def _first(self, tx: Tx, stream: str) -> datetime:
        began: datetime = await tx.value(
            self._began, authority_id=authority_of(stream), stream=stream
        )
        return began

    async def _compared(self, tx: Tx, stream: str, first: Memory, second: Memory) -> Comparison:
        rows = await tx.rows(
            self._between, authority_id=authority_of(stream), stream=stream, first=first.version,
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

    async def _memory(self, tx: Tx, stream: str, row: Record, *, asked: Asked) -> Memory:
        then = Then(
            as_of=row["as_of"],
            position=asked.known.position,
            valid_at=asked.valid_at,
            corrected_by=_correction(row["corrected_by"]),
        )
        if asked.valid_at is None or not row["is_partial"]:
            return Memory(state=row["after"], version=row["version"], then=then, seen=row)
        (changes,) = await self._known(tx, authority_of(stream), {stream: row["version"]})
        found = rules.in_force(changes, valid_at=asked.valid_at)
        if found is None:
            began = min(change.valid_at for change in changes)
            raise NothingThen(
                f"What was known of this thing was in force since {shown(began)}.",
                parameter="valid_at",
            )
        version: int = msgspec.json.decode(found["version"])
        return Memory(state=msgspec.json.encode(found), version=version, then=then, seen=row)

    async def _beside(self, tx: Tx, stream: str, row: Record, *, asked: Asked) -> tuple[bytes, ...]:
        """Return the others as of what is asked; those that were not there are left out."""
        others = msgspec.json.decode(row["beside"], type=tuple[_Other, ...])
        whole = tuple(bytes(one.told) for one in others if not one.is_partial)
        versions = {one.id: one.version for one in others if one.is_partial}
        if asked.valid_at is None or not versions:
            return whole
        changes = await self._known(tx, authority_of(stream), versions)
        were = [rules.in_force(each, valid_at=asked.valid_at) for each in changes]
        return (*whole, *(msgspec.json.encode(one) for one in were if one is not None))

    async def _known(
        self, tx: Tx, authority_id: int, versions: dict[str, int]
    ) -> list[list[Change]]:
        """Return of each of these things its first events up to a version, in their order."""
        rows = await tx.rows(self._changes, authority_id=authority_id, streams=list(versions))
        found: dict[str, list[Change]] = {stream: [] for stream in versions}
        for row in rows:
            if row["place"] <= versions[row["thing"]]:
                change = Change(valid_at=row["valid_at"], after=msgspec.Raw(row["after"]))
                found[row["thing"]].append(change)
        return list(found.values())


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


def _correction(text: bytes | None) -> Correction | None:
    return None if text is None else msgspec.json.decode(text, type=Correction)
