"""What a proposal for a draft is: what is asked, the facts that rules decide on, decisions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import ContractTerms, Digest, Form, Name
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.model import Value
from ecosystem.values.identifiers import ContractId, OrganisationId, PersonId, ProposalId
from ecosystem.values.text import Text

Side = Literal["authority", "supplier"]


class State(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    """The other side has proposed something else instead."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ProposalDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one side proposes."""

    base_digest: Digest
    """The `terms_digest` of the draft, as it was read."""
    values: Annotated[dict[Name, Value], Meta(min_length=1, max_length=100)]
    """By the name of the form's variable; what is left out stays."""
    reason: Text


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """Who negotiates a contract."""

    authority_number: int
    supplier_ids: tuple[str, ...]


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal that waits for the other side."""

    id: ProposalId
    side: Side


class ProposeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal is checked against."""

    contract_id: ContractId
    sides: Sides
    state: ContractState
    wording: int
    terms: ContractTerms
    terms_digest: str
    form: Form | None
    """The form that the terms have grown from, or None where it ships no more."""
    asked: ProposalDraft
    open: Open | None
    sign_by: datetime | None = None
    """Until when who won is called upon to sign the draft as it is worded."""


class ValueProposed(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal makes of one variable."""

    name: Name
    title: Text
    before: str
    after: str


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """The draft as the other side may accept it."""

    state: State
    side: Side
    proposed_by: str
    wording: int
    """The wording of the draft that it would make."""
    answers: ProposalId | None
    """The other side's proposal in whose place it stands."""
    values: tuple[ValueProposed, ...]
    terms: ContractTerms
    terms_digest: Digest


class ReplyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side's reply is checked against, or a withdrawal."""

    state: State
    sides: Sides
    side: Side
    organisation_id: str
    """Whose proposal it is."""
    proposed_by: str
    reason: Text | None = None


class AcceptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an acceptance is checked against."""

    reply: ReplyFacts
    contract_state: ContractState
    contract_digest: str
    """Of the draft as it is worded now."""
    base_digest: str
    wording: int
    terms_digest: str
    signed: tuple[OrganisationId, ...]
    """Who has signed the draft as it is worded now."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides want what was proposed."""

    state: State
    ended_by: str
    wording: int
    terms_digest: Digest
    fallen: tuple[OrganisationId, ...]
    """Whose signatures were of the earlier wording, and count no more."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal is no more."""

    state: State
    ended_by: str
    reason: Text | None


class ProposalSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal in a list."""

    id: ProposalId
    version: int
    contract_id: ContractId
    wording: int
    """The wording of the draft that it makes; the draft begins as wording 1."""
    state: State
    side: Side
    organisation_id: OrganisationId
    reason: Text
    answers: ProposalId | None
    """The other side's proposal in whose place it stands."""
    values: tuple[ValueProposed, ...]
    proposed_at: datetime
    ended_at: datetime | None
    """When it was accepted, answered, rejected or withdrawn."""


class Proposal(ProposalSummary, frozen=True, kw_only=True):
    """A proposal, whole."""

    proposed_by: PersonId
    base_digest: Digest
    terms: ContractTerms
    """The terms, whole, as they would be."""
    terms_digest: Digest
    """SHA-256 of the canonical JSON (RFC 8785) of `terms`."""
    ended_by: PersonId | None
    ended_reason: Text | None
