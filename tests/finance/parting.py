"""A contract of a consortium that a member leaves while another joins, for tests of finance."""

from typing import Any

from sqlalchemy import select

from ecosystem.contracts.changes import actions as changes
from ecosystem.contracts.model import Signing
from ecosystem.identity.tables import organisation
from ecosystem.runtime.database import Database, Statement
from tests.contracts.changing import PARTIES, REPLY, approve, instead, proposed, say, sign
from tests.contracts.partnership import Partnership
from tests.finance.lending import act_as
from tests.payments.agreement import AT, Agreement

LEAD, MEMBER, JOINS = "enterprise", "second_enterprise", "think_tank"
LAST = "verifier"
"""Who signs last, so that the change is in force."""


async def agreement(active: Partnership, database: Database) -> Agreement:
    """Return a partnership as those who act without HTTP need it."""
    chosen = select(organisation.c.id, organisation.c.number)
    rows = await database.plain().rows(Statement(chosen))
    numbers = {row["id"]: row["number"] for row in rows}
    return Agreement(active.contract_id, active.programme_id, active.parties, numbers)


async def excluding(active: Partnership, member: str = MEMBER, **how: str) -> dict[str, Any]:
    """Return the exclusion of a member, which was heard, and lacks one signature."""
    asked = instead(active, member, JOINS, exclusion="breach", **how)
    made = await proposed(active, asked)
    answers = [
        await say(active, made, "reply", REPLY, by=(member, "delivery")),
        await approve(active, made, "approver"),
        *[
            await sign(active, made, party)
            for party in (*PARTIES, JOINS, "bank")
            if party != LAST and active.id_of(party) in made["signers"]
        ],
    ]
    assert [one.status_code for one in answers] == [201] * len(answers)
    return made


async def excluded(database: Database, agreed: Agreement, change: dict[str, Any]) -> None:
    """Have the last of them sign."""
    said = Signing(digest=change["terms_digest"])
    await act_as(
        database, agreed, (LAST, "signatory"),
        lambda tx, by: changes.sign(tx, change["id"], said, by=by, at=AT),
    )  # fmt: skip
