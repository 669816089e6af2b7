"""How a long list is read: pages by key, newest first, with a cursor that cannot be forged.

A page's query selects one row more than it shows; that row's identifier is where the next
page begins, so nothing is skipped or shown twice however much is added meanwhile.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response
from sqlalchemy import Integer, Select, Text, bindparam, func, select

from ecosystem.runtime import problems
from ecosystem.runtime.columns import all_shown
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.web import Call, EdgeFinding

Rows = Select[*tuple[Any, ...]]

_BEFORE_ALL: Final = "~"
"""Sorts after every identifier in the collation C."""
_MAC_BYTES: Final = 12
PAGE_FROM: Final = bindparam("page_from", type_=Text)
"""The key with which the page begins."""
PAGE_LIMIT: Final = bindparam("page_limit", type_=Integer)
"""How many rows the page shows."""


def page_of(rows: Rows, *, key: str = "id") -> Statement:
    """Return the statement that makes one page of `rows`, by the text column `key`.

    Adds the key's bound, the order and the limit; PostgreSQL makes the JSON.
    """
    inner = rows.subquery("listed")
    return page_from(
        select(inner)
        .where(inner.c[key] <= PAGE_FROM)
        .order_by(inner.c[key].desc())
        .limit(PAGE_LIMIT + 1),
        key=key,
    )


def page_from(found: Rows, *, key: str = "id") -> Statement:
    """Return the statement that makes one page of what has been `found`.

    That is bounded already: from PAGE_FROM on, newest first, one row more than PAGE_LIMIT.
    """
    listed = all_shown(found.subquery("found")).subquery("shown")
    placed = select(
        listed.table_valued().label("row"),
        listed.c[key].label("key"),
        func.row_number().over().label("place"),
    ).subquery("placed")
    return Statement(
        select(
            func.json_agg(placed.c.row).filter(placed.c.place <= PAGE_LIMIT).label("rows"),
            func.count().label("count"),
            func.min(placed.c.key).label("last"),
        )
    )


async def page(
    call: Call,
    tx: Tx,
    statement: Statement,
    *,
    cursor: str | None,
    limit: int,
    unbound: Mapping[str, Any] = MappingProxyType({}),
    **filters: Any,
) -> Response[bytes]:
    """Answer one page: `data`, `next_cursor`, `has_more`, and a Link to the next (RFC 8288).

    The cursor is bound to `filters`; `unbound` parameters may differ from page to page.
    """
    bound_to = _bound_to(call, filters)
    start = _BEFORE_ALL if cursor is None else _opened(call, cursor, bound_to=bound_to)
    row = await tx.row(statement, page_from=start, page_limit=limit, **unbound, **filters)
    if row is None or row["rows"] is None:
        return call.answer(b'{"data":[],"next_cursor":null,"has_more":false}')
    rows: bytes = row["rows"]
    if row["count"] <= limit:
        return call.answer(b'{"data":%b,"next_cursor":null,"has_more":false}' % rows)
    following = _sealed(call, row["last"], bound_to=bound_to)
    response = call.answer(
        b'{"data":%b,"next_cursor":"%b","has_more":true}' % (rows, following.encode())
    )
    query = urlencode({**dict(call.query_params.items()), "cursor": following})
    root = call.house.settings.public_url
    response.headers["link"] = f'<{root}{quote(call.scope["path"])}?{query}>; rel="next"'
    return response


def _bound_to(call: Call, filters: dict[str, Any]) -> bytes:
    who = call.reader.organisation_id if call.reader else None
    return msgspec.json.encode((call.scope["path"], who, filters), order="sorted")


def _mac(call: Call, start: str, bound_to: bytes) -> bytes:
    """Return a keyed BLAKE2b (RFC 7693): a twentieth of the time of an HMAC by OpenSSL."""
    key = call.house.keys.cursors
    content = start.encode() + b"\n" + bound_to
    return hashlib.blake2b(content, key=key, digest_size=_MAC_BYTES).digest()


def _sealed(call: Call, start: str, *, bound_to: bytes) -> str:
    return (
        base64.urlsafe_b64encode(_mac(call, start, bound_to) + start.encode()).decode().rstrip("=")
    )


def _opened(call: Call, cursor: str, *, bound_to: bytes) -> str:
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        start = content[_MAC_BYTES:].decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        start, content = "", b""
    if not start or not hmac.compare_digest(content[:_MAC_BYTES], _mac(call, start, bound_to)):
        detail = "The cursor was made for other filters."
        place = problems.ProblemPlace(problems.CURSOR_INVALID.code, detail, parameter="cursor")
        raise EdgeFinding(problems.CURSOR_INVALID, detail, places=(place,))
    return start
