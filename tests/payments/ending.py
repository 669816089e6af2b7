"""The end of a contract between seeded parties, by its two hands."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from ecosystem.budgets import queries as programmes
from ecosystem.contracts.turning import actions as turning
from ecosystem.contracts.turning.model import TurnDraft
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import AT, Agreement, agree, payments, verify
from tests.payments.steps import approve, claim, instruct, settle


async def end(database: Database, agreed: Agreement, *, at: datetime = AT) -> None:
    """Terminate the contract by agreement of both sides."""
    said = {"kind": "termination", "ground": "agreement", "reason": {"zh": "试", "en": "test"}}
    officer, supplier = agreed.actor("city", "officer"), agreed.actor("enterprise", "signatory")
    asked = msgspec.convert(said, TurnDraft)
    async with database.transaction(seen_by(officer)) as tx:
        made = await turning.propose(
            tx, agreed.contract_id, asked, by=officer, at=at, expected=None
        )
    async with database.transaction(seen_by(supplier)) as tx:
        await turning.approve(tx, made.id, by=supplier, at=at, expected=None)


async def paid_out(database: Database, agreed: Agreement) -> None:
    """Bring the newest payment to where the bank has paid it."""
    payment_id = (await payments(database, agreed))[-1]["id"]
    for step in (claim, approve, instruct, settle):
        await step(database, agreed, payment_id)


async def ended(database: Database, folder: Path, **more: Any) -> tuple[Agreement, str]:
    """Return a contract that has ended once 1000.00 were paid, and the observation behind them."""
    agreed = await agree(database, folder, **more)
    first = await verify(database, agreed, "matters", "100")
    await paid_out(database, agreed)
    await end(database, agreed)
    return agreed, first


async def left(database: Database, agreed: Agreement) -> Decimal | None:
    """Return what the programme has left."""
    return await programmes.available(
        database.plain(), agreed.programme_id, authority=agreed.authority, currency="CNY"
    )
