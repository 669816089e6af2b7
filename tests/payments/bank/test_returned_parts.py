"""Of interest, and of what a programme has spent, just that comes back which the bank gave back."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from ecosystem.budgets import queries as budgets
from ecosystem.budgets.model import Programme
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.model import AccountKind
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import Agreement, accept, calculations, totals
from tests.payments.bank.test_actions import agreed as agreed  # noqa: PLC0414 - a fixture
from tests.payments.bank.test_actions import instructed_anew, ordered
from tests.payments.bank.test_returning import back, booked, outcomes, seen, settled
from tests.payments.steps import approve, claim, instruct, instructed, settle, unsound
from tests.payments.test_late import appropriate, pay_interest, settle_late

pytestmark = pytest.mark.anyio


async def programme(database: Database, agreed: Agreement) -> dict[str, str]:
    async with database.reading(seen_by(agreed.actor("city", "treasurer"))) as tx:
        found = await budgets.view(tx, agreed.programme_id)
    said = msgspec.json.decode(found["body"], type=Programme)
    names = ("appropriated", "available", "committed", "obligated", "spent")
    return {name: getattr(said, name).amount for name in names}


async def holds(database: Database, agreed: Agreement, owner: str) -> dict[AccountKind, Decimal]:
    held = await ledger.balances(
        database.plain(), owner, authority=agreed.authority, currency="CNY"
    )
    return {kind: amount for kind, amount in held.items() if amount}


async def test_a_part_of_interest_that_comes_back_is_owed_again_and_earns_nothing(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    late = await settle_late(database, agreed)
    await appropriate(database, agreed, "43.84")
    interest_id = (await pay_interest(database, agreed, late)).id
    for step in (claim, approve, instruct, settle):
        await step(database, agreed, interest_id)

    report = await back(database, agreed, tmp_path, "13.84", interest_id)

    assert outcomes(report) == ["given_back"]
    now = await seen(database, agreed, interest_id)
    assert (now.state, now.amount.amount, now.paid.amount) == ("returned", "43.84", "30.00")
    assert await holds(database, agreed, interest_id) == {
        AccountKind.PAYABLE: Decimal("13.84"), AccountKind.DISBURSED: Decimal("30.00"),
    }  # fmt: skip
    assert (await holds(database, agreed, agreed.contract_id))[AccountKind.DISBURSED] == 8000
    assert (await totals(database, agreed))["paid"] == "8000.00"
    assert (await programme(database, agreed))["spent"] == "8030.00"
    assert await unsound(database) == []

    await instructed_anew(database, agreed, interest_id)
    file = await ordered(database, agreed, tmp_path, interest_id)
    rest = await booked(database, agreed, tmp_path, "13.84", interest_id)
    assert (file.total.amount, outcomes(rest)) == ("13.84", ["settled"])
    assert await holds(database, agreed, interest_id) == {AccountKind.DISBURSED: Decimal("43.84")}
    kinds = [one["kind"] for one in await calculations(database, agreed)]
    assert kinds.count("interest") == 1
    assert await unsound(database) == []


async def test_what_a_programme_has_spent_falls_by_exactly_what_came_back(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first = await settled(database, agreed, tmp_path)
    await accept(database, agreed, "handover")
    second = await instructed(database, agreed)
    await booked(database, agreed, tmp_path, "2000.00", second)
    before = await programme(database, agreed)

    said = list[dict[str, str]]()
    for payment_id, amount in ((first, "1234.56"), (second, "2000.00"), (first, "0.01")):
        assert outcomes(await back(database, agreed, tmp_path, amount, payment_id)) == [
            "given_back"
        ]
        said.append(await programme(database, agreed))

    assert before["spent"] == "10000.00"
    assert [one["spent"] for one in said] == ["8765.44", "6765.44", "6765.43"]
    assert [{**one, "spent": before["spent"]} for one in said] == [before] * 3
    await instructed_anew(database, agreed, first)
    await booked(database, agreed, tmp_path, "1234.57", first)
    assert (await programme(database, agreed))["spent"] == "8000.00"
    assert await unsound(database) == []
