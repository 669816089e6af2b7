"""The end of a contract between seeded parties, by its two hands."""

from datetime import datetime

import msgspec

from ecosystem.contracts.turning import actions as turning
from ecosystem.contracts.turning.model import TurnDraft
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import AT, Agreement


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
