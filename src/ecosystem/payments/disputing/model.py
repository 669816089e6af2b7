"""What a dispute is: what is asked, the facts that rules decide on, what they decide."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import MemberShare
from ecosystem.payments.model import CalculationId, PaymentFacts, PaymentKind
from ecosystem.values.identifiers import ContractId, OrganisationId, PaymentId, pattern
from ecosystem.values.money import Amount, Money
from ecosystem.values.text import Text

DisputeId = Annotated[
    str, Meta(pattern=pattern("dispute"), description="Identifier of a dispute of a payment.")
]


class State(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class DisputeDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of a payment or a calculation is disputed, and why."""

    amount: Money
    """Above zero, and no more than what is disputed; of a rejected payment no more than is earned
    and not owed."""
    reason: Text


class OpenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a dispute is checked against."""

    payment: PaymentFacts
    asked: DisputeDraft
    calculation_id: str | None = None
    """The calculation that is disputed as a whole, with this payment among others."""
    lead_id: str | None = None
    """Who may do that beside the authority."""
    unpaid: Amount | None = None
    """Of a rejected payment: what its payee has earned, and is not owed."""


class Payable(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that can be held."""

    payment_id: str
    payee_id: str
    amount: Money


class WholeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a dispute of a calculation as a whole is checked against."""

    calculation_id: str
    contract_id: str
    authority_number: int
    lead_id: str
    """Who leads those who supply, or supplies alone."""
    kind: PaymentKind
    superseded_by: str | None
    total: Money
    shares: tuple[MemberShare, ...]
    """By which it is divided; the whole is one payee's, where one supplies alone."""
    payable: tuple[Payable, ...]
    """Payments of its step that are neither approved nor held."""
    asked: DisputeDraft


class HeldPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of one payment is held."""

    payment_id: str
    payee_id: str
    amount: Money


class CalculationDisputed(msgspec.Struct, frozen=True, kw_only=True):
    """Each member's part by the shares is held; the parts add to the amount."""

    parts: tuple[HeldPart, ...]
    opened_by: str
    opened_for: str


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A part is held, and the rest goes on."""

    state: State
    held: Money
    rest: Money | None
    """None where the whole payment is disputed."""
    opened_by: str
    opened_for: str
    """The organisation that disputes."""


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of the disputed part is payable after all, and why."""

    payable: Money
    """From nothing to all of what is held; the payee forgoes the rest."""
    reason: Text


class DisputeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a step towards a resolution is checked against."""

    state: State
    authority_number: int
    payee_id: str
    held: Money
    proposed: Money | None
    """What is proposed to be payable."""
    proposed_by: str | None
    """The organisation that proposes it."""
    opened_by: str
    """Whose hand has opened the dispute."""
    opened_for: str
    """For which organisation."""
    proposed_hand: str | None
    """Whose hand proposes."""
    asked: Proposal | None = None
    """A new proposal, where one is made."""


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """The other side is asked to agree."""

    state: State
    payable: Money
    proposed_by: str


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides agree what is payable."""

    state: State
    payable: Money
    forgone: Money
    agreed_by: str


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute of a part of a payment."""

    id: DisputeId
    version: int
    state: State
    contract_id: ContractId
    payee_id: OrganisationId
    disputed_id: PaymentId
    """The payment of which a part is disputed; it was taken back, or rejected before."""
    held_id: PaymentId
    """The payment of the disputed part, held until the dispute is resolved."""
    rest_id: PaymentId | None
    """The payment of the part that is not disputed; null where all of it is, or it was rejected."""
    amount: Money
    """What is disputed."""
    disputed_calculation_id: CalculationId | None
    """The calculation that is disputed as a whole; null where the payment is disputed alone."""
    reason: Text
    opened_by: str
    opened_for: OrganisationId
    """The organisation that disputes."""
    opened_at: datetime
    proposed_payable: Money | None
    proposed_reason: Text | None
    proposed_by: OrganisationId | None
    proposed_at: datetime | None
    payable: Money | None
    """What both sides agree to be payable; null until then."""
    released_id: PaymentId | None
    """The payment of what is payable; null where nothing is, or nothing is agreed yet."""
    agreed_by: OrganisationId | None
    resolved_at: datetime | None
