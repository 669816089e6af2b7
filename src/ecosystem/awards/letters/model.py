"""What a letter says, and what it is written from."""

from datetime import datetime

import msgspec

from ecosystem.awards.criteria import Consensus, ExclusionReason, Ranked
from ecosystem.awards.model import PassedOver
from ecosystem.needs.model import OfferKind
from ecosystem.values.identifiers import AwardId, LetterId, LotId, NeedId, OfferId, OrganisationId
from ecosystem.values.text import Text


class LetterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter is written from: what the ranking says of this offer and of who won."""

    award_id: str
    need_id: str
    lot_id: str
    kind: OfferKind
    offer_id: str
    winner: Ranked
    winner_lead_id: str
    own: Ranked | None
    """None where the offer is not ranked."""
    excluded: tuple[ExclusionReason, ...]
    consensus: tuple[Consensus, ...]
    passed_over: tuple[PassedOver, ...]
    challenge_by: datetime


class Winner(msgspec.Struct, frozen=True, kw_only=True):
    """Who won, and by what."""

    offer_id: OfferId
    lead_id: OrganisationId
    points: str
    quality_points: str
    price: str
    """The amount, or the effective annual cost in per cent."""


class LetterContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a bidder is told of its own offer."""

    own: Ranked | None
    """Its place, its points and how they were come by; null where it was not ranked."""
    excluded: tuple[ExclusionReason, ...]
    """Why it was not ranked."""
    consensus: tuple[Consensus, ...]
    """What the evaluators agreed on about it, with their reasons."""
    rejected: Text | None
    """Why the explanation of its price was rejected."""
    winner: Winner
    challenge_by: datetime
    """Until when the award can be challenged."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to the members of an offer that did not win."""

    id: LetterId
    award_id: AwardId
    need_id: NeedId
    lot_id: LotId
    offer_id: OfferId
    sent_at: datetime
    content: LetterContent
