"""Between which accounts the money of a contract, or of a payment of interest, moves."""

from ecosystem.budgets import queries as budgets
from ecosystem.ledger.model import AccountKind, AccountName
from ecosystem.payments.model import PaymentKind
from ecosystem.runtime.database import Record


def account(kind: AccountKind, row: Record, contract_id: str) -> AccountName:
    """Return a contract's account of this kind; `row` has the `programme_id`.

    Where `row` is of a payment of interest, the account is of that payment: what is beyond the
    value of the contract is in none of its accounts.
    """
    if row.get("kind") == PaymentKind.INTEREST:
        return interest(kind, row, row["id"])
    if kind is AccountKind.ENCUMBERED:
        return budgets.encumbered_by(contract_id, programme_id=row["programme_id"])
    return AccountName(kind, contract_id, row["programme_id"])


def earning(row: Record, contract_id: str) -> tuple[AccountName, ...]:
    """Return the accounts between which a calculation moves money; `row` is of the contract."""
    kinds = (AccountKind.ENCUMBERED, AccountKind.WITHHELD, AccountKind.PAYABLE)
    return tuple(account(kind, row, contract_id) for kind in kinds)


def interest(kind: AccountKind, row: Record, payment_id: str) -> AccountName:
    """Return the account of a payment of interest; what is not payable is the programme's again."""
    if kind is AccountKind.ENCUMBERED:
        return budgets.available_in(row["programme_id"])
    return AccountName(kind, payment_id, row["programme_id"])
