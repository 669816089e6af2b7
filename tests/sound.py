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


@pytest.fixture(autouse=True)
def sound_books(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check the books of the module's database, where the test has opened it.

    A test that plants what is unsound says so: `unsound` marks it, or its module.
    """
    if _OPENING.isdisjoint(request.fixturenames) or request.node.get_closest_marker("unsound"):
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
