"""What stands in the database of a service, read beside it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import asyncpg

from tests.serving.service import comes_true

_STANDS = """
SELECT (SELECT count(*) FROM need) AS needs,
       (SELECT count(*) FROM need WHERE state <> 'draft') AS published,
       (SELECT count(*) FROM question) AS questions,
       (SELECT count(*) FROM transfer WHERE act = 'appropriate') AS appropriations,
       (SELECT coalesce(sum(amount), 0) FROM transfer WHERE act = 'appropriate') AS appropriated,
       (SELECT count(*) FROM event) AS events"""
_ORDER = """
SELECT (SELECT count(*) FROM event) AS events,
       (SELECT count(*) FROM event_pending) AS pending,
       (SELECT count(*) FROM log_entry) AS positions,
       (SELECT coalesce(max(position), 0) FROM log_entry) AS last"""


@dataclass(frozen=True, kw_only=True)
class Stand:
    """How much there is of everything."""

    needs: int
    published: int
    questions: int
    appropriations: int
    appropriated: Decimal
    events: int


@contextmanager
def nothing_drafted(folder: Path) -> Iterator[None]:
    """Let nobody draft a need in the embedded database while the context lasts."""

    async def hold(there: threading.Event, over: threading.Event) -> None:
        connection = await asyncpg.connect(superuser_url(folder))
        async with connection.transaction():
            await connection.execute("LOCK TABLE need IN SHARE ROW EXCLUSIVE MODE")
            there.set()
            await asyncio.to_thread(over.wait)
        await connection.close()

    there, over = threading.Event(), threading.Event()
    holder = threading.Thread(target=lambda: asyncio.run(hold(there, over)))
    holder.start()
    there.wait()
    try:
        yield
    finally:
        over.set()
        holder.join()


def comes_to_wait(folder: Path) -> bool:
    """Tell whether somebody comes to wait for a lock of the embedded database."""
    query = "SELECT count(*) AS waiting FROM pg_locks WHERE NOT granted"
    return comes_true(lambda: row(superuser_url(folder), query)["waiting"] > 0, within_s=60)


def superuser_url(folder: Path) -> str:
    """Return the address of the embedded database in a data folder, for its superuser."""
    return f"postgresql://postgres@/ecosystem?host={folder / 'database' / 'run'}"


def stand(url: str) -> Stand:
    """Return how much there is now."""
    return Stand(**dict(row(url, _STANDS)))


def is_in_order(url: str, *, within_s: float = 60) -> bool:
    """Tell whether every event gets its position, without a gap, in time."""

    def is_so() -> bool:
        found = row(url, _ORDER)
        waiting: int = found["pending"]
        gaps: int = found["last"] - found["positions"]
        missing: int = found["events"] - found["positions"]
        return waiting == gaps == missing == 0

    return comes_true(is_so, within_s=within_s)


def row(url: str, query: str, *given: object) -> "asyncpg.Record":
    """Return the one row that a query has."""

    async def read() -> "asyncpg.Record":
        connection = await asyncpg.connect(url)
        try:
            row = await connection.fetchrow(query, *given)
        finally:
            await connection.close()
        if row is None:
            raise AssertionError(query)
        return row

    return asyncio.run(read())
