"""What a consent to disclosure is: what is asked, what rules decide on, what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import ContractId, DisclosureId, OrganisationId
from ecosystem.values.period import Instant


class State(StrEnum):
    """Where a consent stands."""

    GIVEN = "given"
    REVOKED = "revoked"


class Scope(StrEnum):
    """What a lender may see of a contract."""

    PAYMENTS = "payments"
    CALCULATIONS = "calculations"
    MILESTONES = "milestones"
    OBSERVATIONS = "observations"


OF_ALL: Final = frozenset({Scope.MILESTONES, Scope.OBSERVATIONS})
"""What is of the contract as a whole, and seen once all who supply it now consent."""


class DisclosureDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a supplier consents to."""

    lender_id: OrganisationId
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=4)]
    until_at: Instant
    """From then on the lender sees nothing more; a further consent may follow."""


class GiveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a consent is checked against."""

    contract_id: str
    suppliers: tuple[str, ...]
    """Who is paid under the contract, the lead first."""
    left: tuple[str, ...] = ()
    """Who supplied and has left: what was before is still its own."""
    lender_kind: OrganisationKind | None
    """None where there is no such organisation."""
    asked: DisclosureDraft


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The lender may see this from now on."""

    state: State
    supplier_id: str
    lender_id: str
    scopes: tuple[Scope, ...]
    """Each once, in the order of their names."""
    until_at: datetime
    given_by: str


class RevokeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a revocation is checked against."""

    disclosure_id: str
    state: State
    contract_id: str
    supplier_id: str
    lender_id: str


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """The lender sees nothing more by this consent."""

    state: State
    revoked_by: str


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """A consent to disclosure."""

    id: DisclosureId
    version: int
    state: State
    contract_id: ContractId
    supplier_id: OrganisationId
    lender_id: OrganisationId
    scopes: Annotated[tuple[Scope, ...], Meta(max_length=4)]
    until_at: datetime
    is_standing: bool
    """Whether the lender sees by it just now: it is neither revoked nor past."""
    given_at: datetime
    given_by: str
    revoked_at: datetime | None
    revoked_by: str | None


class DisclosedMilestone(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone that is accepted, or a share of it."""

    code: str
    share: str
    """What of it is accepted, a part of one, as a decimal string."""
    due_at: datetime
    delivered_at: datetime


class DisclosedObservation(msgspec.Struct, frozen=True, kw_only=True):
    """A verified observation."""

    metric: str
    starts_on: date
    ends_on: date
    value: str


class Disclosed(msgspec.Struct, frozen=True, kw_only=True):
    """What a lender sees of a contract by consent, beside its payments and calculations."""

    contract_id: ContractId
    scopes: Annotated[tuple[Scope, ...], Meta(max_length=4)]
    """What it may see just now."""
    milestones: Annotated[tuple[DisclosedMilestone, ...], Meta(max_length=1000)] | None
    """Those that are accepted; null where the consent does not say so."""
    observations: Annotated[tuple[DisclosedObservation, ...], Meta(max_length=100_000)] | None
    """Those that are verified; null where the consent does not say so."""
