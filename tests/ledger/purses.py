"""Accounts and legs for the tests of the ledger, and somebody who moves money."""

from datetime import UTC, datetime

from ecosystem.ledger.model import AccountKind, AccountName, Leg
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.money import Money

AUTHORITY = 7
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TREASURER = Actor(
    organisation_id="org_treasury",
    organisation_number=AUTHORITY,
    kind=OrganisationKind.GOVERNMENT,
    verified=True,
    jurisdiction="330100",
    client_id="client_treasury",
    person_id="person_treasurer",
    roles=(Role.TREASURER,),
)


def programme() -> str:
    return mint("programme", authority=AUTHORITY)


def account(kind: AccountKind, *, of: str, owner: str | None = None) -> AccountName:
    return AccountName(kind, owner or of, of)


def leg(
    debit: AccountName,
    credit: AccountName,
    amount: str,
    *,
    currency: str = "CNY",
    reverses: str | None = None,
) -> Leg:
    return Leg(debit=debit, credit=credit, amount=Money(amount, currency), reverses_id=reverses)


def appropriation(of: str, amount: str, *, currency: str = "CNY") -> Leg:
    source = account(AccountKind.APPROPRIATION, of=of)
    return leg(source, account(AccountKind.AVAILABLE, of=of), amount, currency=currency)
