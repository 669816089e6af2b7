"""Many clients that move money between the same accounts at once, and what must be left."""

import asyncio
import time
from collections import Counter
from decimal import Decimal
from random import Random

from ecosystem.ledger import actions, queries, rules
from ecosystem.ledger.model import AccountKind, AccountName
from ecosystem.runtime.database import Database
from tests.ledger.purses import AT, TREASURER, account, appropriation, leg, programme

KINDS = (AccountKind.AVAILABLE, AccountKind.COMMITTED, AccountKind.ENCUMBERED, AccountKind.PAYABLE)
WRITERS = 16
GIVEN = Decimal(50)


class Writers:
    """Sixteen clients, each with its own dice, and what they were told."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.programmes = [programme() for _ in range(2)]
        self.held: Counter[AccountName] = Counter()
        """What acknowledged moves have left in each account, in cents."""
        self.moved = 0
        self.refused = 0
        self.taken_back: list[str] = []

    async def work(self, seconds: float) -> None:
        """Move money until the time is over; whatever but a lack of funds ends all."""
        for of in self.programmes:
            first = appropriation(of, f"{GIVEN}")
            await self._move([(first.debit, first.credit, int(GIVEN * 100))])
        until = time.monotonic() + seconds
        async with asyncio.TaskGroup() as clients:
            for seed in range(WRITERS):
                clients.create_task(self._client(Random(seed), until))

    async def _client(self, dice: Random, until: float) -> None:
        while time.monotonic() < until:
            legs = [self._leg(dice) for _ in range(dice.randint(1, 4))]
            made = await self._move(legs)
            if made and dice.random() < 0.2:
                await self._take_back(made, legs)

    def _leg(self, dice: Random) -> tuple[AccountName, AccountName, int]:
        of = dice.choice(self.programmes)
        debit, credit = dice.sample(KINDS, 2)
        return account(debit, of=of), account(credit, of=of), dice.randint(1, 900)

    async def _move(self, legs: list[tuple[AccountName, AccountName, int]]) -> tuple[str, ...]:
        wished = [leg(debit, credit, f"{Decimal(cents) / 100}") for debit, credit, cents in legs]
        try:
            async with self.database.transaction() as tx:
                made = await actions.move(
                    tx, wished, by=TREASURER, at=AT, act="try", reference=self.programmes[0]
                )
        except rules.FundsInsufficient:
            self.refused += 1
            return ()
        self.moved += len(legs)
        self._count(legs)
        return made

    async def _take_back(
        self, made: tuple[str, ...], legs: list[tuple[AccountName, AccountName, int]]
    ) -> None:
        try:
            async with self.database.transaction() as tx:
                await actions.reverse(
                    tx, made, by=TREASURER, at=AT, act="undo", reference=self.programmes[0]
                )
        except rules.FundsInsufficient:
            self.refused += 1
            return
        self.moved += len(legs)
        self._count([(credit, debit, cents) for debit, credit, cents in legs])
        self.taken_back += made

    def _count(self, legs: list[tuple[AccountName, AccountName, int]]) -> None:
        for debit, credit, cents in legs:
            self.held[debit] -= cents
            self.held[credit] += cents

    async def check(self, reader: Database) -> None:
        """Assert that the ledger holds exactly what was acknowledged, and no invariant breaks.

        It is read by connections of its own: those that wrote have plans from when it was empty.
        """
        plain = reader.plain()
        for name, cents in self.held.items():
            assert await queries.balance(plain, name, currency="CNY") == Decimal(cents) / 100
        found = await queries.transfers(
            plain, self.programmes[0], authority=TREASURER.organisation_number
        )
        assert len(found) == self.moved
        assert sum(one.is_reversed for one in found) == len(self.taken_back)
        assert await queries.check(plain) == []
