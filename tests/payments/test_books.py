"""The invariants between payments and the ledger find what they are there to find."""

from pathlib import Path

import pytest

from ecosystem.ledger import actions as ledger
from ecosystem.ledger.model import AccountKind, AccountName, Leg
from ecosystem.payments.books.queries import INVARIANTS
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import seen_by
from ecosystem.values.money import Money
from tests.payments.agreement import AT, accept, agree
from tests.payments.steps import unsound

pytestmark = pytest.mark.anyio


async def test_money_that_moves_without_a_payment_is_found(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)
    await accept(database, agreed, "opening")
    by = agreed.actor("city", "treasurer")
    kinds = (AccountKind.PAYABLE, AccountKind.IN_TRANSIT)
    debit, credit = (AccountName(kind, agreed.contract_id, agreed.programme_id) for kind in kinds)

    assert await unsound(database) == []
    async with database.transaction(seen_by(by)) as tx:
        leg = Leg(debit=debit, credit=credit, amount=Money("1.00", "CNY"))
        await ledger.move(tx, (leg,), by=by, at=AT, act="steal", reference="nothing")

    assert await unsound(database) == list(INVARIANTS)[:2]


async def test_a_sum_that_was_tampered_with_is_found(
    database: Database, owner_url: str, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)
    await accept(database, agreed, "opening")
    before = await unsound(database)

    owner = await Database(owner_url, Settings()).connect()
    await owner.execute(
        "UPDATE payment_total SET owed = owed - 1 WHERE contract_id = $1", agreed.contract_id
    )
    await owner.close()

    assert await unsound(database) == [*before, "A contract owes the sum of its payments."]
