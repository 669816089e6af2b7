"""Whoever tries at once, each step of a payment has its effect once."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from ecosystem.ledger.model import AccountKind
from ecosystem.payments import rules
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.payments.agreement import (
    FEBRUARY,
    Agreement,
    accept,
    agree,
    payments,
    totals,
    verify,
)
from tests.payments.steps import (
    Step,
    approve,
    claim,
    events,
    held,
    instruct,
    instructed,
    paid,
    reject,
    settle,
    unsound,
)

pytestmark = pytest.mark.anyio

BLOCKED = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
HOLD = "SELECT FROM ledger_account WHERE owner_ref = $1 FOR UPDATE"


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path)


@pytest.mark.parametrize(
    ("reached", "step"),
    [
        ((), claim),
        ((claim,), approve),
        ((claim, approve), instruct),
        ((), reject),
    ],
)
async def test_of_two_at_once_exactly_one_has_an_effect(
    database: Database, agreed: Agreement, reached: tuple[Step, ...], step: Step
) -> None:
    await accept(database, agreed, "opening")
    [made] = await payments(database, agreed)
    for before in reached:
        await before(database, agreed, made["id"])

    ended = await asyncio.gather(
        *(step(database, agreed, made["id"]) for _ in range(2)),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in ended) in (
        ["RevisionStale", "Standing"],
        ["PaymentOutOfTurn", "Standing"],
    )
    assert len(await events(database, made["id"])) == len(reached) + 2
    assert await unsound(database) == []


async def test_two_settlements_at_once_are_answered_alike_and_move_money_once(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")
    payment_id = await instructed(database, agreed)
    asked = paid("ICBC-0003")

    first, second = await asyncio.gather(
        *(settle(database, agreed, payment_id, asked) for _ in range(2))
    )

    assert first == second
    assert (await held(database, agreed))[AccountKind.DISBURSED] == 8000
    assert len(await events(database, payment_id)) == 5


async def test_of_two_payments_settled_at_once_by_one_reference_one_is_refused(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")
    one = await instructed(database, agreed)
    await accept(database, agreed, "handover")
    other = await instructed(database, agreed)
    asked = paid("ICBC-0004")

    ended = await asyncio.gather(
        *(settle(database, agreed, payment_id, asked) for payment_id in (one, other)),
        return_exceptions=True,
    )

    refused = [found for found in ended if isinstance(found, BaseException)]
    assert len(refused) == 1
    assert isinstance(refused[0], rules.BankReferenceUsed | asyncpg.UniqueViolationError)
    assert (await totals(database, agreed))["paid"] in {"8000.00", "2000.00"}


async def test_facts_that_are_proved_at_once_are_paid_once_each(
    database: Database, agreed: Agreement
) -> None:
    await asyncio.gather(
        accept(database, agreed, "opening"),
        accept(database, agreed, "handover"),
        verify(database, agreed, "matters", "100"),
        verify(database, agreed, "matters", "50", period=FEBRUARY),
    )

    assert (await totals(database, agreed))["payable"] == "11500.00"
    assert sum(row["amount"] for row in await payments(database, agreed)) == 11500
    assert await unsound(database) == []


async def test_a_calculation_and_a_rejection_of_what_it_takes_back_do_not_wait_for_each_other(
    database: Database, agreed: Agreement, server: EmbeddedServer, database_name: str
) -> None:
    first = await verify(database, agreed, "matters", "100")
    [made] = await payments(database, agreed)
    superuser = await asyncpg.connect(server.dsn(database_name, role="postgres"))

    async with superuser.transaction():
        await superuser.execute(HOLD, agreed.contract_id)
        tasks = list[asyncio.Task[object]]()
        for one in (
            verify(database, agreed, "matters", "50", supersedes=first),
            reject(database, agreed, made["id"]),
        ):
            tasks.append(asyncio.create_task(one))
            while await superuser.fetchval(BLOCKED) < len(tasks):
                await superuser.execute("SELECT pg_sleep(0.01)")
    await superuser.close()
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert not isinstance(ended[0], BaseException)
    assert isinstance(ended[1], rules.PaymentOutOfTurn)
    assert [one["state"] for one in await payments(database, agreed)] == ["reversed", "computed"]
    assert await unsound(database) == []
