"""Have the job calculate a month of contracts, each with a payment and the move of its money.

The contracts are copies of one that came into force by all of its turns, in a database of their
own. The job runs in this process, with as many connections as the command takes by itself. Each
round looks at the contracts of earlier rounds, too.
"""

import tempfile
import time
from pathlib import Path
from typing import Final

import place

from ecosystem.catalogue import actions as catalogue
from ecosystem.cli.calculate import EVER, Job
from ecosystem.reactions import REACTIONS
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from tests.payments import copies
from tests.payments.agreement import Agreement

_DATABASE: Final = "bench_job"
_AT_ONCE: Final = 4


class Month:
    """Contracts whose month is still to be calculated, more with each round."""

    def __init__(self, url: str, superuser_url: str) -> None:
        """Connect to nothing yet."""
        self._url = url
        self._superuser_url = superuser_url
        self._database = Database(url, Settings(pool_size=_AT_ONCE + 1), reactions=REACTIONS)
        self._agreed: Agreement | None = None
        self._made = 0

    async def rate(self, contracts: int) -> float:
        """Return how many of so many new contracts the job has calculated in a second."""
        await self._copy(contracts)
        job = Job(self._database, Clock(), EVER, _AT_ONCE, as_json=True)
        began = time.monotonic()
        await job.work()
        taken = time.monotonic() - began
        if job.refused or job.calculated < contracts:
            message = f"{job.refused} refused, {job.calculated} calculated of {contracts}"
            raise AssertionError(message)
        return job.calculated / taken

    async def close(self) -> None:
        """Close all connections."""
        await self._database.close()

    async def _copy(self, contracts: int) -> None:
        if self._agreed is None:
            async with self._database.transaction() as tx:
                await catalogue.load_shipped(tx)
            with tempfile.TemporaryDirectory() as folder:
                self._agreed = await copies.unfollowed(self._database, self._url, Path(folder))
        numbers = range(self._made + 1, self._made + 1 + contracts)
        await copies.copy(self._database, self._superuser_url, self._agreed, numbers=numbers)
        self._made += contracts


def month(here: place.Place) -> Month:
    """Return a month in a new database."""
    place.migrated(here, _DATABASE)
    url, superuser_url = (
        here.postgres.dsn(_DATABASE, role=one) for one in ("ecosystem_api", "postgres")
    )
    return Month(url, superuser_url)
