"""What is read of payments and calculations."""

from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import Digest
from ecosystem.payments.model import CalculationId, PaymentKind, State
from ecosystem.values.identifiers import ContractId, OrganisationId, PaymentId
from ecosystem.values.money import Money
from ecosystem.values.text import Text

PAYEES_MAX: Final = 1000
SETTLEMENTS_MAX: Final = 100_000


class PaymentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in a list."""

    id: PaymentId
    version: int
    state: State
    kind: PaymentKind
    contract_id: ContractId
    payee_id: OrganisationId
    amount: Money
    paid: Money
    """How much of it the bank has paid and not given back."""
    calculation_id: CalculationId
    computed_at: datetime
    due_on: date | None
    """Until when it is to be settled; null until it is claimed, and where no term is set."""
    settled_on: date | None


class SettlementView(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank has paid of a payment by one transaction."""

    bank_reference: str
    settled_on: date
    paid_to_id: OrganisationId | None
    """Null where it was another lender than the one that reads."""
    amount: Money
    returned: Money
    """What of it the bank has given back since."""


class Payment(PaymentSummary, frozen=True, kw_only=True):
    """A payment, whole."""

    authority_number: int
    taken_back: Money
    """How much of it is owed no more, since less was earned, or other payments took its place."""
    earned: Money
    """What the payee had earned under the contract up to this payment, less what was forgone."""
    owed_before: Money
    """What was then paid or on its way, or set off; `amount` is the difference."""
    claimed_at: datetime | None
    claimed_by: str | None
    """Whoever acted: a person, or a program of the payee."""
    approved_at: datetime | None
    approved_by: str | None
    rejected_at: datetime | None
    rejected_by: str | None
    rejected_reason: Text | None
    instructed_at: datetime | None
    instructed_by: str | None
    paid_to_id: OrganisationId | None
    """Whom the bank was told to pay: the payee, or the lender to whom its claims are assigned; null
    before, and where that is another lender than the one that reads."""
    settled_at: datetime | None
    """When the settlement was recorded; the money left on `settled_on`."""
    settled_by: str | None
    bank_reference: str | None
    settlements: Annotated[tuple[SettlementView, ...], Meta(max_length=SETTLEMENTS_MAX)]
    """Everything that the bank has paid of it, the oldest first, also what came back since."""
    received_at: datetime | None
    """When the payee confirmed to have the money."""
    received_by: str | None
    returned_at: datetime | None
    """Since when money is back that the bank had paid, or a part of it; null once it is approved
    again."""
    reversed_at: datetime | None


class CalculationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A calculation in a list."""

    id: CalculationId
    kind: PaymentKind
    late_payment_id: PaymentId | None
    """The payment that was late, where it is of interest."""
    ordinal: int
    """Counts the steps of the contract; a calculation supersedes one of the same step."""
    supersedes: CalculationId | None
    superseded_by: CalculationId | None
    total: Money
    """What this step earned."""
    digest: Digest
    recorded_at: datetime


class Overpaid(msgspec.Struct, frozen=True, kw_only=True):
    """What one payee was paid, or will be, beyond what it has earned."""

    payee_id: OrganisationId
    amount: Money


class PaymentTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Where the money of a contract is, by its payments."""

    contract_id: ContractId
    value: Money
    earned: Money
    """Sum of all calculations that nothing supersedes."""
    payable: Money
    """Computed, claimed, approved or returned: what of it is still owed."""
    in_transit: Money
    """Instructed."""
    paid: Money
    """Settled, and not given back since."""
    received: Money
    """The part of `paid` whose receipt the payee has confirmed."""
    withheld: Money
    """Kept for the tax office: neither payable to the payee, nor in `earned`."""
    late_interest: Money
    """What late payments have earned: beyond the value, and in none of the other amounts."""
    overpaid: Money
    """Paid or on its way beyond what was earned by all: set off against what is earned next, or to
    be paid back once nothing is."""
    overpaid_by: Annotated[tuple[Overpaid, ...], Meta(max_length=PAYEES_MAX)]
    """Of which payee how much, also where others who supply with it are paid less meanwhile; of
    those whose payments the caller sees."""
    awaited: Money
    """What the programme has to have again before what became known after the end of the contract
    is calculated; in none of the other amounts."""
