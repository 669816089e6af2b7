"""A borrower leaves the contract on which it was lent: nothing more is paid out to it."""

from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.contracts.changes import actions as changes
from ecosystem.contracts.model import Signing
from ecosystem.finance.drawing import actions as drawing
from ecosystem.finance.drawing.model import Disbursement
from ecosystem.finance.rules import BorrowerLeft
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.web import seen_by
from tests.builders import waiting
from tests.contracts.partnership import Partnership, awarded
from tests.finance.lending import (
    LENDER,
    SIGNS,
    TODAY,
    act_as,
    approved,
    lent,
    requested,
)
from tests.finance.parting import LAST, MEMBER, agreement, excluded, excluding
from tests.payments.agreement import AT, Agreement

pytestmark = pytest.mark.anyio
APPROVAL = """
    state = 'approved', approved_by = 'person_two', approved_at = now(), proofs = '[]'"""
DISBURSEMENT = """
    state = 'disbursed', disbursed_by = 'person_three', disbursed_at = now(),
    disbursed_on = '2026-06-01', bank_reference = 'OUT', kept = 0, fees = '[]'"""


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    superuser = server.dsn(database_name, role="postgres")
    return await (await awarded(client, database, superuser)).active()


@pytest.fixture
async def agreed(active: Partnership, database: Database) -> Agreement:
    return await agreement(active, database)


@pytest.fixture
async def drawdown_id(agreed: Agreement, database: Database) -> str:
    """What a member has asked for of a loan without conditions."""
    facility_id = await lent(database, agreed, to=MEMBER, drawdowns=[])
    return await requested(database, agreed, facility_id, part=None, to=MEMBER)


@pytest.fixture
async def change(active: Partnership) -> dict[str, Any]:
    return await excluding(active)


async def _disburse(database: Database, agreed: Agreement, drawdown_id: str) -> None:
    said = Disbursement(disbursed_on=TODAY, bank_reference="OUT 1")
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: drawing.disburse(tx, drawdown_id, said, by=by, at=AT, expected=2),
    )  # fmt: skip


async def test_what_was_requested_before_its_borrower_left_is_not_approved(
    database: Database, agreed: Agreement, drawdown_id: str, change: dict[str, Any]
) -> None:
    await excluded(database, agreed, change)

    with pytest.raises(BorrowerLeft):
        await approved(database, agreed, drawdown_id)


async def test_what_was_approved_before_its_borrower_left_is_not_disbursed(
    database: Database, agreed: Agreement, drawdown_id: str, change: dict[str, Any]
) -> None:
    await approved(database, agreed, drawdown_id)
    await excluded(database, agreed, change)

    with pytest.raises(BorrowerLeft):
        await _disburse(database, agreed, drawdown_id)


async def test_an_approval_waits_for_an_exclusion_and_is_refused_after_it(
    database: Database, agreed: Agreement, drawdown_id: str, change: dict[str, Any]
) -> None:
    by, said = agreed.actor(LAST, "signatory"), Signing(digest=change["terms_digest"])

    async with database.transaction(seen_by(by)) as tx:
        await changes.sign(tx, change["id"], said, by=by, at=AT)
        beside = await waiting(approved(database, agreed, drawdown_id))

    with pytest.raises(BorrowerLeft):
        await beside


async def test_an_exclusion_waits_for_an_approval_and_nothing_is_disbursed_after_it(
    database: Database, agreed: Agreement, drawdown_id: str, change: dict[str, Any]
) -> None:
    by = agreed.actor(*SIGNS)

    async with database.transaction(seen_by(by)) as tx:
        await drawing.approve(tx, drawdown_id, by=by, at=AT, expected=1)
        beside = await waiting(excluded(database, agreed, change))
    await beside

    with pytest.raises(BorrowerLeft):
        await _disburse(database, agreed, drawdown_id)


@pytest.mark.parametrize("turn", [APPROVAL, DISBURSEMENT], ids=["approval", "disbursement"])
async def test_the_database_itself_pays_nothing_out_to_who_has_left(
    database: Database, agreed: Agreement, drawdown_id: str, change: dict[str, Any],
    turn: str,
) -> None:  # fmt: skip
    if turn == DISBURSEMENT:
        await approved(database, agreed, drawdown_id)
    await excluded(database, agreed, change)

    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        async with database.transaction(seen_by(agreed.actor(*LENDER))) as tx:
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                f"UPDATE drawdown SET version = version + 1, {turn} WHERE id = $1",  # noqa: S608
                drawdown_id,
            )

    assert refused.value.constraint_name == "who_draws_still_supplies"
