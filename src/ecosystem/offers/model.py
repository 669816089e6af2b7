"""What an offer is: its members, its content, its states, and what rules decide on."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.needs.model import Code, OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.envelope import Envelope, SealedBy, Sha256
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import OfferId, OrganisationId
from ecosystem.values.money import Measure, Money
from ecosystem.values.patterns import whole
from ecosystem.values.text import Text

OFFERS_MAX: Final = 20_000
"""How many offers of one need are opened together, and ranked with one another."""
Share = Annotated[
    str,
    Meta(
        pattern=whole(r"([0-9]|[1-9][0-9]|100)(\.[0-9]{1,4})?"),
        description="Per cent of the offer, as a decimal string; all shares add to 100.",
        examples=["62.5"],
    ),
]
Drawn = Annotated[
    str,
    Meta(
        pattern=whole(r"([0-9]|[1-9][0-9]|100)(\.[0-9]{1,4})?"),
        description="Per cent of the loan, as a decimal string.",
        examples=["40"],
    ),
]
Rate = Annotated[
    str,
    Meta(
        pattern=whole(r"(0|[1-9][0-9]{0,2})(\.[0-9]{1,6})?"),
        description="Per cent a year, as a decimal string.",
        examples=["3.85"],
    ),
]
Months = Annotated[int, Meta(ge=0, le=600, description="A number of months.")]


class State(StrEnum):
    """Where an offer stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    OPENED = "opened"
    ADMITTED = "admitted"
    EXCLUDED = "excluded"
    AWARDED = "awarded"
    NOT_AWARDED = "not_awarded"


class Repayment(StrEnum):
    """How the principal comes back after the grace months."""

    EQUAL_PRINCIPAL = "equal_principal"
    """The same principal each month, and interest on what is left."""
    EQUAL_INSTALMENT = "equal_instalment"
    """The same sum of principal and interest each month."""


class Liability(StrEnum):
    """For what each member of a consortium answers."""

    JOINT = "joint"
    """Each for the whole, jointly with the others."""
    SEVERAL = "several"
    """Each for its own share alone."""


class MemberDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One organisation of an offer, and its part."""

    organisation_id: OrganisationId
    share: Share


class OfferDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a lead writes to prepare an offer; it holds nothing of the offer itself."""

    kind: OfferKind
    members: Annotated[tuple[MemberDraft, ...], Meta(min_length=1, max_length=20)]
    """All members, the lead among them; who offers alone has 100."""
    liability: Liability = Liability.JOINT
    """For what each member answers; it becomes a term of the contract."""


class MetricCommitment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value of a metric that the bidder commits to."""

    metric: Code
    value: Measure


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the bidder says to a criterion."""

    criterion: Code
    meets: bool
    """Whether the criterion is met; decisive for a requirement."""
    text: Text


class SecurityKind(StrEnum):
    """What a loan is secured by."""

    RECEIVABLES = "receivables"
    """What the contract will pay, assigned to the lender."""
    GUARANTEE = "guarantee"
    PLEDGE = "pledge"
    MORTGAGE = "mortgage"


class Security(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that the lender asks for as security."""

    kind: SecurityKind
    description: Text


class Drawdown(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the loan, and when it can be drawn."""

    share: Drawn
    condition: Text
    milestone: Code | UnsetType = UNSET
    """The code of the contract's milestone that has to be accepted first, where it is one."""


class Financing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The terms of a loan."""

    amount: Money
    annual_rate: Rate
    tenor_months: Annotated[int, Meta(ge=1, le=600)]
    """Months from the drawdown to the last payment."""
    grace_months: Months = 0
    """Months at the start in which only interest is paid."""
    fees: Money
    """What is kept back at the drawdown."""
    repayment: Repayment
    security: Annotated[tuple[Security, ...], Meta(max_length=10)] = ()
    """What the lender asks for; nothing where it is left out."""
    drawdowns: Annotated[tuple[Drawdown, ...], Meta(max_length=20)] = ()
    """Their shares add to 100; where there are none, the whole is drawn at once, unconditionally.
    Offers are compared as if all were drawn at once."""


class OfferContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An offer itself: sealed on receipt, and stored in the open only after opening."""

    price: Money | UnsetType = UNSET
    """For delivery and advisory: the whole price."""
    metric_commitments: Annotated[tuple[MetricCommitment, ...], Meta(max_length=30)] = ()
    answers: Annotated[tuple[Answer, ...], Meta(max_length=30)] = ()
    proposal: Text
    financing: Financing | UnsetType = UNSET
    """For financing alone."""


class FinancialContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The financial part of an offer, where it has an envelope of its own."""

    price: Money | UnsetType = UNSET
    financing: Financing | UnsetType = UNSET


class FinancialState(StrEnum):
    """How far the financial part of an offer is, where it has an envelope of its own."""

    SEALED = "sealed"
    OPENED = "opened"
    FAILED = "failed"
    """It could not be opened, or is no price for the lot: `failure` says why."""
    UNOPENED = "unopened"
    """The offer was excluded before prices were opened: its price stays sealed."""


class SealedOffer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An offer that the bidder's own program has sealed."""

    envelopes: Annotated[tuple[Envelope, ...], Meta(min_length=1, max_length=2)]
    """One; or where the need asks for two, that of the technical part, then the financial one."""


class MemberFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a member."""

    organisation_id: str
    share: str
    kind: OrganisationKind | None
    """None where there is no such organisation."""
    verified: bool


class DraftFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft is checked against."""

    need_id: str
    lot_id: str
    kind: OfferKind
    authority_number: int
    need_state: NeedState
    submission_ends_at: datetime
    invited_kinds: tuple[OrganisationKind, ...]
    invited_offers: tuple[OfferKind, ...]
    members: tuple[MemberFacts, ...]
    has_offered: bool
    """Whether the caller leads an offer of this kind for this lot already."""
    liability: Liability = Liability.JOINT


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """The draft as it stands; the lead has consented by drafting."""

    state: State
    lead_id: str
    members: tuple[MemberDraft, ...]
    liability: Liability = Liability.JOINT


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """A member of an offer, and when it consented."""

    organisation_id: OrganisationId
    share: Share
    consented_at: datetime | None


class Departed(msgspec.Struct, frozen=True, kw_only=True):
    """Who was to take part in an offer and does not, and why."""

    organisation_id: OrganisationId
    had_consented: bool
    """Whether it left; who had not consented declined."""
    reason: Text
    left_at: datetime


class OfferFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an offer when its members act on it; nothing of its content."""

    offer_id: str
    need_id: str
    lot_id: str
    kind: OfferKind
    state: State
    lead_id: str
    members: tuple[Consent, ...]
    need_state: NeedState
    submission_ends_at: datetime
    content_version: int = 1
    """The version of the need in which what is asked for last changed."""
    confirmed_version: int | None = None
    """The one for which the offer was submitted, or confirmed since."""
    client_sealing_required: bool = False
    sealed_by: SealedBy | None = None
    """Who seals the envelope that is to be received."""
    envelope_digest: str | None = None
    """Of the envelope that is to be received; of two, the technical part's."""
    offer_commitment: str | None = None
    envelopes: Envelopes = Envelopes.ONE
    financial_digest: str | None = None
    """Of the financial part's envelope, where it has one of its own."""
    financial_commitment: str | None = None


class Consented(msgspec.Struct, frozen=True):
    """A member takes part."""

    organisation_id: str
    consented_at: datetime


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope was received in time."""

    state: State
    envelope_digest: str
    offer_commitment: str
    received_at: datetime
    financial_digest: str | None = None
    financial_commitment: str | None = None


class Withdrawn(msgspec.Struct, frozen=True):
    """The offer is taken back, and its envelope destroyed."""

    state: State


class OpenedContent(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that was opened, for the rooms above."""

    offer_id: str
    need_id: str
    lot_id: str
    kind: OfferKind
    state: State
    lead_id: str
    members: tuple[Consent, ...]
    received_at: datetime
    content: OfferContent
    liability: Liability = Liability.JOINT


class OfferStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Where an offer stands that was to be opened, for the rooms above."""

    offer_id: str
    version: int
    lot_id: str
    kind: OfferKind
    state: State
    lead_id: str
    member_ids: tuple[str, ...]
    was_opened: bool
    """Whether its content is there; what could not be opened has none."""


class ConcludeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an offer, decided by an award, or by the end of its lot without one."""

    award_id: str | None
    offer_id: str
    state: State
    is_winner: bool


class Concluded(msgspec.Struct, frozen=True):
    """The offer has come to its end."""

    state: State


class ReopenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An offer whose award was set aside by a reviewer."""

    award_id: str
    offer_id: str
    state: State


class Reopened(msgspec.Struct, frozen=True):
    """The offer is evaluated again."""

    state: State


class ReadmitFacts(ReopenFacts, frozen=True, kw_only=True):
    """An offer that did not win, and whose rival's award has fallen."""


class Readmitted(msgspec.Struct, frozen=True):
    """The offer may be awarded: it stands as it was ranked."""

    state: State


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The proof that an offer was received, and when."""

    offer_id: OfferId
    state: State
    version: int
    envelope_digest: Sha256
    """Of two envelopes, the technical part's."""
    financial_digest: Sha256 | None
    """The digest of the financial part's envelope, where it has one of its own."""
    received_at: datetime
    receipt: str
    """Compact JWS, signed with a key of `/.well-known/receipt-keys`."""
