"""What each of those who supply under a contract has earned, and is owed."""

from decimal import Decimal

import msgspec

from ecosystem.contracts.form_shapes import Consortium
from ecosystem.payments.model import StepFacts, StepMade, Unsent


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What one payee of a contract has been paid, or will be."""

    owed: Decimal
    """Sum of its payments, without what was rejected or taken back."""
    forgone: Decimal
    """In disputes."""
    unsent: tuple[Unsent, ...]
    """Its payments that can be taken back, in that order."""


class DueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the payments after new calculations are made from."""

    contract_id: str
    steps: StepFacts
    made: tuple[StepMade, ...]
    ids: tuple[str, ...]
    """Of the new calculations, in their order."""
    lead_id: str
    """Who is paid what is not divided."""
    together: Consortium | None
    """Those who take the supplier's place together."""
    accounts: dict[str, Account]
    """By payee; who was never paid may be left out."""
