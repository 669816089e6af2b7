"""Read what a search finds, whole: page by page, and nothing held from one page to the next."""

from collections.abc import AsyncIterator
from typing import Final

from ecosystem.audit.exporting.formats import Writer
from ecosystem.audit.searching import queries
from ecosystem.audit.searching.model import Search
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Actor

PAGE: Final = 1_000
"""How many events are in memory at once."""
_FROM_THE_FIRST: Final = "~"


async def pieces(tx: Tx, asked: Search, *, to: Writer, by: Actor) -> AsyncIterator[bytes]:
    """Yield the file of all events that are asked for, in the order in which they were recorded.

    Each page is a statement of its own, so a reader who is slow holds no connection.
    """
    statement = queries.search(asked, oldest_first=True)
    given = queries.searched(asked, by=by)
    following: str | None = _FROM_THE_FIRST
    while following is not None:
        row = await tx.row(statement, page_from=following, page_limit=PAGE, **given)
        if row is None or row["rows"] is None:
            break
        yield to.page(row["rows"])
        following = row["last"]
    yield to.end()
