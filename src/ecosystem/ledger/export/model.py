"""What of the ledger is written into a journal."""

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from ecosystem.ledger.model import AccountKind

Format = Literal["beancount", "hledger"]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account, and what its columns say that it holds."""

    authority: int
    id: str
    kind: AccountKind
    owner_ref: str
    programme_id: str
    currency: str
    held: Decimal


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer between two accounts."""

    authority: int
    id: str
    on: date
    """The day from which it holds, in UTC."""
    act: str
    reference: str
    reverses_id: str | None
    debit_id: str
    credit_id: str
    amount: Decimal
    currency: str
