"""Calculate under all contracts what is proved and stands in no calculation yet."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

import msgspec

from ecosystem.cli import place
from ecosystem.cli.saying import progress
from ecosystem.cli.trouble import Trouble
from ecosystem.payments.calculating import actions, queries
from ecosystem.payments.calculating.actions import Refused
from ecosystem.reactions import REACTIONS
from ecosystem.runtime import settings
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, is_away
from ecosystem.runtime.settings import Settings
from ecosystem.sandbox import queries as sandbox
from ecosystem.values.period import Period

EVER: Final = Period(date(1900, 1, 1), date(2200, 1, 1))


@dataclass
class Job:
    """One run through all contracts, and how far it is; another run finds what this one left."""

    database: Database
    clock: Clock
    period: Period
    at_once: int
    as_json: bool
    of: int = 0
    contracts: int = 0
    calculated: int = 0
    calculations: int = 0
    refused: int = 0

    async def work(self) -> None:
        """Go through all contracts, page by page, so many of a page at once."""
        plain = self.database.plain()
        self.of, hands = await queries.count(plain), await sandbox.hands(plain)
        if hands is not None:
            self.clock = Clock(offset=hands.ahead, stands_at=hands.stands_at)
        async for page in actions.pages(self.database, self.clock, period=self.period):
            due = actions.together(page)
            async with asyncio.TaskGroup() as workers:
                for _ in range(self.at_once):
                    workers.create_task(self._take(due))
            self.contracts += len(page)
            self._progress()

    async def _take(self, due: Iterator[list[Record]]) -> None:
        for some in due:
            for made in await actions.calculate_together(self.database, self.clock, some):
                if isinstance(made, Refused):
                    self._tell(made)
                else:
                    self.calculated += made > 0
                    self.calculations += made
            self._progress()

    def _tell(self, refused: Refused) -> None:
        self.refused += 1
        plain = f"{refused.contract_id}: {refused.detail}"
        _say(json.dumps(msgspec.to_builtins(refused)) if self.as_json else plain)

    def _progress(self) -> None:
        progress(f"{self.contracts:,} of {self.of:,} contracts, {self.calculated:,} calculated")


def run(parsed: argparse.Namespace) -> int:
    """Calculate what is due; 1 where the calculation of a contract is refused."""
    with place.reachable(settings.load(file=parsed.settings)) as chosen:
        job = asyncio.run(_work(chosen, parsed))
    progress()
    counts = {
        name: getattr(job, name) for name in ("contracts", "calculated", "calculations", "refused")
    }
    if parsed.json:
        _say(json.dumps(counts))
    else:
        _say(f"{job.contracts} contracts, {job.calculated} calculated, {job.refused} refused.")
    return 1 if job.refused else 0


async def _work(chosen: Settings, parsed: argparse.Namespace) -> Job:
    chosen = msgspec.structs.replace(chosen, pool_size=parsed.at_once + 1)
    opened = Database(chosen.database_url or "", chosen, reactions=REACTIONS)
    job = Job(opened, Clock(), parsed.period or EVER, parsed.at_once, parsed.json)
    try:
        await job.work()
    except Exception as error:
        if not _is_away(error):
            raise
        raise Trouble(
            f"The database went away after {job.calculated} contracts were calculated. "
            "Give the command again: it does what is left, and nothing twice."
        ) from None
    finally:
        await opened.close()
    return job


def _is_away(error: BaseException) -> bool:
    """Tell whether the database has gone, also where several workers say so at once."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_away, cast("BaseExceptionGroup[BaseException]", error).exceptions))
    return is_away(error)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
