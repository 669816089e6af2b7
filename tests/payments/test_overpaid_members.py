"""Who of those that supply together was paid more than it has earned is told of each by itself."""

from pathlib import Path

import msgspec
import pytest

from ecosystem.offers.model import Liability
from ecosystem.payments import queries
from ecosystem.payments.views import PaymentTotals
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import FEBRUARY, Agreement, agree, payments, verify
from tests.payments.steps import approve, claim, instruct, settle, unsound
from tests.payments.together import Together

pytestmark = pytest.mark.anyio
SHARES = (("enterprise", "33.34"), ("second_enterprise", "33.33"), ("think_tank", "33.33"))


async def _paid_too_much(database: Database, folder: Path, liability: Liability) -> Agreement:
    """Return a contract of three, of whom the lead alone was paid when less proves to be earned.

    A little more is earned since.
    """
    agreed = await agree(database, folder, together=Together(SHARES, liability.value))
    first = await verify(database, agreed, "matters", "100")
    lead = agreed.parties.party("enterprise").organisation_id
    [own] = [one["id"] for one in await payments(database, agreed) if one["payee_id"] == lead]
    for step in (claim, approve, instruct, settle):
        await step(database, agreed, own)
    await verify(database, agreed, "matters", "40", supersedes=first)
    await verify(database, agreed, "matters", "30", period=FEBRUARY)
    return agreed


async def _told(
    database: Database, agreed: Agreement, *, sees: tuple[str, str]
) -> tuple[str, list[tuple[str, str]]]:
    """Return what is told as overpaid of all, and of whom how much."""
    async with database.reading(seen_by(agreed.actor(*sees))) as tx:
        found = msgspec.json.decode(
            await queries.totals(tx, agreed.contract_id), type=PaymentTotals
        )
    names = {agreed.parties.party(one).organisation_id: one for one, _ in SHARES}
    each = [(names[one.payee_id], one.amount.amount) for one in found.overpaid_by]
    return found.overpaid.amount, each


@pytest.mark.parametrize(
    ("liability", "of_all"), [(Liability.JOINT, "0.00"), (Liability.SEVERAL, "100.02")]
)
async def test_what_one_was_paid_too_much_is_told_also_where_others_answer_for_it(
    database: Database, tmp_path: Path, liability: Liability, of_all: str
) -> None:
    agreed = await _paid_too_much(database, tmp_path, liability)

    told = await _told(database, agreed, sees=("city", "treasurer"))

    assert told == (of_all, [("enterprise", "100.02")])
    assert await unsound(database) == []


async def test_each_is_told_its_own_alone(database: Database, tmp_path: Path) -> None:
    agreed = await _paid_too_much(database, tmp_path, Liability.SEVERAL)

    seen = [
        (await _told(database, agreed, sees=(one, "delivery")))[1]
        for one in ("enterprise", "second_enterprise")
    ]

    assert seen == [[("enterprise", "100.02")], []]


async def test_nothing_is_told_where_nobody_was_paid_too_much(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, together=Together(SHARES))
    await verify(database, agreed, "matters", "100")

    assert await _told(database, agreed, sees=("city", "treasurer")) == ("0.00", [])
