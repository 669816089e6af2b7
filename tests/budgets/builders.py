"""A treasurer, a programme, and what is asked for it."""

from ecosystem.budgets import actions
from ecosystem.budgets.model import AppropriationDraft, ProgrammeDraft
from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.runtime.database import Database
from ecosystem.values.money import Money
from ecosystem.values.text import Text
from tests.ledger.purses import AT, AUTHORITY, TREASURER

__all__ = ["AT", "AUTHORITY", "TREASURER", "cny", "draft", "funded"]


def draft(*, fiscal_year: int = 2026, currency: str = "CNY") -> ProgrammeDraft:
    return ProgrammeDraft(
        name=Text(zh="城市体征监测运营", en="Operation of city monitoring"),
        fiscal_year=fiscal_year,
        sector=Sector.URBAN_GOVERNANCE,
        operation=Operation.DATA,
        phase=Phase.OPERATION,
        currency=currency,
    )


def cny(amount: str) -> Money:
    return Money(amount, "CNY")


async def funded(database: Database, amount: str) -> str:
    """Open a programme to which an amount is appropriated."""
    asked = AppropriationDraft(amount=cny(amount), reason=Text(en="Council decision 12"))
    async with database.transaction() as tx:
        made = await actions.open_programme(tx, draft(), by=TREASURER, at=AT)
        await actions.appropriate(tx, made.id, asked, by=TREASURER, at=AT, expected=made.version)
    return made.id
