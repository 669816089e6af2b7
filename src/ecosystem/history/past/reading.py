"""The statements by which the past is read."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
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
from sqlalchemy.sql.selectable import LateralFromClause

from ecosystem.history.queries import Events
from ecosystem.history.tables import event, log_entry
from ecosystem.runtime.columns import json_of
from ecosystem.runtime.database import Statement

_KNOWN_AT: Final = bindparam("known_at", type_=DateTime(timezone=True))
_POSITION: Final = bindparam("position", type_=BigInteger)
_VALID_AT: Final = bindparam("valid_at", type_=DateTime(timezone=True))
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_PLACED: Final = (log_entry.c.authority_id == event.c.authority_id) & (
    log_entry.c.event_id == event.c.id
)
_HEAD: Final = select(func.coalesce(func.max(log_entry.c.position), 0)).scalar_subquery()
_NO_HEAD: Final[ColumnElement[int]] = literal_column("NULL::bigint")
_AT_POSITION: Final = (
    select(event.c.recorded_at)
    .join(log_entry, _PLACED)
    .where(log_entry.c.position == _POSITION)
    .scalar_subquery()
)


class Beside(msgspec.Struct, frozen=True):
    """Other things that are read as they were with one: some of their members."""

    which: Callable[[Subquery], Select[*tuple[Any, ...]]]
    """Selects `authority_id` and `id` of the others, by what was selected of the one."""
    members: tuple[str, ...]
    only: Callable[[Subquery, Any], ColumnElement[bool]]
    """Tells by the one, and by those members as JSON, whether another matters."""


class Reading:
    """How some events are read."""

    def __init__(self, events: Events) -> None:
        self._thing, self._place = events.thing, events.place
        self._event, self._other = events.rows, events.rows.alias("other")
        self._placed = (log_entry.c.authority_id == self._event.c.authority_id) & (
            log_entry.c.event_id == self._event.c.id
        )
        self._this = self._of(self._event)

    def _of(self, events: FromClause) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return (
            events.c.authority_id == _AUTHORITY,
            events.c[self._thing] == bindparam("stream", type_=Text),
        )

    def began(self) -> Statement:
        """Return the statement that finds when a thing came to be."""
        first = self._event.c[self._place] == 1
        return Statement(select(self._event.c.recorded_at).where(*self._this, first))

    def between(self) -> Statement:
        """Return the statement of the event that made one moment, and all up to another."""
        one, place = self._event.c, self._event.c[self._place]
        return Statement(
            select(
                one.id, place.label("version"), one.type, log_entry.c.position, one.valid_at,
                one.recorded_at, one.organisation_id, one.client_id, one.person_id,
                one.request_id, one.body,
            )
            .select_from(self._event.outerjoin(log_entry, self._placed))
            .where(*self._this, place >= bindparam("first", type_=Integer))
            .where(place <= bindparam("last", type_=Integer))
            .order_by(place)
        )  # fmt: skip

    def changes(self) -> Statement:
        """Return the statement of all events of some things, as the past is made of them."""
        thing, place = self._event.c[self._thing], self._event.c[self._place]
        return Statement(
            select(
                thing.label("thing"),
                place.label("place"),
                self._event.c.valid_at,
                self._event.c.body["after"].label("after"),
            )
            .where(self._event.c.authority_id == _AUTHORITY)
            .where(thing == any_(bindparam("streams", type_=ARRAY(Text))))
            .order_by(thing, place)
        )

    def by_time(self, seen: Select[*tuple[Any, ...]], beside: Beside | None) -> Statement:
        """Return the statement of a thing as known at a time: its last event, if it is seen."""
        known = self._event.c.recorded_at <= _KNOWN_AT
        return self._remembering(seen, beside, known=known, since=_KNOWN_AT, head=_NO_HEAD)

    def by_position(self, seen: Select[*tuple[Any, ...]], beside: Beside | None) -> Statement:
        """Return the statement of a thing as known at a place in the log."""
        known = exists().where(self._placed, log_entry.c.position <= _POSITION)
        return self._remembering(seen, beside, known=known, since=_AT_POSITION, head=_HEAD)

    def _remembering(
        self,
        seen: Select[*tuple[Any, ...]],
        beside: Beside | None,
        *,
        known: ColumnElement[bool],
        since: Any,
        head: ColumnElement[int],
    ) -> Statement:
        """Return the statement that finds the last event that was known, and what corrects it."""
        this = seen.subquery("seen")
        last = self._last(*self._this, known)
        ahead = self._ahead(last, *self._of(self._other))
        return Statement(
            select(
                # Only of the last: where events are sorted, none of them is looked into.
                last.c.body["after"].label("after"),
                last.c.place.label("version"),
                ahead.label("is_partial"),
                self._correction_of(last.c.place, since=since).label("corrected_by"),
                head.label("head"),
                since.label("as_of"),
                (null() if beside is None else self._others(this, beside, known)).label("beside"),
                *(column for column in this.c if column.key != "id"),
            ).select_from(this.outerjoin(last, true()))
        )

    def _last(self, *known: ColumnElement[bool]) -> LateralFromClause:
        place = self._event.c[self._place]
        found = select(self._event.c.body, place.label("place")).where(*known)
        return found.order_by(place.desc()).limit(1).lateral("last")

    def _ahead(self, last: LateralFromClause, *of_it: ColumnElement[bool]) -> ColumnElement[bool]:
        """Tell whether some of what was known of a thing had not taken effect."""
        return exists().where(
            *of_it,
            self._other.c[self._place] <= last.c.place,
            self._other.c.valid_at > _VALID_AT,
        )

    def _others(self, this: Subquery, beside: Beside, known: ColumnElement[bool]) -> Any:
        """Return those beside one thing, each by its last event that was known, as JSON."""
        others = beside.which(this).correlate(this).subquery("others")

        def of(events: FromClause) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
            return (
                events.c.authority_id == others.c.authority_id,
                events.c[self._thing] == others.c.id,
            )

        last = self._last(*of(self._event), known)
        ahead = self._ahead(last, *of(self._other))
        columns = [column(name, JSON) for name in beside.members]
        # Reads the whole of the JSON but once, whatever the number of its members.
        told = func.json_to_record(last.c.body["after"]).table_valued(*columns)
        told = told.render_derived(name="told", with_types=True)
        one = json_of(
            id=others.c.id,
            version=last.c.place,
            is_partial=ahead,
            told=json_of(**{name: told.c[name] for name in beside.members}),
        )
        return (
            select(func.json_agg(one))
            .select_from(others.join(last, true()).join(told, true()))
            .where(or_(ahead, beside.only(this, told.c)))
            .scalar_subquery()
        )

    def _correction_of(self, place: ColumnElement[int], *, since: Any) -> Any:
        """Return the newest event that came after `place` and took effect by then, as JSON."""
        other = self._other.c
        told = json_of(
            id=other.id,
            type=other.type,
            version=other[self._place],
            valid_at=other.valid_at,
            recorded_at=other.recorded_at,
        )
        return (
            select(told)
            .where(*self._of(self._other), other[self._place] > place)
            .where(other.valid_at <= func.least(_VALID_AT, since))
            .order_by(other[self._place].desc())
            .limit(1)
            .scalar_subquery()
        )
