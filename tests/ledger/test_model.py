"""Whatever is moved, refused and taken back in any order, the ledger does as a small model."""

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ecosystem.ledger import actions, queries, rules
from ecosystem.ledger.model import CONTRA, AccountKind, AccountName, Leg
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from tests.ledger.purses import AT, TREASURER, account, leg, programme

SOLVENT = (AccountKind.AVAILABLE, AccountKind.COMMITTED, AccountKind.DISBURSED)
KINDS: tuple[AccountKind, ...] = (CONTRA, *SOLVENT)
AMOUNTS = st.integers(1, 300).map(lambda cents: Decimal(cents) / 100)
LEGS = st.lists(st.tuples(st.permutations(KINDS), AMOUNTS), min_size=1, max_size=3)


class Books:
    """The model: what each account holds, and which transfers stand."""

    def __init__(self) -> None:
        self.held = dict.fromkeys(KINDS, Decimal(0))
        self.standing: dict[str, tuple[AccountKind, AccountKind, Decimal]] = {}

    def try_legs(self, legs: list[tuple[AccountKind, AccountKind, Decimal]]) -> bool:
        """Do all of it and tell so, or nothing of it."""
        before = self.held.copy()
        for debit, credit, amount in legs:
            self.held[debit] -= amount
            self.held[credit] += amount
            if self.held[CONTRA] > 0 or min(self.held[kind] for kind in SOLVENT) < 0:
                self.held = before
                return False
        return True


class Ledger(RuleBasedStateMachine):
    """The ledger in the database, beside the model."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = Database(self.url, Settings(pool_size=2))
        self.books = Books()
        self.of = programme()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def name(self, kind: AccountKind) -> AccountName:
        return account(kind, of=self.of)

    async def move(self, legs: list[Leg]) -> tuple[str, ...] | None:
        try:
            async with self.database.transaction() as tx:
                return await actions.move(
                    tx, legs, by=TREASURER, at=AT, act="try", reference=self.of
                )
        except rules.FundsInsufficient:
            return None

    async def reverse(self, one: str) -> bool:
        try:
            async with self.database.transaction() as tx:
                await actions.reverse(tx, [one], by=TREASURER, at=AT, act="undo", reference=self.of)
        except (rules.FundsInsufficient, rules.ReversedBefore):
            return False
        return True

    @rule(drawn=LEGS)
    def legs_are_moved_together_or_not_at_all(
        self, drawn: list[tuple[list[AccountKind], Decimal]]
    ) -> None:
        legs = [(kinds[0], kinds[1], amount) for kinds, amount in drawn]
        made = self.run(
            self.move([leg(self.name(d), self.name(c), f"{amount:f}") for d, c, amount in legs])
        )

        assert (made is not None) == self.books.try_legs(legs)
        self.books.standing |= dict(zip(made or (), legs, strict=False))

    @rule(at=st.integers(0, 20))
    def a_transfer_is_taken_back_once(self, at: int) -> None:
        if not self.books.standing:
            return
        one = list(self.books.standing)[at % len(self.books.standing)]
        debit, credit, amount = self.books.standing[one]
        done = self.run(self.reverse(one))

        assert done == self.books.try_legs([(credit, debit, amount)])
        if done:
            assert not self.run(self.reverse(one))
            del self.books.standing[one]

    @invariant()
    def the_books_agree(self) -> None:
        held = self.run(self.holdings())

        assert held == self.books.held
        assert self.run(queries.check(self.database.plain())) == []

    async def holdings(self) -> dict[AccountKind, Decimal]:
        plain = self.database.plain()
        return {
            kind: await queries.balance(plain, self.name(kind), currency="CNY") for kind in KINDS
        }

    def teardown(self) -> None:
        self.run(self.database.close())
        self.runner.close()


def test_the_ledger_does_as_the_model(database_url: str) -> None:
    machine = type("TheLedger", (Ledger,), {"url": database_url})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
