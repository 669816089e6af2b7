"""How words are found among very many rows: the newest first, however rare or common they are.

An index of words (GIN) knows no order. To sort all that hold a common word takes longer the
more there are, and to look through the newest until a page is full takes for ever where the
word is rare; nor can the planner know which it is, for it knows no frequency of rare words.
So a statement looks at the newest rows first, then asks the index for a few, and goes on
looking only where the index has shown that there are many.
"""

from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Integer, and_, func, literal, select, union

from ecosystem.runtime.paging import PAGE_FROM, PAGE_LIMIT, Rows

_NEWEST: Final = 700
"""Rows that are looked at first; a word in one of thirty fills a page of 20 there."""
_FEW: Final = 5_000
"""So many hits are sorted; where there are more, looking on ends soon."""


def newest_holding(
    words: ColumnElement[Any],
    *,
    document: ColumnElement[Any],
    key: ColumnElement[str],
    where: ColumnElement[bool],
) -> Rows:
    """Return the keys of one page of rows whose `document` holds `words`, newest first.

    `key` is an indexed text column that sorts by age, `document` a tsvector with a GIN index,
    `words` a tsquery. Bounded as a page must be: from PAGE_FROM on, one more than PAGE_LIMIT.
    """
    sought = _once(select(words.label("words")), "sought")
    holds = document.op("@@")(select(sought.c.words).scalar_subquery())
    return newest_where(holds, key=key, where=where)


def newest_where(
    holds: ColumnElement[bool],
    *,
    key: ColumnElement[str],
    where: ColumnElement[bool],
    along: ColumnElement[Any] | None = None,
) -> Rows:
    """Return the keys of one page of rows of which something `holds` that an index knows.

    `key` is an indexed text column that sorts by age; `along` the one of a range, whose index is
    then followed: the planner, who guesses that a third of all rows are in any range, would read
    them in any other order. Bounded as a page must be.
    """
    bounded = and_(key <= PAGE_FROM, where)
    in_order = select(key.label("key"), holds.label("holds")).where(bounded)
    in_order = in_order.order_by(key.desc())
    newest = _once(_matching(in_order.limit(_plain(_NEWEST)), "recent"), "newest")
    hits = select(key.label("key")).where(holds, where, _count(newest) <= PAGE_LIMIT)
    if along is None:
        hits = hits.where(key <= PAGE_FROM)
    else:
        # As an expression, which no index knows, the key draws no plan away from the range.
        hits = hits.where(key.concat("") <= PAGE_FROM).order_by(along)
    few = _once(hits.limit(_plain(_FEW)), "few")
    # An offset of nothing keeps PostgreSQL from reading all that match before it sorts.
    older = _matching(in_order.offset(_plain(0)), "older")
    rest = _once(older.where(_count(few) == _plain(_FEW)), "rest")
    found = union(*(select(one.c.key) for one in (newest, few, rest))).subquery("found")
    return select(found.c.key).order_by(found.c.key.desc()).limit(PAGE_LIMIT + 1)


def _matching(rows: Rows, name: str) -> Rows:
    one = rows.subquery(name)
    return select(one.c.key).where(one.c.holds).limit(PAGE_LIMIT + 1)


def _once(rows: Rows, name: str) -> CTE:
    """Return rows that are made once, however often they are asked for."""
    return rows.cte(name).prefix_with("MATERIALIZED")


def _count(rows: CTE) -> ColumnElement[int]:
    return select(func.count()).select_from(rows).scalar_subquery()


def _plain(number: int) -> ColumnElement[int]:
    """Return a number that stands in the text, where the planner sees it."""
    return literal(number, Integer, literal_execute=True)
