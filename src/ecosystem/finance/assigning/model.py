"""What an assignment of claims is: the facts that rules decide on, what they decide."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ecosystem.finance.model import FacilityFacts
from ecosystem.values.identifiers import (
    AssignmentId,
    ContractId,
    FacilityId,
    OrganisationId,
)
from ecosystem.values.text import Text


class State(StrEnum):
    """Where an assignment stands."""

    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    RELEASED = "released"


class AssignFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an assignment is checked against."""

    facility: FacilityFacts
    standing: str | None
    """The assignment of the same supplier's claims under the contract that stands."""


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """The supplier assigns its claims, and the authority is notified."""

    state: State
    contract_id: str
    assignor_id: str
    assignee_id: str
    notified_by: str


class AssignmentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of an assignment is checked against."""

    assignment_id: str
    contract_id: str
    facility_id: str
    authority_number: int
    assignor_id: str
    assignee_id: str
    state: State
    notified_by: str


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """The authority pays the lender from now on."""

    state: State
    acknowledged_by: str


class EndFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the end of an assignment is checked against."""

    assignment: AssignmentFacts
    reason: Text


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The authority does not accept the notice, or the lender gives the claims back."""

    state: State
    ended_by: str
    reason: Text


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """Who is paid under a contract in place of its supplier."""

    assignment_id: str
    facility_id: str
    organisation_id: str
    is_verified: bool
    """Whether it is verified just now; a suspended one is not paid."""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """An assignment of what a contract will pay."""

    id: AssignmentId
    version: int
    state: State
    contract_id: ContractId
    facility_id: FacilityId
    assignor_id: OrganisationId
    """The supplier, whose claims they were."""
    assignee_id: OrganisationId
    """The lender, who is paid from the acknowledgement on."""
    notified_at: datetime
    notified_by: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    ended_at: datetime | None
    """When it was refused or released."""
    ended_by: str | None
    reason: Text | None
