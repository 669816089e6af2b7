"""After every test that moves money, the invariants of `ecosystem ledger check` hold."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import exists, select

from ecosystem.cli.ledger import INVARIANTS
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.tables import transfer
from ecosystem.payments.books import queries as books
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.settings import Settings

_MOVED = Statement(select(exists(select(transfer.c.id))))
_OPENING = {"database", "client", "edge"}
PLANTING = {
    "test_books", "test_calculating", "test_database", "test_divided_books", "test_releasing",
    "test_returning", "test_unsound",
}  # fmt: skip
"""Files of tests that write rows by hand, of which some break an invariant."""


@pytest.fixture(autouse=True)
def sound_books(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check the books of the module's database, where the test has opened it.

    Not in the files of PLANTING.
    """
    if _OPENING.isdisjoint(request.fixturenames) or request.path.stem in PLANTING:
        yield
        return
    url: str = request.getfixturevalue("database_url")
    yield
    assert asyncio.run(_violations(url)) == []


async def _violations(url: str) -> list[str]:
    """Return where an invariant is broken; nothing where no money was ever moved."""
    opened = Database(url, Settings())
    try:
        async with opened.reading(books.PURPOSE) as tx:
            if not await tx.value(_MOVED):
                return []
            found = [*await ledger.check(tx, INVARIANTS), *await books.miscomputed(tx)]
            return [str(one) for one in found]
    finally:
        await opened.close()
