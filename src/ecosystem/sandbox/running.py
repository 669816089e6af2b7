"""A sandbox while it runs: seeded, and its clock where all processes have it."""

from pathlib import Path

import msgspec

from ecosystem.runtime.listener import Listener
from ecosystem.runtime.web import House
from ecosystem.sandbox import actions, queries
from ecosystem.sandbox.seed import seed
from ecosystem.sandbox.tables import CLOCK_CHANNEL


class Sandbox:
    """Seeds the parties, and keeps this process's clock where the database has it."""

    def __init__(self, house: House) -> None:
        """Do nothing yet."""
        self._house = house
        self._listener = Listener(
            house.database,
            channel=CLOCK_CHANNEL,
            heard=self._moved,
            found=self._read,
        )

    async def start(self) -> None:
        """Put the clock where it was, seed what is not there yet, and follow the clock."""
        await self._read()
        folder = Path(self._house.settings.data_folder or ".")
        await seed(self._house.database, self._house.clock, folder)
        await self._listener.start()

    async def stop(self) -> None:
        """Follow the clock no more."""
        await self._listener.stop()

    async def _read(self) -> None:
        hands = await queries.hands(self._house.database.plain())
        if hands is not None:
            actions.put(self._house.clock, hands)

    def _moved(self, word: str) -> None:
        actions.put(self._house.clock, msgspec.json.decode(word, type=queries.Hands))
