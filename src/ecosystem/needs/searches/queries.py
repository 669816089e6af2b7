"""Find needs, newest first: one index of words, places and kinds, and one for each range."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, DateTime, Numeric, Text, and_, bindparam, func, select

from ecosystem.needs.queries import SEEN, SUMMARY, state_now
from ecosystem.needs.searches.model import Filters
from ecosystem.needs.tables import need
from ecosystem.runtime.database import Statement
from ecosystem.runtime.paging import page_from, page_of
from ecosystem.runtime.searching import newest_holding, newest_where

_CLOSING: Final = frozenset({"closing_from", "closing_before"})
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
_IN_CURRENCY: Final = need.c.currency == bindparam("currency", type_=Text)
_BOUNDS: Final[Mapping[str, ColumnElement[bool]]] = {
    "closing_from": need.c.submission_ends_at
    >= bindparam("closing_from", type_=DateTime(timezone=True)),
    "closing_before": need.c.submission_ends_at
    < bindparam("closing_before", type_=DateTime(timezone=True)),
    "value_min": and_(_IN_CURRENCY, need.c.value >= bindparam("value_min", type_=Numeric)),
    "value_max": and_(_IN_CURRENCY, need.c.value <= bindparam("value_max", type_=Numeric)),
    "in_state": state_now() == bindparam("in_state", type_=Text),
}


def asked(filters: Filters) -> dict[str, Any]:
    """Return what filters ask for, as parameters by name."""
    given = {
        name: getattr(filters, name)
        for name in filters.__struct_fields__
        if getattr(filters, name) and name != "currency"
    }
    for name in _CLOSING & given.keys():
        given[name] = datetime.combine(given[name], time(), UTC)
    for name in _VALUE & given.keys():
        given[name] = Decimal(given[name])
    return given | ({"currency": filters.currency} if _VALUE & given.keys() else {})


def listing(names: frozenset[str]) -> Statement:
    """Return the statement for a page of needs that are as the filters of these names say."""
    return _listing(names - {"currency"})


@cache
def _listing(names: frozenset[str]) -> Statement:
    rows = select(*SUMMARY)
    words = names & _WORDS.keys()
    ranges = () if words else (names & _CLOSING or names & _VALUE)
    where = and_(SEEN, *(_BOUNDS[name] for name in sorted(names - words - set(ranges))))
    if words:
        found = newest_holding(_all_of(words), document=need.c.searched, key=need.c.id, where=where)
    elif ranges:
        holds = and_(*(_BOUNDS[name] for name in sorted(ranges)))
        found = newest_where(holds, key=need.c.id, where=where)
    else:
        return page_of(rows.where(where))
    return page_from(rows.where(need.c.id.in_(found)).order_by(need.c.id.desc()))


def _all_of(names: frozenset[str]) -> ColumnElement[Any]:
    first, *others = (_WORDS[name] for name in sorted(names))
    for other in others:
        first = first.op("&&")(other)
    return first
