"""What a dispute is: what is asked, the facts that rules decide on, what they decide."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.payments.model import PaymentFacts
from ecosystem.values.identifiers import ContractId, OrganisationId, PaymentId, pattern
from ecosystem.values.money import Money
from ecosystem.values.text import Text

DisputeId = Annotated[
    str, Meta(pattern=pattern("dispute"), description="Identifier of a dispute of a payment.")
]


class State(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class DisputeDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of a payment is disputed, and why."""

    amount: Money
    """Above zero, and no more than the payment."""
    reason: Text


class OpenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a dispute is checked against."""

    payment: PaymentFacts
    asked: DisputeDraft


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A part is held, and the rest goes on."""

    state: State
    held: Money
    rest: Money | None
    """None where the whole payment is disputed."""
    opened_by: str


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
    """Whose hand has opened the dispute, for the authority."""
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
    """The payment of which a part is disputed; it was taken back."""
    held_id: PaymentId
    """The payment of the disputed part, held until the dispute is resolved."""
    rest_id: PaymentId | None
    """The payment of the part that is not disputed; null where all of it is."""
    amount: Money
    """What is disputed."""
    reason: Text
    opened_by: str
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
