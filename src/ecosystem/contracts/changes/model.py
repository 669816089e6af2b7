"""What a change is: what is asked, the facts that rules decide on, what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.catalogue.profiles.model import ChangeLimit
from ecosystem.catalogue.profiles.words import Code as GroundCode
from ecosystem.contracts.excluding.model import Exclusion
from ecosystem.contracts.form_shapes import (
    Clause,
    ContractTerms,
    Digest,
    Form,
    FormReference,
    TermsMetric,
    TermsMilestone,
)
from ecosystem.contracts.model import ContractParty, Organisation, Signature, SignedBy
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.own_key import OwnKey, Presented
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.rule_limits import Cliff
from ecosystem.contracts.rule_parts import Code
from ecosystem.values.identifiers import ChangeId, ContractId, OrganisationId, PersonId
from ecosystem.values.money import Measure, Money
from ecosystem.values.text import Text

Side = Literal["authority", "supplier"]
Act = Literal["added", "changed", "removed"]


class State(StrEnum):
    """Where a change stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


class DateChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another date for a milestone."""

    code: Code
    due_on: date


class TargetChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another baseline or target for a metric; what is left out stays."""

    code: Code
    baseline: Measure | UnsetType | None = UNSET
    target: Measure | UnsetType = UNSET


class Substitution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another organisation in the place of a member of a consortium, with the same share."""

    leaving_id: OrganisationId
    joining_id: OrganisationId
    exclusion: GroundCode | UnsetType = UNSET
    """Where who leaves does not agree: one of `changes.exclusions` of the profile."""
    new_lead_id: OrganisationId | UnsetType = UNSET
    """Where the lead leaves: which of the members that stay leads from then on, and so speaks for
    them."""


class TermsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes about the terms; what is left out stays.

    What has a code takes the place of what bears that code, or is added at the end.
    """

    value: Money | UnsetType = UNSET
    ends_on: date | UnsetType = UNSET
    """The first day on which the contract holds no more."""
    due_dates: Annotated[tuple[DateChange, ...], Meta(max_length=200)] = ()
    milestones: Annotated[tuple[TermsMilestone, ...], Meta(max_length=100)] = ()
    removed_milestones: Annotated[tuple[Code, ...], Meta(max_length=200)] = ()
    targets: Annotated[tuple[TargetChange, ...], Meta(max_length=100)] = ()
    metrics: Annotated[tuple[TermsMetric, ...], Meta(max_length=100)] = ()
    payment_rules: Annotated[tuple[PaymentRule, ...], Meta(max_length=100)] = ()
    removed_payment_rules: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    clauses: Annotated[tuple[Clause, ...], Meta(max_length=100)] = ()
    substitution: Substitution | UnsetType = UNSET
    """It is approved by the authority first, and signed by who joins, too; so it is by who leaves,
    but for one that is excluded."""


class ChangeDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one side proposes."""

    base_digest: Digest
    """The `terms_digest` of the contract that it changes, as it was read."""
    ground: GroundCode
    """One of the grounds that the profile of the need lists."""
    reason: Text
    changes: TermsChange


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place at which the new terms differ."""

    pointer: str
    """RFC 6901 JSON pointer into the new terms; of what is removed, into the old ones."""
    before: Any
    """What stands there now; null where nothing does."""
    after: Any
    """What would stand there; null where nothing would."""


class ValueImpact(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the value of the contract."""

    before: Money
    after: Money
    change: Measure
    """In the contract's currency; below zero where the value falls."""
    per_cent: Measure
    """Of the value before, rounded half up to two places."""
    first: Money
    """The value first signed."""
    change_since_first: Measure
    per_cent_since_first: Measure


class DateImpact(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one milestone."""

    code: Code
    act: Act
    due_on_before: date | None
    due_on_after: date | None
    moved_days: int | None
    """Later, or earlier where below zero; null where it is added or removed."""


class PartImpact(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one metric or payment rule."""

    code: Code
    act: Act


class LimitImpact(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of the rules of the place, and how far it is used."""

    rule: Literal["share_each_max", "share_all_max", "share_max"]
    law: str
    article: str | None
    share_max: Measure
    """Of the value first signed."""
    allowed: Money
    """What may be added in all."""
    added: Measure
    """What this change, or all that count against the limit with it, add."""


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What a change comes to, for everyone to read before it is signed."""

    differences: tuple[Difference, ...]
    value: ValueImpact
    ends_on_before: date
    ends_on_after: date
    ends_on_moved_days: int
    milestones: tuple[DateImpact, ...]
    metrics: tuple[PartImpact, ...]
    payment_rules: tuple[PartImpact, ...]
    cliffs: tuple[Cliff, ...]
    """Of the payment rules as they would be."""
    limits: tuple[LimitImpact, ...]
    """None where the rules of the place set no limit on this ground."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is in force already, as far as it counts against limits."""

    ground: str
    change: Measure


class ProposeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal is checked against."""

    contract_id: ContractId
    authority_number: int
    state: ContractState
    edition: int
    """How many times the terms were signed."""
    terms: ContractTerms
    terms_digest: str
    first_value: Money
    """What was first signed."""
    supplier_ids: tuple[str, ...]
    """The organisations that supply, who leads them first."""
    form: Form | None
    """The form that the terms have grown from, or None where it ships no more."""
    asked: ChangeDraft
    open_change_id: str | None
    """Another change that is proposed, or None."""
    limit: ChangeLimit
    """What the rules say that the need was published under."""
    earlier: tuple[Earlier, ...]
    joining: Organisation | None = None
    """Who shall take a member's place, or None where nobody is known by that identifier."""
    left: tuple[str, ...] = ()
    """Who was a party, and has left."""


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """The change as it can be signed."""

    state: State
    side: Side
    edition: int
    """The edition of the terms that it would make."""
    proposed_by: str
    terms: ContractTerms
    terms_digest: Digest
    signers: tuple[OrganisationId, ...]
    """Who has to sign: every party to the new terms, and to the old but who is excluded."""
    needs_approval: bool = False
    """Whether an approver of the authority decides before anybody signs."""
    excluded_id: OrganisationId | None = None
    """Who leaves although it does not agree."""
    reply_by: datetime | None = None
    """Until when that member may reply, before anybody decides."""
    impact: Impact


class SignFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature under a change is checked against."""

    state: State
    contract_state: ContractState
    contract_digest: str
    """Of the terms now in force."""
    base_digest: str
    proposed_by: str
    terms_digest: str
    digest: str
    """The digest that the signatory has signed."""
    signers: tuple[str, ...]
    signatures: tuple[SignedBy, ...]
    presented: Presented | None = None
    """What it signs with its own key, or None where it does not."""
    awaits_approval: bool = False
    """Whether an approver of the authority has yet to decide."""


class ApproveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an approval is checked against."""

    state: State
    authority_number: int
    proposed_by: str
    needs_approval: bool
    approved_by: str | None
    reply_by: datetime | None = None
    """Until when a member may reply that is excluded; None where none is."""
    has_reply: bool = False


class ChangeApproved(msgspec.Struct, frozen=True, kw_only=True):
    """The change may be signed."""

    approved_by: str


class ChangeSigned(msgspec.Struct, frozen=True, kw_only=True):
    """A party has signed the change."""

    organisation_id: OrganisationId
    person_id: str
    is_complete: bool
    """Whether every party has now signed."""
    own_key: OwnKey | None = None


class EndFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a withdrawal or a rejection is checked against."""

    state: State
    organisation_id: str
    """Whose proposal it is."""
    signers: tuple[str, ...]
    reason: Text


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The proposal is no more: its side has withdrawn it, or another party has rejected it."""

    state: State
    ended_by: str
    reason: Text


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What comes into force once every party has signed."""

    change_id: ChangeId
    edition: int
    terms_before: ContractTerms
    terms: ContractTerms
    ends_on_before: date
    """As it now holds, suspensions included."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """The contract in its new edition."""

    edition: int
    terms_digest: Digest
    value_before: Money
    value: Money
    ends_on: date
    left: tuple[OrganisationId, ...] = ()
    """Who is a party no more."""
    joined: tuple[ContractParty, ...] = ()


class ChangeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A change in a list."""

    id: ChangeId
    version: int
    contract_id: ContractId
    edition: int
    """The edition of the terms that it makes; the terms first signed are edition 1."""
    state: State
    side: Side
    ground: GroundCode
    reason: Text
    value_before: Money
    value_after: Money
    proposed_at: datetime
    ended_at: datetime | None
    """When it came into force, was withdrawn or was rejected."""


class Change(ChangeSummary, frozen=True, kw_only=True):
    """A change, whole."""

    organisation_id: OrganisationId
    """Whose proposal it is."""
    proposed_by: PersonId
    base_digest: Digest
    changes: TermsChange
    impact: Impact
    terms: ContractTerms
    """The new terms, whole."""
    terms_digest: Digest
    """SHA-256 of the canonical JSON (RFC 8785) of `terms`: what the parties sign."""
    signers: tuple[OrganisationId, ...]
    signatures: tuple[Signature, ...]
    needs_approval: bool
    """Whether an approver of the authority decides before anybody signs."""
    approved_by: PersonId | None
    approved_at: datetime | None
    exclusion: Exclusion | None
    """Of a substitution to which who leaves does not agree; null otherwise."""
    ended_by: PersonId | None
    ended_reason: Text | None


class VariableSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A variable of the form for which a contract says something else than the form."""

    name: str
    title: Text
    default: str | None
    """What the form says; null where it leaves the variable open."""
    value: str


class FormDifferences(msgspec.Struct, frozen=True, kw_only=True):
    """How a contract differs from the standard form that it has grown from."""

    form: FormReference
    variables: tuple[VariableSaid, ...]
    terms: tuple[Difference, ...]
    """What changes have made of the terms that the form would give for these variables, this
    value, these parties and this beginning: `before` is what the form says."""


class Reasoned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a proposal is withdrawn or rejected; every party reads it."""

    reason: Text
