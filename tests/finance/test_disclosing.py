"""What a lender sees is what its supplier has consented to, with each reading."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ecosystem.contracts.rules import NotConcerned
from ecosystem.finance.disclosing import actions, queries, rules
from ecosystem.finance.disclosing.model import DisclosureDraft, Scope
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.web import Standing, seen_by
from tests.finance.lending import SIGNATORY, act_as
from tests.payments.agreement import AT, Agreement, accept, agree

pytestmark = pytest.mark.anyio
BANK = ("bank", "lender")
SOON = AT + timedelta(days=30)


@pytest.fixture(params=[True, False], ids=["a party", "no party"])
async def agreed(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path, with_lender=request.param)
    await accept(database, made, "opening")
    return made


async def test_a_lender_without_consent_sees_no_payment_and_no_calculation(
    database: Database, agreed: Agreement
) -> None:
    assert await _seen(database, agreed, at=AT) == (0, 0)
    assert await _disclosed(database, agreed, at=AT) is None


async def test_a_lender_sees_what_was_consented_to_and_nothing_else(
    database: Database, agreed: Agreement
) -> None:
    await _given(database, agreed, Scope.PAYMENTS, Scope.MILESTONES)

    assert await _seen(database, agreed, at=AT) == (1, 0)
    shown = await _disclosed(database, agreed, at=AT)
    assert [one.code for one in shown.milestones] == ["opening"]
    assert shown.observations is None
    async with database.reading(_as_lender(agreed, AT)) as tx:
        by = agreed.actor(*BANK)
        await queries.concern(tx, agreed.contract_id, Scope.PAYMENTS, by=by, at=AT)


async def test_a_consent_that_is_revoked_or_past_shows_nothing(
    database: Database, agreed: Agreement
) -> None:
    disclosure_id = await _given(database, agreed, Scope.PAYMENTS, Scope.CALCULATIONS)
    assert await _seen(database, agreed, at=AT) == (1, 1)
    assert await _seen(database, agreed, at=SOON) == (0, 0)

    await act_as(
        database, agreed, SIGNATORY,
        lambda tx, by: actions.revoke(tx, disclosure_id, by=by, at=AT, expected=1),
    )  # fmt: skip

    assert await _seen(database, agreed, at=AT) == (0, 0)
    assert await _disclosed(database, agreed, at=AT) is None


async def test_only_the_supplier_consents_and_to_a_lender_alone(
    database: Database, agreed: Agreement
) -> None:
    def give(who: tuple[str, str], lender: str) -> Any:
        asked = DisclosureDraft(
            lender_id=agreed.parties.party(lender).organisation_id,
            scopes=(Scope.PAYMENTS,), until_at=SOON,
        )  # fmt: skip
        return act_as(
            database, agreed, who,
            lambda tx, by: actions.give(tx, agreed.contract_id, asked, by=by, at=AT),
        )  # fmt: skip

    with pytest.raises(rules.NotDiscloser):
        await give(("second_enterprise", "signatory"), "bank")
    with pytest.raises(rules.NoLender):
        await give(SIGNATORY, "auditor")


async def _given(database: Database, agreed: Agreement, *scopes: Scope) -> str:
    asked = DisclosureDraft(
        lender_id=agreed.parties.party("bank").organisation_id, scopes=scopes, until_at=SOON
    )
    made: Standing = await act_as(
        database, agreed, SIGNATORY,
        lambda tx, by: actions.give(tx, agreed.contract_id, asked, by=by, at=AT),
    )  # fmt: skip
    return made.id


def _as_lender(agreed: Agreement, at: datetime) -> dict[str, str]:
    return {**seen_by(agreed.actor(*BANK)), "now": str(int(at.timestamp()))}


async def _seen(database: Database, agreed: Agreement, *, at: datetime) -> tuple[int, int]:
    """Return how many payments and calculations row-level security shows the bank."""
    async with database.reading(_as_lender(agreed, at)) as tx:
        counted = [
            len(await tx.rows(Statement(
                select(table.c.id).where(table.c.contract_id == agreed.contract_id)
            )))
            for table in (payment, calculation)
        ]  # fmt: skip
    return counted[0], counted[1]


async def _disclosed(database: Database, agreed: Agreement, *, at: datetime) -> Any:
    async with database.reading(_as_lender(agreed, at)) as tx:
        by = agreed.actor(*BANK)
        try:
            return await queries.disclosed(tx, agreed.contract_id, by=by, at=at)
        except (rules.NotDisclosed, NotConcerned):
            return None
