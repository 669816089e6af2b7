"""What an opening is: what officers hand in, what rules decide on, and the public record."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.envelope import Base64Url, Envelope, Part, Sha256
from ecosystem.offers.model import OFFERS_MAX, FinancialState, State
from ecosystem.values.identifiers import LotId, NeedId, OfferId, OrganisationId, PersonId

HANDED_BYTES_MAX: Final = 200 * OFFERS_MAX
"""How many bytes say a share of each offer, or that it cannot be read."""


class Failure(StrEnum):
    """Why an offer could not be opened, and by whose fault."""

    ALTERED = "altered"
    """The kept envelope is not the one that the receipt names: the keeper is at fault."""
    UNREADABLE = "unreadable"
    """The envelope is the received one and does not hold what it commits to: the sealer is."""
    UNSOUND = "unsound"
    """It opened, and is not an offer for this lot: the bidder is at fault."""
    SHARES_WANTING = "shares_wanting"
    """All openers have handed in, and too few could read their share: nothing shows who lies."""
    UNCONFIRMED = "unconfirmed"
    """The need was amended and the bidder has not confirmed the offer: it is not opened."""


class Culprit(StrEnum):
    """Who is at fault."""

    BIDDER = "bidder"
    KEEPER = "keeper"
    UNDECIDED = "undecided"
    """The bidder who dealt the shares, or the openers who say that they cannot read them."""


class OpeningTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a need whose offers someone wants to open."""

    need_id: str
    authority_number: int
    need_state: NeedState
    opening_at: datetime
    openers: tuple[str, ...]
    threshold: int
    unanswered: int = 0
    """How many questions keep the offers sealed."""
    part: Part = Part.WHOLE
    """Which part of the offers is to be opened."""
    is_in_parts: bool = False
    """Whether technical and financial part come in envelopes of their own."""
    frozen_at: datetime | None = None
    """Of the financial part alone: since when the scores of quality are frozen."""
    opened_at: datetime | None = None
    """Of the financial part alone: when it was opened."""


class HandInFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an opener's shares are checked against."""

    terms: OpeningTerms
    offered: tuple[str, ...]
    """The offers whose envelopes wait as they were received."""
    handed_for: tuple[str, ...]
    """The offers for which the opener hands in a share."""
    wrong: tuple[str, ...]
    """Those of them whose share is not the one that the header commits to."""
    before: tuple[str, ...]
    """The openers who have handed in before."""
    is_outdated: bool = False
    """Whether the opener has read other sealed shares than those that wait now."""
    unreadable: tuple[str, ...] = ()
    """The offers whose share the opener's key does not open."""
    unread_before: tuple[str, ...] = ()
    """The offers that openers before had no share of, once for each such opener."""


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """An opener has handed in; with the last one needed, the offers open."""

    person_id: str
    openers: tuple[str, ...]
    is_enough: bool


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed offer as it lies in the database."""

    offer_id: str
    lot_id: str
    kind: OfferKind
    lead_id: str
    member_ids: tuple[str, ...]
    envelope: bytes
    """Its JSON."""
    envelope_digest: str
    """As received: what the receipt names."""
    recorded_digest: str | None
    """As the history has it of the last submission; nobody rewrites that."""
    confirmed_version: int | None = None
    part: Part = Part.WHOLE
    financial_digest: str | None = None
    """As received, of a financial part that waits for its own opening."""
    technical: bytes | None = None
    """The JSON of the technical part, where it was opened before."""


class Unsealed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one envelope when the shares were put together."""

    offer_id: str
    lot_id: str
    kind: OfferKind
    lead_id: str
    member_ids: tuple[str, ...]
    envelope_digest: str
    """As received."""
    failure: Failure | None
    unread_by: tuple[str, ...] = ()
    """The openers whose key did not open their share."""
    financial_digest: str | None = None
    """Of the envelope that stays sealed until prices are opened."""
    part: Part = Part.WHOLE
    """What the envelope holds."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an opener tried, and that was refused and recorded."""

    person_id: PersonId
    at: datetime
    refused_with: str


class LateOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that came late: it is not opened."""

    offer_id: OfferId
    lead_id: OrganisationId
    received_at: datetime


class OpenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an opening is decided on."""

    terms: OpeningTerms
    openers: tuple[str, ...]
    offers: tuple[Unsealed, ...]
    late: tuple[LateOffer, ...] = ()
    refused: tuple[Attempt, ...] = ()
    unopened: tuple["UnopenedOffer", ...] = ()


class OpenedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One offer in the record of an opening."""

    offer_id: OfferId
    lot_id: LotId
    kind: OfferKind
    lead_id: OrganisationId
    member_ids: tuple[OrganisationId, ...]
    envelope_digest: Sha256
    state: State
    failure: Failure | None
    at_fault: Culprit | None
    unread_by: tuple[PersonId, ...] = ()
    """The openers whose key did not open their share of it."""
    financial_digest: Sha256 | None = None
    """The digest of the financial part's envelope, which this opening has left sealed."""


class UnopenedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An excluded offer, whose financial part stays sealed for good and is given back unopened."""

    offer_id: OfferId
    lot_id: LotId
    lead_id: OrganisationId
    member_ids: tuple[OrganisationId, ...]
    envelope_digest: Sha256
    """Of the financial part's envelope, as received."""


class GivenBack(msgspec.Struct, frozen=True):
    """The financial part of an excluded offer is out of the procedure, and sealed as it came."""

    financial_state: FinancialState


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """The public record of an opening: who, when, how many, which, and what failed."""

    need_id: NeedId
    part: Part
    """What was opened: the whole of the offers, their technical or their financial part."""
    opened_at: datetime
    openers: tuple[PersonId, ...]
    count: int
    offers: tuple[OpenedOffer, ...]
    late: tuple[LateOffer, ...] = ()
    """What came after the deadline and before the opening."""
    refused: tuple[Attempt, ...] = ()
    """Attempts to open too early, and shares that were false: whose they were, and when."""
    unopened: tuple[UnopenedOffer, ...] = ()
    """Where financial parts were opened: the excluded offers, whose own stay sealed."""


class AttemptRefused(msgspec.Struct, frozen=True):
    """The attempt was refused."""

    refused_with: str


class SharesRefused(msgspec.Struct, frozen=True, kw_only=True):
    """An opener has handed in shares that are not the ones sealed to the opener."""

    person_id: str
    offers: tuple[str, ...]


class HandedShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The opener's share of one offer, opened in the opener's own program."""

    offer_id: OfferId
    share: Base64Url
    """33 bytes."""


class HandedShares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One share for each sealed offer, or word that it cannot be read."""

    shares: Annotated[tuple[HandedShare, ...], Meta(max_length=OFFERS_MAX)]
    unreadable: Annotated[tuple[OfferId, ...], Meta(max_length=OFFERS_MAX)] = ()
    """The offers whose share the opener's key does not open; all of them, where it is lost."""
    digest: Sha256 | UnsetType = UNSET
    """The `digest` of the sealed shares that were read: so that nothing is handed in for others."""


class SealedShare(msgspec.Struct, frozen=True, kw_only=True):
    """What an opener needs to open its share of one offer in its own program."""

    offer_id: OfferId
    officer_id: PersonId
    envelope: Envelope
    envelope_digest: Sha256
    """As received and receipted; compare it with SHA-256 of the envelope's canonical bytes."""


class SealedShares(msgspec.Struct, frozen=True):
    """All sealed offers of a need, as they were received.

    What its keeper has altered is left out: nobody has a share of it, and the record of the
    opening names the keeper.
    """

    data: tuple[SealedShare, ...]
    digest: Sha256
    """SHA-256 of what waits: `offer_id envelope_digest` and a line feed for each, in this order."""
