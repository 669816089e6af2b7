"""Search events: for each authority that is overseen by its own index, then the first of all.

So a page costs as much as there are authorities, however many events they have.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    Text,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
    true,
    tuple_,
)

from ecosystem.audit.searching.model import Search
from ecosystem.catalogue.tables import jurisdiction
from ecosystem.history.tables import event, history_reading, log_entry
from ecosystem.identity.tables import organisation
from ecosystem.runtime.columns import fixed, json_row
from ecosystem.runtime.database import Statement
from ecosystem.runtime.paging import PAGE_FROM, PAGE_LIMIT, page_of
from ecosystem.values.actor import Actor, OrganisationKind, Role

_OVERSEES: Final = bindparam("oversees", type_=Text)
_TYPES: Final = bindparam("types", type_=ARRAY(Text))
_INSTANT: Final = DateTime(timezone=True)
_prefix = func.unnest(bindparam("prefixes", type_=ARRAY(Text))).column_valued("prefix")
FILTERS: Final[Mapping[str, ColumnElement[bool]]] = {
    "person_id": event.c.person_id == bindparam("person_id", type_=Text),
    "client_id": event.c.client_id == bindparam("client_id", type_=Text),
    "organisation_id": event.c.organisation_id == bindparam("organisation_id", type_=Text),
    "object": event.c.stream == bindparam("object", type_=Text),
    "kind": func.split_part(event.c.stream, "_", 1) == bindparam("kind", type_=Text),
    "prefixes": exists(select(1).where(func.starts_with(event.c.type, _prefix))),
    "recorded_from": event.c.recorded_at >= bindparam("recorded_from", type_=_INSTANT),
    "recorded_before": event.c.recorded_at < bindparam("recorded_before", type_=_INSTANT),
    "valid_from": event.c.valid_at >= bindparam("valid_from", type_=_INSTANT),
    "valid_before": event.c.valid_at < bindparam("valid_before", type_=_INSTANT),
    "reason": func.bigrams(event.c.why).op("@@")(
        func.bigrams_sought(bindparam("reason", type_=Text))
    ),
}
COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    event.c.id,
    event.c.type,
    event.c.stream.label("object"),
    event.c.version,
    event.c.authority_id.label("authority_number"),
    event.c.organisation_id,
    event.c.client_id,
    event.c.person_id,
    event.c.request_id,
    event.c.valid_at,
    event.c.recorded_at,
    event.c.why,
    func.encode(event.c.hash, "hex").label("hash"),
)
"""What a search shows of an event, beside its position."""


def search(asked: Search, *, oldest_first: bool) -> Statement:
    """Return the statement for a page of the events that are asked for."""
    return _search(frozenset(asked.given()), oldest_first=oldest_first)


@cache
def _search(names: frozenset[str], *, oldest_first: bool) -> Statement:
    found = (
        select(*COLUMNS)
        .where(event.c.authority_id == literal_column("overseen.number"))
        .where(*matching(names - {"types"}), _from(oldest_first=oldest_first))
        .order_by(*_ordered(event.c, oldest_first=oldest_first))
        .limit(PAGE_LIMIT + 1)
    )
    places: FromClause = overseen(within="jurisdiction" in names)
    if "types" in names:
        each = func.unnest(_TYPES).table_valued("name").render_derived(name="each")
        found = found.where(event.c.type == each.c.name).correlate(each)
        places = places.join(each, true())
    lateral = found.lateral("found")
    first = (
        select(lateral)
        .select_from(places.join(lateral, true()))
        .order_by(*_ordered(lateral.c, oldest_first=oldest_first))
        .limit(PAGE_LIMIT + 1)
        .subquery("first")
    )
    return _page(first, oldest_first=oldest_first)


def matching(names: frozenset[str]) -> list[ColumnElement[bool]]:
    """Return what an event must be to be told of: not sealed, and as `names` ask."""
    asked = [FILTERS[name] for name in sorted(names) if name in FILTERS]
    if "types" in names:
        asked.append(event.c.type == any_(_TYPES))
    if "reason" in names:
        asked.append(event.c.why.is_not(None))
    return [~event.c.is_sealed, *asked]


def overseen(*, within: bool) -> Any:
    """Return the authorities that `oversees` names, by number; `within` a jurisdiction alone."""
    chosen = (
        select(organisation.c.number)
        .join(jurisdiction, jurisdiction.c.code == organisation.c.jurisdiction)
        .where(jurisdiction.c.path.like(func.concat("%/", _OVERSEES, "/%")))
        .where(organisation.c.kind.in_(["government", "platform"]))
    )
    if within:
        narrowed = bindparam("jurisdiction", type_=Text)
        chosen = chosen.where(jurisdiction.c.path.like(func.concat("%/", narrowed, "/%")))
    return chosen.subquery("overseen")


def _from(*, oldest_first: bool) -> ColumnElement[bool]:
    """Return where the page begins: a key is an instant of 27 characters, and an identifier."""
    end: ColumnElement[Any] = literal_column(
        "'-infinity'::timestamptz" if oldest_first else "'infinity'::timestamptz"
    )
    begins = func.substr(PAGE_FROM, 1, 27).cast(_INSTANT)
    at = case((func.length(PAGE_FROM) < literal_column("27"), end), else_=begins)
    here, start = tuple_(event.c.recorded_at, event.c.id), tuple_(at, func.substr(PAGE_FROM, 28))
    return here >= start if oldest_first else here <= start


def _ordered(columns: Any, *, oldest_first: bool) -> tuple[ColumnElement[Any], ...]:
    keys = (columns.recorded_at, columns.id)
    return keys if oldest_first else tuple(key.desc() for key in keys)


def _page(first: Any, *, oldest_first: bool) -> Statement:
    placed = log_entry.c.event_id == first.c.id
    shown = (
        select(log_entry.c.position, first)
        .select_from(
            first.outerjoin(
                log_entry, placed & (log_entry.c.authority_id == first.c.authority_number)
            )
        )
        .subquery("shown")
    )
    order = _ordered(shown.c, oldest_first=oldest_first)
    each = select(
        json_row(shown).label("row"),
        func.concat(fixed(shown.c.recorded_at), shown.c.id).label("key"),
        func.row_number().over(order_by=order).label("place"),
    ).subquery("each_placed")
    rows = func.json_agg(each.c.row).filter(each.c.place <= PAGE_LIMIT)
    following = func.max(each.c.key).filter(each.c.place == PAGE_LIMIT + 1)
    return Statement(
        select(rows.label("rows"), func.count().label("count"), following.label("last"))
    )


def searched(asked: Search, *, by: Actor) -> dict[str, Any]:
    """Return what a search binds."""
    given = asked.given()
    lists: dict[str, Any] = {
        name: list(given[name]) for name in ("types", "prefixes") if name in given
    }
    return given | lists | {"oversees": by.oversees or ""}


def _readings() -> Select[*tuple[Any, ...]]:
    by_whom = (
        select(organisation.c.id)
        .join(jurisdiction, jurisdiction.c.code == organisation.c.jurisdiction)
        .where(jurisdiction.c.path.like(func.concat("%/", _OVERSEES, "/%")))
    )
    return select(
        history_reading.c.id,
        history_reading.c.act,
        history_reading.c.stream.label("object"),
        history_reading.c.asked,
        history_reading.c.organisation_id,
        history_reading.c.client_id,
        history_reading.c.person_id,
        history_reading.c.request_id,
        history_reading.c.read_at,
    ).where(
        bindparam("all", type_=Text).is_not(None) | history_reading.c.organisation_id.in_(by_whom)
    )


READINGS: Final = page_of(_readings())
"""A page of what auditors have read: of all of them, or of those in a jurisdiction."""


def reader(by: Actor) -> dict[str, Any]:
    """Return whose readings somebody sees."""
    is_operator = by.kind is OrganisationKind.PLATFORM and by.has(Role.OPERATOR)
    return {"all": "all" if is_operator else None, "oversees": by.oversees or ""}
