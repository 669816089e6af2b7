"""A bank lends on a contract: agreed by both, drawn on facts, never above the facility."""

import asyncio
import re
from collections.abc import Awaitable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ecosystem.finance import actions, rules
from ecosystem.finance.drawing import actions as drawing
from ecosystem.finance.drawing import rules as drawing_rules
from ecosystem.finance.drawing.model import Disbursement
from ecosystem.finance.drawing.tables import drawdown
from ecosystem.finance.servicing import actions as servicing
from ecosystem.finance.servicing import rules as servicing_rules
from ecosystem.finance.servicing.model import RestatementDraft
from ecosystem.runtime.database import Database, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import seen_by
from tests.finance.lending import (
    LENDER,
    SIGNATORY,
    SIGNS,
    TODAY,
    act_as,
    approved,
    book,
    disbursed,
    drawn,
    lent,
    offered,
    position,
    repaid,
    requested,
    unsound,
)
from tests.payments.agreement import AT, WORDS, Agreement, accept, agree

pytestmark = pytest.mark.anyio
ROW = (
    "authority_id", "id", "version", "state", "facility_id", "part", "amount", "currency",
    "presented", "requested_by", "requested_at",
)  # fmt: skip
LATER = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path, with_lender=True)


async def test_a_facility_is_drawn_once_both_sides_have_agreed(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await offered(database, agreed)
    with pytest.raises(rules.FacilityOutOfTurn):
        await requested(database, agreed, facility_id)
    await act_as(
        database, agreed, SIGNATORY,
        lambda tx, by: actions.agree(tx, facility_id, by=by, at=AT, expected=1),
    )  # fmt: skip

    await disbursed(database, agreed, facility_id)

    assert await drawn(database, agreed, facility_id) == ("24000.00", "24000.00")
    assert await book(database, facility_id) == {
        "funding": Decimal("-60240.00"), "undrawn": Decimal("36000.00"),
        "outstanding": Decimal("24000.00"), "earned": Decimal("240.00"),
    }  # fmt: skip
    assert await unsound(database) == []


async def test_an_unmet_condition_refuses_a_drawdown_by_its_name(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)

    with pytest.raises(drawing_rules.ConditionUnmet) as refused:
        await requested(database, agreed, facility_id, "36000.00", "second")
    await accept(database, agreed, "opening")

    assert [one.pointer for one in refused.value.faults] == ["/conditions/opened"]
    await disbursed(database, agreed, facility_id, "36000.00", "second")


async def test_two_drawdowns_at_once_never_come_to_more_than_the_facility(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed, drawdowns=[])

    said = await asyncio.gather(
        *(requested(database, agreed, facility_id, "40000.00", None) for _ in range(2)),
        return_exceptions=True,
    )

    [refused] = [one for one in said if isinstance(one, BaseException)]
    assert isinstance(refused, drawing_rules.AboveFacility)
    assert "20000.00 CNY is left" in refused.detail
    assert await drawn(database, agreed, facility_id) == ("40000.00", "0")


async def test_the_database_itself_lends_no_more_than_the_facility_says(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed, drawdowns=[])
    by = agreed.actor("enterprise", "delivery")

    async def insert(amount: str) -> None:
        async with database.transaction(seen_by(by)) as tx:
            await tx.run(
                inserting(drawdown, *ROW),
                authority_id=agreed.authority, id=mint("drawdown", authority=agreed.authority),
                version=1, state="requested", facility_id=facility_id, part=None,
                amount=Decimal(amount), currency="CNY", presented=b"[]",
                requested_by=by.person_id, requested_at=AT,
            )  # fmt: skip

    await insert("60000.00")
    with pytest.raises(asyncpg.CheckViolationError, match="no_more_is_drawn"):
        await insert("0.01")


async def test_who_approves_for_the_lender_does_not_pay_out(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    drawdown_id = await requested(database, agreed, facility_id)
    await approved(database, agreed, drawdown_id)
    said = Disbursement(disbursed_on=TODAY, bank_reference="OUT 1")

    with pytest.raises(drawing_rules.DrawdownApprovedBySame):
        await act_as(
            database, agreed, SIGNS,
            lambda tx, by: drawing.disburse(tx, drawdown_id, said, by=by, at=AT, expected=2),
        )  # fmt: skip


async def test_money_that_comes_in_pays_fees_then_interest_then_principal(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    await disbursed(database, agreed, facility_id)

    # Three months of 6 % on 24,000 are 360; one instalment of 2,400 is due since the grace.
    owed = await position(database, agreed, facility_id, on=LATER.date())
    await repaid(database, agreed, facility_id, "3000.00", at=LATER)

    assert (owed.due.amount, owed.not_due.amount) == ("2760.00", "21600.00")
    assert await book(database, facility_id) == {
        "funding": Decimal("-60840.00"), "undrawn": Decimal("36000.00"),
        "outstanding": Decimal("21600.00"), "repaid": Decimal("2400.00"),
        "earned": Decimal("600.00"), "surplus": Decimal("240.00"),
    }  # fmt: skip
    after = await position(database, agreed, facility_id, on=LATER.date())
    assert (after.due.amount, after.not_due.amount) == ("0.00", "21600.00")
    assert await unsound(database) == []


async def test_a_repayment_is_recorded_once(database: Database, agreed: Agreement) -> None:
    facility_id = await lent(database, agreed)
    await disbursed(database, agreed, facility_id)
    await repaid(database, agreed, facility_id, "100.00", at=LATER)

    with pytest.raises(servicing_rules.RepaymentDoubled):
        await repaid(database, agreed, facility_id, "100.00", at=LATER)
    with pytest.raises(servicing_rules.RepaymentMisdated):
        await repaid(database, agreed, facility_id, "100.00", at=AT, reference="IN 2")


async def test_a_schedule_is_restated_with_a_reason_and_the_old_one_is_kept(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    drawdown_id = await disbursed(database, agreed, facility_id)

    def restated(months: int) -> Awaitable[Any]:
        asked = RestatementDraft(months=months, grace_months=0, reason=WORDS)
        return act_as(
            database, agreed, LENDER,
            lambda tx, by: servicing.restate(tx, drawdown_id, asked, by=by, at=LATER),
        )  # fmt: skip

    sooner = "By 2026-11-01 8000.00 CNY would be due in all, and now it is 7200.00 CNY."
    with pytest.raises(servicing_rules.RestatedSooner, match=re.escape(sooner)):
        await restated(6)
    await restated(24)

    rows = await _rows(database, "SELECT ordinal, reason::text FROM repayment_schedule "
                       "WHERE drawdown_id = $1 ORDER BY ordinal", drawdown_id)  # fmt: skip
    assert [row["ordinal"] for row in rows] == [1, 2]
    assert rows[0]["reason"] is None
    assert rows[1]["reason"] is not None
    owed = await position(database, agreed, facility_id, on=date(2026, 10, 1))
    assert [one.amount for one in owed.claims if one.rank == "principal"] == ["1000.00"]
    with pytest.raises(asyncpg.PostgresError, match="repayment_schedule"):
        await _rows(database, "UPDATE repayment_schedule SET ordinal = 3")


async def test_a_facility_closes_when_nothing_is_owed(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    await disbursed(database, agreed, facility_id)

    async def close(at: datetime) -> None:
        await act_as(
            database, agreed, LENDER,
            lambda tx, by: servicing.close(tx, facility_id, by=by, at=at, expected=None),
        )  # fmt: skip

    in_use = r"[0-9]+\.[0-9]{2} CNY is owed, 0\.00 CNY is asked for; the claims are not assigned\."
    with pytest.raises(rules.FacilityInUse, match=in_use):
        await close(AT)
    last = datetime(2027, 6, 1, 9, 0, tzinfo=UTC)
    owed = await position(database, agreed, facility_id, on=last.date())
    assert owed.not_due.amount == "0.00"
    await repaid(database, agreed, facility_id, owed.due.amount, at=last)
    await close(last)

    held = await book(database, facility_id)
    assert set(held) == {"funding", "repaid", "earned"}
    assert held["repaid"] == Decimal("24000.00")
    assert await unsound(database) == []


async def _rows(database: Database, sql: str, *arguments: str) -> list[Any]:
    connection = await database.connect()
    try:
        await connection.execute("SET app.authority = '1'")
        return list(await connection.fetch(sql, *arguments))
    finally:
        await connection.close()
