"""The steps of a payment, each by who takes it in a seeded city, and what they leave behind."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal

from ecosystem.budgets import queries as budgets
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.model import AccountKind
from ecosystem.payments import actions
from ecosystem.payments.books import queries as books
from ecosystem.payments.model import Settlement
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.actor import Actor
from tests.payments.agreement import AT, WORDS, Agreement, payments

Act = Callable[[Tx], Awaitable[Standing]]
Step = Callable[[Database, Agreement, str], Awaitable[Standing]]


def paid(reference: str) -> Settlement:
    return Settlement(bank_reference=reference, settled_on=date(2026, 6, 1))


async def act_as(database: Database, by: Actor, act: Act) -> Standing:
    async with database.transaction(seen_by(by)) as tx:
        return await act(tx)


async def claim(
    database: Database, agreed: Agreement, payment_id: str, *, payee: str = "enterprise"
) -> Standing:
    by = agreed.actor(payee, "delivery")
    return await act_as(
        database, by, lambda tx: actions.claim(tx, payment_id, by=by, at=AT, expected=1)
    )


async def approve(database: Database, agreed: Agreement, payment_id: str) -> Standing:
    by = agreed.actor("city", "approver")
    return await act_as(
        database, by, lambda tx: actions.approve(tx, payment_id, by=by, at=AT, expected=2)
    )


async def reject(database: Database, agreed: Agreement, payment_id: str) -> Standing:
    by = agreed.actor("city", "approver")
    return await act_as(
        database,
        by,
        lambda tx: actions.reject(tx, payment_id, reason=WORDS, by=by, at=AT, expected=None),
    )


async def instruct(database: Database, agreed: Agreement, payment_id: str) -> Standing:
    by = agreed.actor("city", "treasurer")
    return await act_as(
        database, by, lambda tx: actions.instruct(tx, payment_id, by=by, at=AT, expected=3)
    )


async def settle(
    database: Database, agreed: Agreement, payment_id: str, asked: Settlement | None = None
) -> Standing:
    by = agreed.actor("city", "treasurer")
    said = asked or paid(f"ICBC {payment_id[-12:]}")
    return await act_as(
        database, by, lambda tx: actions.settle(tx, payment_id, said, by=by, at=AT, expected=4)
    )


async def receive(database: Database, agreed: Agreement, payment_id: str) -> Standing:
    by = agreed.actor("enterprise", "delivery")
    return await act_as(
        database, by, lambda tx: actions.receive(tx, payment_id, by=by, at=AT, expected=5)
    )


async def instructed(database: Database, agreed: Agreement) -> str:
    """Return the newest payment, brought to where the bank is told to pay."""
    payment_id: str = (await payments(database, agreed))[-1]["id"]
    for step in (claim, approve, instruct):
        await step(database, agreed, payment_id)
    return payment_id


async def held(database: Database, agreed: Agreement) -> dict[AccountKind, Decimal]:
    held = await ledger.balances(
        database.plain(), agreed.contract_id, authority=agreed.authority, currency="CNY"
    )
    return {kind: amount for kind, amount in held.items() if amount}


async def events(database: Database, stream: str) -> list[tuple[str, bool, bytes]]:
    connection = await database.connect()
    rows = await connection.fetch(
        "SELECT type, is_public, body FROM event WHERE stream = $1 ORDER BY version", stream
    )
    await connection.close()
    return [(row["type"], row["is_public"], row["body"]) for row in rows]


async def unsound(database: Database) -> list[str]:
    """Return where the money of this house breaks an invariant of any room."""
    invariants = {**ledger.INVARIANTS, **budgets.INVARIANTS, **books.INVARIANTS}
    async with database.reading(books.PURPOSE) as tx:
        return [one.invariant for one in await ledger.check(tx, invariants)]
