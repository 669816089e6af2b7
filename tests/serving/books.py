"""What stands in the database of a service, read beside it."""

import asyncio
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


def superuser_url(folder: Path) -> str:
    """Return the address of the embedded database in a data folder, for its superuser."""
    return f"postgresql://postgres@/ecosystem?host={folder / 'database' / 'run'}"


def stand(url: str) -> Stand:
    """Return how much there is now."""
    return Stand(**dict(_row(url, _STANDS)))


def is_in_order(url: str, *, within_s: float = 20) -> bool:
    """Tell whether every event gets its position, without a gap, in time."""

    def is_so() -> bool:
        found = _row(url, _ORDER)
        return found["pending"] == 0 and found["events"] == found["positions"] == found["last"]

    return comes_true(is_so, within_s=within_s)


def _row(url: str, query: str) -> "asyncpg.Record":
    async def read() -> "asyncpg.Record":
        connection = await asyncpg.connect(url)
        try:
            row = await connection.fetchrow(query)
        finally:
            await connection.close()
        if row is None:
            raise AssertionError(query)
        return row

    return asyncio.run(read())
