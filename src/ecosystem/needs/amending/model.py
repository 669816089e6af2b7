"""What changes about a need: what is asked, the facts that rules decide on, what they decide."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.catalogue.profiles.model import Envelopes, InForce
from ecosystem.identity.model import JurisdictionCode
from ecosystem.needs.attachments.documents import Document, Documents, File
from ecosystem.needs.model import (
    DataResource,
    Drafted,
    FormCited,
    LotDraft,
    NeedDraft,
    OfferKind,
    State,
    Threshold,
)
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import AmendmentId, NeedId, PersonId, ProgrammeId
from ecosystem.values.money import Money
from ecosystem.values.period import Instant
from ecosystem.values.text import Line, Text


class NeedChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What changes about a need; what is left out stays, what is given replaces the whole of it.

    Lots keep their identifiers by their place in the list.
    """

    title: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    sector: Sector | UnsetType = UNSET
    operation: Operation | UnsetType = UNSET
    phase: Phase | UnsetType = UNSET
    jurisdiction: JurisdictionCode | UnsetType = UNSET
    lots: Annotated[tuple[LotDraft, ...], Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    invited_kinds: (
        Annotated[tuple[OrganisationKind, ...], Meta(min_length=1, max_length=5)] | UnsetType
    ) = UNSET
    invited_offers: (
        Annotated[tuple[OfferKind, ...], Meta(min_length=1, max_length=3)] | UnsetType
    ) = UNSET
    standards: Annotated[tuple[Line, ...], Meta(max_length=50)] | UnsetType = UNSET
    data_resources: Annotated[tuple[DataResource, ...], Meta(max_length=50)] | UnsetType = UNSET
    documents: Documents | UnsetType = UNSET
    contract_form: FormCited | UnsetType = UNSET
    programme_id: ProgrammeId | UnsetType = UNSET
    estimated_value: Money | UnsetType | None = UNSET
    openers: Annotated[tuple[PersonId, ...], Meta(min_length=2, max_length=7)] | UnsetType = UNSET
    threshold: Threshold | UnsetType = UNSET
    client_sealing_required: bool | UnsetType = UNSET
    envelopes: Envelopes | UnsetType = UNSET
    enquiry_ends_at: Instant | UnsetType = UNSET
    submission_ends_at: Instant | UnsetType = UNSET
    opening_at: Instant | UnsetType = UNSET


class AmendmentDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer changes about a published need, and why; both are public."""

    reason: Text
    changes: NeedChange


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place that a change altered."""

    pointer: str
    """RFC 6901 JSON pointer into the need."""
    before: Any
    """What stood there; null where nothing did."""
    after: Any
    """What stands there now; null where nothing does."""


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the change of a draft is checked against."""

    authority_number: int
    state: State
    before: NeedDraft
    after: NeedDraft
    lot_ids: tuple[str, ...]
    """As many as there are lots: those of before, and new ones."""
    documents: tuple[Document, ...] = ()
    """Those of before, as they are shown."""
    files: tuple[File, ...] = ()
    """What is attached to the need."""


class Changed(Drafted, frozen=True, kw_only=True):
    """The draft as it now stands."""

    documents: tuple[Document, ...]
    differences: tuple[Difference, ...]


class AmendFacts(ChangeFacts, frozen=True, kw_only=True):
    """What an amendment is checked against."""

    reason: Text
    unknown_standards: tuple[str, ...]
    is_form_known: bool = True
    in_force: InForce
    """The rules that the need was published under."""
    programme_available: str | None
    """What the programme has left, or None where the authority has no such programme."""


class Amended(Changed, frozen=True, kw_only=True):
    """The need as it now stands, in its next version."""

    reason: Text
    submission_ends_at: datetime
    """As asked for, or later where the rules of the place ask for more time."""
    opening_at: datetime
    is_extended: bool
    """Whether the rules of the place moved the deadline."""


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a published need."""

    id: AmendmentId
    need_id: NeedId
    version: int
    """The version of the need that it made."""
    reason: Text
    differences: tuple[Difference, ...]
    is_extended: bool
    """Whether the rules of the place moved the deadline beyond what was asked for."""
    amended_at: datetime
