"""What a closing is decided on, and what a closing account says."""

from datetime import datetime

import msgspec

from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.turning.model import Kind
from ecosystem.values.identifiers import ContractId
from ecosystem.values.money import Amount, Currency, Measure, Money


class CloseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the end of a contract is checked against."""

    kind: Kind
    by_agreement: bool = False
    """Whether the other side approves: it gives up what was rejected where it completes."""
    currency: Currency
    unsettled: int
    """How many payments are neither settled, nor rejected, nor reversed."""
    bound: Amount
    """What is bound by the contract and not payable yet."""
    retained: Amount
    """What is retained of what was earned."""
    unpaid: Amount = "0"
    """What is earned, and was rejected: it stands in no other payment."""
    contested: Amount = "0"
    """What is deducted and not final yet: the payee may still reply, or has and is not decided."""


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """What stays bound; the rest returns to the programme."""

    bound: Money
    kept: Money


class ClosingAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract has come to in money."""

    contract_id: ContractId
    state: ContractState
    ended_at: datetime | None
    """Null while the contract goes on: the account then says how it is now."""
    first_value: Money
    """What was first signed."""
    changes: Measure
    """What changes have added to it since; below zero where they took away."""
    value: Money
    calculated: Money
    """What was earned, after deductions and retention, less what was forgone in disputes."""
    deducted: Money
    """What was deducted for service that was worse than agreed, with what was waived of it."""
    waived: Money
    """What found nothing to be deducted from: a step of a contract comes to nothing at least."""
    retained: Money
    withheld: Money
    """Kept for the tax office, of what was calculated."""
    advance_outstanding: Money
    """What was paid early and not recovered."""
    payable: Money
    """Payments that the bank has not been told of."""
    in_transit: Money
    paid: Money
    bound: Money
    """Obligated, and not earned: what is retained, and while the contract goes on what is open."""
    returned: Money
    """What has gone back to the programme since the end of the contract, and was not bound anew."""
    unpaid: Money
    """What is earned, and was rejected: it comes with the next fact, or is disputed."""
    overpaid: Money
    """What was paid, or is on its way, beyond what was earned: to be set off or paid back."""
    awaited: Money
    """What the programme has to have again before what became known since is calculated."""
    is_balanced: bool
    """Whether value = payable + in transit + paid + withheld + bound + returned, in the
    ledger, and what is calculated and overpaid is what is payable, in transit, paid and unpaid."""
