"""A bank that lends to the supplier of a contract, step by step, as tests of finance need it."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import text

from ecosystem.cli.ledger import INVARIANTS
from ecosystem.finance import actions, queries
from ecosystem.finance.assigning import actions as assigning
from ecosystem.finance.drawing import actions as drawing
from ecosystem.finance.drawing.model import Disbursement, DrawdownDraft
from ecosystem.finance.model import FacilityDraft
from ecosystem.finance.servicing import actions as servicing
from ecosystem.finance.servicing import queries as serviced
from ecosystem.finance.servicing.model import Position, RepaymentDraft
from ecosystem.ledger import queries as ledger
from ecosystem.payments.books import queries as books
from ecosystem.runtime.database import Database, Statement, Tx
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from tests.payments.agreement import AT, Agreement

TODAY = date(2026, 6, 1)
LENDER = ("bank", "lender")
SIGNS = ("bank", "signatory")
BORROWER = ("enterprise", "delivery")
SIGNATORY = ("enterprise", "signatory")
OPENED = {"kind": "milestone_accepted", "code": "opened", "milestone": "opening"}
SERVED = {"kind": "metric_verified", "code": "served", "metric": "matters", "at_least": "50"}
INSURED = {"kind": "document_presented", "code": "insured", "description": {"zh": "保单"}}
Act = Callable[[Tx, Actor], Awaitable[Any]]


def draft(**changed: Any) -> FacilityDraft:
    """Return a facility of 60,000 over a year, drawn in two parts, of which one has a condition."""
    terms = {
        "amount": {"amount": "60000.00", "currency": "CNY"}, "annual_rate": "6",
        "day_count": "thirty_360", "tenor_months": 12, "grace_months": 2,
        "repayment": "equal_principal",
        "fees": [{"month": 0, "amount": {"amount": "600.00", "currency": "CNY"}},
                 {"month": 6, "amount": {"amount": "100.01", "currency": "CNY"}}],
        "drawdowns": [
            {"code": "first", "share": "40", "conditions": []},
            {"code": "second", "share": "60", "conditions": [OPENED]},
        ],
    }  # fmt: skip
    return msgspec.convert({"terms": {**terms, **changed}}, FacilityDraft)


async def act_as(database: Database, agreed: Agreement, who: tuple[str, str], act: Act) -> Any:
    by = agreed.actor(*who)
    async with database.transaction(seen_by(by)) as tx:
        return await act(tx, by)


async def offered(
    database: Database, agreed: Agreement, *, to: str | None = None, **changed: Any
) -> str:
    asked = draft(**changed)
    if to is not None:
        borrower_id = agreed.parties.party(to).organisation_id
        asked = msgspec.structs.replace(asked, borrower_id=borrower_id)
    made: Standing = await act_as(
        database, agreed, LENDER,
        lambda tx, by: actions.offer(tx, agreed.contract_id, asked, by=by, at=AT),
    )  # fmt: skip
    return made.id


async def lent(
    database: Database, agreed: Agreement, *, to: str | None = None, **changed: Any
) -> str:
    """Return a facility that both sides have agreed on, of the lead where not of another."""
    facility_id = await offered(database, agreed, to=to, **changed)
    await act_as(
        database, agreed, SIGNATORY if to is None else (to, "signatory"),
        lambda tx, by: actions.agree(tx, facility_id, by=by, at=AT, expected=1),
    )  # fmt: skip
    return facility_id


async def requested(
    database: Database, agreed: Agreement, facility_id: str, amount: str = "24000.00",
    part: str | None = "first", *, to: str = "enterprise",
) -> str:  # fmt: skip
    asked = DrawdownDraft(part=part, amount=Money(amount, "CNY"))
    made: Standing = await act_as(
        database, agreed, (to, "delivery"),
        lambda tx, by: drawing.request(tx, facility_id, asked, by=by, at=AT),
    )  # fmt: skip
    return made.id


async def approved(database: Database, agreed: Agreement, drawdown_id: str) -> None:
    await act_as(
        database, agreed, SIGNS,
        lambda tx, by: drawing.approve(tx, drawdown_id, by=by, at=AT, expected=1),
    )  # fmt: skip


async def disbursed(
    database: Database, agreed: Agreement, facility_id: str, amount: str = "24000.00",
    part: str | None = "first", *, to: str = "enterprise",
) -> str:  # fmt: skip
    """Return a drawdown that was asked for, approved and paid out."""
    drawdown_id = await requested(database, agreed, facility_id, amount, part, to=to)
    await approved(database, agreed, drawdown_id)
    said = Disbursement(disbursed_on=TODAY, bank_reference=f"OUT {drawdown_id[-8:]}")
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: drawing.disburse(tx, drawdown_id, said, by=by, at=AT, expected=2),
    )  # fmt: skip
    return drawdown_id


async def repaid(
    database: Database, agreed: Agreement, facility_id: str, amount: str, *, at: datetime,
    reference: str = "IN 1",
) -> str:  # fmt: skip
    asked = RepaymentDraft(
        amount=Money(amount, "CNY"), received_on=at.date(), bank_reference=reference
    )
    made: Standing = await act_as(
        database, agreed, LENDER,
        lambda tx, by: servicing.receive(tx, facility_id, asked, by=by, at=at),
    )  # fmt: skip
    return made.id


async def assigned(
    database: Database, agreed: Agreement, facility_id: str, *, of: str = "enterprise"
) -> str:
    """Return an assignment that the authority has acknowledged."""
    made: Standing = await act_as(
        database, agreed, (of, "signatory"),
        lambda tx, by: assigning.assign(tx, facility_id, by=by, at=AT),
    )  # fmt: skip
    await act_as(
        database, agreed, ("city", "approver"),
        lambda tx, by: assigning.acknowledge(tx, made.id, by=by, at=AT, expected=1),
    )  # fmt: skip
    return made.id


async def position(
    database: Database, agreed: Agreement, facility_id: str, *, on: date
) -> Position:
    found: Position = await act_as(
        database, agreed, LENDER, lambda tx, _: serviced.position(tx, facility_id, on=on)
    )
    return found


async def book(database: Database, facility_id: str) -> dict[str, Decimal]:
    """Return what the accounts of a facility hold, by kind, without what is empty."""
    rows = await database.plain().rows(
        Statement(
            text(
                "SELECT kind, sum(credits - debits) AS held FROM ledger_account "
                "WHERE programme_id = :book GROUP BY kind"
            )
        ),
        book=facility_id,
    )
    return {row["kind"]: row["held"] for row in rows if row["held"]}


async def drawn(database: Database, agreed: Agreement, facility_id: str) -> tuple[str, str]:
    """Return how much of a facility is reserved, and disbursed."""
    facts, _ = await act_as(database, agreed, LENDER, lambda tx, _: queries.locked(tx, facility_id))
    return facts.reserved, facts.disbursed


async def unsound(database: Database) -> list[str]:
    """Return where the money of this house breaks an invariant of any room."""
    async with database.reading(books.PURPOSE) as tx:
        return [str(one) for one in await ledger.check(tx, INVARIANTS)]
