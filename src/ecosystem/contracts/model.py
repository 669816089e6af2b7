"""What a contract is: what is asked, the facts that rules decide on, what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import ContractTerms, Digest, Form, Name, PartyRole
from ecosystem.contracts.own_key import DetachedJws, OwnKey, Presented
from ecosystem.contracts.redacting.model import Redaction
from ecosystem.history.past.model import NOW, Past
from ecosystem.needs.model import FormCited
from ecosystem.offers.model import Liability
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import (
    AwardId,
    ContractId,
    DocumentId,
    LotId,
    NeedId,
    OrganisationId,
    ProgrammeId,
)
from ecosystem.values.money import Money
from ecosystem.values.text import Text

Value = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)] | Annotated[str, Meta(max_length=2_000)]


class State(StrEnum):
    """Where a contract stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    TERMINATED = "terminated"
    CANCELLED = "cancelled"
    """A draft whose award fell before everybody had signed it."""


class ContractDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an officer asks for to make a contract of an award."""

    award_id: AwardId
    """The final award of delivery or of advice."""
    financing_award_id: AwardId | None = None
    """The final award of its financing; whoever won it becomes the lender."""
    verifier_id: OrganisationId
    """The think tank that will verify what is observed; independent of all other parties."""
    starts_on: date
    values: Annotated[dict[Name, Value], Meta(max_length=100)] = {}
    """What the form leaves open, by the name of the variable; decimals and dates as text."""


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as it is when it becomes a party."""

    id: OrganisationId
    kind: OrganisationKind
    name: Text
    is_verified: bool


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of what was awarded."""

    organisation: Organisation
    share: str
    """Per cent, as a decimal string."""
    is_lead: bool


class Awarded(msgspec.Struct, frozen=True, kw_only=True):
    """An award that is final, as far as a contract grows from it."""

    id: AwardId
    kind: str
    need_id: NeedId
    lot_id: LotId
    members: tuple[Member, ...]
    liability: Liability = Liability.JOINT
    """For what each member answers, where there are several."""
    price: Money
    programme_id: ProgrammeId
    form: FormCited


class DraftFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft is checked against."""

    authority_number: int
    """The authority whose award it is."""
    buyer: Organisation
    asked: ContractDraft
    award: Awarded
    financing: Awarded | None
    verifier: Organisation | None
    form: Form | None
    """The shipped form that the award names, or None where there is none."""
    is_contracted: bool
    """Whether the award has a contract that is active."""
    form_kept: Digest | None = None
    """The digest under which the form was first used, or None where it was not."""


class ContractParty(msgspec.Struct, frozen=True, kw_only=True):
    """A party to a contract."""

    organisation_id: OrganisationId
    role: PartyRole
    share: str | None = None
    """Per cent of the supply or of the financing, as a decimal string."""


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """The contract as its parties may sign it."""

    state: State
    parties: tuple[ContractParty, ...]
    terms: ContractTerms
    terms_digest: Digest


class SignedBy(msgspec.Struct, frozen=True, kw_only=True):
    """A signature, and the person who gave it."""

    organisation_id: OrganisationId
    person_id: str


class SignFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature is checked against."""

    state: State
    terms_digest: str
    digest: str
    """The digest that the signatory has signed."""
    parties: tuple[str, ...]
    signatures: tuple[SignedBy, ...]
    presented: Presented | None = None
    """What it signs with its own key, or None where it does not."""
    open_proposal_id: str | None = None
    """A proposal for the draft that waits for an answer, or None."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A party has signed."""

    organisation_id: OrganisationId
    person_id: str
    is_complete: bool
    """Whether every party has now signed."""
    own_key: OwnKey | None = None


class ActivateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What comes into force once every party has signed."""

    award_id: AwardId
    programme_id: ProgrammeId
    price: Money
    is_contracted: bool
    """Whether another contract of the same award is active."""


class Activated(msgspec.Struct, frozen=True, kw_only=True):
    """The contract is in force, and its price is obligated."""

    state: State
    activated_at: datetime
    obligated: Money


class Signing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a signatory signs."""

    digest: Digest
    """SHA-256 of the canonical JSON of the terms, as the signatory has computed it."""
    jws: DetachedJws | None = None
    """The same signed with a key of the organisation, registered in the `jwks` of one of its
    clients: detached, over the canonical JSON of `contract_id`, `digest` and `edition`."""


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it arrived: what was said of it, and what it is."""

    name: str | None
    """None where no sound name was given."""
    media_type: str
    is_of_type: bool
    bytes: int
    sha256: str
    declared_sha256: str | None
    """None where none was given."""


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the filing of a document is checked against."""

    is_party: bool
    name: str | None
    """None where Content-Disposition gives no sound name."""
    media_type: str
    """As Content-Type says."""
    is_of_type: bool
    """Whether the bytes are of that type."""
    bytes: int
    sha256: str
    declared_sha256: str | None
    """None where Content-Digest gives no SHA-256."""


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a contract is kept, and can be named as evidence."""

    name: str
    media_type: str
    bytes: int
    sha256: Digest


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """That a party has signed, and when."""

    organisation_id: OrganisationId
    signed_at: datetime
    own_key: OwnKey | None = None
    """What the party has signed with its own key, if it did; anyone can check it."""


class ContractSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A contract in a list."""

    id: ContractId
    version: int
    edition: int
    """How many times its terms were signed: 1, and one more with each change in force."""
    state: State
    authority_number: int
    title: Text
    need_id: NeedId
    lot_id: LotId
    award_id: AwardId
    price: Money
    starts_on: date
    ends_on: date
    """The first day on which it holds no more: as the terms say, and later by suspensions."""
    activated_at: datetime | None
    suspended_at: datetime | None
    """Since when it is suspended; null where it is not."""
    ended_at: datetime | None
    """When it was completed or terminated, or as a draft cancelled."""
    sign_by: datetime | None = None
    """Until when who won was called upon to sign the draft as it is worded now."""


class Contract(ContractSummary, frozen=True, kw_only=True):
    """A contract, whole."""

    financing_award_id: AwardId | None
    programme_id: ProgrammeId
    parties: tuple[ContractParty, ...]
    signatures: tuple[Signature, ...]
    """Under the terms of this edition, as they are worded now."""
    wording: int
    """How its draft came to be worded so: 1, and one more with each proposal accepted."""
    terms_digest: Digest
    """SHA-256 of the canonical JSON (RFC 8785) of `terms`: what the parties sign."""
    drafted_at: datetime
    terms: ContractTerms
    then: Past = NOW
    """Of which moments the answer speaks, where the past was asked for."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a contract, without its bytes."""

    id: DocumentId
    version: int
    contract_id: ContractId
    organisation_id: OrganisationId
    """Who filed it."""
    name: str
    media_type: str
    bytes: int
    sha256: Digest
    filed_at: datetime
    redaction: Redaction | None
    """Why its content is withheld; null where it is not."""
    kept_until: date | None
    """The last day on which its content is kept for sure; null before the end of the contract,
    and where no rule says so."""
    expired_at: datetime | None
    """Since when its content is no longer read, and erased; null where it is."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it is named for evidence."""

    id: DocumentId
    sha256: Digest


class FormSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A standard-form contract in a list."""

    id: str
    version: str
    digest: Digest
    """SHA-256 of its canonical JSON."""
    title: Text
    operation: str
    phases: tuple[str, ...]


class FormList(msgspec.Struct, frozen=True):
    """The standard-form contracts that ship with the system."""

    data: tuple[FormSummary, ...]
