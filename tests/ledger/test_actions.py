"""Money moves in the database, once, completely, and never below zero, whoever tries at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal

import pytest

from ecosystem.ledger import actions, queries, rules
from ecosystem.ledger.model import AccountKind, AccountName, Leg
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from tests.builders import waiting
from tests.ledger.purses import (
    AT,
    AUTHORITY,
    TREASURER,
    account,
    appropriation,
    leg,
    programme,
)

TASKS = 16


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[Database]:
    """Connections enough for every task to have its own."""
    opened = Database(database_url, Settings(pool_size=TASKS))
    yield opened
    await opened.close()


async def _move(database: Database, *legs: Leg, reference: str = "test") -> tuple[str, ...]:
    async with database.transaction() as tx:
        return await actions.move(tx, legs, by=TREASURER, at=AT, act="try", reference=reference)


async def _held(database: Database, name: AccountName, currency: str = "CNY") -> Decimal:
    return await queries.balance(database.plain(), name, currency=currency)


async def _unsound(database: Database) -> list[str]:
    return [str(one) for one in await queries.check(database.plain())]


async def test_accounts_are_opened_when_they_are_first_used(database: Database) -> None:
    of = programme()
    available = account(AccountKind.AVAILABLE, of=of)

    assert await _held(database, available) == 0
    await _move(database, appropriation(of, "100.50"))
    await _move(database, appropriation(of, "0.50"))

    assert await _held(database, available) == Decimal("101.00")
    assert await _held(database, account(AccountKind.APPROPRIATION, of=of)) == Decimal("-101.00")
    assert await _unsound(database) == []


async def test_an_account_that_is_held_is_opened_empty_and_once(database: Database) -> None:
    name = account(AccountKind.WITHHELD, of=programme(), owner="contract_empty")

    async with database.transaction() as tx:
        await actions.hold(tx, (name,), currency="CNY")
        await actions.hold(tx, (name,), currency="CNY")

    held = await queries.balances(
        database.plain(), "contract_empty", authority=AUTHORITY, currency="CNY"
    )
    assert set(held.values()) == {Decimal(0)}


async def test_currencies_of_one_name_are_accounts_of_their_own(database: Database) -> None:
    of = programme()
    await _move(database, appropriation(of, "5"), appropriation(of, "7", currency="JPY"))

    assert await _held(database, account(AccountKind.AVAILABLE, of=of)) == 5
    assert await _held(database, account(AccountKind.AVAILABLE, of=of), "JPY") == 7


async def test_a_refused_leg_leaves_none_of_the_others_behind(database: Database) -> None:
    of = programme()
    available = account(AccountKind.AVAILABLE, of=of)
    committed = account(AccountKind.COMMITTED, of=of)

    with pytest.raises(rules.FundsInsufficient):
        await _move(database, appropriation(of, "10"), leg(available, committed, "11"))

    assert await _held(database, available) == 0
    assert await _unsound(database) == []


async def test_transfers_are_found_by_their_reference_in_the_order_of_the_legs(
    database: Database,
) -> None:
    of, reference = programme(), mint("payment", authority=AUTHORITY)
    available = account(AccountKind.AVAILABLE, of=of)
    legs = [appropriation(of, "10.00")]
    legs += [leg(available, account(AccountKind.COMMITTED, of=of), f"{n}.00") for n in (1, 2, 3)]

    made = await _move(database, *legs, reference=reference)

    found = await queries.transfers(database.plain(), reference, authority=AUTHORITY)
    assert tuple(one.id for one in found) == made
    assert [one.leg for one in found] == legs


async def test_a_move_is_taken_back_once_and_exactly(database: Database) -> None:
    of = programme()
    available = account(AccountKind.AVAILABLE, of=of)
    committed = account(AccountKind.COMMITTED, of=of)
    made = await _move(database, appropriation(of, "10"), leg(available, committed, "4"))

    async with database.transaction() as tx:
        await actions.reverse(tx, made, by=TREASURER, at=AT, act="undo", reference="error")

    assert await _held(database, committed) == 0
    assert await _held(database, available) == 0
    with pytest.raises(rules.ReversedBefore):
        async with database.transaction() as tx:
            await actions.reverse(tx, made, by=TREASURER, at=AT, act="undo", reference="error")
    assert await _unsound(database) == []


async def test_a_transfer_that_is_not_there_is_not_taken_back(database: Database) -> None:
    for unknown in ("nonsense", mint("transfer", authority=AUTHORITY)):
        with pytest.raises(rules.TransferMissing):
            async with database.transaction() as tx:
                await actions.reverse(tx, [unknown], by=TREASURER, at=AT, act="x", reference="x")


async def test_sixteen_at_once_never_overdraw_one_account(crowd: Database) -> None:
    of = programme()
    available = account(AccountKind.AVAILABLE, of=of)
    await _move(crowd, appropriation(of, "50"))

    async def spend(number: int) -> int:
        mine = account(AccountKind.COMMITTED, of=of, owner=f"award_{number}")
        spent = 0
        with suppress(rules.FundsInsufficient):
            while True:
                await _move(crowd, leg(available, mine, "3"))
                spent += 3
        return spent

    spent = await asyncio.gather(*(spend(number) for number in range(TASKS)))

    assert sum(spent) == 48
    assert await _held(crowd, available) == 2
    assert await _unsound(crowd) == []


async def test_sixteen_that_open_the_same_accounts_at_once_open_them_once(
    crowd: Database,
) -> None:
    of = programme()

    await asyncio.gather(*(_move(crowd, appropriation(of, "1")) for _ in range(TASKS)))

    assert await _held(crowd, account(AccountKind.AVAILABLE, of=of)) == TASKS


async def test_moves_that_cross_each_other_do_not_deadlock(crowd: Database) -> None:
    of = programme()
    one, other = (account(AccountKind.PAYABLE, of=of, owner=name) for name in ("a", "b"))
    source = account(AccountKind.APPROPRIATION, of=of)
    await _move(crowd, leg(source, one, "100"), leg(source, other, "100"))

    async def cross(number: int) -> None:
        near, far = (one, other) if number % 2 else (other, one)
        for _ in range(5):
            await _move(crowd, leg(near, far, "1"), leg(far, near, "1"))

    await asyncio.gather(*(cross(number) for number in range(TASKS)))

    assert await _held(crowd, one) == 100
    assert await _unsound(crowd) == []


async def test_who_moves_twice_holds_all_its_accounts_first(database: Database) -> None:
    of = programme()
    available = account(AccountKind.AVAILABLE, of=of)
    owners = [mint("contract", authority=AUTHORITY) for _ in range(2)]
    one, other = (account(AccountKind.ENCUMBERED, of=of, owner=owner) for owner in owners)
    await _move(database, appropriation(of, "10.00"), leg(available, other, "1.00"))

    async with database.transaction() as tx:
        await actions.hold(tx, (available, one, other), currency="CNY")
        crossing = await waiting(_move(database, leg(other, available, "1.00")))
        for into in (one, other):
            await actions.move(
                tx, (leg(available, into, "2.00"),), by=TREASURER, at=AT, act="try", reference="a"
            )
    await crossing

    assert [await _held(database, each) for each in (available, one, other)] == [6, 2, 2]
    assert await _unsound(database) == []
