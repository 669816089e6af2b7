"""Find needs, newest first: one index of words, places and kinds, and one for each range."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from ecosystem.needs.queries import AT, OWN, SEEN, SUMMARY
from ecosystem.needs.searches.model import Filters, SavedSearch
from ecosystem.needs.searches.rules import SearchMissing
from ecosystem.needs.tables import need, saved_search
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_from, page_of
from ecosystem.runtime.searching import newest_holding, newest_where
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_CLOSING: Final = frozenset({"closing_from", "closing_before", "is_open", "is_closed"})
_BY_CLOCK: Final = {"published": "is_open", "closed": "is_closed"}
"""States that follow from the clock, and the filters that they are."""
_VALUE: Final = frozenset({"value_min", "value_max"})


def _tag(name: str, parameter: str) -> ColumnElement[Any]:
    return func.tag_sought(name, bindparam(parameter, type_=Text))


_WORDS: Final[Mapping[str, ColumnElement[Any]]] = {
    "text": func.bigrams_sought(bindparam("text", type_=Text)),
    "sector": _tag("sector", "sector"),
    "operation": _tag("operation", "operation"),
    "within": _tag("in", "within"),
    "invited_kind": _tag("kind", "invited_kind"),
    "invited_offer": _tag("offer", "invited_offer"),
}
"""What the index of words knows."""


def _word(text: str) -> ColumnElement[str]:
    return literal(text, literal_execute=True)


_PUBLISHED: Final = need.c.state == _word("published")
_IN_CURRENCY: Final = need.c.currency == bindparam("currency", type_=Text)
_BOUNDS: Final[Mapping[str, ColumnElement[bool]]] = {
    "closing_from": need.c.submission_ends_at
    >= bindparam("closing_from", type_=DateTime(timezone=True)),
    "closing_before": need.c.submission_ends_at
    < bindparam("closing_before", type_=DateTime(timezone=True)),
    "value_min": and_(_IN_CURRENCY, need.c.value >= bindparam("value_min", type_=Numeric)),
    "value_max": and_(_IN_CURRENCY, need.c.value <= bindparam("value_max", type_=Numeric)),
    "published_since": need.c.published_at
    >= bindparam("published_since", type_=DateTime(timezone=True)),
    "is_open": and_(_PUBLISHED, need.c.submission_ends_at > AT),
    "is_closed": and_(_PUBLISHED, need.c.submission_ends_at <= AT),
    "is_draft": and_(need.c.state == _word("draft"), need.c.authority_id == OWN),
    "in_state": need.c.later_state == bindparam("in_state", type_=Text),
}


def asked(filters: Filters) -> dict[str, Any]:
    """Return what filters ask for, as parameters by name."""
    given = {
        name: getattr(filters, name)
        for name in filters.__struct_fields__
        if getattr(filters, name) and name != "currency"
    }
    if (state := given.get("in_state")) in {"draft", *_BY_CLOCK}:
        del given["in_state"]
        given[_BY_CLOCK.get(state, "is_draft")] = True
    for name in {"closing_from", "closing_before"} & given.keys():
        given[name] = datetime.combine(given[name], time(), UTC)
    for name in _VALUE & given.keys():
        given[name] = Decimal(given[name])
    return given | ({"currency": filters.currency} if _VALUE & given.keys() else {})


_SAVED: Final = (
    saved_search.c.id,
    saved_search.c.version,
    saved_search.c.name,
    saved_search.c.filters,
    saved_search.c.saved_at,
)
_OWN: Final = saved_search.c.organisation_id == bindparam("organisation_id", type_=Text)
_SEARCH: Final = saved_search.c.id == bindparam("id", type_=Text)
SAVED: Final = page_of(select(*_SAVED).where(_OWN))
_one = select(*_SAVED).where(_OWN, _SEARCH).subquery("one")
_VIEW: Final = Statement(select(json_row(_one), _one.c.version))
_LOCKED: Final = Statement(
    select(saved_search.c.version, saved_search.c.filters).where(_OWN, _SEARCH).with_for_update()
)
_KEPT: Final = Statement(select(func.count()).select_from(saved_search).where(_OWN))


def _either(column: ColumnElement[Any], fits: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(column.is_(None), fits)


_kept = saved_search.c
_MATCHING: Final = Statement(
    select(_kept.id, _kept.organisation_id)
    .join(need, literal(value=True, literal_execute=True))
    .where(
        need.c.authority_id == bindparam("of_authority", type_=Integer),
        need.c.id == bindparam("of_need", type_=Text),
        _either(_kept.text, need.c.searched.op("@@")(func.bigrams_sought(_kept.text))),
        _either(_kept.sector, _kept.sector == need.c.sector),
        _either(_kept.operation, _kept.operation == need.c.operation),
        _either(_kept.within, _kept.within == any_(need.c.places)),
        _either(
            _kept.invited_kind, _kept.invited_kind == any_(func.words_of(need.c.invited_kinds))
        ),
        _either(
            _kept.invited_offer, _kept.invited_offer == any_(func.words_of(need.c.invited_offers))
        ),
        _either(_kept.currency, _kept.currency == need.c.currency),
        _either(_kept.value_min, need.c.value >= _kept.value_min),
        _either(_kept.value_max, need.c.value <= _kept.value_max),
        _either(_kept.closing_from, need.c.submission_ends_at >= _kept.closing_from),
        _either(_kept.closing_before, need.c.submission_ends_at < _kept.closing_before),
    )
    .order_by(_kept.id)
    .with_for_update(of=saved_search)
)


async def view(tx: Tx, search_id: str, *, by: Actor) -> Record:
    """Return a saved search's JSON and version. Refuses with SearchMissing."""
    return _found(await tx.row(_VIEW, id=search_id, organisation_id=by.organisation_id))


async def locked(tx: Tx, search_id: str, *, by: Actor, expected: int | None) -> Record:
    """Lock a saved search and return its row. Refuses with SearchMissing or RevisionStale."""
    row = _found(await tx.row(_LOCKED, id=search_id, organisation_id=by.organisation_id))
    revision.check(expected, actual=row["version"])
    return row


async def filters_of(tx: Tx, search_id: str, *, by: Actor) -> Filters:
    """Return what a saved search asks for. Refuses with SearchMissing."""
    body, _ = await view(tx, search_id, by=by)
    return msgspec.json.decode(body, type=SavedSearch).filters


async def kept(tx: Tx, *, by: Actor) -> int:
    """Return how many searches the caller's organisation keeps."""
    count: int = await tx.value(_KEPT, organisation_id=by.organisation_id)
    return count


async def matching(tx: Tx, need_id: str) -> list[Record]:
    """Lock the saved searches that find a need; return their identifiers and keepers."""
    return await tx.rows(_MATCHING, of_authority=authority_of(need_id), of_need=need_id)


def _found(row: Record | None) -> Record:
    if row is None:
        raise SearchMissing("The caller's organisation keeps no such search.")
    return row


def listing(names: frozenset[str]) -> Statement:
    """Return the statement for a page of needs that are as the filters of these names say."""
    return _listing(names - {"currency"})


@cache
def _listing(names: frozenset[str]) -> Statement:
    rows = select(*SUMMARY)
    words = names & _WORDS.keys()
    ranges = frozenset[str]() if words else (names & _CLOSING or names & _VALUE)
    where = and_(SEEN, *(_BOUNDS[name] for name in sorted(names - words - ranges)))
    if words:
        found = newest_holding(_all_of(words), document=need.c.searched, key=need.c.id, where=where)
    elif ranges:
        holds = and_(*(_BOUNDS[name] for name in sorted(ranges)))
        along = need.c.submission_ends_at if ranges & _CLOSING else need.c.value
        found = newest_where(holds, key=need.c.id, where=where, along=along)
    else:
        return page_of(rows.where(where))
    return page_from(rows.where(need.c.id.in_(found)).order_by(need.c.id.desc()))


def _all_of(names: frozenset[str]) -> ColumnElement[Any]:
    first, *others = (_WORDS[name] for name in sorted(names))
    for other in others:
        first = first.op("&&")(other)
    return first
