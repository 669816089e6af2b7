"""Whatever was claimed or approved, no more is paid than is earned by the facts as they are now."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from ecosystem.ledger.model import AccountKind
from ecosystem.payments import actions as paying
from ecosystem.payments.dividing import actions as dividing
from ecosystem.payments.rules import EarnedLess, PaymentOutOfTurn
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import (
    AT,
    FEBRUARY,
    VALUE,
    Agreement,
    agree,
    payments,
    totals,
    verify,
)
from tests.payments.ending import end, left, paid_out
from tests.payments.steps import claim, held, unsound
from tests.payments.test_disputing import approver, dispute, propose, resolve, supplier

pytestmark = pytest.mark.anyio
BLOCKED = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
APPROVED = """
UPDATE payment SET state = 'approved', version = version + 1, approved_at = now(),
  approved_by = 'person_other' WHERE id = $1"""


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path)


@pytest.fixture
async def superuser(
    server: EmbeddedServer, database_name: str
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(server.dsn(database_name, role="postgres"))
    yield connection
    await connection.close()


async def approve(database: Database, agreed: Agreement, payment_id: str) -> None:
    by = agreed.actor("city", "approver")
    async with database.transaction(seen_by(by)) as tx:
        await paying.approve(tx, payment_id, by=by, at=AT, expected=None)


async def standing(database: Database, agreed: Agreement) -> list[tuple[int, str]]:
    return [(one["amount"], one["state"]) for one in await payments(database, agreed)]


async def test_a_claim_whose_facts_are_corrected_after_the_end_falls_to_what_is_earned(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "100")
    [made] = await payments(database, agreed)
    await claim(database, agreed, made["id"])
    await end(database, agreed)

    await verify(database, agreed, "matters", "40", supersedes=first)

    with pytest.raises(PaymentOutOfTurn, match="reversed"):
        await approve(database, agreed, made["id"])
    assert await standing(database, agreed) == [(1000, "reversed"), (400, "computed")]
    assert await left(database, agreed) == Decimal(VALUE) - 400
    said = await totals(database, agreed)
    assert (said["payable"], said["overpaid"]) == ("400.00", "0.00")
    await paid_out(database, agreed)
    assert await unsound(database) == []


async def test_what_is_approved_falls_too_as_long_as_the_bank_is_not_told(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "100")
    [made] = await payments(database, agreed)
    await claim(database, agreed, made["id"])
    await approve(database, agreed, made["id"])

    await verify(database, agreed, "matters", "0", supersedes=first)

    by = agreed.actor("city", "treasurer")
    with pytest.raises(PaymentOutOfTurn, match="reversed"):
        async with database.transaction(seen_by(by)) as tx:
            await paying.instruct(tx, made["id"], by=by, at=AT, expected=None)
    assert await standing(database, agreed) == [(1000, "reversed")]
    assert await held(database, agreed) == {AccountKind.ENCUMBERED: Decimal(VALUE)}
    assert await unsound(database) == []


async def test_what_nobody_has_claimed_falls_before_what_is_claimed(
    database: Database, agreed: Agreement
) -> None:
    await verify(database, agreed, "matters", "100")
    last = await verify(database, agreed, "matters", "100", period=FEBRUARY)
    one, other = await payments(database, agreed)
    await claim(database, agreed, other["id"])

    await verify(database, agreed, "matters", "90", period=FEBRUARY, supersedes=last)

    first, second, third = await payments(database, agreed)
    assert [first["id"], second["id"]] == [one["id"], other["id"]]
    assert [first["state"], second["state"]] == ["reversed", "claimed"]
    assert (third["amount"], third["state"]) == (900, "computed")


@pytest.mark.parametrize("approval_first", [True, False])
async def test_whichever_is_first_of_approval_and_correction_no_more_is_paid_than_is_earned(
    database: Database, agreed: Agreement, superuser: "asyncpg.Connection[asyncpg.Record]",
    *, approval_first: bool,
) -> None:  # fmt: skip
    first = await verify(database, agreed, "matters", "100")
    [made] = await payments(database, agreed)
    await claim(database, agreed, made["id"])
    acts = [
        approve(database, agreed, made["id"]),
        verify(database, agreed, "matters", "40", supersedes=first),
    ]

    async with superuser.transaction():
        await superuser.execute("SELECT FROM payment WHERE id = $1 FOR UPDATE", made["id"])
        tasks = list[asyncio.Task[object]]()
        for act in acts if approval_first else reversed(acts):
            tasks.append(asyncio.create_task(act))
            while await superuser.fetchval(BLOCKED) < len(tasks):
                await superuser.execute("SELECT pg_sleep(0.01)")
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    refused = [type(one) for one in ended if isinstance(one, BaseException)]
    assert refused == ([] if approval_first else [PaymentOutOfTurn])
    assert await standing(database, agreed) == [(1000, "reversed"), (400, "computed")]
    assert (await totals(database, agreed))["overpaid"] == "0.00"
    assert await unsound(database) == []


async def test_what_a_dispute_held_while_less_was_earned_is_not_approved_but_taken_back(
    database: Database, agreed: Agreement, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    first = await verify(database, agreed, "matters", "100")
    opened = await dispute(database, agreed, "1000.00")
    await verify(database, agreed, "matters", "40", supersedes=first)
    await propose(database, approver(agreed), opened.id, "1000.00")
    await resolve(database, supplier(agreed), opened.id)
    payment_id = (await payments(database, agreed))[-1]["id"]
    await claim(database, agreed, payment_id)

    with pytest.raises(EarnedLess, match=r"600\.00 CNY less"):
        await approve(database, agreed, payment_id)
    with pytest.raises(asyncpg.RestrictViolationError, match="a row of payment breaks a rule"):
        await superuser.execute(APPROVED, payment_id)

    assert (await totals(database, agreed))["overpaid"] == "600.00"
    await dividing.take_back(database, Clock(stands_at=AT))
    assert (await standing(database, agreed))[-2:] == [(1000, "reversed"), (400, "computed")]
    assert (await totals(database, agreed))["overpaid"] == "0.00"
    assert await unsound(database) == []
