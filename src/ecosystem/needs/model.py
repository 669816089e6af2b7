"""What a need is: what is asked, the facts that rules decide on, what they decide."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.catalogue.profiles.model import Envelopes, InForce, PriceFormula
from ecosystem.identity.model import JurisdictionCode
from ecosystem.needs.attachments.documents import Document, Documents
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import LotId, NeedId, PersonId, ProgrammeId
from ecosystem.values.money import Amount, Measure, Money
from ecosystem.values.patterns import whole
from ecosystem.values.period import Instant
from ecosystem.values.refusal import Fault
from ecosystem.values.text import Line, Text

Code = Annotated[
    str,
    Meta(
        pattern=whole("[a-z][a-z0-9_-]{0,39}"),
        description="A short name, unique within its list: up to 40 of lower-case letters, digits, "
        "`_` and `-`, the first a letter.",
        examples=["availability"],
    ),
]
Weight = Annotated[
    str,
    Meta(
        pattern=whole(r"(0|[1-9][0-9]?|100)(\.[0-9]{1,2})?"),
        description="A share of the score in per cent, as a decimal string.",
        examples=["60", "12.5"],
    ),
]
Threshold = Annotated[int, Meta(ge=2, le=7)]
PublicKey = Annotated[
    str,
    Meta(
        pattern=whole("[A-Za-z0-9_-]{43}"),
        description="An X25519 public key, 32 bytes as base64url.",
        examples=["Kq3mQ0dBV3c1b1hYk2rS8mJrN5hXv0wq7a9Z4tUe2yE"],
    ),
]


class State(StrEnum):
    """Where a need stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"
    OPENED = "opened"
    EVALUATED = "evaluated"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    CANCELLED = "cancelled"
    UNSUCCESSFUL = "unsuccessful"


class OfferKind(StrEnum):
    """What is offered."""

    DELIVERY = "delivery"
    ADVISORY = "advisory"
    FINANCING = "financing"


class CriterionKind(StrEnum):
    """How a criterion is answered and scored."""

    PRICE = "price"
    QUALITY = "quality"
    METRIC_COMMITMENT = "metric_commitment"
    REQUIREMENT = "requirement"


class Direction(StrEnum):
    """Which way a metric is better."""

    UP = "up"
    DOWN = "down"


class Every(StrEnum):
    """How long the periods are for which a metric is observed."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing by which offers for a lot are compared."""

    code: Code
    kind: CriterionKind
    name: Text
    weight: Weight
    """Per cent of the score; the weights of a lot add to 100. A requirement weighs 0."""


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a lot shall bring about, as a metric."""

    metric: Code
    name: Text
    definition: Text | None = None
    """How it is measured; null where the name says it all."""
    unit: Line
    direction: Direction
    baseline: Measure
    target: Measure
    period: Every = Every.YEAR
    """How long each period is for which it is observed."""
    data_source: Text


class LotDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a need that is offered for and awarded by itself."""

    title: Text
    ceiling: Money
    """The most that will be paid; price formulas refer to it."""
    price_formula: PriceFormula = "absolute_ceiling/1"
    """How the price is scored; the profile of the jurisdiction says which may be chosen."""
    point_value: Amount | None = None
    """For `quality_to_price/1` only: money that one point of the other criteria is worth."""
    criteria: Annotated[tuple[Criterion, ...], Meta(min_length=1, max_length=30)]
    outcomes: Annotated[tuple[Outcome, ...], Meta(min_length=1, max_length=30)]


class Lot(LotDraft, frozen=True, kw_only=True):
    """A lot with its identifier."""

    id: LotId


class DataResource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Data that the authority offers to the supplier."""

    title: Text
    classification: Line
    licence: Line
    terms: Text


class FormCited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standard-form contract, by name and version."""

    id: Annotated[
        str,
        Meta(
            pattern=whole("[a-z][a-z0-9-]{1,63}"),
            description="The identifier of a standard form, in lower case.",
            examples=["data-annotation"],
        ),
    ]
    version: Annotated[
        str,
        Meta(
            pattern=whole(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}"),
            description="The version of a standard form.",
            examples=["1.0"],
        ),
    ]


class NeedDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an officer writes to make a need."""

    title: Text
    description: Text
    sector: Sector
    operation: Operation
    phase: Phase
    jurisdiction: JurisdictionCode
    lots: Annotated[tuple[LotDraft, ...], Meta(min_length=1, max_length=20)]
    invited_kinds: Annotated[tuple[OrganisationKind, ...], Meta(min_length=1, max_length=5)]
    """The kinds of organisation that may lead an offer."""
    invited_offers: Annotated[tuple[OfferKind, ...], Meta(min_length=1, max_length=3)]
    standards: Annotated[tuple[Line, ...], Meta(max_length=50)] = ()
    """Codes of standards in the catalogue that the work must meet."""
    data_resources: Annotated[tuple[DataResource, ...], Meta(max_length=50)] = ()
    documents: Documents = ()
    """Files that are attached to the need; a new draft has none yet."""
    contract_form: FormCited
    programme_id: ProgrammeId
    """The budget programme that will pay."""
    estimated_value: Money | None = None
    """What the authority expects to pay, no more than the ceilings together; it is public."""
    openers: Annotated[tuple[PersonId, ...], Meta(min_length=2, max_length=7)]
    """Those of whom `threshold` together open the offers; each has an opening key."""
    threshold: Threshold = 2
    """How many openers act together, or more where the profile asks for it; the keys of all the
    others may be lost.

    Source: UNCITRAL Guide to Enactment of the Model Law, article 42, speaks of simultaneous
    action of authorised persons; that it takes two is this platform's stricter rule.
    """
    client_sealing_required: bool = False
    """Whether offers are sealed by the bidder's own program alone, and never by the server."""
    envelopes: Envelopes = Envelopes.ONE
    """Whether an offer comes in one envelope, or technical and financial part apart: then the
    prices are opened only when the scores of quality are frozen."""
    enquiry_ends_at: Instant
    submission_ends_at: Instant
    opening_at: Instant


class Opener(msgspec.Struct, frozen=True):
    """An officer to whom one share of each offer's key is sealed."""

    person_id: PersonId
    public_key: PublicKey


class DraftFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft is checked against."""

    asked: NeedDraft
    lot_ids: tuple[str, ...]


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """The draft as it stands."""

    state: State
    lots: tuple[Lot, ...]
    currency: str
    value: str
    """The sum of the lots' ceilings."""


class PublishFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a publication is checked against."""

    authority_number: int
    state: State
    asked: NeedDraft
    unknown_standards: tuple[str, ...]
    is_jurisdiction_known: bool
    in_force: InForce
    """The rules that hold in the need's jurisdiction on that day."""
    programme_available: str | None
    """What the programme has left, or None where the authority has no such programme."""
    value: str
    documents: tuple[Document, ...] = ()
    """The documents of the draft."""
    openers: tuple[Opener, ...]
    """Those asked for who hold the role and have registered a key."""
    is_form_known: bool = True
    """Whether the standard-form contract that it names ships with this release."""


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed and yet unwise, with its place and what is known of it."""

    pointer: str
    code: str
    detail: str


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The need is public, and open for questions and offers."""

    state: State
    published_at: datetime
    openers: tuple[Opener, ...]
    threshold: int
    """How many of the openers must act together."""
    profile_id: str
    """The profile of rules that it was published under, and stays under."""
    warnings: tuple[Warned, ...] = ()
    documents: tuple[Document, ...] = ()
    """Public from now on."""
    waits_for_answers: bool = False
    """Whether offers stay sealed while a question has no answer."""


class CancelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a cancellation is checked against."""

    authority_number: int
    state: State
    reason: Text


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """The need is withdrawn, for a reason that is published."""

    state: State
    reason: Text


class KeyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the registration of an opening key is checked against."""

    public_key: str
    current: str | None
    is_held: bool
    """Whether the officer has shown that the private half is hers."""


class KeyRegistered(msgspec.Struct, frozen=True, kw_only=True):
    """An officer's new opening key; needs published before keep the old one."""

    public_key: str
    person_id: str


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is done."""

    reason: Text


class NeedSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A need in a list."""

    id: NeedId
    version: int
    state: State
    title: Text
    sector: Sector
    operation: Operation
    phase: Phase
    jurisdiction: str
    authority_number: int
    value: Money
    published_at: datetime | None
    enquiry_ends_at: datetime
    submission_ends_at: datetime


class Need(NeedSummary, frozen=True, kw_only=True):
    """A need, whole."""

    description: Text
    lots: tuple[Lot, ...]
    invited_kinds: tuple[OrganisationKind, ...]
    invited_offers: tuple[OfferKind, ...]
    standards: tuple[str, ...]
    data_resources: tuple[DataResource, ...]
    documents: tuple[Document, ...]
    contract_form: FormCited
    programme_id: ProgrammeId
    opening_at: datetime
    openers: tuple[Opener, ...]
    threshold: int
    estimated_value: Money | None
    profile_id: str | None
    """The profile of rules that it was published under; null for what never was."""
    waits_for_answers: bool
    """Whether offers stay sealed while a question has no answer, by that profile."""
    content_version: int
    """The version in which what is asked for last changed; an offer is confirmed for it."""
    warnings: tuple[Warned, ...]
    """What is allowed and yet unwise, as found at publication."""
    client_sealing_required: bool
    envelopes: Envelopes
    """In how many envelopes offers come; with two, prices open after quality is scored."""
    cancelled_reason: Text | None


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What publication would say now."""

    is_ready: bool
    profile_id: str
    """The profile of rules that would hold."""
    errors: tuple[Fault, ...]
    """Every rule that is not met, with its place and what would satisfy it."""
    warnings: tuple[Warned, ...]
